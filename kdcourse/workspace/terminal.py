"""Makes the terminal safe to speak to, whatever it can print. Standard library only."""

from __future__ import annotations

import io
import sys

from kdcourse.texts import terminal_language, use_language


def settle(lang: str) -> None:
    """Speak ``lang`` if this terminal can show it, else English, and never fail on a character.

    A character the terminal lacks (in a folder's name, say) becomes a question mark.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    use_language(terminal_language(lang))
