"""Rules on the shape of a lesson: its parts, objectives, minutes, ids, headings and links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from kdcourse.authoring import markdown
from kdcourse.authoring.derive import SOLUTION_ONLY
from kdcourse.authoring.lint.rules import KINDS, Finding, Subject, found, rule
from kdcourse.authoring.notebook import facts, tags
from kdcourse.course import LEARNER_FOLDERS

#: The parts of a lesson, in the order a learner meets them.
PARTS = (
    "title",
    "situation",
    "objectives",
    "predict",
    "by-hand",
    "worked",
    "try",
    "misleads",
    "quiz",
    "recap",
)

#: Every tag that means something, beside objectives and concepts.
ROLES = frozenset({*PARTS, "setup", "question", "answer", "check", "nav", "fact", *SOLUTION_ONLY})

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CONCEPT = re.compile(r"T-\d+\.\d{2}")
#: A concept's mode or part (``T-1.04/QUIZ``, ``T-1.04/2``); a system, a number, an ambiguity.
_COVERS = re.compile(r"T-\d+\.\d{2}(/(READ|QUIZ|WR|DEC|DA|SIM|[1-9]\d?))?|[SNA]-\d{2}")
_LESSON = re.compile(r"\d+\.\d+")


@rule("facts")
def facts_complete(subject: Subject) -> Iterator[Finding]:
    """Tools find a lesson's number, language, minutes and concepts in its metadata."""
    kept = subject.facts
    if kept.get("kind") not in KINDS:
        yield found("facts-kind", kind=kept.get("kind"), kinds=", ".join(KINDS))
    if kept.get("lang") != subject.lang:
        yield found("facts-lang", lang=kept.get("lang"), folder=subject.lang)
    if kept.get("kind") in ("lesson", "exercise"):
        stem = Path(subject.place.name).stem
        number = _LESSON.match(stem)
        # A case and its questions go by the name of the file.
        if kept.get("lesson") != (number.group() if number else stem):
            yield found("facts-lesson", lesson=kept.get("lesson"), file=subject.place.name)


@rule("parts", "lesson")
def parts_in_order(subject: Subject) -> Iterator[Finding]:
    """A lesson leads from a situation through a guess and one's own work to a decision."""
    first: dict[str, int] = {}
    for number, cell in enumerate(subject.cells):
        for tag in tags(cell):
            first.setdefault(tag, number)
    for part in PARTS:
        if part not in first:
            yield found("parts-missing", part=part)
    present = [part for part in PARTS if part in first]
    for before, after in pairwise(present):
        if first[before] > first[after]:
            yield found("parts-order", subject.cells[first[after]], part=after, before=before)


@rule("tags")
def tags_known(subject: Subject) -> Iterator[Finding]:
    """A misspelt tag would silently switch off the rules that go by it."""
    for cell in subject.cells:
        for tag in tags(cell):
            known = tag in ROLES or tag.startswith("objective:") or _COVERS.fullmatch(tag)
            if not known:
                yield found("tags-unknown", cell, tag=tag)
            if tag in SOLUTION_ONLY and subject.place.tree != "solutions":
                yield found("tags-instructor", cell, tag=tag)


@rule("objectives", "lesson", "case")
def objectives_few(subject: Subject) -> Iterator[Finding]:
    """Two to five objectives fit into one lesson; each has a name that cells can refer to."""
    for cell in subject.tagged("objectives"):
        slugs = facts(cell).get("objectives", [])
        if not 2 <= len(slugs) <= 5:
            yield found("objectives-number", cell, number=len(slugs))
        if markdown.bullets(cell["source"]) != len(slugs):
            number = markdown.bullets(cell["source"])
            yield found("objectives-bullets", cell, bullets=number, objectives=len(slugs))
        for slug in (s for s in slugs if not _ID.fullmatch(s) or slugs.count(s) > 1):
            yield found("objectives-slug", cell, objective=slug)


