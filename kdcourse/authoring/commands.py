"""The commands of ``kdcourse author``: what authors type, and how findings are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kdcourse.authoring import translation
from kdcourse.authoring.new import Plan
from kdcourse.authoring.quiz_file import import_quiz
from kdcourse.authoring.skeleton import MARK
from kdcourse.authoring.trees import Place
from kdcourse.bar import counting
from kdcourse.course import FIGURE_FONT, course_root
from kdcourse.texts import KitError, say

app = typer.Typer(no_args_is_help=True, help=say("author.help"))
begin = typer.Typer(no_args_is_help=True, help=say("new.help"))
app.add_typer(begin, name="new")
app.command("import-quiz", help=say("quiz_import.help"))(import_quiz)

Names = Annotated[list[str] | None, typer.Argument(help=say("author.help-names"))]
Check = Annotated[bool, typer.Option("--check", help=say("author.help-check"))]
Number = Annotated[str, typer.Argument(help=say("new.help-number"))]
Slug = Annotated[str, typer.Argument(help=say("new.help-slug"))]
English = Annotated[str, typer.Option("--title-en", help=say("new.help-title-en"))]
Chinese = Annotated[str, typer.Option("--title-zh", help=say("new.help-title-zh"))]


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
    with counting(number) as step:
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
    _remind(names or [])
    if check and breaches:
        raise typer.Exit(1)


@begin.command("lesson", help=say("new.help-lesson"))
def new_lesson(
    number: Number,
    slug: Slug,
    english: English,
    chinese: Chinese,
    objective: Annotated[list[str] | None, typer.Option(help=say("new.help-objective"))] = None,
) -> None:
    """Begin a lesson."""
    from kdcourse.authoring import new

    titles = {"en": english, "zh-CN": chinese}
    given = [objective] if objective else []
    _begin(number, new.new_lesson(course_root(), number, slug, titles, *given))


@begin.command("exercise", help=say("new.help-exercise"))
def new_exercise(number: Number) -> None:
    """Begin the exercise of a lesson."""
    from kdcourse.authoring import new

    _begin(f"solutions/{number}", new.new_exercise(course_root(), number))


@begin.command("question", help=say("new.help-question"))
def new_question(
    number: Number,
    objective: Annotated[str, typer.Option(help=say("new.help-asked"))],
) -> None:
    """Add a question to an exercise."""
    from kdcourse.authoring import new

    _begin(f"solutions/{number}", new.new_question(course_root(), number, objective))


@begin.command("case", help=say("new.help-case"))
def new_case(
    module: Annotated[str, typer.Argument(help=say("new.help-module"))],
    slug: Slug,
    english: English,
    chinese: Chinese,
    objective: Annotated[list[str] | None, typer.Option(help=say("new.help-objective"))] = None,
) -> None:
    """Begin a case."""
    from kdcourse.authoring import new

    titles = {"en": english, "zh-CN": chinese}
    given = [objective] if objective else []
    _begin(f"case-{slug}", new.new_case(course_root(), module, slug, titles, *given))


@app.command(help=say("preview.help"))
def preview(
    names: Names,
    lang: Annotated[str, typer.Option("--lang", help=say("preview.help-lang"))] = "",
    to: Annotated[Path | None, typer.Option("--to", help=say("preview.help-to"))] = None,
    show: Annotated[bool, typer.Option("--open", help=say("preview.help-open"))] = False,
) -> None:
    """Show what a learner sees, as pages for the browser."""
    from kdcourse.authoring.preview import write

    for page in write(course_root(), names or [], lang, to):
        typer.echo(page)
        if show:
            typer.launch(page.as_uri())


@app.command(help=say("coverage.help"))
def coverage(
    module: Annotated[str, typer.Option("--module", help=say("coverage.help-module"))] = "",
    mode: Annotated[str, typer.Option("--mode", help=say("coverage.help-mode"))] = "",
    todo: Annotated[bool, typer.Option("--todo", help=say("coverage.help-todo"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=say("coverage.help-json"))] = False,
) -> None:
    """Say what of the syllabus is taught, how, and what isn't yet."""
    from kdcourse.authoring import coverage_view

    coverage_view.show(course_root(), module, mode.upper(), todo=todo, as_json=as_json)


@app.command("try", help=say("trial.help"))
def try_(
    name: Annotated[str, typer.Argument(help=say("trial.help-name"))],
    worlds: Annotated[int, typer.Option("--worlds", min=1, help=say("trial.help-worlds"))] = 10,
) -> None:
    """Try an exercise on many worlds and say what is missing."""
    from kdcourse.authoring import trial_view

    if not trial_view.show(course_root(), name, worlds):
        raise typer.Exit(1)


@app.command(help=say("scenario.help"))
def scenario(
    names: Annotated[list[str] | None, typer.Argument(help=say("scenario.help-names"))] = None,
    graph: Annotated[Path | None, typer.Option("--graph", help=say("scenario.help-graph"))] = None,
    lang: Annotated[str, typer.Option("--lang", help=say("scenario.help-lang"))] = "",
    play: Annotated[bool, typer.Option("--play", help=say("scenario.help-play"))] = False,
) -> None:
    """Look role plays over, or play one."""
    from kdcourse.authoring import scenario_view

    if play:
        if len(names or []) != 1:
            raise KitError("scenario.play-what")
        scenario_view.try_out((names or [""])[0])
    elif not scenario_view.show(names or [], graph, lang):
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


def _begin(name: str, plan: Plan) -> None:
    for path in plan.write():
        typer.echo(say("new.written", path=path.as_posix()))
    typer.echo(say("new.next", mark=MARK, name=name))


def _remind(names: Sequence[str]) -> None:
    """Say how much of a skeleton is left; that is no breach, the work is only not finished."""
    from kdcourse.authoring.new import standing

    if left := standing(course_root(), names):
        typer.echo(say("new.standing", mark=MARK, number=len(left), first=left[0]))


def _accept(chosen: Sequence[tuple[Place, set[str] | None]]) -> None:
    from kdcourse.authoring import build as builder

    refused: list[KitError] = []
    for place, cells in chosen:
        number, turned_down = translation.accept(course_root(), place, cells)
        label = place.label("zh-CN")
        if number:
            typer.echo(say("author.accepted", number=number, notebook=label))
            if place.tree == "solutions":
                # Its exercise carries the stamps, too.
                builder.build(course_root(), [f"{place.tree}/{place.name}"])
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
