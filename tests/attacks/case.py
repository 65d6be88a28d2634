"""A case of the attack suite: a hostile or unlucky submission, and what must come of it.

A case says what becomes of question 1, where nearly all of them strike; questions 2 to 4 are
answered rightly below it and must count, unless the case says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from attacks.book import ahead, first, solution

RIGHT = solution("q1-answer")
#: Growth of nothing: a wrong answer in the right form.
WRONG = "growth = pd.Series([1.0] * 6, index=range(2020, 2026), name='growth_pct')\n"

#: A seed that can't occur by chance, to be looked for.
UNSEEN = 918_273_645_546_372
#: What the grader's surroundings hold that no notebook may see.
SECRET = "swordfish-7731"


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes:
        name: What it does.
        build: Makes the notebook.
        first: What becomes of question 1; several where chance decides.
        others: What becomes of others that aren't right.
        said: What the message on question 1 must contain.
        notes: What must be said of the whole, as keys of messages.
    """

    name: str
    build: Callable[[], bytes]
    first: str | tuple[str, ...]
    others: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    notes: tuple[str, ...] = ()


def code(name: str, source: str, outcome: str | tuple[str, ...], said: str = "") -> Case:
    """Return a case that puts code into the answer of question 1."""
    return Case(name, lambda: first(source), outcome, said=said)


def harmless(name: str, source: str) -> Case:
    """Return a case whose code may do what it likes: every answer below it still counts."""
    return Case(name, lambda: ahead(source), "correct")


def broken(name: str, raw: bytes, note: str) -> Case:
    """Return a case of a file that is no notebook."""
    every = {f"q{number}": "error" for number in range(2, 6)}
    return Case(name, lambda: raw, "error", every, notes=(note,))


def lucky(name: str, build: Callable[[], bytes], *notes: str) -> Case:
    """Return a case that loses nothing, whatever happened to the notebook; and what is said."""
    return Case(name, build, "correct", notes=notes)
