"""Lets nbgrader release the course's solutions: `nbgrader generate_assignment` reads this file.

What it makes is what `kdcourse author build` keeps in exercises/; both take the stub and the cells
to leave out from one place.
"""

from nbconvert.preprocessors import Preprocessor
from nbgrader.converters import GenerateAssignment

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


c = get_config()  # noqa: F821 - Jupyter's configuration loader provides it
c.ClearSolutions.code_stub = {"python": STUB}
c.GenerateAssignment.preprocessors = [
    DropSolutionOnlyCells,
    *GenerateAssignment.preprocessors.default_args[0],
]
