"""Bringing notebooks up to date: canonical form, stored outputs, exercises from their solutions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kdcourse.authoring.derive import derive
from kdcourse.authoring.notebook import (
    Notebook,
    canonical,
    code_cells,
    code_fingerprint,
    facts,
    read,
    write,
)
from kdcourse.authoring.run import run
from kdcourse.authoring.trees import Place, chosen, places
from kdcourse.texts import LANGUAGES, KitError


@dataclass
class Report:
    """What a build did; faults are sentences' keys and fields, one per notebook given up."""

    written: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    faults: list[KitError] = field(default_factory=list)


def build(
    root: Path,
    names: Sequence[str] = (),
    *,
    run_all: bool = False,
    jobs: int = 1,
    on_done: Callable[[str], None] = lambda label: None,
) -> Report:
    """Bring the named notebooks (default: all) and the exercises of solutions up to date.

    Args:
        root: The course's root.
        names: See :meth:`kdcourse.authoring.trees.Place.answers_to`.
        run_all: Execute even what hasn't changed.
        jobs: How many notebooks run at the same time.
        on_done: Called with the label of each notebook when it is finished.
    """
    report = Report()
    gate = asyncio.Semaphore(jobs)

    async def one(place: Place, lang: str) -> None:
        try:
            async with gate:
                await _bring_up_to_date(root, place, lang, run_all, report)
        except KitError as fault:
            report.faults.append(fault)
        on_done(place.label(lang))

    async def all_of_them() -> None:
        await asyncio.gather(*(one(place, lang) for place, lang in editions(root, names)))

    asyncio.run(all_of_them())
    if not names:
        for place, lang in _left_over(root):
            place.path(root, lang).unlink()
            report.removed.append(place.label(lang))
    return report


def editions(root: Path, names: Sequence[str]) -> list[tuple[Place, str]]:
    """Return the editions a build of ``names`` goes through; naming an exercise means its source.

    Raises:
        KitError: A name means no notebook.
    """
    asked = [name.replace("exercises/", "solutions/") for name in names]
    return [
        (p, lang) for p in chosen(root, asked) for lang in LANGUAGES if p.path(root, lang).exists()
    ]


def check(root: Path, names: Sequence[str] = ()) -> list[KitError]:
    """Return what a build would mend, writing and running nothing."""
    faults: list[KitError] = []
    for place, lang in editions(root, names):
        try:
            faults += _faults(root, place, lang)
        except KitError as fault:
            faults.append(fault)
    if not names:
        for place, lang in _left_over(root):
            faults.append(KitError("author.exercise-left-over", notebook=place.label(lang)))
    return faults


async def _bring_up_to_date(
    root: Path, place: Place, lang: str, run_all: bool, report: Report
) -> None:
    path = place.path(root, lang)
    nb = read(path)
    await _store(nb, path, place.label(lang), run_all, report)
    if place.tree == "solutions":
        exercise = _exercise(place)
        target = exercise.path(root, lang)
        derived = _derived(nb, place.label(lang), _stored(target))
        await _store(derived, target, exercise.label(lang), run_all, report)


async def _store(nb: Notebook, path: Path, label: str, run_all: bool, report: Report) -> None:
    if run_all or not _outputs_fit(nb):
        # The cells may look for files beside them, so their folder has to be there.
        path.parent.mkdir(parents=True, exist_ok=True)
        await run(nb, path.parent, label)
        nb["metadata"]["kdcourse"] = {**facts(nb), "ran": code_fingerprint(nb)}
        report.ran.append(label)
    if write(path, nb):
        report.written.append(label)


def _derived(solution: Notebook, label: str, stored: Notebook | None) -> Notebook:
    """Derive an exercise, with the outputs of the stored one if they belong to the same code."""
    exercise = derive(solution, label)
    kept = {cell["id"]: cell["outputs"] for cell in code_cells(stored)} if stored else {}
    for cell in code_cells(exercise):
        cell["outputs"] = kept.get(cell["id"], [])
    ran = facts(stored).get("ran") if stored else None
    exercise["metadata"]["kdcourse"] = {**facts(exercise), "ran": ran}
    return exercise


def _stored(path: Path) -> Notebook | None:
    """Return the exercise as it stands; one that can't be read is derived anew."""
    try:
        return read(path)
    except (KitError, OSError):
        return None


def _outputs_fit(nb: Notebook) -> bool:
    return not code_cells(nb) or facts(nb).get("ran") == code_fingerprint(nb)


def _faults(root: Path, place: Place, lang: str) -> Iterator[KitError]:
    nb = read(place.path(root, lang))
    yield from _form(root, place, lang, canonical(nb))
    if not _outputs_fit(nb):
        yield KitError("author.outputs-old", notebook=place.label(lang))
    if place.tree != "solutions":
        return
    exercise = _exercise(place)
    label = exercise.label(lang)
    if not exercise.path(root, lang).exists():
        yield KitError("author.exercise-missing", notebook=label)
        return
    derived = _derived(nb, place.label(lang), _stored(exercise.path(root, lang)))
    if not _outputs_fit(derived):
        yield KitError("author.outputs-old", notebook=label)
    elif exercise.path(root, lang).read_bytes() != canonical(derived).encode("utf-8"):
        yield KitError("author.exercise-differs", notebook=label, source=place.label(lang))


def _form(root: Path, place: Place, lang: str, expected: str) -> Iterator[KitError]:
    if place.path(root, lang).read_bytes() != expected.encode("utf-8"):
        yield KitError("author.not-canonical", notebook=place.label(lang))


def _left_over(root: Path) -> list[tuple[Place, str]]:
    return [
        (place, lang)
        for place in places(root, ("exercises",))
        for lang in LANGUAGES
        if place.path(root, lang).exists() and not _source(place).path(root, lang).exists()
    ]


def _source(place: Place) -> Place:
    return Place("solutions", place.name) if place.tree == "exercises" else place


def _exercise(solution: Place) -> Place:
    return Place("exercises", solution.name)
