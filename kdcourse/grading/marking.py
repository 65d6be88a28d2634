"""One submission from bytes to result: read, run on two worlds, judge."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import perf_counter

from kdcourse.checks.catalogue import MODULES, find_exercise
from kdcourse.checks.questions import Exercise
from kdcourse.grading.child import Job, Reading
from kdcourse.grading.grounds import Ground, Grounds
from kdcourse.grading.judging import Judged, computed, judge, probe
from kdcourse.grading.listening import Ran
from kdcourse.grading.notebooks import NotANotebook, Sheet, read
from kdcourse.grading.plan import Plan, language_of, plan, released
from kdcourse.grading.results import clean, faulty, result
from kdcourse.grading.runner import Runner, new_runner
from kdcourse.grading.work import MIB, Limits, QuestionResult, Submission, SubmissionResult, Worlds
from kdcourse.texts import LANGUAGES, KitError, say, speaking

#: Larger notebooks are read by a process that can't take the grader's memory.
_READ_HERE = 4 * MIB


#: Results, notes and locks.
Marked = tuple[tuple[QuestionResult, ...], tuple[str, ...], tuple[str, ...]]


class Marker:
    """Marks submissions one after the other, with a runner and worlds of its own.

    Args:
        trusted: Run them even behind too few locks.

    Raises:
        KitError: There are no locks here, and the notebooks aren't trusted.
    """

    def __init__(self, trusted: bool = False) -> None:
        self._runner: Runner = new_runner(trusted)
        self._grounds = Grounds(self._runner.spool)
        # The language spoken now, the server and the worlds are there once per process.
        self._turn = Lock()

    def close(self) -> None:
        """End what was started and remove what was written."""
        self._runner.close()

    def mark(self, submission: Submission, worlds: Worlds, limits: Limits) -> SubmissionResult:
        """Mark a submission; see :func:`kdcourse.grading.work.grade_one`."""
        start = perf_counter()
        exercise = exercise_of(submission.assignment)
        digest = sha256(submission.notebook).hexdigest()
        with self._turn:
            try:
                sheet = self._sheet(submission.notebook, limits)
            except NotANotebook as fault:
                lang = LANGUAGES[0]
                told = say(f"grading.{fault.key}", lang, **fault.fields)
                outcome: Marked = faulty(exercise, told), (told,), ()
            else:
                lang = language_of(sheet)
                with speaking(lang):
                    outcome = self._marked(exercise, sheet, worlds, limits)
        return SubmissionResult(
            submission.learner,
            submission.assignment,
            digest,
            lang,
            *outcome,
            round(perf_counter() - start, 3),
        )

    def _sheet(self, raw: bytes, limits: Limits) -> Sheet:
        if len(raw) > limits.notebook:
            raise NotANotebook("file-too-large", most=limits.notebook // MIB)
        if len(raw) <= _READ_HERE:
            return read(raw)
        # There is no world to be seen while reading.
        said = self._runner.run(Reading(raw, limits), self._runner.spool / "home").said
        if "sheet" in said:
            return Sheet.from_plain(said["sheet"])
        raise NotANotebook(str(said.get("fault", "too-large")), **dict(said.get("fields", {})))

    def _marked(self, exercise: Exercise, sheet: Sheet, worlds: Worlds, limits: Limits) -> Marked:
        what = plan(sheet, exercise, released(exercise.name, language_of(sheet)))
        own_ground = self._grounds.of(worlds.own_seed)
        own_ran, own = self._on(own_ground, exercise, what, limits)
        unseen: Mapping[str, Judged] = {}
        # Without a point to lose, the other world can't change anything.
        at_stake = {q.name for q in exercise.questions if computed(q)}
        if any(own[name].verdict.points > 0 for name in at_stake):
            _, unseen = self._on(self._grounds.of(worlds.unseen_seed), exercise, what, limits)
        questions = tuple(
            result(
                exercise,
                question,
                own[question.name],
                unseen.get(question.name) if question.name in at_stake else None,
                own_ground,
                sum(own_ran.seconds.get(place, 0.0) for place in what.places[full]),
            )
            for question, full in zip(exercise.questions, exercise.ids, strict=True)
        )
        notes = tuple(clean(say(f"grading.{key}", **fields)) for key, fields in what.notes)
        return questions, notes, own_ran.locks

    def _on(
        self, ground: Ground, exercise: Exercise, what: Plan, limits: Limits
    ) -> tuple[Ran, dict[str, Judged]]:
        """Run a notebook on a world and judge its answers there."""
        questions = zip(exercise.questions, exercise.ids, strict=True)
        probes = {full: probe(question, ground) for question, full in questions}
        ran = self._runner.run(Job(what.steps, probes, limits), ground.folder)
        return ran, {
            question.name: judge(exercise, question, ground, ran, what.places[full])
            for question, full in zip(exercise.questions, exercise.ids, strict=True)
        }


def exercise_of(assignment: str) -> Exercise:
    """Return the exercise that an assignment means: ``"1.1"`` or ``"1.1-parcel-market"``.

    The questions of a case go by its whole name, ``"case-company-a"``.

    Raises:
        KitError: There is none.
    """
    whole = Path(assignment).name.removesuffix(".ipynb")
    name = whole if whole in MODULES else re.split(r"[-_ ]", whole, maxsplit=1)[0]
    if name not in MODULES:
        raise KitError("grading.no-such-exercise", name=assignment, known=", ".join(MODULES))
    return find_exercise(name)


_markers: dict[tuple[int, bool], Marker] = {}


def mark(
    submission: Submission, worlds: Worlds, limits: Limits, *, trusted: bool = False
) -> SubmissionResult:
    """Mark a submission with this process's own marker, which is made at the first one."""
    # A forked process must not talk to its parent's server.
    key = (os.getpid(), trusted)
    if key not in _markers:
        _markers[key] = Marker(trusted)
    return _markers[key].mark(submission, worlds, limits)
