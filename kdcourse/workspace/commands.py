"""The learner's commands, ``kdcourse start``, ``doctor`` and ``progress``, as they are typed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from kdcourse.course import course_root
from kdcourse.texts import language, say, system_language, use_language
from kdcourse.workspace.kit import kit
from kdcourse.workspace.manifest import remembered_language
from kdcourse.workspace.terminal import settle

Lang = Annotated[str | None, typer.Option(help=say("cli.option-lang"))]
Workspace = Annotated[
    Path | None, typer.Option(help=say("cli.option-workspace"), show_default=False)
]
Port = Annotated[int | None, typer.Option(help=say("cli.option-port"), show_default=False)]
Csv = Annotated[Path | None, typer.Option(help=say("progress.option-csv"), show_default=False)]
Json = Annotated[Path | None, typer.Option(help=say("progress.option-json"), show_default=False)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help=say("cli.option-no-browser"))]


def show_version(wanted: bool) -> None:
    """Print the version and end, if it is ``wanted``."""
    if wanted:
        typer.echo(f"kdcourse {kit().version}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help=say("cli.option-version"), callback=show_version, is_eager=True),
]


def kdcourse(version: Version = False) -> None:
    """Hold the options of the program itself."""


def start(
    lang: Lang = None,
    port: Port = None,
    no_browser: NoBrowser = False,
    workspace: Workspace = None,
) -> None:
    """Bring the workspace up to date and open it in JupyterLab until Ctrl+C."""
    from kdcourse.workspace import launch
    from kdcourse.workspace.sync import synchronise

    folder = choose_folder(workspace)
    edition = choose_language(lang, folder)
    settle(edition)
    if port is not None:
        launch.require_port(port)
    report = synchronise(folder, edition, course_root(), kit().version, chosen=lang is not None)
    for line in report.lines():
        typer.echo(line)
    launch.write_settings(report.folder, edition, report.manifest)
    launch.serve(report.folder, edition, port=port, browser=not no_browser, tell=typer.echo)


def doctor(lang: Lang = None, workspace: Workspace = None) -> None:
    """Say what is in order here and what isn't; exit status 1 if anything isn't."""
    from kdcourse.workspace.doctor import examine, show

    folder = choose_folder(workspace)
    settle(choose_language(lang, folder))
    if not show(examine(folder, course_root())):
        raise typer.Exit(1)


def progress(
    lang: Lang = None, workspace: Workspace = None, csv: Csv = None, json: Json = None
) -> None:
    """Show what was done in the workspace, or write it into files for other programs."""
    from kdcourse.workspace import progress_report

    folder = choose_folder(workspace)
    settle(choose_language(lang, folder))
    results = progress_report.results_in(folder)
    if csv is None and json is None:
        progress_report.show(folder, results)
    for line in progress_report.export(results, csv, json):
        typer.echo(line)


def choose_folder(asked: Path | None) -> Path:
    """Return the workspace: the one asked for, else the environment's, else the one at home."""
    named = asked or os.environ.get("KDCOURSE_WORKSPACE") or Path.home() / "kdcourse-workspace"
    return Path(named).expanduser().resolve()


def choose_language(asked: str | None, folder: Path) -> str:
    """Return the edition: the one asked for, else the one once chosen here, else the system's.

    Raises:
        KitError: There is no such edition.
    """
    if asked is None:
        return remembered_language(folder) or system_language()
    use_language(asked)
    return language()
