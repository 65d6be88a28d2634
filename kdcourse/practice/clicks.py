"""The clicks and keys of a widget: one click at a time, in the reader's language; keys its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from time import monotonic

from kdcourse.texts import language, speaking

#: Seconds after an answer in which a click can only be the second of two: nobody reads so fast.
_BREATH = 0.5


class Clicks:
    """What a view asks when it is clicked.

    Attributes:
        clock: Tells the time in seconds.
        language: The one spoken when the view was made. A click comes later, perhaps after another
            lesson has changed it.
    """

    def __init__(self) -> None:
        self.clock: Callable[[], float] = monotonic
        self.language = language()
        self._answered_at = -_BREATH
        # JupyterLab may deliver clicks in threads of their own.
        self._turn = RLock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other click is being answered, and speak the view's language meanwhile."""
        with self._turn, speaking(self.language):
            yield

    def too_soon(self) -> bool:
        """Say whether this click follows an answer so closely that it is the second of two."""
        return self.clock() - self._answered_at < _BREATH

    def answered(self) -> None:
        """Note that a click has just been answered."""
        self._answered_at = self.clock()


def own_keys(page: str) -> str:
    """Return a script by which keys belong to the page in focus, not to JupyterLab's shortcuts.

    Args:
        page: The class of the widget's outermost box, ``page`` in the script, which runs as the
            ``onload`` of an element inside.
    """
    return f"""
const page = this.closest('.{page}');
if (page &amp;&amp; !page.dataset.ready) {{
  page.dataset.ready = 'yes';
  page.addEventListener('focusin', event => {{
    event.target.dataset.lmSuppressShortcuts = 'true';
  }});
}}
"""
