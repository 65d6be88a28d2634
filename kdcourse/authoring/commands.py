"""The commands of ``kdcourse author``: what authors type, and how findings are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from kdcourse.authoring import translation
from kdcourse.authoring.trees import Place
from kdcourse.course import FIGURE_FONT, course_root
from kdcourse.texts import KitError, say

app = typer.Typer(no_args_is_help=True, help=say("author.help"))

Names = Annotated[list[str] | None, typer.Argument(help=say("author.help-names"))]
Check = Annotated[bool, typer.Option("--check", help=say("author.help-check"))]


@app.command(help=say("author.help-build"))
def build(
    names: Names = None,
    run: Annotated[bool, typer.Option("--run", help=say("author.help-run"))] = False,
    check: Check = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help=say("author.help-jobs"))] = 2,
) -> None:
    """Bring notebooks and exercises up to date, or say with ``check`` what isn't."""
    from kdcourse.authoring import build as builder

    root, asked = course_root(), names or []
    number = len(builder.editions(root, asked))
    if check:
        _print_faults(builder.check(root, asked))
        typer.echo(say("author.up-to-date", notebooks=number))
        return
    with _progress(number) as step:
        report = builder.build(root, asked, run_all=run, jobs=jobs, on_done=step)
    for label in sorted(report.written):
        typer.echo(say("author.written", notebook=label))
    for label in sorted(report.removed):
        typer.echo(say("author.removed", notebook=label))
    typer.echo(say("author.built", ran=len(report.ran), written=len(report.written)))
    _print_faults(report.faults)


@app.command(help=say("author.help-status"))
def status(
    names: Annotated[list[str] | None, typer.Argument(help=say("author.help-cells"))] = None,
    check: Check = False,
    accept: Annotated[bool, typer.Option("--accept", help=say("author.help-accept"))] = False,
) -> None:
    """Say for every cell whether the two editions are aligned; stamp cells with ``accept``."""
    if accept and not names:
        raise KitError("author.accept-what")
    chosen = translation.chosen_cells(course_root(), names or [])
    if accept:
        _accept(chosen)
    bad = 0
    for place, cells in chosen:
        found = [
            s for s in translation.status(course_root(), place) if cells is None or s.cell in cells
        ]
        bad += sum(s.verdict != "aligned" for s in found)
        _print_status(place, found)
    typer.echo(say("author.not-aligned" if bad else "author.all-aligned", cells=bad))
    if check and bad:
        raise typer.Exit(1)


@app.command(help=say("author.help-lint"))
def lint(
    names: Names = None,
    check: Check = False,
    rules: Annotated[bool, typer.Option("--rules", help=say("author.help-rules"))] = False,
) -> None:
    """Hold notebooks and texts to the house rules, or list the rules."""
    from kdcourse.authoring import lint as linter

    if rules:
        for name, asks, why in linter.rules():
            typer.echo(f"{name}\n  {asks}\n  {why}")
        return
    breaches = linter.lint(course_root(), names or [])
    for breach in breaches:
        typer.echo(str(breach))
    typer.echo(say("lint.breaches" if breaches else "lint.clean", number=len(breaches)))
    if check and breaches:
        raise typer.Exit(1)


@app.command(help=say("author.help-font"))
def font(source: Annotated[Path, typer.Argument(help=say("author.help-font-source"))]) -> None:
    """Cut the font of the figures anew."""
    from kdcourse.authoring.font import make_font

    if not source.is_file():
        raise KitError("author.no-such-font", path=source)
    typer.echo(say("author.font-made", path=FIGURE_FONT, bytes=make_font(source)))


@app.command(help=say("author.help-vocabulary"))
def vocabulary() -> None:
    """Print the names that the world's people are called by."""
    from kdcourse.authoring.vocabulary import people

    typer.echo(people(), nl=False)


def _accept(chosen: Sequence[tuple[Place, set[str] | None]]) -> None:
    refused: list[KitError] = []
    for place, cells in chosen:
        number, turned_down = translation.accept(course_root(), place, cells)
        label = place.label("zh-CN")
        if number:
            typer.echo(say("author.accepted", number=number, notebook=label))
        refused += [
            KitError(
                "author.refused", notebook=label, cell=s.cell, why=say(f"author.why-{s.reason}")
            )
            for s in turned_down
        ]
    _print_faults(refused)


def _print_status(place: Place, found: Sequence[translation.Status]) -> None:
    number = translation.counts(found)
    summary = say("author.comma").join(
        f"{say(f'author.verdict-{verdict}')} {number[verdict]}"
        for verdict in translation.VERDICTS
        if number[verdict]
    )
    typer.echo(f"{place.tree}/{place.name}{say('author.colon')}{summary}")
    bad = [s for s in found if s.verdict != "aligned"]
    for verdict, reason in dict.fromkeys((s.verdict, s.reason) for s in bad):
        why = say(f"author.why-{reason}")
        typer.echo(f"  {say(f'author.verdict-{verdict}')}{say('author.colon')}{why}")
        _print_cells([s for s in bad if (s.verdict, s.reason) == (verdict, reason)])


def _print_cells(cells: Sequence[translation.Status]) -> None:
    """Print ids in full and as much of the texts as the terminal's width allows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=4 + max(len(s.cell) for s in cells))
    table.add_column(no_wrap=True, overflow="ellipsis")
    for s in cells:
        table.add_row(f"    {s.cell}", Text(s.hint))
    Console(markup=False, highlight=False).print(table)


def _print_faults(faults: Sequence[KitError]) -> None:
    """Print each fault on a line of its own; leave with status 1 if there are any."""
    for fault in faults:
        typer.echo(str(fault), err=True)
    if faults:
        raise typer.Exit(1)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal; yield what to call when a notebook is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[at]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=total, at="")
        yield lambda label: bar.update(task, advance=1, at=label)