@rule("objectives-linked", "lesson", "exercise", "case")
def objectives_linked(subject: Subject) -> Iterator[Finding]:
    """What is promised is practised in the lesson and asked in the exercise, and no more."""
    lesson = subject if subject.place.tree == "notebooks" else subject.partner
    known = lesson.objectives if lesson else []
    linked: dict[str, bool] = {}
    for cell in subject.cells:
        for tag in tags(cell):
            if tag.startswith("objective:"):
                slug = tag.removeprefix("objective:")
                linked[slug] = linked.get(slug, False) or "question" in tags(cell)
                if slug not in known:
                    yield found("objectives-unknown", cell, objective=slug)
    for slug in known:
        if subject is lesson and slug not in linked:
            yield found("objectives-unpractised", objective=slug)
        if subject is not lesson and not linked.get(slug):
            yield found("objectives-unasked", objective=slug)


@rule("recap", "lesson")
def recap_mirrors_objectives(subject: Subject) -> Iterator[Finding]:
    """The end answers the beginning, point by point."""
    for cell in subject.tagged("recap")[:1]:
        number = markdown.bullets(cell["source"])
        if number != len(subject.objectives):
            yield found("recap-bullets", cell, bullets=number, objectives=len(subject.objectives))


@rule("minutes", "lesson", "exercise")
def minutes_named(subject: Subject) -> Iterator[Finding]:
    """A learner plans by the minutes in the text, an instructor by those in the metadata."""
    minutes = subject.facts.get("minutes")
    if not isinstance(minutes, int) or not 30 <= minutes <= 60:
        yield found("minutes-range", minutes=minutes)
    if subject.place.tree == "notebooks":
        cells = subject.tagged("objectives")
    else:
        first = next((n for n, c in enumerate(subject.cells) if "question" in tags(c)), None)
        cells = [c for c in subject.cells[:first] if "instructor" not in tags(c)]
    named = rf"(?<!\d){minutes}[ -]?(minutes?|分钟)"
    if not any(re.search(named, cell["source"]) for cell in cells):
        yield found("minutes-unnamed", cells[0] if cells else None, minutes=minutes)


@rule("ids")
def ids_readable(subject: Subject) -> Iterator[Finding]:
    """A cell's id says what it is, is the same in both editions, and survives every edit."""
    number = Counter(cell["id"] for cell in subject.cells)
    for name, times in number.items():
        if not _ID.fullmatch(name):
            yield Finding("ids-form", name)
        if times > 1:
            yield Finding("ids-twice", name)


@rule("headings")
def headings_nested(subject: Subject) -> Iterator[Finding]:
    """One title, and no level skipped: a screen reader's table of contents is right."""
    level, titles = 0, 0
    for cell in subject.prose_cells:
        for now in markdown.headings(cell["source"]):
            titles += now == 1
            if now > level + 1:
                yield found("headings-skipped", cell, level=now, before=level)
            level = now
    if titles != 1:
        yield found("headings-title", number=titles)


@rule("concepts", "lesson", "case")
def concepts_taught(subject: Subject) -> Iterator[Finding]:
    """What the metadata promise is taught at a cell one can point to."""
    promised = subject.facts.get("concepts", [])
    for concept in (c for c in promised if not subject.tagged(c)):
        yield found("concepts-untaught", concept=concept)
    for cell in subject.cells:
        for tag in tags(cell):
            if _CONCEPT.fullmatch(tag) and tag not in promised:
                yield found("concepts-unlisted", cell, concept=tag)


@rule("links")
def links_lead_somewhere(subject: Subject) -> Iterator[Finding]:
    """A learner's workspace holds one edition of lessons, exercises and data, and no network."""
    for cell in subject.prose_cells:
        for alt in markdown.images(cell["source"]):
            if not alt.strip():
                yield found("links-alt", cell)
        for target in markdown.links(cell["source"]):
            if re.match(r"[a-z]+:", target) or target.startswith("#"):
                continue
            path = (subject.path.parent / unquote(target.partition("#")[0])).resolve()
            if not path.exists():
                yield found("links-broken", cell, target=target)
            elif "instructor" not in tags(cell) and not _in_workspace(path, subject):
                yield found("links-outside", cell, target=target)


def _in_workspace(path: Path, subject: Subject) -> bool:
    folders = [
        subject.root / folder / ("" if folder == "datasets" else subject.lang)
        for folder in LEARNER_FOLDERS
    ]
    return any(path.is_relative_to(folder.resolve()) for folder in folders)
