"""The gradebook, ``gradebook.sqlite``: what was handed in, what came of it, and a person's marks.

One result is one transaction, so that a kill at any moment loses at most what was being worked on.
Nothing is ever overwritten: a new result or mark comes after the former and counts instead. The
order is that of numbers, not of a clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from kdcourse.grading.places import explained, put
from kdcourse.grading.roster import Learner, Roster
from kdcourse.grading.schema import QUESTION
from kdcourse.grading.store import Store, remember
from kdcourse.grading.submissions import Collected, Handed
from kdcourse.grading.work import QuestionResult, SubmissionResult
from kdcourse.texts import LANGUAGES, KitError, speaking

FILE, HANDED_IN = "gradebook.sqlite", "handed-in"


@dataclass(frozen=True)
class Task:
    """A notebook that is to be graded.

    Attributes:
        learner: Who.
        assignment: Which exercise.
        digest: SHA-256 of the notebook, in hex.
        name: Its file name as found.
        version: Stands for everything a verdict depends on besides the notebook.
        file: Where it is kept.
    """

    learner: str
    assignment: str
    digest: str
    name: str
    version: str
    file: Path


@dataclass(frozen=True)
class Mark:
    """What a person gave for a written answer.

    Attributes:
        points: How many.
        levels: The level chosen for each criterion of the rubric, from 1.
        comment: What the learner reads.
    """

    points: float
    levels: tuple[int, ...] = ()
    comment: str = ""


def digest_of(answer: str) -> str:
    """Return what identifies an answer that was marked."""
    return sha256(answer.encode()).hexdigest()


class Gradebook:
    """The gradebook of a class in a folder.

    Args:
        folder: Made if it isn't there.

    Attributes:
        folder: Where it lies, with the notebooks kept beside it.

    Raises:
        KitError: The folder can't be written to; the file is damaged, or from a newer kit.
    """

    def __init__(self, folder: Path) -> None:
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._store = Store(folder / FILE)

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    # --- what was handed in

    def keep(self, digest: str, data: bytes) -> None:
        """Put a notebook away.

        Raises:
            KitError: The folder can't be written to, or the disk is full.
        """
        kept = self._kept(digest)
        # The name is the digest, so what stands there is the same.
        if not kept.exists():
            put(kept, data)

    def take_in(self, collected: Collected) -> None:
        """Note which notebooks count from now on.

        What was handed in before by somebody who is not in this collection goes on counting.
        """
        several = [(one, True) for one in collected.counted]
        several += [(one, False) for one in collected.superseded]
        with self._store.transaction() as database:
            for one in collected.counted:
                database.execute(
                    "UPDATE handed_in SET counted = 0 WHERE (learner, assignment) = (?, ?)", one.key
                )
            for one, counts in several:
                database.execute(
                    "INSERT INTO handed_in (learner, assignment, digest, path, changed, counted) "
                    "VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET counted = excluded.counted",
                    (*one.key, one.digest, _path(one), one.time, counts),
                )
            faults = [
                {lang: _said(fault, lang) for lang in LANGUAGES} for fault in collected.faults
            ]
            remember(database, "faults", faults)

    def tasks(self, version_of: Mapping[tuple[str, str], str]) -> list[Task]:
        """Return what counts and has no result yet.

        Args:
            version_of: (learner, assignment) → what the verdict depends on besides the notebook.
        """
        rows = self._store.rows(
            "SELECT learner, assignment, digest, path FROM handed_in WHERE counted ORDER BY id"
        )
        done = set(self._store.rows("SELECT learner, assignment, digest, version FROM result"))
        return [
            Task(who, what, digest, Path(path).name, version_of[who, what], self._kept(digest))
            for who, what, digest, path in rows
            if (who, what, digest, version_of[who, what]) not in done
        ]

    def counted(self) -> list[tuple[str, str]]:
        """Return learner and assignment of everything that counts."""
        return self._store.rows(
            "SELECT learner, assignment FROM handed_in WHERE counted ORDER BY id"
        )

    def notebook(self, learner: str, assignment: str) -> tuple[str, bytes]:
        """Return the notebook that counts: its path as found, and its bytes.

        Raises:
            KitError: It can't be read.
        """
        ((path, digest),) = self._store.rows(
            "SELECT path, digest FROM handed_in WHERE counted AND (learner, assignment) = (?, ?)",
            (learner, assignment),
        )
        kept = self._kept(digest)
        with explained(kept, reading=True):
            return path, kept.read_bytes()

    def _kept(self, digest: str) -> Path:
        return self.folder / HANDED_IN / f"{digest}.ipynb"

    # --- results

    def add(self, task: Task, result: SubmissionResult) -> None:
        """Write down what came of a notebook; a second result of the same changes nothing."""
        with self._store.transaction() as database:
            added = database.execute(
                "INSERT INTO result (learner, assignment, digest, version, lang, notes, locks, "
                "seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                (
                    task.learner,
                    task.assignment,
                    task.digest,
                    task.version,
                    result.lang,
                    json.dumps(result.notes),
                    json.dumps(result.locks),
                    result.seconds,
                ),
            ).fetchone()
            if added is None:
                return
            for place, question in enumerate(result.questions):
                values = tuple(question.to_plain()[name] for name in QUESTION)
                database.execute(
                    f"INSERT INTO question (result, place, {', '.join(QUESTION)}) "
                    f"VALUES (?, ?{', ?' * len(QUESTION)})",
                    (*added, place, *values),
                )

    def results(self) -> list[SubmissionResult]:
        """Return the result that counts of each learner and assignment; the last one is it."""
        latest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for row in self._store.rows(
            "SELECT result.learner, result.assignment, result.digest, lang, notes, locks, seconds, "
            "result.id FROM result JOIN handed_in ON counted AND "
            "handed_in.learner = result.learner AND handed_in.assignment = result.assignment AND "
            "handed_in.digest = result.digest ORDER BY result.id"
        ):
            latest[row[0], row[1]] = row
        return [self._result(*row) for _, row in sorted(latest.items())]

    def _result(
        self,
        learner: str,
        assignment: str,
        digest: str,
        lang: str,
        notes: str,
        locks: str,
        seconds: float,
        number: int,
    ) -> SubmissionResult:
        rows = self._store.rows(
            f"SELECT {', '.join(QUESTION)} FROM question WHERE result = ? ORDER BY place",
            (number,),
        )
        return SubmissionResult(
            learner=learner,
            assignment=assignment,
            digest=digest,
            lang=lang,
            questions=tuple(QuestionResult(*row) for row in rows),
            notes=tuple(json.loads(notes)),
            locks=tuple(json.loads(locks)),
            seconds=seconds,
        )

    # --- a person's marks

    def mark(self, result: SubmissionResult, question: QuestionResult, mark: Mark) -> None:
        """Write down what a person gave for a written answer."""
        with self._store.transaction() as database:
            database.execute(
                "INSERT INTO mark (learner, assignment, question, answer, points, levels, comment) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    result.learner,
                    result.assignment,
                    question.question,
                    digest_of(question.answer),
                    mark.points,
                    json.dumps(mark.levels),
                    mark.comment,
                ),
            )

    def marks(self) -> dict[tuple[str, str, str], Mark]:
        """Return the marks that count, by learner, question and the answer's digest."""
        return {
            (learner, question, answer): Mark(points, tuple(json.loads(levels)), comment)
            for learner, question, answer, points, levels, comment in self._store.rows(
                "SELECT learner, question, answer, points, levels, comment FROM mark ORDER BY id"
            )
        }

    # --- the class

    def remember(self, roster: Roster, assignments: Sequence[str]) -> None:
        """Note the class and its exercises, so that pages can be made again without them."""
        with self._store.transaction() as database:
            remember(database, "roster", [asdict(learner) for learner in roster])
            remember(database, "assignments", list(assignments))

    def roster(self) -> Roster:
        """Return the class as last noted."""
        return Roster({facts["id"]: Learner(**facts) for facts in self._store.recall("roster", [])})

    def assignments(self) -> list[str]:
        """Return the exercises as last noted."""
        return list(self._store.recall("assignments", []))

    def faults(self, lang: str) -> list[str]:
        """Return what was odd about what was handed in, as sentences."""
        return [fault[lang] for fault in self._store.recall("faults", [])]


def _path(one: Handed) -> str:
    # A name that isn't UTF-8 holds letters that SQLite can't store.
    return str(one.path).encode("utf-8", "replace").decode("utf-8")


def _said(fault: KitError, lang: str) -> str:
    with speaking(lang):
        return str(fault).encode("utf-8", "replace").decode("utf-8")
