"""The commands of ``kdcourse data``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, KitError, say

if TYPE_CHECKING:
    from kdcourse.world.world import World

app = typer.Typer(no_args_is_help=True)


@app.command(help=say("data.help-build"))
def build(
    out: Annotated[Path | None, typer.Option(help=say("data.help-out"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("data.help-seed"))] = None,
    customers: Annotated[int | None, typer.Option(help=say("data.help-customers"))] = None,
    months: Annotated[int | None, typer.Option(help=say("data.help-months"))] = None,
    form: Annotated[str | None, typer.Option("--format", help=say("data.help-format"))] = None,
    jobs: Annotated[int | None, typer.Option(help=say("data.help-jobs"))] = None,
    force: Annotated[bool, typer.Option("--force", help=say("data.help-force"))] = False,
) -> None:
    """Write a world into a folder; without options, the course's own data."""
    from kdcourse.world.world import DEFAULT, World

    asked = {"seed": seed, "customers": customers, "months": months}
    changes = {name: value for name, value in asked.items() if value is not None}
    datasets = course_root() / "datasets"
    if out is None or out.resolve() == datasets.resolve():
        given = changes | {"format": form, "jobs": jobs, "force": force or None, "out": out}
        if options := [f"--{name}" for name, value in given.items() if value is not None]:
            raise KitError("data.own-world-elsewhere", options=", ".join(options))
        _build_own(datasets)
        return
    size = DEFAULT | changes
    world = World(size["seed"], size["customers"], size["months"])
    _build_elsewhere(world, out, form or "csv", jobs, force)


def _build_own(datasets: Path) -> None:
    from kdcourse.world.calibration import calibrate, report
    from kdcourse.world.causal_graph import page as graph
    from kdcourse.world.files import write
    from kdcourse.world.world import World

    world = World()
    write(world.tables, datasets)
    rows = calibrate(world)
    for lang in LANGUAGES:
        for name, page in (("calibration", report(rows, lang)), ("causes", graph(lang))):
            path = course_root() / "docs" / f"{name}.{lang}.md"
            path.write_text(page, encoding="utf-8", newline="\n")
    count = sum(len(frame) for frame in world.tables.values())
    typer.echo(say("data.built", tables=len(world.tables), rows=count, path=datasets))


def _build_elsewhere(world: World, out: Path, form: str, jobs: int | None, force: bool) -> None:
    from kdcourse.world.build import build as build_folder
    from kdcourse.world.standing import unfinished
    from kdcourse.world.story import blocks
    from kdcourse.world.world import block_tables

    number = blocks(world.customers)
    jobs = min(os.cpu_count() or 1, number) if jobs is None else jobs
    try:
        with _progress(number) as step:
            producer = partial(block_tables, world)
            built = build_folder(producer, number, out, form, jobs=jobs, force=force, step=step)
    except KeyboardInterrupt:
        late = any(unfinished(out))  # the very moment in which files took their names
        typer.echo(say("data.interrupted-late" if late else "data.interrupted", path=out), err=True)
        raise typer.Exit(130) from None
    if built.cleared:
        typer.echo(say("data.cleared", count=len(built.cleared), path=out))
    rows = sum(built.rows.values())
    typer.echo(say("data.built", tables=len(built.rows), rows=rows, path=out))


@contextmanager
def _progress(blocks: int) -> Iterator[Callable[[int, int], None]]:
    """Show how far a build is, where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(say("data.building"), total=blocks, rows="")
        yield lambda done, rows: bar.update(
            task, completed=done, rows=say("data.rows-so-far", rows=rows)
        )


@app.command(help=say("data.help-verify"))
def verify(
    folder: Annotated[Path | None, typer.Argument(help=say("data.help-folder"))] = None,
    every: Annotated[bool, typer.Option("--all", help=say("data.help-all"))] = False,
) -> None:
    """Say what in tables is changed, damaged or not as declared, and what is spelled otherwise."""
    from kdcourse.world.verify import examine

    folder = folder or course_root() / "datasets"
    report = examine(folder, every=every)
    for fault in report.faults:
        typer.echo(fault, err=True)
    for note in report.notes:
        typer.echo(note)
    about = {"path": folder, "tables": len(report.tables)}
    if report.faults:
        typer.echo(say("data.verify-faults", **about, faults=len(report.faults)), err=True)
        raise typer.Exit(1)
    typer.echo(say("data.verify-notes" if report.notes else "data.verified", **about))
