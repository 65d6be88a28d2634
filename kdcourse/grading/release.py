"""Handing out: each learner's pack, and what the instructor keeps to grade what comes back.

``OUT/learners`` goes to the learners, ``OUT/instructor`` to nobody: it holds the course's secret,
from which every world can be made again, and the memory of what was handed out.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from kdcourse.checks.catalogue import MODULES
from kdcourse.course import course_root, sheets_called
from kdcourse.grading.packs import Exercise, Maker, pack
from kdcourse.grading.places import as_json, explained, put
from kdcourse.grading.roster import Learner, Roster, safe_name
from kdcourse.grading.work import Worlds
from kdcourse.texts import LANGUAGES, KitError
from kdcourse.world.personal import personal_seed

FOR_LEARNERS, FOR_INSTRUCTOR = "learners", "instructor"
_SECRET, _MEMORY = "secret.key", "release.json"
#: Stands in place of a learner in the seed of the world that nobody is given.
_NOBODY = ""


@dataclass
class Report:
    """What a release did, and what it left alone.

    Attributes:
        written: Packs that are new, by their path below the folder.
        replaced: Packs that took the place of others.
        unchanged: Packs that stand as they are.
        differing: Path → in what they would differ; they were left as they are.
        left: Packs of learners who are no longer on the roster.
    """

    written: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    differing: dict[str, list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def find_exercises(names: Iterable[str], root: Path | None = None) -> list[Exercise]:
    """Return the exercises of some lessons.

    Raises:
        KitError: There is no such exercise, or not in both languages.
    """
    root = root or course_root()
    return [_find(name, root) for name in dict.fromkeys(names)]


def _find(name: str, root: Path) -> Exercise:
    if name not in MODULES:
        raise KitError("grading_class.no-such-exercise", name=name, known=", ".join(MODULES))
    notebooks: dict[str, bytes] = {}
    file = ""
    for lang in LANGUAGES:
        found = sheets_called(name, root / "exercises" / lang)
        if len(found) != 1:
            raise KitError("grading_class.no-notebook", name=name, lang=lang)
        notebooks[lang] = found[0].read_bytes()
        file = found[0].name
    return Exercise(name, file, notebooks)


def secret_of(folder: Path) -> bytes:
    """Return the secret of a course, making it if there is none yet.

    Args:
        folder: The instructor's; the file in it can be read by its owner alone.

    Raises:
        KitError: It can't be read or made, or isn't one.
    """
    path = folder / _SECRET
    with explained(path):
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
    try:
        with explained(path, reading=True):
            secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if not 16 <= len(secret) <= 64:
        raise KitError("grading_class.secret-damaged", path=path)
    return secret


def _make_secret(path: Path) -> None:
    # Nobody else may read it at any moment, so it has its permissions before its content.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def worlds_of(secret: bytes, learner: str, assignment: str) -> Worlds:
    """Return the seeds a learner's answers are judged on; the unseen world is the class's."""
    unseen = personal_seed(secret, _NOBODY, f"unseen {assignment}")
    return Worlds(personal_seed(secret, learner, assignment), unseen)


def release(
    exercises: Iterable[Exercise],
    roster: Roster,
    out: Path,
    *,
    make: Maker,
    replace: bool = False,
    on_done: Callable[[str], None] = lambda path: None,
) -> Report:
    """Write each learner's pack into ``out``.

    What was handed out before is compared first: a pack that would differ is left as it is, unless
    ``replace`` is set; then the former one is kept in the instructor's folder.

    Args:
        exercises: What to hand out.
        roster: To whom.
        out: The folder; made if it isn't there.
        make: Makes the tables of a seed.
        replace: Whether changed packs take the place of earlier ones.
        on_done: Called with each pack's path when it is done.

    Raises:
        KitError: The folder can't be written to, or its memory is damaged.
    """
    secret = secret_of(out / FOR_INSTRUCTOR)
    memory = read_memory(out)
    report = Report()
    exercises = list(exercises)
    for exercise in exercises:
        for learner in roster:
            path = _path(learner, exercise.assignment)
            seed = personal_seed(secret, learner.id, exercise.assignment)
            data = pack(learner, exercise, seed, make)
            _put(out, path, data, _facts(learner, exercise, data), memory, report, replace)
            on_done(path)
    _remember(memory, exercises, roster)
    put(out / FOR_INSTRUCTOR / _MEMORY, as_json(memory))
    wanted = {_path(learner, one.assignment) for learner in roster for one in exercises}
    released = {one.assignment for one in exercises}
    report.left = [
        path
        for path, facts in memory["packs"].items()
        if path not in wanted and facts["assignment"] in released
    ]
    return report


def read_memory(out: Path) -> dict[str, Any]:
    """Return what is known of what was handed out from ``out``; nothing if it never was.

    Raises:
        KitError: The file is damaged.
    """
    path = out / FOR_INSTRUCTOR / _MEMORY
    try:
        memory: dict[str, Any] = json.loads(path.read_bytes())
        if isinstance(memory["packs"], dict) and isinstance(memory["versions"], dict):
            return memory
    except FileNotFoundError:
        return {"format": 1, "packs": {}, "versions": {}, "learners": {}}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise KitError("grading_class.memory-damaged", path=path)


def remembered_roster(out: Path) -> Roster:
    """Return the class that things were last handed out to."""
    learners = read_memory(out).get("learners", {})
    return Roster({name: Learner(**facts) for name, facts in learners.items()})


def _path(learner: Learner, assignment: str) -> str:
    return f"{FOR_LEARNERS}/{safe_name(learner.id)}/{assignment}.zip"


def _facts(learner: Learner, exercise: Exercise, data: bytes) -> dict[str, str]:
    return {
        "assignment": exercise.assignment,
        "learner": learner.id,
        "language": learner.language,
        "version": exercise.version,
        "sha256": sha256(data).hexdigest(),
    }


def _put(
    out: Path,
    path: str,
    data: bytes,
    facts: dict[str, str],
    memory: dict[str, Any],
    report: Report,
    replace: bool,
) -> None:
    known: Mapping[str, str] | None = memory["packs"].get(path)
    place = out / path
    with explained(place, reading=True):
        standing = place.read_bytes() if place.is_file() else None
    if standing == data:
        report.unchanged.append(path)
    elif standing is None:
        put(place, data)
        report.written.append(path)
    elif not replace:
        report.differing[path] = _differences(known, facts, standing)
        return
    else:
        digest = sha256(standing).hexdigest()[:12]
        kept = out / FOR_INSTRUCTOR / "earlier" / digest / path
        put(kept, standing)
        put(place, data)
        report.replaced.append(path)
    memory["packs"][path] = facts


def _differences(
    known: Mapping[str, str] | None, facts: Mapping[str, str], standing: bytes
) -> list[str]:
    """Return in what a pack would differ from the one that stands, as keys of texts."""
    if known is None or known["sha256"] != sha256(standing).hexdigest():
        return ["foreign"]
    found = [what for what in ("language", "version") if known[what] != facts[what]]
    return found or ["data"]


def _remember(memory: dict[str, Any], exercises: Iterable[Exercise], roster: Roster) -> None:
    """Note the class, and the versions that were handed out, the latest last."""
    handed_out = {(one["assignment"], one["version"]) for one in memory["packs"].values()}
    for exercise in exercises:
        if (exercise.assignment, exercise.version) not in handed_out:
            continue
        versions = memory["versions"].setdefault(exercise.assignment, [])
        if exercise.version in versions:
            versions.remove(exercise.version)
        versions.append(exercise.version)
    for learner in roster:
        memory["learners"][learner.id] = dict(vars(learner))
