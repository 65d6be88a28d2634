"""What a scenario consists of: scenes, moves, replies, endings. Plain data, read from its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from kdcourse.practice.roleplay.conditions import ALWAYS, Condition

#: A text in every language of the course.
Text = Mapping[str, str]
#: What is added to which meter.
Effects = Mapping[str, int]

#: Meters run from 0 to this.
FULL = 100
#: They move in steps of this: nobody can tell finer, and it keeps the number of states small.
STEP = 5
#: The meters that every scenario has.
FEELINGS = ("trust", "patience")


@dataclass(frozen=True)
class Luck:
    """A circumstance that some days have: drawn once, before the conversation."""

    id: str
    chance: float
    effects: Effects
    text: Text | None


@dataclass(frozen=True)
class Fact:
    """Something the customer knows; ``hidden`` is what they would rather not say."""

    id: str
    text: Text
    hidden: bool = False


@dataclass(frozen=True)
class Line:
    """What the customer says on coming to a scene, under a condition."""

    text: Text
    when: Condition = ALWAYS


@dataclass(frozen=True)
class Reply:
    """What follows a move under a condition; of several, the first that holds counts.

    Attributes:
        text: What the customer says; None where the next scene says it.
        when: Its condition.
        effects: What it does to the meters, what its move and every turn cost included.
        reveals: Facts that are known from here on.
        go: Scene or ending that follows; empty to stay.
    """

    text: Text | None
    when: Condition
    effects: Effects
    reveals: tuple[str, ...]
    go: str


@dataclass(frozen=True)
class Move:
    """Something the learner can say or do.

    Attributes:
        id: Its word, true from here on.
        text: What the learner says.
        skills: What it is an instance of.
        when: When it is offered.
        again: Whether it may be made more than once.
        replies: What may follow.
    """

    id: str
    text: Text
    skills: tuple[str, ...]
    when: Condition
    again: bool
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Scene:
    """A stretch of the conversation: what the customer says first, and what can be said to it."""

    id: str
    lines: tuple[Line, ...]
    moves: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What an ending changes in the CRM.

    Attributes:
        table: Which table.
        kind: ``"add"`` a row or ``"set"`` columns of the customer's row.
        values: The columns.
        text: The same in words.
        when: Under which condition.
    """

    table: str
    kind: str
    values: Mapping[str, str | int | float | bool]
    text: Text
    when: Condition


@dataclass(frozen=True)
class Ending:
    """How a conversation can end.

    Attributes:
        id: Its name.
        title: It in a few words.
        text: What happens.
        worth: How good it is for both sides in the long run, 0 to 100.
        when: Ends the conversation at once; None if it is only reached by going there.
        crm: What it changes.
    """

    id: str
    title: Text
    text: Text
    worth: int
    when: Condition | None
    crm: tuple[Change, ...]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A conversation with one customer; the order of all mappings is that of the file.

    Attributes:
        name: As it is called in ``play(name)``.
        title: Its title.
        situation: What the learner knows beforehand.
        task: What the learner is to do.
        customer: Who speaks.
        minutes: How long it takes.
        concepts: Concepts of the syllabus that it practises.
        meters: Where each starts.
        luck: What some days have.
        facts: What can be found out.
        scenes: The first is where it begins.
        moves: All moves of all scenes.
        endings: How it can end.
        model: Moves of a good conversation.
        tempting: Moves of one that feels good and leads astray.
    """

    name: str
    title: Text
    situation: Text
    task: Text
    customer: Text
    minutes: int
    concepts: tuple[str, ...]
    meters: Mapping[str, int]
    luck: Mapping[str, Luck]
    facts: Mapping[str, Fact]
    scenes: Mapping[str, Scene]
    moves: Mapping[str, Move]
    endings: Mapping[str, Ending]
    model: tuple[str, ...]
    tempting: tuple[str, ...]

    @property
    def start(self) -> str:
        """The scene it begins with."""
        return next(iter(self.scenes))

    @cached_property
    def forced(self) -> tuple[Ending, ...]:
        """The endings that come by themselves."""
        return tuple(ending for ending in self.endings.values() if ending.when is not None)

    @cached_property
    def shown(self) -> Mapping[str, tuple[Move, ...]]:
        """The moves of each scene in the order they are shown.

        It is the same each time, but not that of the file, where authors tend to begin with the
        good one.
        """
        return {
            key: tuple(
                self.moves[move]
                for move in sorted(scene.moves, key=lambda move: _place(self.name, key, move))
            )
            for key, scene in self.scenes.items()
        }


def _place(*parts: str) -> bytes:
    return blake2b("/".join(parts).encode(), digest_size=8).digest()
