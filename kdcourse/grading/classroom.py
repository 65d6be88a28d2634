"""What grading a class rests on: who is in it, which exercises, and the worlds of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdcourse.checks.catalogue import MODULES
from kdcourse.grading.gradebook import Gradebook, Task
from kdcourse.grading.release import (
    FOR_INSTRUCTOR,
    read_memory,
    remembered_roster,
    secret_of,
    worlds_of,
)
from kdcourse.grading.roster import Roster
from kdcourse.grading.run import version_of
from kdcourse.grading.submissions import collect
from kdcourse.grading.work import Worlds
from kdcourse.texts import KitError
from kdcourse.world.world import DEFAULT


@dataclass(frozen=True)
class Classroom:
    """A class and how it is judged.

    Attributes:
        roster: The class; empty if none is known.
        assignments: Exercises to be graded.
        versions: Exercise → versions handed out, the latest last; empty without a release.
        secret: From which the worlds follow.
        own_worlds: Whether each learner was given a world of their own; else all had the course's.
    """

    roster: Roster
    assignments: Sequence[str]
    versions: Mapping[str, Sequence[str]]
    secret: bytes
    own_worlds: bool

    @classmethod
    def of(
        cls, out: Path, released: Path | None, roster: Roster, assignments: Sequence[str]
    ) -> Classroom:
        """Gather what is known of a class.

        Args:
            out: The folder of grades; without a release, the secret is kept there.
            released: The folder of a release, if the exercises were handed out from one.
            roster: As read from a file; empty takes that of the release.
            assignments: Asked for; none means all that were handed out, or all there are.

        Raises:
            KitError: There is no such exercise, or no release in the folder.
        """
        for name in assignments:
            if name not in MODULES:
                known = ", ".join(MODULES)
                raise KitError("grading_class.no-such-exercise", name=name, known=known)
        if released is None:
            secret = secret_of(out / FOR_INSTRUCTOR)
            return cls(roster, list(assignments) or list(MODULES), {}, secret, own_worlds=False)
        if not (released / FOR_INSTRUCTOR).is_dir():
            raise KitError("grading_class.no-release", folder=released)
        versions: dict[str, list[str]] = read_memory(released)["versions"]
        return cls(
            roster if len(roster) else remembered_roster(released),
            list(assignments) or list(versions),
            versions,
            secret_of(released / FOR_INSTRUCTOR),
            own_worlds=True,
        )

    def worlds(self, learner: str, assignment: str) -> Worlds:
        """Return the worlds that a learner's answers are judged on."""
        worlds = worlds_of(self.secret, learner, assignment)
        return worlds if self.own_worlds else replace(worlds, own_seed=DEFAULT["seed"])


def take_in(
    place: Path, gradebook: Gradebook, room: Classroom
) -> tuple[list[Task], dict[tuple[str, str], Worlds]]:
    """Sort what was handed in, keep it, and return what has to be graded, with its worlds.

    Raises:
        KitError: The place can't be read, there is no notebook in it, or the gradebook's folder
            can't be written to.
    """
    collected = collect(place, room.roster, room.assignments, room.versions, keep=gradebook.keep)
    gradebook.remember(room.roster, room.assignments)
    gradebook.take_in(collected)
    worlds = {key: room.worlds(*key) for key in gradebook.counted()}
    versions = {key: version_of(key[1], both) for key, both in worlds.items()}
    return gradebook.tasks(versions), worlds
