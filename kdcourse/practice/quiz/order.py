"""Questions that put steps in order. Their file holds them in the right one, the screen doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from kdcourse.practice.quiz.feedback import Feedback, Remark, Text
from kdcourse.practice.quiz.item import Entry, Item, Named, chosen
from kdcourse.texts import KitError, pick


@dataclass(frozen=True)
class Step(Named):
    """One step; ``say`` is why it stands where it does."""

    say: Text


@dataclass(frozen=True)
class Slip:
    """A tempting mistake: ``first`` put before ``then``, which it should follow."""

    first: str
    then: str
    say: Text


@dataclass(frozen=True)
class Order(Item):
    """Steps to be put in order.

    Attributes:
        steps: In the right order.
        slips: Mistakes with a remark of their own.
    """

    kind = "order"

    steps: tuple[Step, ...]
    slips: tuple[Slip, ...]

    @classmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""
        steps = entry.parts("steps", _step, least=3)
        item = cls(*entry.head(), steps, entry.parts("slips", _slip, least=0))
        ids = [step.id for step in steps]
        entry.require_own(ids)
        for slip in item.slips:
            if astray := {slip.first, slip.then} - set(ids):
                raise entry.fault("slip-astray", step=min(astray))
            if ids.index(slip.first) <= ids.index(slip.then):
                raise entry.fault("slip-no-slip", first=slip.first, then=slip.then)
        return item

    @property
    def shown(self) -> tuple[Step, ...]:
        """The steps as the learner meets them: shuffled, the same way every time."""

        def luck(step: Step) -> str:
            return sha256(f"{self.id}/{step.id}".encode()).hexdigest()

        shuffled = tuple(sorted(self.steps, key=luck))
        return shuffled if shuffled != self.steps else (*shuffled[1:], shuffled[0])

    def judge(self, answer: object) -> Feedback:
        """Say what an order of all steps is worth."""
        given = chosen(self.id, answer, [step.id for step in self.shown])
        right = [step.id for step in self.steps]
        if sorted(given) != sorted(right):
            raise KitError("quiz.order-open", item=self.id, steps=len(right))
        steps = {step.id: step for step in self.steps}
        remarks = [
            _placed(steps[name], place, right.index(name)) for place, name in enumerate(given)
        ]
        remarks += [
            Remark(False, None, slip.say)
            for slip in self.slips
            if given.index(slip.first) < given.index(slip.then)
        ]
        return Feedback(self.id, given == right, tuple(remarks))

    def lines(self) -> list[str]:
        """Return the steps with the numbers that they are shown with."""
        return [f"{number}) {pick(step.text)}" for number, step in enumerate(self.shown, start=1)]


def _placed(step: Step, place: int, right: int) -> Remark:
    """Return the remark on a step; why it stands where it does, only one who found it reads."""
    about = {lang: f"{place + 1}. {text}" for lang, text in step.text.items()}
    if place == right:
        return Remark(True, about, step.say)
    return Remark(False, about, None, "earlier" if right < place else "later")


def _step(entry: Entry) -> Step:
    named = entry.named()
    return Step(named.id, named.text, entry.text("say"))


def _slip(entry: Entry) -> Slip:
    return Slip(entry.word("first"), entry.word("then"), entry.text("say"))
