"""A bar on the terminal for work that is done piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(total: int) -> Iterator[Callable[[str], None]]:
    """Show counts, the time left and what was done last; yield what to call after each piece.

    Args:
        total: How many pieces there are.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[at]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=total, at="")
        # A name may hold what rich would take for markup, or a terminal for a command.
        yield lambda name: bar.update(
            task, advance=1, at=escape("".join(c for c in name if c.isprintable()))[:60]
        )
