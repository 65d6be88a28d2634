"""How the trial of an exercise is shown in a terminal: its questions, then what is missing."""

from __future__ import annotations

from pathlib import Path

import typer

from kdcourse.authoring.trial import Trial, try_out
from kdcourse.texts import say


def show(root: Path, name: str, unseen: int) -> bool:
    """Try an exercise and print what came of it.

    Args:
        root: The course.
        name: ``"1.1"``.
        unseen: On how many worlds beside the learner's.

    Returns:
        Whether nothing is missing.

    Raises:
        KitError: There is no such exercise.
    """
    trial = try_out(root, name, range(1, unseen + 1))
    _print_table(trial, unseen)
    for gap in trial.gaps:
        typer.echo(str(gap))
    points = f"{sum(tried.points for tried in trial.tried):g}"
    facts = {"name": name, "points": points, "worlds": trial.worlds, "gaps": len(trial.gaps)}
    key = "trial.incomplete" if trial.gaps else "trial.complete"
    typer.echo(say(key, **facts, seconds=f"{trial.seconds:.0f}"))
    return not trial.gaps


def _print_table(trial: Trial, unseen: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("question", "kind", "points", "solved", "mutants", "caught"):
        table.add_column(say(f"trial.column-{column}"), no_wrap=True)
    for tried in trial.tried:
        caught = say("trial.not-simulated")
        if tried.caught is not None:
            caught = say("trial.of", number=tried.caught, all=unseen)
        solved = say("trial.of", number=tried.solved, all=trial.worlds)
        table.add_row(
            tried.question, tried.kind, f"{tried.points:g}", solved, str(tried.mutants), caught
        )
    Console(markup=False, highlight=False).print(table)
