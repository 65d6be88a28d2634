"""Lets nbgrader hand out and grade the course's exercises: docs/nbgrader.md tells how.

What `nbgrader generate_assignment` makes with it is what `kdcourse author build` keeps in
exercises/; both take the stub and the cells to leave out from one place.
"""

from nbconvert.preprocessors import Preprocessor
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import OverwriteCells
from nbgrader.utils import is_grade

from kdcourse.authoring.derive import SOLUTION_ONLY, STUB


class DropSolutionOnlyCells(Preprocessor):
    """Leaves out what only instructors, or learners after a try, should read."""

    enabled = True

    def preprocess(self, nb, resources):
        """Return the notebook without the cells tagged so."""
        nb.cells = [
            cell for cell in nb.cells if not SOLUTION_ONLY & set(cell.metadata.get("tags", []))
        ]
        return nb, resources


class PutBackDeletedChecks(OverwriteCells):
    """Grades a question although its check was deleted.

    Left alone, nbgrader gives it no points; told to put checks back, it gives up the whole notebook
    if the answer is gone too.
    """

    def add_missing_grade_cells(self, nb, resources):
        """Return the notebook with missing checks at its end, where all answers have been run."""
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        points = {cell.name: cell.max_score for cell in source.grade_cells}
        present = {cell.metadata.nbgrader.grade_id for cell in nb.cells if is_grade(cell)}
        for cell in source.source_cells:
            if cell.name in points and cell.name not in present:
                put_back = self.missing_cell_transform(cell, points[cell.name])
                put_back.id = f"{cell.name}-put-back"
                nb.cells.append(put_back)
        return nb, resources


def _instead(new, old, preprocessors):
    return [new if preprocessor is old else preprocessor for preprocessor in preprocessors]


c = get_config()  # noqa: F821 - Jupyter's configuration loader provides it
c.ClearSolutions.code_stub = {"python": STUB}
c.GenerateAssignment.preprocessors = [
    DropSolutionOnlyCells,
    *GenerateAssignment.preprocessors.default_args[0],
]
c.OverwriteCells.add_missing_cells = True
c.OverwriteCells.missing_cell_notification = (
    "{cell_id} was deleted and has been put back. / {cell_id} 被删除，已补回。\n\n"
)
c.Autograde.sanitize_preprocessors = _instead(
    PutBackDeletedChecks, OverwriteCells, Autograde.sanitize_preprocessors.default_args[0]
)
