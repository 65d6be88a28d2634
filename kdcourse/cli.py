"""The command line: what can be typed after ``kdcourse``, and how its faults reach the reader."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

from kdcourse.texts import KitError, say, system_language
from kdcourse.workspace.terminal import settle

PROGRAM = "kdcourse"


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit status.

    Args:
        arguments: What follows the program's name; None takes it from the process.

    Returns:
        0 done, 1 a fault the reader was told of, 2 not understood, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    settle(system_language())
    # Of the errors that mean "not understood", typer exports only one; this is their parent.
    not_understood: Any = typer.BadParameter.__base__
    try:
        status = _program().main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except KitError as fault:
        return _complain(str(fault), 1)
    except not_understood as fault:
        return _complain(_usage_fault(fault, arguments), 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return status if isinstance(status, int) else 0


def _program() -> Any:
    """Put the commands together.

    They are imported here, not above: their help texts are fixed on import and must speak the
    language that was settled before.
    """
    from kdcourse.authoring.commands import app as author
    from kdcourse.grading import commands as grading
    from kdcourse.workspace import commands as workspace
    from kdcourse.world.commands import app as data

    program = typer.Typer(
        help=say("cli.about"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    program.callback()(workspace.kdcourse)
    program.command(help=say("cli.start"))(workspace.start)
    program.command(help=say("cli.doctor"))(workspace.doctor)
    program.command(help=say("progress.about"))(workspace.progress)
    program.command(help=say("grading_class.release"))(grading.release)
    program.command(help=say("grading_class.grade"))(grading.grade)
    program.add_typer(author, name="author", help=say("cli.author"))
    program.add_typer(data, name="data", help=say("cli.data"))
    # Further groups of commands are added here in the same way.

    from typer import rich_utils

    rich_utils.OPTIONS_PANEL_TITLE = say("cli.title-options")
    rich_utils.COMMANDS_PANEL_TITLE = say("cli.title-commands")
    rich_utils.ARGUMENTS_PANEL_TITLE = say("cli.title-arguments")
    return _with_help_option(typer.main.get_command(program))


def _with_help_option(command: Any) -> Any:
    """Let the help of ``--help`` itself speak the reader's language, in ``command`` and below."""
    make = command.get_help_option

    def get_help_option(context: Any) -> Any:
        option = make(context)
        option.help = say("cli.option-help")
        return option

    command.get_help_option = get_help_option
    for part in getattr(command, "commands", {}).values():
        _with_help_option(part)
    return command


def _usage_fault(fault: Any, arguments: Sequence[str]) -> str:
    """Say what was not understood; nothing if typer has shown the help instead."""
    missing = type(fault).__name__ == "MissingParameter"
    if not fault.message and not missing:
        return ""
    path = fault.ctx.command_path if getattr(fault, "ctx", None) else PROGRAM
    see = f"{path} --help"
    if name := getattr(fault, "option_name", None):
        # A known option without its value is named, too; only an unknown one has near misses.
        unknown = hasattr(fault, "possibilities")
        return say("cli.unknown-option" if unknown else "cli.bad-value", name=name, help=see)
    if (option := getattr(fault, "param", None)) and missing:
        return say("cli.missing-value", name=(option.opts or [option.name])[0], help=see)
    if option:
        return say("cli.bad-value", name=(option.opts or [option.name])[0], help=see)
    return say("cli.bad-usage", line=" ".join([PROGRAM, *arguments]), help=see)


def _complain(sentence: str, status: int) -> int:
    if sentence:
        print(sentence, file=sys.stderr)
    return status
