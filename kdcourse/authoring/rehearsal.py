"""Running a notebook's cells in this process on the data of any world, and noting its verdicts.

A kernel would take seconds per run; the cells are the author's own, so nothing has to be kept away
from them.
"""

from __future__ import annotations

import ast
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from kdcourse.authoring.notebook import code_cells, read
from kdcourse.checks.truth import SEALED, sealed
from kdcourse.checks.verdict import Verdict
from kdcourse.checks.view import Checked
from kdcourse.data import FOLDER_VARIABLE
from kdcourse.texts import KitError, say, speaking

#: Accounts of a world that is made for a rehearsal: enough for every group to have some parcels.
CUSTOMERS = 300


@dataclass(frozen=True)
class Stage:
    """A world to rehearse on.

    Attributes:
        name: As shown to people: its seed, or the word for the course's own data.
        folder: Its tables on disk.
        unseen: Whether it is another world than the learner's.
    """

    name: str
    folder: Path
    unseen: bool


@dataclass
class Run:
    """What came of running a notebook.

    Attributes:
        verdicts: What each check cell said, by the id of its cell.
        values: The variables at the end.
        fault: What stopped it, if anything did.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    fault: KitError | None = None


@contextmanager
def stages(datasets: Path, seeds: Iterable[int]) -> Iterator[list[Stage]]:
    """Yield the learner's world, then one per seed; they are gone afterwards.

    Args:
        datasets: The course's data; the published tables in it are the same in every world.
        seeds: Of the worlds to make.
    """
    from kdcourse.world.files import write
    from kdcourse.world.world import World

    with tempfile.TemporaryDirectory(prefix="kdcourse-worlds-") as made:
        ready = [Stage(say("trial.own-world"), datasets, unseen=False)]
        for seed in seeds:
            folder = Path(made, str(seed))
            shutil.copytree(datasets / "industry", folder / "industry")
            write(World(seed=seed, customers=CUSTOMERS).tables, folder)
            (folder / SEALED).write_bytes(sealed(seed))
            ready.append(Stage(str(seed), folder, unseen=True))
        # Outside of any workspace, where a check would be taken for a learner's try.
        with chdir(made):
            yield ready


@contextmanager
def upon(stage: Stage) -> Iterator[None]:
    """Let ``load`` read the data of a world inside a ``with`` block."""
    before = os.environ.get(FOLDER_VARIABLE)
    os.environ[FOLDER_VARIABLE] = str(stage.folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[FOLDER_VARIABLE]
        else:
            os.environ[FOLDER_VARIABLE] = before


def rehearse(path: Path, stage: Stage) -> Run:
    """Run the cells of a notebook on a world, up to the first that fails.

    Args:
        path: The notebook.
        stage: The world.

    Raises:
        KitError: There is no readable notebook.
    """
    import matplotlib

    run = Run(values={"__name__": "__main__", "display": lambda *_, **__: None})
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    try:
        # A notebook chooses its own language; that choice ends with it.
        with upon(stage), speaking("en"), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            for cell in code_cells(read(path)):
                try:
                    shown = _execute(cell["source"], f"{path.name}:{cell['id']}", run.values)
                except (Exception, SystemExit) as error:
                    what = f"{type(error).__name__}: {error}"
                    place = {"notebook": path.name, "cell": cell["id"], "world": stage.name}
                    run.fault = KitError("trial.cell-failed", **place, error=what)
                    break
                if isinstance(shown, Checked):
                    run.verdicts[cell["id"]] = shown.verdict
    finally:
        matplotlib.use(backend)
    return run


def _execute(source: str, name: str, values: dict[str, Any]) -> object:
    """Run a cell; return what its last line is worth, as a notebook shows it."""
    body = ast.parse(source, name).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(source, name, "exec"), values)
        return None
    exec(compile(ast.Module(body[:-1], type_ignores=[]), name, "exec"), values)
    return eval(compile(ast.Expression(last.value), name, "eval"), values)
