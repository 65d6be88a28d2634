"""Inside: a silent IPython that runs a cell within its time and forgets what it prints."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class TimeUp(BaseException):
    """A cell's time is over; no ``except Exception`` holds it up."""


class Flood(BaseException):
    """A cell has printed too much."""


class Sink(io.TextIOBase):
    """Takes what is printed, counts it and forgets it."""

    def __init__(self, most: int, overflow: Callable[[], None]) -> None:
        self._most, self._overflow = most, overflow
        self._size = 0

    def begin(self) -> None:
        """Begin to count again."""
        self._size = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Count ``text``."""
        self._size += len(text)
        if self._size > self._most:
            self._overflow()
            raise Flood
        return len(text)


def new_shell() -> InteractiveShell:
    """Return the shell that runs cells, silent and without a memory of earlier ones."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Hook(DisplayHook):
        """Keeps the last value as ``_``; nobody looks at it, so its repr is not called."""

        def __call__(self, result: object = None) -> None:
            if result is not None:
                shell: Any = self.shell
                shell.user_ns["_"] = result

    class Publisher(DisplayPublisher):
        """Shows nothing."""

        def publish(self, *_: object, **__: object) -> None:
            """Show nothing."""

    class Shell(InteractiveShell):
        """Formats no tracebacks: that takes longer than most cells."""

        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def showtraceback(self, *_: object, **__: object) -> None:
            """Say nothing."""

        def showsyntaxerror(self, *_: object, **__: object) -> None:
            """Say nothing."""

        def enable_gui(self, gui: object = None) -> None:
            """Open no window."""

    config = Config()
    config.HistoryManager.enabled = False
    return Shell.instance(config=config)


def execute(shell: Any, source: str) -> Any:
    """Run a cell; return IPython's account of it."""
    return shell.run_cell(source, store_history=False)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeUp in the middle of whatever runs after ``seconds``; on Windows, don't."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(*_: object) -> None:
        raise TimeUp

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
