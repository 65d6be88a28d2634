"""``kdcourse release`` and ``kdcourse grade``, as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdcourse.bar import counting
from kdcourse.texts import KitError, language, say

if TYPE_CHECKING:
    from kdcourse.grading.gradebook import Task
    from kdcourse.grading.run import Mapper

Names = Annotated[list[str], typer.Argument(help=say("grading_class.help-names"))]
RosterFile = Annotated[Path, typer.Option("--roster", help=say("grading_class.help-roster"))]
Out = Annotated[Path, typer.Option("--out", help=say("grading_class.help-release-out"))]
Replace = Annotated[bool, typer.Option("--replace", help=say("grading_class.help-replace"))]


def release(names: Names, roster: RosterFile, out: Out, replace: Replace = False) -> None:
    """Pack what each learner gets."""
    from kdcourse.grading import release as releasing
    from kdcourse.grading.roster import read_roster
    from kdcourse.world.world import World

    class_ = read_roster(roster)
    exercises = releasing.find_exercises(names)
    with counting(len(class_) * len(exercises)) as step:
        report = releasing.release(
            exercises,
            class_,
            out,
            make=lambda seed: World(seed=seed).tables,
            replace=replace,
            on_done=step,
        )
    for path, whys in report.differing.items():
        why = say("grading_class.comma").join(say(f"grading_class.differs-{one}") for one in whys)
        typer.echo(say("grading_class.differs", path=path, why=why), err=True)
    for path in report.left:
        typer.echo(say("grading_class.left", path=path))
    typer.echo(
        say(
            "grading_class.released",
            written=len(report.written),
            replaced=len(report.replaced),
            unchanged=len(report.unchanged),
            folder=out / releasing.FOR_LEARNERS,
        )
    )
    typer.echo(say("grading_class.keep-secret", folder=out / releasing.FOR_INSTRUCTOR))
    if report.differing:
        raise KitError("grading_class.not-replaced", number=len(report.differing))


Place = Annotated[Path, typer.Argument(help=say("grading_class.help-submissions"))]
Grades = Annotated[Path, typer.Option("--out", help=say("grading_class.help-out"))]
Released = Annotated[
    Path | None,
    typer.Option("--release", help=say("grading_class.help-release"), show_default=False),
]
ClassRoster = Annotated[
    Path | None,
    typer.Option("--roster", help=say("grading_class.help-grade-roster"), show_default=False),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--assignment", help=say("grading_class.help-assignment"), show_default=False),
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help=say("grading_class.help-jobs"))]
Resume = Annotated[bool, typer.Option("--resume", help=say("grading_class.help-resume"))]
Dask = Annotated[
    str, typer.Option("--dask", help=say("grading_class.help-dask"), show_default=False)
]
Trusted = Annotated[bool, typer.Option("--trusted", help=say("grading_class.help-trusted"))]
Nbgrader = Annotated[
    Path | None,
    typer.Option("--nbgrader", help=say("grading_class.help-nbgrader"), show_default=False),
]


def grade(
    submissions: Place,
    out: Grades,
    released: Released = None,
    roster: ClassRoster = None,
    assignment: Only = None,
    jobs: Jobs = 1,
    resume: Resume = False,
    dask: Dask = "",
    trusted: Trusted = False,
    nbgrader: Nbgrader = None,
) -> None:
    """Grade what was handed in."""
    from kdcourse.grading import run
    from kdcourse.grading.classroom import Classroom, take_in
    from kdcourse.grading.gradebook import FILE, Gradebook
    from kdcourse.grading.publish import publish
    from kdcourse.grading.roster import Roster, read_roster
    from kdcourse.grading.store import alone

    if (out / FILE).exists() and not resume:
        raise KitError("grading_class.gradebook-there", path=out / FILE)
    class_ = read_roster(roster) if roster else Roster()
    with alone(out), Gradebook(out) as gradebook:
        room = Classroom.of(out, released, class_, assignment or [])
        tasks, worlds = take_in(submissions, gradebook, room)
        for fault in gradebook.faults(language()):
            typer.echo(fault, err=True)
        grader = run.grader(trusted=trusted)
        done = len(gradebook.counted()) - len(tasks)
        typer.echo(say("grading_class.begins", number=len(tasks), done=done))
        try:
            with _mapper(jobs, dask) as mapper, counting(len(tasks)) as step:
                outcome = run.grade_class(
                    gradebook,
                    tasks,
                    worlds,
                    grade=grader,
                    mapper=mapper,
                    on_done=lambda task: step(_label(task)),
                )
        except KeyboardInterrupt:
            typer.echo(say("grading_class.interrupted", folder=out), err=True)
            raise typer.Exit(130) from None
        failed = [why for _, why in outcome.failed]
        every = publish(gradebook, failed)
        _tell(out, failed, sum(one.awaiting for one in every), len(every))
        if nbgrader is not None:
            from kdcourse.grading.nbgrader_book import write_nbgrader

            number = write_nbgrader(nbgrader, gradebook, every)
            typer.echo(say("grading_class.nbgrader-written", number=number, folder=nbgrader))
    if failed:
        raise typer.Exit(1)


def _mapper(jobs: int, dask: str) -> AbstractContextManager[Mapper]:
    from kdcourse.grading.run import here

    if not dask:
        return nullcontext(here(jobs))
    from kdcourse.grading.cluster import over_dask

    return over_dask(dask)


def _label(task: Task) -> str:
    return f"{task.learner} {task.assignment}"


def _tell(out: Path, failed: Sequence[KitError], awaiting: int, number: int) -> None:
    for why in failed:
        typer.echo(str(why), err=True)
    typer.echo(say("grading_class.graded", number=number, folder=out))
    if awaiting:
        typer.echo(say("grading_class.awaiting", number=awaiting, path=out / "review.ipynb"))
