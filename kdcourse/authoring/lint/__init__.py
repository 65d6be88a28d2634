"""The house rules for lessons, exercises and texts, and finding what breaks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdcourse.authoring.lint import (  # noqa: F401 - register
    code,
    exercise,
    outputs,
    prose,
    shape,
    sums,
)
from kdcourse.authoring.lint.rules import KINDS, RULES, Finding, Rule, Subject
from kdcourse.authoring.lint.texts import TEXT_RULE, text_breaches
from kdcourse.authoring.notebook import read
from kdcourse.authoring.trees import chosen
from kdcourse.course import FIGURE_FONT
from kdcourse.texts import LANGUAGES, say

__all__ = ["RULES", "Breach", "Finding", "Rule", "Subject", "inspect", "lint", "rules"]

#: The kit's own texts.
CONTENT = FIGURE_FONT.parents[1]


@dataclass(frozen=True)
class Breach:
    """A finding, the file it was made in, and the rule that is broken."""

    file: str
    rule: str
    finding: Finding

    def __str__(self) -> str:
        key = "breach-cell" if self.finding.cell else "breach"
        return say(
            f"lint.{key}",
            file=self.file,
            cell=self.finding.cell,
            rule=self.rule,
            finding=self.finding,
        )


def lint(root: Path, names: Sequence[str] = (), texts: Path = CONTENT) -> list[Breach]:
    """Hold notebooks to the rules, and without names the texts of ``kdcourse/content`` too.

    Args:
        root: The course's root.
        names: See :meth:`kdcourse.authoring.trees.Place.answers_to`.
        texts: The folder of texts.

    Raises:
        KitError: A name means no notebook, or a notebook can't be read.
    """
    found = []
    for place in chosen(root, names):
        for lang in LANGUAGES:
            if place.path(root, lang).exists():
                nb = read(place.path(root, lang))
                found += inspect(Subject(root, texts, place, lang, nb))
    if not names:
        for path in sorted(texts.rglob("*.toml")):
            label = path.relative_to(texts.parent).as_posix()
            found += [Breach(label, *breach) for breach in text_breaches(path)]
    return found


def inspect(subject: Subject) -> list[Breach]:
    """Apply every rule that holds for one notebook."""
    kind = subject.facts.get("kind")
    label = subject.place.label(subject.lang)
    return [
        Breach(label, rule.name, finding)
        for rule in RULES.values()
        # A notebook of unknown kind is held to what holds for all.
        if kind in rule.kinds or rule.kinds == KINDS
        for finding in rule.findings(subject)
    ]


def rules() -> list[tuple[str, str, str]]:
    """Return each rule's name, what it asks and why, in the language spoken now."""
    return [
        (name, say(f"lint.rule-{name}"), say(f"lint.why-{name}")) for name in (*RULES, TEXT_RULE)
    ]
