"""How a written answer is checked: every slot filled in the learner's own words, numbers traceable.

How good it is, no program says; after this check the rubric is shown for self-assessment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from kdcourse.checks.citing import trace
from kdcourse.checks.judges import Judge
from kdcourse.checks.values import Unreadable, blank, kind
from kdcourse.checks.verdict import Comparison, Finding

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: From here on a text is taken for a copy of its prompt.
COPIED = 0.8
#: How many numbers of a text a message names.
MOST_NAMED = 3

_CHINESE = re.compile(r"[㐀-鿿]")
_WORD = re.compile(r"[^\W_㐀-鿿]+(?:['’.,-][^\W_㐀-鿿]+)*")


@dataclass(frozen=True)
class Written(Judge):
    """A dict of texts, one per slot.

    Attributes:
        slots: Names of the slots, in the order of the question.
        words: Fewest words of a slot written in English, or any language with blanks.
        characters: Fewest characters of a slot written in Chinese.
        cite: Slots whose numbers have to be traceable, and how many figures each has to cite.
        figures: The figures that may be cited, as a function of the data.
        stated: Numbers that stand in the question; repeating one is fine and proves nothing.
        known: The figures on one set of data; :meth:`on` fills it in.
    """

    slots: tuple[str, ...]
    words: int = 12
    characters: int = 20
    cite: Mapping[str, int] = field(default_factory=dict)
    figures: Callable[[Loader], Mapping[str, float]] = lambda load: {}
    stated: tuple[float, ...] = ()
    known: Mapping[str, float] = field(default_factory=dict)

    def on(self, load: Loader) -> Judge:
        """Return the judge with the figures of the data."""
        return replace(self, known=self.figures(load))

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say which slots of ``given`` are filled.

        Args:
            expected: The prompts, ``{slot: {language: text}}``; they are not answers.
            given: The learner's texts.
        """
        try:
            texts = self._texts(given)
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        findings = [
            self._slot(texts.get(slot), expected.get(slot, {})) or self._sources(slot, texts[slot])
            for slot in self.slots
        ]
        faults = tuple(
            finding.within(slot)
            for slot, finding in zip(self.slots, findings, strict=True)
            if finding
        )
        attempted = any(not blank(texts.get(slot)) for slot in self.slots)
        return Comparison(1 - len(faults) / len(self.slots), faults, attempted)

    def _texts(self, given: object) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise Unreadable("not-parts", kind=kind(given), parts=list(self.slots))
        return {str(slot): text for slot, text in given.items()}

    def _slot(self, text: object, prompts: Mapping[str, str]) -> Finding | None:
        if blank(text):
            return Finding("part-open")
        if not isinstance(text, str):
            return Finding("wrong-kind", {"kind": kind(text), "needed": {"say": "check.kind-text"}})
        if any(_alike(text, prompt) for prompt in prompts.values()):
            return Finding("slot-copied")
        words, characters = len(_WORD.findall(text)), len(_CHINESE.findall(text))
        # A text in both scripts counts in both: half the words and half the characters will do.
        if words / self.words + characters / self.characters < 1:
            chinese = characters * self.words > words * self.characters
            size, least = (characters, self.characters) if chinese else (words, self.words)
            unit = "characters" if chinese else "words"
            return Finding(f"slot-short-{unit}", {"count": size, "least": least})
        return None

    def _sources(self, slot: str, text: str) -> Finding | None:
        """Return what is wrong with the numbers of a slot that is filled."""
        if slot not in self.cite:
            return None
        cited, untraceable = trace(text, self.known, self.stated)
        if untraceable:
            return Finding("figure-untraceable", {"numbers": untraceable[:MOST_NAMED]})
        if len(cited) < self.cite[slot]:
            return Finding("figures-too-few", {"count": len(cited), "least": self.cite[slot]})
        return None


def _alike(text: str, prompt: str) -> bool:
    # Only the head of a long text is compared: the comparison takes quadratic time.
    head = "".join(text.split())[: 2 * len(prompt)].casefold()
    return SequenceMatcher(None, head, "".join(prompt.split()).casefold()).ratio() >= COPIED
