"""Trying an exercise out: what holds on ten worlds, and what an author still has to do.

Right answers must pass, wrong ones must get their own message, the untouched form must count as not
attempted, and an answer that was computed on another world must be found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from kdcourse.authoring.derive import is_check
from kdcourse.authoring.notebook import code_cells, read
from kdcourse.authoring.rehearsal import Run, Stage, rehearse, stages, upon
from kdcourse.checks.catalogue import MODULES, find_exercise
from kdcourse.checks.questions import Exercise, Question
from kdcourse.checks.session import LEVELS
from kdcourse.checks.verdict import Outcome, Verdict
from kdcourse.checks.view import Checked
from kdcourse.checks.written import Written
from kdcourse.course import sheets_called
from kdcourse.data import load
from kdcourse.texts import LANGUAGES, KitError, speaking
from kdcourse.world.world import World

SEEDS = range(1, 11)
#: Wrong answers that a question has to know.
LEAST_MUTANTS = 3
#: Share of the worlds on which an answer computed elsewhere has to be found out. Rankings of a few
#: things now and then come out the same by chance.
LEAST_CAUGHT = 0.5


@dataclass(frozen=True)
class Tried:
    """What came of one question.

    Attributes:
        question: Its id.
        kind: Name of its judge.
        points: What it is worth.
        solved: On how many worlds the solution gets all points.
        mutants: How many wrong answers it knows.
        caught: On how many unseen worlds the answer of the learner's world is found out; None where
            the answer doesn't depend on simulated data.
    """

    question: str
    kind: str
    points: float
    solved: int
    mutants: int
    caught: int | None


@dataclass(frozen=True)
class Trial:
    """What came of an exercise.

    Attributes:
        tried: One per question.
        gaps: What is missing or wrong; empty if the exercise can be handed out.
        worlds: On how many worlds it was tried.
        seconds: How long that took.
    """

    tried: Sequence[Tried]
    gaps: Sequence[KitError]
    worlds: int
    seconds: float


def try_out(root: Path, name: str, seeds: Iterable[int] = SEEDS) -> Trial:
    """Try an exercise on the learner's world and on one world per seed.

    Args:
        root: The course.
        name: ``"1.1"``.
        seeds: Of the unseen worlds.

    Raises:
        KitError: There is no such exercise.
    """
    if name not in MODULES:
        raise KitError("trial.no-such-exercise", name=name, known=", ".join(MODULES))
    start = perf_counter()
    exercise = find_exercise(name)
    with stages(root / "datasets", seeds) as worlds:
        trial = _Trial(root, exercise, worlds)
        gaps = list(trial.gaps())
    return Trial(trial.tried(), gaps, len(worlds), perf_counter() - start)


class _Trial:
    """One exercise, its worlds, and what its notebooks come to on them."""

    def __init__(self, root: Path, exercise: Exercise, worlds: Sequence[Stage]) -> None:
        self.root, self.exercise, self.worlds = root, exercise, worlds
        self.solutions: dict[str, list[Run]] = {}
        self.caught: dict[str, int] = {}

    def gaps(self) -> Iterator[KitError]:
        """Yield all that is missing or wrong, notebooks first."""
        for lang in LANGUAGES:
            path = self._notebook("solutions", lang)
            if path is None:
                yield KitError("trial.no-notebook", tree="solutions", lang=lang)
                continue
            yield from self._check_cells(path, lang)
            # The code is the same in both languages; the second is run once for its texts.
            worlds = self.worlds if lang == LANGUAGES[0] else self.worlds[:1]
            self.solutions[lang] = [rehearse(path, world) for world in worlds]
            yield from self._unsolved(lang)
            yield from self._untouched(lang)
        for question in self.exercise.questions:
            yield from self._words(question)
            if question.expect is not None:
                yield from self._mutants(question)
            yield from self._hard_coded(question)

    def tried(self) -> list[Tried]:
        """Return what came of each question, after :meth:`gaps`."""
        runs = self.solutions.get(LANGUAGES[0], [])
        return [
            Tried(
                self._id(question),
                type(question.judge).__name__,
                question.points,
                sum(_points(run, self._id(question)) == question.points for run in runs),
                len(question.slips),
                self.caught.get(question.name),
            )
            for question in self.exercise.questions
        ]

    def _id(self, question: Question) -> str:
        return f"{self.exercise.name}.{question.name}"

    def _gap(self, key: str, question: Question, **fields: object) -> KitError:
        return KitError(f"trial.{key}", question=self._id(question), **fields)

    def _notebook(self, tree: str, lang: str) -> Path | None:
        return next(iter(sheets_called(self.exercise.name, self.root / tree / lang)), None)

    # --- the notebooks

    def _check_cells(self, path: Path, lang: str) -> Iterator[KitError]:
        """Hold the cells that give points against the questions."""
        graded = [cell for cell in code_cells(read(path)) if is_check(cell)]
        for question in self.exercise.questions:
            calls = [f"check({quote}{self._id(question)}{quote}" for quote in "\"'"]
            cells = [cell for cell in graded if any(call in cell["source"] for call in calls)]
            if len(cells) != 1:
                yield self._gap("check-cells", question, lang=lang, count=len(cells))
                continue
            points = cells[0]["metadata"]["nbgrader"]["points"]
            if points != question.points:
                fields = {"cell": cells[0]["id"], "points": points, "declared": question.points}
                yield self._gap("points", question, lang=lang, **fields)

    def _unsolved(self, lang: str) -> Iterator[KitError]:
        runs = self.solutions[lang]
        yield from (run.fault for run in runs if run.fault)
        for question in self.exercise.questions:
            short = [
                world.name
                for world, run in zip(self.worlds, runs, strict=False)
                if not run.fault and _points(run, self._id(question)) != question.points
            ]
            if short:
                yield self._gap("unsolved", question, lang=lang, worlds=", ".join(short))

    def _untouched(self, lang: str) -> Iterator[KitError]:
        path = self._notebook("exercises", lang)
        if path is None:
            yield KitError("trial.no-notebook", tree="exercises", lang=lang)
            return
        for world in self.worlds if lang == LANGUAGES[0] else self.worlds[:1]:
            run = rehearse(path, world)
            if run.fault:
                yield run.fault
            for verdict in run.verdicts.values():
                if verdict.outcome is not Outcome.NOT_ATTEMPTED:
                    place = {"question": verdict.question, "lang": lang, "world": world.name}
                    yield KitError("trial.untouched", **place, outcome=verdict.outcome.value)

    # --- the words

    def _words(self, question: Question) -> Iterator[KitError]:
        """Look for texts that are missing, or missing in a language."""
        words = self.exercise.texts(question.name)
        wanted = [f"hints.{level}" for level in LEVELS]
        wanted += [f"slips.{name}" for name in question.slips]
        wanted += [f"options.{name}" for name in getattr(question.judge, "options", ())]
        if isinstance(question.judge, Written):
            wanted += [f"slots.{name}" for name in question.judge.slots]
            wanted += [f"model.{name}" for name in question.judge.slots]
            yield from self._rubric(question, words.get("rubric", []))
        for path in wanted:
            group, _, name = path.partition(".")
            if _lacks(words.get(group, {}).get(name, {})):
                yield self._gap("no-words", question, path=f"{question.name}.{path}")
        for name in set(words.get("slips", {})) - set(question.slips):
            yield self._gap("idle-words", question, path=f"{question.name}.slips.{name}")

    def _rubric(self, question: Question, rubric: list[dict[str, Any]]) -> Iterator[KitError]:
        whole = rubric and all(
            len(criterion["levels"]) == 4
            and not any(map(_lacks, [criterion["name"], *criterion["levels"]]))
            for criterion in rubric
        )
        if not whole:
            yield self._gap("rubric", question)

    # --- the answers

    def _mutants(self, question: Question) -> Iterator[KitError]:
        """Try the right answer and the known wrong ones as if a learner gave them."""
        if len(question.slips) < LEAST_MUTANTS:
            count = len(question.slips)
            yield self._gap("few-mutants", question, count=count, least=LEAST_MUTANTS)
        faults: dict[tuple[str, str], list[str]] = {}
        for world in self.worlds:
            with upon(world):
                for fault in self._misjudged(question):
                    faults.setdefault(fault, []).append(world.name)
        for (key, mutant), worlds in faults.items():
            yield self._gap(key, question, mutant=mutant, worlds=", ".join(worlds))

    def _misjudged(self, question: Question) -> Iterator[tuple[str, str]]:
        """Yield what goes wrong on one world: which fault, and of which answer."""
        answers = self.exercise.answers(question, load)
        words = self.exercise.texts(question.name)
        assert question.expect is not None
        expected = question.expect(load)
        if self.exercise.verdict(question, expected, answers).outcome is not Outcome.CORRECT:
            yield "right-fails", ""
        for name, slip in question.slips.items():
            verdict = self.exercise.verdict(question, slip(load), answers)
            if verdict.outcome is Outcome.CORRECT:
                yield "mutant-passes", name
            elif [finding.key for finding in verdict.findings] != [f"slips.{name}"]:
                yield "mutant-unnamed", name
            elif name in words.get("slips", {}) and _says(verdict, words, _numbers(expected)):
                yield "gives-away", name

    def _hard_coded(self, question: Question) -> Iterator[KitError]:
        """Hand in on each unseen world what the solution came to on the learner's."""
        runs = self.solutions.get(LANGUAGES[0], [])
        if not runs or question.answer not in runs[0].values or not self._simulated(question):
            return
        copied = runs[0].values[question.answer]
        unseen = [world for world in self.worlds if world.unseen]
        caught = 0
        for world in unseen:
            with upon(world):
                answers = self.exercise.answers(question, load)
                verdict = self.exercise.verdict(question, copied, answers)
            caught += verdict.outcome is not Outcome.CORRECT
        self.caught[question.name] = caught
        if caught < LEAST_CAUGHT * len(unseen):
            yield self._gap("hard-coded", question, caught=caught, worlds=len(unseen))

    def _simulated(self, question: Question) -> bool:
        """Say whether the answer follows from tables that differ from world to world."""
        expression: Callable[..., Any] | None = question.expect
        if isinstance(question.judge, Written):
            expression = question.judge.figures
        asked: set[str] = set()

        def noting(name: str) -> pd.DataFrame:
            asked.add(name)
            return load(name)

        with upon(self.worlds[0]):
            if expression is not None:
                expression(noting)
        return bool(asked & set(World(customers=1, months=1).tables))


def _points(run: Run, question_id: str) -> float:
    """Return the points of a question; -1 if it wasn't checked exactly once."""
    points = [v.points for v in run.verdicts.values() if v.question == question_id]
    return points[0] if len(points) == 1 else -1.0


def _lacks(text: Mapping[str, str]) -> bool:
    return any(not text.get(lang, "").strip() for lang in LANGUAGES)


def _says(verdict: Verdict, words: Mapping[str, Any], numbers: set[str]) -> bool:
    """Say whether a message holds one of the numbers, in any language."""
    for lang in LANGUAGES:
        with speaking(lang):
            said = repr(Checked(verdict, words))
        if any(number in said for number in numbers):
            return True
    return False


def _numbers(value: object) -> set[str]:
    """Return the numbers in an answer, each as it could be written."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return _numbers(value.to_numpy().ravel().tolist())
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, list | tuple | set):
        return {text for inner in value for text in _numbers(inner)}
    if isinstance(value, float) and value == value:
        texts = {f"{value:.2f}", f"{value:,.2f}", f"{value:.4f}", f"{value:.6g}"}
        # One or two digits stand in many a sentence.
        return {text for text in texts if sum(map(str.isdigit, text.strip("0."))) >= 4}
    return set()
