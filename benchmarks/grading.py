"""What grading one submission costs: kdcourse beside nbclient, nbgrader and otter-grader.

Run from the project's root::

    python benchmarks/grading.py [--submissions 20] [--nbgrader PYTHON] [--otter PYTHON]

All grade copies of one notebook, exercise 1.1 with right answers, in the same run. The floor is
what the cells themselves cost: run bare in a process that has its imports done. nbclient is what
any grader needs that starts a kernel per notebook, without the grading. nbgrader and otter-grader
are measured where a Python that has them is named.

Costs are processor seconds of all processes together, per submission, once without and once with
the start that every run has; ratios say more than seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).absolute().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

NAME = "1.1-parcel-market"


@dataclass(frozen=True)
class Cost:
    """What a number of submissions cost.

    Attributes:
        cpu: Processor seconds of all processes.
        wall: Seconds.
        memory: Size of the largest process, MiB.
    """

    cpu: float
    wall: float
    memory: float


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--submissions", type=int, default=20)
    arguments.add_argument("--nbgrader", type=Path)
    arguments.add_argument("--otter", type=Path)
    asked = arguments.parse_args()
    count = asked.submissions
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {count} submissions\n")
    print(f"{'':34}{'CPU s each':>11}{'with start':>11}{'wall s each':>12}{'MiB':>6}{'x floor':>9}")
    floor = bare(count)
    print(row("the cells alone (floor)", floor, floor, count, floor.cpu / count))
    peers: list[tuple[str, Callable[[int], Cost]]] = [
        ("kdcourse, one world, locked in", lambda n: ours(n, worlds=1)),
        ("kdcourse, two worlds, locked in", lambda n: ours(n, worlds=2)),
        ("nbclient, no grading", kernels),
    ]
    if asked.nbgrader:
        peers.append(("nbgrader autograde", lambda n: nbgrader(n, asked.nbgrader.absolute())))
    if asked.otter:
        peers.append(("otter run", lambda n: otter(n, asked.otter.absolute())))
    ratios: dict[str, float] = {}
    for label, measure in peers:
        # Once with a single submission: the difference is what each further one costs.
        first, all_ = measure(1), measure(count)
        print(row(label, first, all_, count, floor.cpu / count), flush=True)
        ratios[label] = (all_.cpu - first.cpu) / max(count - 1, 1)
    print()
    for label in list(ratios)[2:]:
        one, two = (ratios[label] / ratios[ours_] for ours_ in list(ratios)[:2])
        print(f"{label}: {one:.1f} times kdcourse on one world, {two:.1f} times on two")


def row(label: str, first: Cost, whole: Cost, count: int, floor: float) -> str:
    """Return one line of the table."""
    if first is whole:
        each, wall = whole.cpu / count, whole.wall / count
    else:
        each, wall = (
            (getattr(whole, n) - getattr(first, n)) / (count - 1) for n in ("cpu", "wall")
        )
    numbers = f"{each:11.3f}{whole.cpu / count:11.3f}{wall:12.3f}{whole.memory:6.0f}"
    return f"{label:34}{numbers}{each / floor:9.1f}"


def measured(command: list[str], folder: Path, **environment: str) -> Cost:
    """Run a command to its end and return what it and all its processes cost."""
    code = (
        "import json, resource, subprocess, sys, time\n"
        "start = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "wall = time.perf_counter() - start\n"
        "sys.stderr.buffer.write(done.stderr[-2000:])\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024]))\n"
        "sys.exit(done.returncode)\n"
    )
    # A process of its own, whose children are these and no others.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=folder,
        env=kept | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{command[:3]}: {done.stderr}")
    return Cost(*json.loads(done.stdout))


def mine(mode: str, count: int) -> list[str]:
    """Return the command that does a part of this benchmark in a process of its own."""
    return [sys.executable, str(Path(__file__).absolute()), f"--{mode}", str(count)]


def bare(count: int) -> Cost:
    """Run the cells with nothing around them, each time in a fork that has its imports done."""
    done = subprocess.run(mine("bare", count), capture_output=True, text=True, check=True)
    return Cost(*json.loads(done.stdout))


def run_bare(count: int) -> None:
    """Do what :func:`bare` measures; print the cost of the cells alone."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot  # noqa: F401
    from attacks.book import Book

    import kdcourse
    from kdcourse import lesson, load
    from kdcourse.checks import session
    from kdcourse.plots import use_style

    use_style()
    load("cities")
    lesson("1.1")
    kdcourse.__dict__["check"] = session.__dict__["check"] = lambda *_: None
    sources = [
        compile("".join(cell["source"]), cell["id"], "exec")
        for cell in Book().cells
        if cell["cell_type"] == "code"
    ]
    cpu = wall = 0.0
    for _ in range(count):
        read, write = os.pipe()
        if not os.fork():
            values: dict[str, object] = {"__name__": "__main__"}
            begun, clock = process_time(), perf_counter()
            for source in sources:
                exec(source, values)
            spent = [process_time() - begun, perf_counter() - clock]
            os.write(write, json.dumps(spent).encode())
            os._exit(0)
        os.close(write)
        one = json.loads(os.read(read, 1000))
        os.close(read)
        os.wait()
        cpu, wall = cpu + one[0], wall + one[1]
    print(json.dumps([cpu, wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))


def ours(count: int, worlds: int) -> Cost:
    """Grade with kdcourse, on one processor."""
    return measured(mine(f"ours{worlds}", count), ROOT)


def run_ours(count: int, worlds: int) -> None:
    """Do what :func:`ours` measures."""
    from attacks.book import Book

    from kdcourse.grading import marking
    from kdcourse.grading.work import Limits, Submission, Worlds
    from kdcourse.world.world import DEFAULT

    if worlds == 1:
        marking.computed = lambda question: False
    marker = marking.Marker()
    for number in range(count):
        submission = Submission(f"learner-{number}", NAME, Book().raw(), f"{NAME}.ipynb")
        result = marker.mark(submission, Worlds(DEFAULT["seed"], 4711), Limits())
        assert [question.outcome for question in result.questions[:4]] == ["correct"] * 4
    marker.close()


def kernels(count: int) -> Cost:
    """Run the notebook in a kernel, by nbclient, and judge nothing."""
    return measured(mine("kernels", count), ROOT)


def run_kernels(count: int) -> None:
    """Do what :func:`kernels` measures."""
    # nbformat would build a grammar for addresses: seconds for nothing.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import nbformat
    from attacks.book import Book
    from nbclient import NotebookClient

    for _ in range(count):
        book = nbformat.reads(Book().raw().decode(), as_version=4)
        NotebookClient(book, timeout=120, shutdown_kernel="immediate").execute()


def nbgrader(count: int, python: Path) -> Cost:
    """Grade with ``nbgrader autograde``."""
    from attacks.book import Book

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        source = next((ROOT / "solutions" / "en").glob(f"*/{NAME}.ipynb"))
        place(folder / "source" / NAME, source.read_bytes())
        quick = (
            "import sys; sys.modules.setdefault('rfc3987_syntax', None)\n"
            "from nbgrader.apps.nbgraderapp import main; main()"
        )
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        run = [str(python), "-c", quick]
        measured([*run, "generate_assignment", NAME, "--create"], folder, PATH=path)
        for number in range(count):
            place(folder / "submitted" / f"learner-{number}" / NAME, Book().raw())
        return measured([*run, "autograde", NAME, "--create"], folder, PATH=path)


def otter(count: int, python: Path) -> Cost:
    """Grade with ``otter run``; each test only looks whether there is an answer."""
    from attacks.book import Book

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        variables = ("growth", "market", "ranking", "mistake")
        for variable in variables:
            case = {"code": f">>> {variable} is not ...\nTrue"}
            suite = {
                "cases": [case],
                "scored": True,
                "setup": "",
                "teardown": "",
                "type": "doctest",
            }
            test = {"name": variable, "points": 1, "suites": [suite]}
            path = folder / "tests" / f"{variable}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
        book = Book()
        book.before("setup", "import otter\ngrader = otter.Notebook()", "otter")
        for number, variable in enumerate(variables, start=1):
            book.put(f"q{number}-check", f'grader.check("{variable}")')
        tool = [str(python), "-m", "otter"]
        path_ = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        measured([*tool, "generate", "-t", "tests", "-o", "tests.zip"], folder, PATH=path_)
        archive = folder / "tests.zip"
        costs = []
        for number in range(count):
            own = folder / f"{number}.ipynb"
            own.write_bytes(book.raw())
            run = [*tool, "run", "-a", str(archive), str(own)]
            costs.append(measured(run, folder, PATH=path_))
        return Cost(
            sum(cost.cpu for cost in costs),
            sum(cost.wall for cost in costs),
            max(cost.memory for cost in costs),
        )


def place(folder: Path, notebook: bytes) -> None:
    """Put a notebook into a folder of nbgrader's."""
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(notebook)


if __name__ == "__main__":
    mode = sys.argv[1] if len(sys.argv) == 3 else ""
    if mode == "--bare":
        run_bare(int(sys.argv[2]))
    elif mode == "--kernels":
        run_kernels(int(sys.argv[2]))
    elif mode in ("--ours1", "--ours2"):
        run_ours(int(sys.argv[2]), int(mode[-1]))
    else:
        main()
