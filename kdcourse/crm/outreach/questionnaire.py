"""Questionnaires: written as text, held to the rules of the trade, saved version by version."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.texts import KitError, content, say

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        id: Its code.
        dimension: What it is about.
        scale: On which scale it is answered.
        texts: How it reads: one text, or one per language.
    """

    id: str
    dimension: str
    scale: str
    texts: tuple[str, ...]


@cache
def house_questionnaire() -> str:
    """Return the text of the house's questionnaire."""
    place = files("kdcourse") / "content" / "crm" / "questionnaire.toml"
    return place.read_text(encoding="utf-8")


def read_questionnaire(text: str) -> list[Item]:
    """Read a questionnaire.

    Args:
        text: TOML, as ``content/crm/questionnaire.toml``.

    Raises:
        KitError: It is no TOML, or an item lacks something.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise KitError("crm_data.survey-toml", reason=fault) from fault
    items = raw.get("items")
    if not isinstance(items, dict) or not items:
        raise KitError("crm_data.survey-empty")
    return [_item(name, item) for name, item in items.items()]


def lint(text: str) -> pd.DataFrame:
    """Return what a survey's maker should look at once more: ``item``, ``fault``, ``about``.

    Looked for are leading questions, two in one, absolutes, negatives, personal data that no
    answer needs, items without a known scale, repeated or too long ones, a questionnaire that is
    too long, and dimensions nobody asks about. A word list finds the usual slips, not every one:
    have somebody answer it aloud.

    Args:
        text: TOML, as ``content/crm/questionnaire.toml``.

    Raises:
        KitError: It can't be read.
    """
    import pandas as pd

    rules = content("crm/surveys")
    items = read_questionnaire(text)
    found: list[tuple[str, str, str]] = []
    seen: dict[str, str] = {}
    for item in items:
        for words in item.texts:
            for fault, listed in rules["words"].items():
                if hit := next((word for word in listed if word in f" {words.lower()} "), ""):
                    found.append((item.id, fault, hit.strip()))
            if len(words) > rules["limits"]["longest_text"]:
                found.append((item.id, "long_text", str(rules["limits"]["longest_text"])))
            if words in seen and seen[words] != item.id:
                found.append((item.id, "repeated", seen[words]))
            seen.setdefault(words, item.id)
        if item.scale not in rules["scales"]:
            found.append((item.id, "no_scale", ", ".join(rules["scales"])))
        if item.dimension not in rules["dimensions"]:
            found.append((item.id, "no_dimension", ", ".join(rules["dimensions"])))
    if len(items) > rules["limits"]["longest"]:
        found.append(("", "too_many", str(rules["limits"]["longest"])))
    asked = {item.dimension for item in items}
    found += [("", "not_asked", name) for name in rules["dimensions"] if name not in asked]
    rows = [
        (item, fault, say(f"crm_data.lint-{fault}", what=what))
        for item, fault, what in dict.fromkeys(found)
    ]
    return pd.DataFrame(rows, columns=["item", "fault", "about"])


def save_questionnaire(crm: Crm, questionnaire: str, text: str) -> int:
    """Save a questionnaire and return its version; the same text keeps its version.

    Raises:
        KitError: It can't be read, an item has no scale to be answered on, or the user may not.
    """
    for item in read_questionnaire(text):
        if item.scale not in content("crm/surveys")["scales"]:
            known = ", ".join(content("crm/surveys")["scales"])
            raise KitError("crm_data.survey-scale", item=item.id, scale=item.scale, known=known)
    with crm.transaction() as db:
        last = crm.rows(
            "SELECT version, text FROM questionnaires WHERE questionnaire = :name "
            "ORDER BY version DESC LIMIT 1",
            name=questionnaire,
        )
        if last and last[0][1] == text:
            return int(last[0][0])
        version = last[0][0] + 1 if last else 1
        db.execute(
            "INSERT INTO questionnaires VALUES (?, ?, ?, ?, ?)",
            (questionnaire, version, text, crm.now, crm.user().name),
        )
    return int(version)


def saved_questionnaire(crm: Crm, questionnaire: str) -> tuple[int, list[Item]]:
    """Return the last version of a questionnaire and its items.

    Raises:
        KitError: There is none of this name.
    """
    found = crm.rows(
        "SELECT version, text FROM questionnaires WHERE questionnaire = :name "
        "ORDER BY version DESC LIMIT 1",
        name=questionnaire,
    )
    if not found:
        known = crm.rows("SELECT DISTINCT questionnaire FROM questionnaires ORDER BY 1")
        names = ", ".join(row[0] for row in known) or "–"
        raise KitError("crm_data.no-questionnaire", name=questionnaire, known=names)
    return int(found[0][0]), read_questionnaire(found[0][1])


def _item(name: str, raw: Any) -> Item:
    texts = raw.get("text") if isinstance(raw, dict) else None
    listed: list[Any] = list(texts.values()) if isinstance(texts, Mapping) else [texts]
    if not all(isinstance(text, str) and text.strip() for text in listed) or not listed:
        raise KitError("crm_data.survey-text", item=name)
    return Item(name, str(raw.get("dimension", "")), str(raw.get("scale", "")), tuple(listed))
