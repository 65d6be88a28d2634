"""The worlds that answers are judged on: their tables as files, and what is right on them."""

from __future__ import annotations

import secrets
import shutil
from collections import OrderedDict
from pathlib import Path

from kdcourse.checks.questions import Answers, Exercise, Question
from kdcourse.checks.truth import KnowingLoader
from kdcourse.course import course_root
from kdcourse.data import FolderLoader, Loader
from kdcourse.world.files import write
from kdcourse.world.world import DEFAULT, World

#: Worlds kept at hand: the unseen one of a class, and the learners' own.
MOST_KEPT = 4


class Ground:
    """One world, ready to judge on.

    Args:
        folder: Its tables as files; nothing in the path tells the seed.
        seed: Its seed, from which a judge knows its truth; without it, what the folder tells.
    """

    def __init__(self, folder: Path, seed: int | None = None) -> None:
        self.folder = folder
        self.load: Loader = FolderLoader(folder) if seed is None else KnowingLoader(folder, seed)
        self._answers: dict[str, Answers] = {}

    def answers(self, exercise: Exercise, question: Question) -> Answers:
        """Return what is right here, and what is wrong in a known way."""
        full = f"{exercise.name}.{question.name}"
        if full not in self._answers:
            self._answers[full] = exercise.answers(question, self.load)
        return self._answers[full]


class Grounds:
    """Makes worlds when they are asked for, and keeps the last few.

    Args:
        folder: Where their files may lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[int, Ground] = OrderedDict()

    def of(self, seed: int) -> Ground:
        """Return the world of a seed; the course's own data if it is theirs."""
        if seed not in self._kept:
            self._kept[seed] = self._made(seed)
            while len(self._kept) > MOST_KEPT:
                _, gone = self._kept.popitem(last=False)
                if gone.folder.parent == self._folder:
                    shutil.rmtree(gone.folder, ignore_errors=True)
        self._kept.move_to_end(seed)
        return self._kept[seed]

    def _made(self, seed: int) -> Ground:
        course = course_root() / "datasets"
        if seed == DEFAULT["seed"]:
            return Ground(course.resolve(), seed)
        folder = self._folder / secrets.token_hex(8)
        # What is published is the same in every world.
        shutil.copytree(course / "industry", folder / "industry")
        write(World(seed=seed).tables, folder)
        return Ground(folder, seed)
