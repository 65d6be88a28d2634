"""Words in the reader's language: every sentence the kit says comes from ``content/``.

A text stands in a TOML file with its languages side by side::

    [port-in-use]
    en = "Port {port} is taken by another program. ..."
    zh-CN = "端口 {port} 已被其他程序占用……"

so that neither edition can land without the other.
"""

from __future__ import annotations

import locale
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh-CN")
_current = "en"


class KitError(Exception):
    """A fault with a sentence: what is wrong, where, and what to do.

    Raised with the key of a text and its fields, so that whoever meets it reads it in their own
    language. In a notebook only the sentence is shown, not the path the call took through the kit.

    Args:
        key: A message, as in :func:`say`.
        **fields: Values for the placeholders of the message.
    """

    def __init__(self, key: str, /, **fields: object) -> None:
        self.key = key
        self.fields = fields
        super().__init__(key, fields)

    def __str__(self) -> str:
        return say(self.key, **self.fields)

    def __reduce__(self) -> tuple[Any, ...]:
        # The fault of another process arrives here by pickle, which doesn't know named fields.
        return _fault, (type(self), self.key, self.fields)

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def _fault(kind: type[KitError], key: str, fields: dict[str, object]) -> KitError:
    return kind(key, **fields)


@cache
def content(path: str) -> dict[str, Any]:
    """Read one TOML file of ``kdcourse/content``, e.g. ``"messages/start"``. Do not change it."""
    return read_toml(files("kdcourse") / "content" / f"{path}.toml")


def read_toml(source: Path | Traversable) -> dict[str, Any]:
    """Read a TOML file, a path or a part of a package.

    Raises:
        KitError: It isn't TOML; names the line.
        OSError: It isn't there.
    """
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise KitError("texts.not-toml", path=source, reason=fault) from fault


def language() -> str:
    """Return the language spoken now, ``"en"`` or ``"zh-CN"``."""
    return _current


def use_language(lang: str) -> None:
    """Speak ``lang`` from here on.

    Raises:
        KitError: ``lang`` is not a language of the course.
    """
    global _current
    if lang not in LANGUAGES:
        raise KitError("texts.unknown-language", lang=lang, languages=", ".join(LANGUAGES))
    _current = lang


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Speak ``lang`` inside a ``with`` block, then the former language again."""
    before = _current
    use_language(lang)
    try:
        yield
    finally:
        use_language(before)


def pick(entry: Mapping[str, str], lang: str | None = None) -> str:
    """Choose the text of ``lang`` (default: the language spoken now) from ``{language: text}``."""
    return entry[lang or _current]


def say(key: str, lang: str | None = None, /, **fields: object) -> str:
    """Return a message in ``lang``, its placeholders filled.

    Args:
        key: ``"file.name"`` for table ``name`` of ``content/messages/file.toml``.
        lang: A language; default the one spoken now.
        **fields: One value per placeholder.
    """
    file, _, name = key.partition(".")
    return pick(content(f"messages/{file}")[name], lang).format(**fields)


def system_language() -> str:
    """Return the course's language nearest to the system's locale.

    Follows the order of POSIX (``LC_ALL``, ``LC_MESSAGES``, ``LANG``), then asks the platform
    (Windows sets no such variable).
    """
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    found = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "zh-CN" if found.lower().startswith(("zh", "chinese")) else "en"


def terminal_language(lang: str) -> str:
    """Return ``lang`` if this terminal can print it, else English.

    Chinese on a terminal without Chinese characters is a row of question marks, which helps no one.
    """
    try:
        "课程".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "en"
    return lang
