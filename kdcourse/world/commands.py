"""The commands of ``kdcourse data``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, KitError, say

app = typer.Typer(no_args_is_help=True)

_FOLDER = Annotated[Path | None, typer.Argument(help=say("data.help-folder"))]


@app.command(help=say("data.help-build"))
def build(
    out: _FOLDER = None,
    seed: Annotated[int | None, typer.Option(help=say("data.help-seed"))] = None,
    customers: Annotated[int | None, typer.Option(help=say("data.help-customers"))] = None,
    months: Annotated[int | None, typer.Option(help=say("data.help-months"))] = None,
) -> None:
    """Write a world into a folder; without arguments, the course's own data."""
    from kdcourse.world.calibration import calibrate, report
    from kdcourse.world.files import write
    from kdcourse.world.world import DEFAULT, World

    asked = {"seed": seed, "customers": customers, "months": months}
    changes = {name: value for name, value in asked.items() if value is not None}
    if out is None and changes:
        raise KitError("data.own-world-elsewhere", options=", ".join(f"--{n}" for n in changes))
    size = DEFAULT | changes
    world = World(size["seed"], size["customers"], size["months"])
    folder = out or course_root() / "datasets"
    write(world.tables, folder)
    if out is None:
        for lang in LANGUAGES:
            path = course_root() / "docs" / f"calibration.{lang}.md"
            path.write_text(report(calibrate(world), lang), encoding="utf-8", newline="\n")
    rows = sum(len(frame) for frame in world.tables.values())
    typer.echo(say("data.built", tables=len(world.tables), rows=rows, path=folder))


@app.command(help=say("data.help-verify"))
def verify(folder: _FOLDER = None) -> None:
    """Say what in a folder of data is changed, damaged or not as declared."""
    from kdcourse.world.files import changed, invalid
    from kdcourse.world.tables import tables

    folder = folder or course_root() / "datasets"
    found = [*changed(folder), *invalid(folder)]
    for fault in dict.fromkeys(found):
        typer.echo(fault, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(say("data.verified", path=folder, tables=len(tables())))
