"""What was handed in, sorted: whose it is, for which exercise, which one counts, and every oddity.

Nothing here stops the class: a file that can't be made sense of becomes a sentence.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from kdcourse.grading.intake import Finding, Found, look_into
from kdcourse.grading.recognise import Contents, Owner, assignment_in, contents, owner
from kdcourse.grading.roster import Roster
from kdcourse.texts import KitError

#: A file from further in the future than this was dated by a clock that is wrong.
_TOMORROW = 24 * 3600.0

#: Puts a notebook away under its digest.
Keep = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Handed:
    """One notebook that somebody handed in for an exercise.

    Attributes:
        learner: Who.
        assignment: Which exercise, ``"1.1"``.
        path: Where it was found.
        digest: SHA-256 of the notebook, in hex; its bytes have gone to whoever keeps them.
        time: When it was last changed, seconds since 1970.
        number: Which try it is, where the platform counts them.
    """

    learner: str
    assignment: str
    path: PurePosixPath
    digest: str
    time: float = 0.0
    number: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Learner and assignment."""
        return self.learner, self.assignment


@dataclass(frozen=True)
class Collected:
    """Everything that was handed in.

    Attributes:
        counted: One per learner and exercise: the latest.
        superseded: Earlier ones; they are kept, too.
        faults: What is odd about which file or learner, a sentence each.
    """

    counted: Sequence[Handed]
    superseded: Sequence[Handed]
    faults: Sequence[KitError]


def collect(
    place: Path,
    roster: Roster,
    assignments: Collection[str],
    versions: Mapping[str, Sequence[str]] | None = None,
    *,
    keep: Keep = lambda digest, data: None,
    now: float | None = None,
) -> Collected:
    """Sort a folder of submissions.

    Args:
        place: A folder (nbgrader's layout, one per learner, or flat), or a ZIP, also one that
            Moodle or Canvas made.
        roster: The class; empty if none is known.
        assignments: The exercises to be graded.
        versions: Exercise → versions that were handed out, the latest last.
        keep: Called with the digest and the bytes of each notebook that found its owner, so that
            a class's notebooks needn't be in memory together.
        now: The moment, seconds since 1970; default: the clock's.

    Raises:
        KitError: The place can't be read, or there is no notebook in it.
    """
    sorted_out = _Sorting(roster, assignments, versions or {}, keep)
    found_any = False
    for finding in look_into(place):
        found_any = True
        sorted_out.take(finding)
    if not found_any:
        raise KitError("grading_class.nothing-handed-in", path=place)
    counted, superseded = sorted_out.settle()
    moment = time.time() if now is None else now
    sorted_out.faults += _ahead(counted, moment)
    sorted_out.faults += _alike(counted)
    return Collected(counted, superseded, sorted_out.faults)


class _Sorting:
    """What has been sorted so far."""

    def __init__(
        self,
        roster: Roster,
        assignments: Collection[str],
        versions: Mapping[str, Sequence[str]],
        keep: Keep,
    ) -> None:
        self.roster = roster
        self.keep = keep
        self.assignments = assignments
        self.versions = versions
        self.faults: list[KitError] = []
        self._strangers: set[str] = set()
        self._handed: dict[tuple[str, str], list[Handed]] = defaultdict(list)

    def take(self, finding: Finding) -> None:
        """Sort one notebook, or note a fault."""
        if isinstance(finding, KitError):
            self.faults.append(finding)
            return
        says = contents(finding.data)
        assignment = self._assignment(finding, says)
        if not assignment:
            return
        who = self._owner(finding, says)
        if who is None or not who.id:
            self._note("nobodys", path=finding.path)
            return
        self._remark(finding, says, assignment, who)
        digest = sha256(finding.data).hexdigest()
        self.keep(digest, finding.data)
        one = Handed(who.id, assignment, finding.path, digest, finding.time, who.number)
        self._handed[one.key].append(one)

    def settle(self) -> tuple[list[Handed], list[Handed]]:
        """Return which notebooks count and which don't, noting where there was a choice."""
        counted: list[Handed] = []
        superseded: list[Handed] = []
        for _, several in sorted(self._handed.items()):
            *earlier, latest = sorted(several, key=lambda one: (one.number, one.time, one.path))
            counted.append(latest)
            superseded += earlier
            if earlier:
                kept = " / ".join(str(one.path) for one in earlier)
                who = {"learner": latest.learner, "assignment": latest.assignment}
                self._note("several", **who, counted=latest.path, kept=kept)
        return counted, superseded

    def _note(self, key: str, **fields: object) -> None:
        self.faults.append(KitError(f"grading_class.{key}", **fields))

    def _assignment(self, found: Found, says: Contents) -> str:
        named = assignment_in(found.path, self.assignments)
        if says.kind and says.kind != "exercise":
            self._note("not-an-exercise", path=found.path, lesson=says.lesson)
            return ""
        if says.lesson and says.lesson not in self.assignments:
            asked = ", ".join(self.assignments)
            self._note("other-assignment", path=found.path, found=says.lesson, asked=asked)
            return ""
        if says.lesson and named and named != says.lesson:
            self._note("misnamed", path=found.path, found=says.lesson, named=named)
        if says.lesson or named:
            return says.lesson or named
        # One exercise was asked for; nothing speaks for another.
        if len(self.assignments) == 1:
            (only,) = self.assignments
            self._note("taken-for", path=found.path, assignment=only)
            return only
        self._note("unrecognised", path=found.path)
        return ""

    def _owner(self, found: Found, says: Contents) -> Owner | None:
        who = owner(found.path, self.roster, self.assignments)
        if says.learner and (who is None or not who.known):
            stamped = self.roster.find(says.learner)
            # On a roster, the note in the notebook is better than a name that isn't on it.
            if stamped or who is None:
                return Owner(stamped.id if stamped else says.learner, known=stamped is not None)
        return who

    def _remark(self, found: Found, says: Contents, assignment: str, who: Owner) -> None:
        """Note what the instructor should look at, though the notebook is graded."""
        if len(self.roster) and not who.known and who.id not in self._strangers:
            self._strangers.add(who.id)
            self._note("not-on-roster", learner=who.id, path=found.path)
        if says.learner and says.learner != who.id:
            self._note("anothers", path=found.path, learner=who.id, given=says.learner)
        versions = self.versions.get(assignment, ())
        if not versions:
            return
        if not says.version:
            self._note("not-released", path=found.path, learner=who.id)
        elif says.version != versions[-1]:
            key = "older-release" if says.version in versions else "unknown-release"
            self._note(key, path=found.path, learner=who.id)


def _ahead(counted: Iterable[Handed], now: float) -> list[KitError]:
    return [
        KitError("grading_class.from-the-future", path=one.path, learner=one.learner)
        for one in counted
        if one.time > now + _TOMORROW
    ]


def _alike(counted: Iterable[Handed]) -> list[KitError]:
    """Name learners who handed in the same file."""
    same: dict[str, list[str]] = defaultdict(list)
    for one in counted:
        same[one.digest].append(one.learner)
    return [
        KitError("grading_class.same-file", learners=", ".join(learners))
        for learners in same.values()
        if len(learners) > 1
    ]
