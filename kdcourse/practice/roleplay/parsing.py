"""Reading one part of a scenario's file, with a sentence that names the place of every fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from kdcourse.practice.roleplay.conditions import ALWAYS, Condition, read_condition
from kdcourse.practice.roleplay.scenario import FULL, STEP, Effects, Text
from kdcourse.texts import LANGUAGES, KitError

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
#: A table of a TOML file.
Table = Mapping[str, Any]


class Parser:
    """Knows the file, and which words and meters its conditions and effects may name.

    Attributes:
        source: What the file holds.
        file: Its name, for messages.
        meters: Its meters.
        words: Its facts, luck and moves.
    """

    def __init__(self, source: Table, file: str) -> None:
        self.source = source
        self.file = file
        self.meters: Mapping[str, int] = {}
        self.words: Collection[str] = ()

    def when(self, entry: Table, where: str) -> Condition:
        """Read a condition."""
        if "when" not in entry:
            return ALWAYS
        try:
            condition = read_condition(entry["when"])
        except ValueError as fault:
            self.fault("condition", where, part=fault)
        for term in condition.terms:
            known: Collection[str] = self.meters if term.compare else self.words
            if term.name not in known:
                self.misspelt(where, term.name, known, "condition-word")
        return condition

    def effects(self, entry: Table, where: str) -> Effects:
        """Read what is added to the meters."""
        given = {meter: entry[meter] for meter in self.meters if meter in entry}
        for meter, value in given.items():
            if type(value) is not int or not -FULL <= value <= FULL or value % STEP:
                self.fault("effect", where, key=meter, value=value)
        return given

    def text(self, entry: Table, where: str, name: str = "") -> Text:
        """Read a text in every language: the table itself, or a part of it."""
        text = entry.get(name) if name else entry
        got = text if isinstance(text, Mapping) else {}
        absent = [lang for lang in LANGUAGES if not isinstance(got.get(lang), str) or not got[lang]]
        if absent:
            langs = ", ".join(absent)
            self.fault("lacks", where, what=f"{name} ({langs})" if name else langs)
        return {lang: got[lang].strip() for lang in LANGUAGES}

    def list(
        self, entry: Table, where: str, name: str, known: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Read a list of words; one word may stand by itself."""
        given = entry.get(name, [])
        given = [given] if isinstance(given, str) else given
        if not isinstance(given, list) or not all(isinstance(part, str) for part in given):
            self.fault("not-a-list", where, key=name)
        for part in given:
            if known is not None and part not in known:
                self.misspelt(where, part, known, f"unknown-{name}")
        return tuple(given)

    def tables(self, entry: Table, where: str, name: str, plain: bool = False) -> Table:
        """Read a part that holds tables by name, or plain values."""
        found = entry.get(name, {})
        if not isinstance(found, Mapping):
            self.fault("not-a-table", name)
        for key, value in found.items():
            if not plain and not isinstance(value, Mapping):
                self.fault("not-a-table", f"{name}.{key}")
            if not plain and not _SLUG.fullmatch(key):
                self.fault("slug", f"{name}.{key}", name=key)
        return found

    def no_twins(self, names: Iterable[str]) -> None:
        """Refuse a name that is given twice."""
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.fault("twice", name, name=name)
            seen.add(name)

    def only(self, entry: Table, where: str, allowed: tuple[str, ...]) -> None:
        """Refuse a key that is not known."""
        for key in entry:
            if key not in allowed:
                self.misspelt(where, key, allowed)

    def misspelt(
        self, where: str, given: str, known: Collection[str], key: str = "unknown-key"
    ) -> NoReturn:
        """Refuse a word and name what may have been meant."""
        near = get_close_matches(given, known, n=3, cutoff=0.5)
        self.fault(key, where, given=given, known=", ".join(near or sorted(known)))

    def fault(self, key: str, where: str, /, **fields: object) -> NoReturn:
        """Refuse the file."""
        raise KitError(f"roleplay.file-{key}", file=self.file, where=where or "–", **fields)
