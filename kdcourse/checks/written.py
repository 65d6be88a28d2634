"""How a written answer is checked: every slot filled in the learner's own words, no more.

How good it is, no program says; after this check the rubric is shown for self-assessment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from kdcourse.checks.values import Unreadable, blank, kind
from kdcourse.checks.verdict import Comparison, Finding

#: From here on a text is taken for a copy of its prompt.
COPIED = 0.8

_CHINESE = re.compile(r"[㐀-鿿]")
_WORD = re.compile(r"[^\W_㐀-鿿]+(?:['’.,-][^\W_㐀-鿿]+)*")


@dataclass(frozen=True)
class Written:
    """A dict of texts, one per slot.

    Attributes:
        slots: Names of the slots, in the order of the question.
        words: Fewest words of a slot written in English, or any language with blanks.
        characters: Fewest characters of a slot written in Chinese.
    """

    slots: tuple[str, ...]
    words: int = 12
    characters: int = 20

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
        findings = [self._slot(texts.get(slot), expected.get(slot, {})) for slot in self.slots]
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


def _alike(text: str, prompt: str) -> bool:
    # Only the head of a long text is compared: the comparison takes quadratic time.
    head = "".join(text.split())[: 2 * len(prompt)].casefold()
    return SequenceMatcher(None, head, "".join(prompt.split()).casefold()).ratio() >= COPIED
