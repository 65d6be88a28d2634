"""Rules on ``kdcourse/content``: every text in both languages, and drawable in the kit's font."""

from __future__ import annotations

import re
import string
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kdcourse.authoring.lint.prose import exclaims, ill_set
from kdcourse.authoring.lint.rules import Finding, Subject, found, rule
from kdcourse.authoring.markdown import has_chinese, passages
from kdcourse.course import FIGURE_FONT
from kdcourse.texts import LANGUAGES

#: The rule for texts, the only one that is not about a notebook.
TEXT_RULE = "texts"

#: Codes and names such as CR4, EMS or Python are the same in both languages; words are not.
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}[^\s*][^*]*\*")
_ENGLISH = re.compile(r"(?<![A-Za-z])[a-z]{3}")


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every text with its dotted name: each table that has a language for a key."""
    if isinstance(value, dict):
        if set(LANGUAGES) & set(value):
            yield name, {key: text for key, text in value.items() if isinstance(text, str)}
        # What stands beside a text, such as the moves of a scene, has texts of its own.
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            own = inner.get("id", number) if isinstance(inner, dict) else number
            yield from leaves(inner, f"{name}.{own}")


def text_breaches(path: Path) -> Iterator[tuple[str, Finding]]:
    """Yield the rule that is broken and the finding, for the texts of one TOML file."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        yield TEXT_RULE, Finding("texts-unreadable", fields={"reason": error})
        return
    for name, leaf in leaves(tree):
        spoken = _spoken(path, name)
        for key in _leaf_slips(leaf):
            if key == "exclamation" and spoken:
                continue  # an angry customer may shout
            yield TEXT_RULE, Finding(f"texts-{key}", name)
        if isinstance(leaf.get("zh-CN"), str):
            for key, where in ill_set(_without_placeholders(leaf["zh-CN"])):
                if key == "you" and spoken:
                    continue
                yield "chinese-type", Finding(f"chinese-type-{key}", name, {"where": where})
        if _shown_plain(path, name) and any(map(_EMPHASIS.search, leaf.values())):
            yield TEXT_RULE, Finding("texts-emphasis", name)
        lacking = missing_characters("".join(map(str, leaf.values())))
        if lacking:
            yield "font", Finding("font-lacks", name, {"characters": lacking})


@rule("font")
def font_draws_everything(subject: Subject) -> Iterator[Finding]:
    """A character the bundled font lacks is an empty box in a figure."""
    if subject.lang == "zh-CN":
        for cell in subject.prose_cells:
            lacking = missing_characters(cell["source"])
            if lacking:
                yield found("font-lacks", cell, characters=lacking)


def missing_characters(text: str, font: Path = FIGURE_FONT) -> str:
    """Return the characters of ``text`` that the font lacks, in order.

    Without fontTools, which it takes to cut the font anew, nothing is found lacking.
    """
    drawable = _characters(font)
    if drawable is None:
        return ""
    # Pictograms (✓) are for the browser, which has its own fonts; figures do without.
    drawn = (c for c in text if c.isprintable() and unicodedata.category(c) != "So")
    lacking = (c for c in drawn if ord(c) not in drawable)
    return "".join(dict.fromkeys(lacking))


def _spoken(path: Path, name: str) -> bool:
    """Say whether a text is said or written to a customer or by one, and not to the reader."""
    if path.parent.name == "scenarios":
        return name.startswith(("scene.", "fact.", "end."))
    if path.parent.name == "exercises":
        return ".model." in name  # a model answer may be a letter to one
    return path.parent.name == "flows" or (
        path.parent.name == "crm" and path.stem in ("automation", "questionnaire")
    )


def _shown_plain(path: Path, name: str) -> bool:
    """Say whether a text reaches the reader as it stands, not as Markdown."""
    if path.parent.name == "exercises":
        return ".slips." in name
    return path.parent.name in ("quizzes", "scenarios", "simulations")


def _leaf_slips(leaf: dict[str, Any]) -> Iterator[str]:
    if not set(LANGUAGES) <= set(leaf):
        yield "languages"
        return
    english, chinese = (leaf[lang] for lang in LANGUAGES)
    if not all(isinstance(text, str) and text.strip() for text in (english, chinese)):
        yield "empty"
        return
    if _placeholders(english) != _placeholders(chinese):
        yield "placeholders"
    words = " ".join(passages(_without_placeholders(chinese)))
    if _ENGLISH.search(words) and not has_chinese(words):
        yield "untranslated"
    if any(exclaims(_without_placeholders(text)) for text in (english, chinese)):
        yield "exclamation"


def _placeholders(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:  # braces of code in a hint, which nobody fills in
        return set(re.findall(r"\{(\w+)\}", text))


def _without_placeholders(text: str) -> str:
    return re.sub(r"\{\w*[^{}]*\}", "\u00b7", text)


@cache
def _characters(font: Path) -> frozenset[int] | None:
    if not find_spec("fontTools"):
        return None
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
