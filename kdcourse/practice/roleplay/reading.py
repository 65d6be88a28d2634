"""The file of a scenario: what it holds, and a sentence for everything that can be wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from kdcourse.practice.roleplay.conditions import ALWAYS
from kdcourse.practice.roleplay.parsing import Parser, Table
from kdcourse.practice.roleplay.scenario import (
    FEELINGS,
    FULL,
    STEP,
    Change,
    Effects,
    Ending,
    Fact,
    Line,
    Luck,
    Move,
    Reply,
    Scenario,
    Scene,
    Text,
)
from kdcourse.texts import LANGUAGES, KitError, content

_HEAD = ("title", "situation", "task", "customer", "minutes", "concepts", "model", "tempting")
_PARTS = ("meters", "each-turn", "luck", "fact", "scene", "end")


def scenario_names() -> list[str]:
    """Return the names of the scenarios there are, in order."""
    folder = files("kdcourse") / "content" / "scenarios"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name[-5:] == ".toml")


@cache
def load_scenario(name: str) -> Scenario:
    """Return a scenario of the course.

    Args:
        name: ``"3.2.hidden-problem"``.

    Raises:
        KitError: There is none, or its file is faulty.
    """
    known = scenario_names()
    if name not in known:
        near = get_close_matches(str(name), known, n=1, cutoff=0.4)
        raise KitError("roleplay.unknown", name=name, known=", ".join(near or known))
    return read_scenario(content(f"scenarios/{name}"), name, f"content/scenarios/{name}.toml")


def skills() -> Mapping[str, Mapping[str, str]]:
    """Return the skills that moves can be tagged with: id to names."""
    return content("skills")


def meter_names() -> Mapping[str, Text]:
    """Return the meters that a scenario can have: id to names."""
    names: Mapping[str, Text] = content("figures/roleplay")["meters"]["series"]
    return names


def read_scenario(source: Table, name: str, file: str) -> Scenario:
    """Read a scenario.

    Args:
        source: What its file holds.
        name: What it is called.
        file: The file's name, for messages.

    Raises:
        KitError: Something is missing, misspelt or contradicts itself; names file and place.
    """
    return _Reader(source, file).scenario(name)


class _Reader(Parser):
    """Reads one file; first the names of everything, so that each mention can be checked."""

    def __init__(self, source: Table, file: str) -> None:
        super().__init__(source, file)
        self.scenes: Table = self.tables(source, "", "scene")
        self.ends: Table = self.tables(source, "", "end")
        self.facts: Table = self.tables(source, "", "fact")
        self.luck: Table = self.tables(source, "", "luck")
        self.only(self.tables(source, "", "meters", plain=True), "meters", tuple(meter_names()))
        self.meters = self._start_meters()
        self.each_turn = self._each_turn()
        moves = [m for scene in self.scenes.values() for m in _moves(scene)]
        self.no_twins([*self.scenes, *self.ends])
        self.no_twins([*self.facts, *self.luck, *moves])
        self.moves = set(moves)
        self.words = {*self.facts, *self.luck, *moves}
        self.places = {*self.scenes, *self.ends}

    def scenario(self, name: str) -> Scenario:
        source = self.source
        self.only(source, "", (*_HEAD, *_PARTS))
        minutes = source.get("minutes")
        if type(minutes) is not int or minutes < 1:
            self.fault("lacks", "", what="minutes = 10")
        if not self.scenes or not self.ends:
            self.fault("lacks", "", what="[scene.…]" if not self.scenes else "[end.…]")
        moves: dict[str, Move] = {}
        for scene, entry in self.scenes.items():
            for move, its in _moves(entry).items():
                moves[move] = self._move(f"scene.{scene}.{move}", move, its)
        return Scenario(
            name=name,
            title=self.text(source, "", "title"),
            situation=self.text(source, "", "situation"),
            task=self.text(source, "", "task"),
            customer=self.text(source, "", "customer"),
            minutes=minutes,
            concepts=self.list(source, "", "concepts"),
            meters=self.meters,
            luck={key: self._luck(key, entry) for key, entry in self.luck.items()},
            facts={key: self._fact(key, entry) for key, entry in self.facts.items()},
            scenes={key: self._scene(key, entry) for key, entry in self.scenes.items()},
            moves=moves,
            endings={key: self._ending(key, entry) for key, entry in self.ends.items()},
            model=self.list(source, "", "model", self.moves),
            tempting=self.list(source, "", "tempting", self.moves),
        )

    def _start_meters(self) -> dict[str, int]:
        given = self.tables(self.source, "", "meters", plain=True)
        for meter in FEELINGS:
            if meter not in given:
                self.fault("lacks", "meters", what=f"{meter} = 50")
        for meter, value in given.items():
            if type(value) is not int or not 0 <= value <= FULL or value % STEP:
                self.fault("effect", "meters", key=meter, value=value)
        return dict(given)

    def _each_turn(self) -> Effects:
        given = self.tables(self.source, "", "each-turn", plain=True)
        self.only(given, "each-turn", tuple(self.meters))
        return self.effects(given, "each-turn")

    def _luck(self, key: str, entry: Table) -> Luck:
        where = f"luck.{key}"
        self.only(entry, where, (*LANGUAGES, "chance", *self.meters))
        chance = entry.get("chance")
        if not isinstance(chance, float) or not 0 < chance < 1:
            self.fault("lacks", where, what="chance = 0.3")
        text = self.text(entry, where) if set(LANGUAGES) & set(entry) else None
        return Luck(key, chance, self.effects(entry, where), text)

    def _fact(self, key: str, entry: Table) -> Fact:
        where = f"fact.{key}"
        self.only(entry, where, (*LANGUAGES, "hidden"))
        return Fact(key, self.text(entry, where), entry.get("hidden") is True)

    def _scene(self, key: str, entry: Table) -> Scene:
        where = f"scene.{key}"
        unknown = [k for k, v in entry.items() if not isinstance(v, Mapping) and k not in _OF_SCENE]
        if unknown:
            self.misspelt(where, unknown[0], _OF_SCENE)
        lines = []
        for number, line in enumerate(entry.get("line", ()), 1):
            place = f"{where}.line {number}"
            self.only(line, place, (*LANGUAGES, "when"))
            lines.append(Line(self.text(line, place), self.when(line, place)))
        if set(LANGUAGES) & set(entry):
            lines.append(Line(self.text(entry, where)))
        also = self.list(entry, where, "also", self.moves)
        return Scene(key, tuple(lines), (*_moves(entry), *also))

    def _move(self, where: str, key: str, entry: Table) -> Move:
        allowed = (*LANGUAGES, "skills", "when", "again", "reply", *_OF_REPLY, *self.meters)
        self.only(entry, where, allowed)
        given = entry.get("reply", {})
        replies = given if isinstance(given, list) else [given]
        several = len(replies) > 1
        read = tuple(
            self._reply(f"{where}.reply{f' {number}' if several else ''}", entry, reply)
            for number, reply in enumerate(replies, 1)
        )
        if read[-1].when != ALWAYS:
            self.fault("no-else", where)
        return Move(
            key,
            self.text(entry, where),
            self.list(entry, where, "skills", skills()),
            self.when(entry, where),
            entry.get("again") is True,
            read,
        )

    def _reply(self, where: str, move: Table, entry: Table) -> Reply:
        """Read a reply; what stands at its move goes for every reply of it."""
        if not isinstance(entry, Mapping):
            self.fault("not-a-table", where)
        self.only(entry, where, (*LANGUAGES, "when", *_OF_REPLY, *self.meters))
        parts = (self.each_turn, self.effects(move, where), self.effects(entry, where))
        go = entry.get("go", move.get("go", ""))
        if go and go not in self.places:
            self.misspelt(where, go, self.places, "go-astray")
        reveals = [
            part for e in (move, entry) for part in self.list(e, where, "reveals", self.facts)
        ]
        return Reply(
            self.text(entry, where) if set(LANGUAGES) & set(entry) else None,
            self.when(entry, where),
            {m: sum(part.get(m, 0) for part in parts) for m in self.meters},
            tuple(dict.fromkeys(reveals)),
            go,
        )

    def _ending(self, key: str, entry: Table) -> Ending:
        where = f"end.{key}"
        self.only(entry, where, (*LANGUAGES, "title", "worth", "when", "crm"))
        worth = entry.get("worth")
        if type(worth) is not int or not 0 <= worth <= FULL:
            self.fault("lacks", where, what="worth = 70")
        changes = [
            self._change(f"{where}.crm {number}", change)
            for number, change in enumerate(entry.get("crm", ()), 1)
        ]
        return Ending(
            key,
            self.text(entry, where, "title"),
            self.text(entry, where),
            worth,
            self.when(entry, where) if "when" in entry else None,
            tuple(changes),
        )

    def _change(self, where: str, entry: Table) -> Change:
        self.only(entry, where, (*LANGUAGES, "table", "add", "set", "when"))
        kinds = [kind for kind in ("add", "set") if isinstance(entry.get(kind), Mapping)]
        table = entry.get("table")
        if len(kinds) != 1 or not isinstance(table, str):
            what = "table" if len(kinds) == 1 else "add / set"
            self.fault("lacks", where, what=what)
        values = entry[kinds[0]]
        if not all(isinstance(value, str | int | float) for value in values.values()):
            self.fault("not-plain", where)
        return Change(table, kinds[0], values, self.text(entry, where), self.when(entry, where))


_OF_SCENE = (*LANGUAGES, "line", "also")
_OF_REPLY = ("reveals", "go")


def _moves(scene: Table) -> dict[str, Table]:
    """Return the moves of a scene: every table in it."""
    return {key: entry for key, entry in scene.items() if isinstance(entry, Mapping)}
