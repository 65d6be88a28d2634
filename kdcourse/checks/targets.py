"""How a target list is checked: by what would come of the prospects on it, which no table tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from kdcourse.checks.judges import Judge
from kdcourse.checks.values import Unreadable, kind, plain_text, shown
from kdcourse.checks.verdict import Comparison, Finding, differs

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: Shares are said in steps of so many percent: enough to steer by, too coarse to ask the truth out
#: of the check, prospect by prospect.
STEP = 5


@dataclass(frozen=True)
class Targets(Judge):
    """A list of prospects, each with a grade, held against the hidden truth.

    Precision is the share of the list that is worth pursuing, recall the share of all that are
    worth it that stands on the list. Both are asked relative to what the reference list reaches in
    the same world, so that a world without luck is nobody's fault.

    Attributes:
        truth: The truth behind the data: a row per prospect with ``id``, whether it is still
            ``open``, whether it is in ``reach``, whether it is ``worth`` pursuing, and what is
            ``expected`` of it.
        id: The column that names a prospect.
        grades: What a grade can be, best first; the best has to be expected to bring more.
        least: Fewest names of a list.
        most: Most names.
        precision: The share of the reference's precision that will do.
        recall: The same of its recall.
        known: The truth of one set of data; :meth:`on` fills it in.
    """

    truth: Callable[[Loader], pd.DataFrame]
    id: str
    grades: tuple[str, ...]
    least: int
    most: int
    precision: float
    recall: float
    known: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)

    def on(self, load: Loader) -> Judge:
        """Return the judge with the truth of the data."""
        return replace(self, known=self.truth(load).set_index(self.id))

    def observe(self, given: object) -> dict[str, str]:
        """Return the grade of each prospect on a list.

        Raises:
            Unreadable: It is no such list, or has a prospect twice.
        """
        if isinstance(given, pd.Series):
            given = given.rename("grade").rename_axis(self.id).reset_index()
        if isinstance(given, Mapping):
            given = pd.DataFrame({self.id: list(given), "grade": list(given.values())})
        if not isinstance(given, pd.DataFrame):
            raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-table"})
        if self.id not in given.columns and given.index.name == self.id:
            given = given.reset_index()
        absent = [name for name in (self.id, "grade") if name not in given.columns]
        if absent:
            has = [str(name) for name in given.columns][:8]
            raise Unreadable("columns-missing", columns=absent, has=has)
        names = [plain_text(value) for value in given[self.id]]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise Unreadable("rows-twice", row=[f"{self.id} = {twice[:20]}"])
        return dict(zip(names, map(plain_text, given["grade"]), strict=True))

    def compare(self, expected: Mapping[str, str], given: Mapping[str, str]) -> Comparison:
        """Say what is wrong with a list: its form first, then how well it hits."""
        fault = self._form(given)
        if fault:
            return fault
        best_precision, best_recall = self.rates(expected)
        precision, recall = self.rates(given)
        findings = [
            Finding(key, {"percent": _below(rate), "least": _bar(asked)})
            for key, rate, asked in (
                ("targets-precision", precision, self.precision * best_precision),
                ("targets-recall", recall, self.recall * best_recall),
            )
            if rate < asked - 1e-9
        ]
        misgraded = self._misgraded(given)
        if misgraded:
            findings.append(misgraded)
        if not findings:
            reached = {"precision": _rounded(precision), "recall": _rounded(recall)}
            return Comparison(1.0, (Finding("targets-reached", reached),))
        lost = {"targets-precision": 0.4, "targets-recall": 0.4}
        share = 1.0 - sum(lost.get(finding.key, 0.2) for finding in findings)
        # Well graded or with every good name on it: a list that misses is no use by that alone.
        share = 0.0 if len(findings) > 1 else share
        return Comparison(round(share, 9), tuple(findings))

    def recognises(
        self, wrong: Mapping[str, str], given: Mapping[str, str], expected: Mapping[str, str]
    ) -> bool:
        """Say whether the same prospects stand on both lists."""
        return set(wrong) == set(given)

    def rates(self, listed: Mapping[str, str]) -> tuple[float, float]:
        """Return precision and recall of a list, between 0 and 1."""
        worth = self.known["open"] & self.known["worth"]
        hits = int(worth.reindex(list(listed), fill_value=False).sum())
        return hits / max(len(listed), 1), hits / max(int(worth.sum()), 1)

    def _form(self, given: Mapping[str, str]) -> Comparison | None:
        unknown = next((name for name in given if name not in self.known.index), None)
        if unknown is not None:
            return differs("rows-unknown", row=[f"{self.id} = {unknown[:20]}"])
        done = [name for name in given if not self.known.loc[name, "open"]]
        if done:
            return differs("targets-done", count=len(done), row=[f"{self.id} = {done[0]}"])
        away = [name for name in given if not self.known.loc[name, "reach"]]
        if away:
            return differs("targets-away", count=len(away), row=[f"{self.id} = {away[0]}"])
        strange = next((grade for grade in given.values() if grade not in self.grades), None)
        if strange is not None:
            return differs("targets-grade", value=shown(strange), grades=list(self.grades))
        if not self.least <= len(given) <= self.most:
            count = {"count": len(given), "least": self.least, "most": self.most}
            return differs("targets-size", **count)
        return None

    def _misgraded(self, given: Mapping[str, str]) -> Finding | None:
        """Say what is wrong with the grades: only one, or the best isn't expected to be best."""
        grade = self.grades[0]
        best = [name for name in given if given[name] == grade]
        rest = [name for name in given if given[name] != grade]
        if not best or not rest:
            return Finding("targets-one-grade", {"best": grade, "grades": list(self.grades)})
        expected: pd.Series[Any] = self.known["expected"]
        if expected[best].mean() > expected[rest].mean():
            return None
        return Finding("targets-grades", {"best": grade})


def _rounded(share: float) -> int:
    return round(share * 100 / STEP) * STEP


def _below(share: float) -> int:
    """Round down, so that a rate that was missed is never said to be above what was asked."""
    return math.floor(share * 100 / STEP + 1e-9) * STEP


def _bar(share: float) -> int:
    return math.ceil(share * 100 - 1e-9)
