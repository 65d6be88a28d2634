"""Beginning a lesson, an exercise or a case: a skeleton that already builds and keeps the rules.

What is written follows from :mod:`kdcourse.authoring.skeleton`; here stands where it goes, and that
nothing is ever overwritten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from kdcourse.authoring import syllabus, translation
from kdcourse.authoring.notebook import Notebook, canonical, facts, read, tags
from kdcourse.authoring.skeleton import (
    MARK,
    About,
    edition,
    filled,
    question_cells,
    question_words,
    unfinished,
)
from kdcourse.authoring.trees import SOURCES, Place, places
from kdcourse.texts import LANGUAGES, KitError, say

_NUMBER = re.compile(r"[1-9]\.[1-9]\d?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TITLE = re.compile(r"#\s+(?:\d+\.\d+\s+)?(.+)")
_MODULES = re.compile(r"^MODULES(?:: [^=\n]+)? = (\{.*?\})", re.MULTILINE | re.DOTALL)


@dataclass
class Plan:
    """Files to be written: texts by path, in order, and the notebook among them."""

    root: Path
    place: Place
    texts: dict[Path, str] = field(default_factory=dict)
    #: The only files that may be there already, for a line is added to them.
    grown: dict[Path, str] = field(default_factory=dict)

    def write(self) -> list[Path]:
        """Write all files, or none if one of them is there already; stamp the translation.

        Returns:
            What was written, below the root.

        Raises:
            KitError: A file is there already.
        """
        for path in self.texts:
            if path.exists():
                raise KitError("new.exists", path=path.relative_to(self.root).as_posix())
        for path, text in (self.texts | self.grown).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        translation.accept(self.root, self.place)
        return [path.relative_to(self.root) for path in (*self.texts, *self.grown)]


def new_lesson(
    root: Path,
    number: str,
    slug: str,
    titles: Mapping[str, str],
    objectives: Sequence[str] = ("measure", "decide"),
) -> Plan:
    """Plan a lesson: its notebook in both languages, its quiz and its figures.

    Args:
        root: The course's root, a clone.
        number: ``"2.4"``.
        slug: What the file is called after the number, ``"tiering"``.
        titles: The title by language.
        objectives: Two to five slugs.

    Raises:
        KitError: Number, slug or objectives are not in form, or the lesson is there already.
    """
    _require_clone(root)
    if not _NUMBER.fullmatch(number) or number[0] not in syllabus.modules():
        raise KitError("new.number", number=number)
    for each in (slug, *objectives):
        _require_slug(each)
    if not 2 <= len(set(objectives)) <= 5:
        raise KitError("new.objectives")
    folder = syllabus.modules()[number[0]][0]
    taken = [p for p in places(root, ["notebooks"]) if p.answers_to(number)]
    if taken:
        raise KitError("new.exists", path=taken[0].label("en"))
    place = Place("notebooks", f"{folder}/{number}-{slug}.ipynb")
    about = About("lesson", place, number, titles, tuple(objectives), syllabus.of_lesson(number))
    asked = islice(cycle(objectives), 4)
    words = about.words("en") | {f"objective_{n}": slug for n, slug in enumerate(asked, 1)}
    plan = _notebooks(root, about)
    for kind in ("quiz", "figures"):
        target = root / "kdcourse" / "content" / {"quiz": "quizzes"}.get(kind, kind)
        plan.texts[target / f"{number}.toml"] = filled(f"{kind}.toml", words)
    return plan


def new_exercise(root: Path, number: str) -> Plan:
    """Plan the exercise of a lesson: its solution, its questions, hints and messages.

    Args:
        root: The course's root, a clone.
        number: The lesson's, ``"2.4"``, or the case's name; either has to be there.

    Raises:
        KitError: There is no such lesson, or the exercise is there already.
    """
    _require_clone(root)
    lesson = next(
        (p for p in places(root, ["notebooks"]) if lesson_of(Path(p.name).stem) == number), None
    )
    if lesson is None or not all(lesson.path(root, lang).exists() for lang in LANGUAGES):
        raise KitError("new.no-lesson", number=number)
    editions = {lang: read(lesson.path(root, lang)) for lang in LANGUAGES}
    objectives = _objectives(editions["en"])
    if not objectives:
        raise KitError("new.no-objectives", notebook=lesson.label("en"))
    titles = {lang: _title(nb, number) for lang, nb in editions.items()}
    place = Place("solutions", lesson.name)
    own = set(facts(editions["en"]).get("concepts", ()))
    listed = [concept for concept in syllabus.concepts() if concept.id in own]
    about = About("exercise", place, number, titles, objectives, listed)
    plan = _notebooks(root, about)
    module = place.path(root, "en").stem.partition("-")[2].replace("-", "_")
    package = root / "kdcourse"
    words = about.words("en")
    plan.texts[package / "content" / "exercises" / f"{number}.toml"] = filled("words.toml", words)
    plan.texts[package / "checks" / "exercises" / f"{module}.py"] = filled("checks.py.txt", words)
    catalogue = package / "checks" / "catalogue.py"
    plan.grown[catalogue] = registered(catalogue, number, f"kdcourse.checks.exercises.{module}")
    return plan


def new_question(root: Path, number: str, objective: str) -> Plan:
    """Plan one more question of an exercise: its cells in both solutions, its hints and messages.

    What makes an answer right is code, and written by hand: ``kdcourse/checks/exercises``.

    Args:
        root: The course's root, a clone.
        number: The exercise's, ``"2.4"``.
        objective: Slug of the lesson's objective that is asked for.

    Raises:
        KitError: There is no such exercise, or no such objective in its lesson.
    """
    _require_clone(root)
    place = next((p for p in places(root, ["solutions"]) if p.answers_to(number)), None)
    if place is None:
        raise KitError("new.no-exercise", number=number)
    objectives = _objectives(read(Place("notebooks", place.name).path(root, "en")))
    if objective not in objectives:
        raise KitError("new.no-objective", objective=objective, known=", ".join(objectives))
    about = About("exercise", place, number, dict.fromkeys(LANGUAGES, ""), (objective,), [])
    plan = Plan(root, place)
    for lang in LANGUAGES:
        nb = read(place.path(root, lang))
        asked = sum("question" in tags(cell) for cell in nb["cells"])
        at = next((n for n, c in enumerate(nb["cells"]) if "recap" in tags(c)), len(nb["cells"]))
        nb["cells"][at:at] = question_cells(about, lang, asked + 1)
        plan.grown[place.path(root, lang)] = canonical(nb)
    words = root / "kdcourse" / "content" / "exercises" / f"{number}.toml"
    plan.grown[words] = words.read_text(encoding="utf-8") + question_words(about, asked + 1)
    return plan


def new_case(
    root: Path,
    module: str,
    slug: str,
    titles: Mapping[str, str],
    objectives: Sequence[str] = ("analyse", "decide"),
) -> Plan:
    """Plan the case notebook of a module (``"2"``), called ``case-<slug>``.

    Its questions are an exercise: :func:`new_exercise` with the case's name.

    Raises:
        KitError: There is no such module, the slug is not in form, or the case is there already.
    """
    _require_clone(root)
    if module not in syllabus.modules():
        raise KitError("new.module", module=module, known=", ".join(syllabus.modules()))
    for each in (slug, *objectives):
        _require_slug(each)
    place = Place("notebooks", f"{syllabus.modules()[module][0]}/case-{slug}.ipynb")
    listed = syllabus.of_lesson(f"case-{module}")
    return _notebooks(root, About("case", place, f"case-{slug}", titles, tuple(objectives), listed))


def lesson_of(stem: str) -> str:
    """Return what a notebook calls itself: ``2.4`` of ``2.4-tiering``, a case by its whole name."""
    number = stem.partition("-")[0]
    return number if _NUMBER.fullmatch(number) else stem


def registered(catalogue: Path, number: str, module: str) -> str:
    """Return the source of the catalogue of exercises with one more module in it.

    Raises:
        KitError: The catalogue has no table ``MODULES`` to add to, or has the exercise already.
    """
    source = catalogue.read_text(encoding="utf-8")
    table = _MODULES.search(source)
    if table is None:
        raise KitError("new.no-catalogue", path=catalogue)
    known: dict[str, str] = ast.literal_eval(table.group(1))
    if number in known:
        raise KitError("new.exists", path=f"{known[number].replace('.', '/')}.py")
    order = sorted({**known, number: module}.items(), key=lambda item: _in_order(item[0]))
    lines = "".join(f'    "{name}": "{where}",\n' for name, where in order)
    return f"{source[: table.start(1)]}{{\n{lines}}}{source[table.end(1) :]}"


def standing(root: Path, names: Sequence[str] = ()) -> list[str]:
    """Return where the sentences of a skeleton still stand: ``file, cell`` or ``file``.

    Args:
        root: The course's root.
        names: Notebooks, as for the other commands; without names the texts are searched too.
    """
    found = [
        f"{place.label(lang)}{say('author.comma')}{cell['id']}"
        for place in places(root, SOURCES)
        if not names or any(place.answers_to(name) for name in names)
        for lang in LANGUAGES
        if place.path(root, lang).exists()
        for cell in read(place.path(root, lang))["cells"]
        if unfinished(cell)
    ]
    texts = root / "kdcourse" / "content"
    for folder in ("exercises", "figures", "quizzes") if not names else ():
        for path in sorted((texts / folder).glob("*.toml")):
            if MARK in path.read_text(encoding="utf-8"):
                found.append(path.relative_to(root).as_posix())
    return found


def _notebooks(root: Path, about: About) -> Plan:
    plan = Plan(root, about.place)
    for lang in LANGUAGES:
        plan.texts[about.place.path(root, lang)] = canonical(edition(about, lang))
    return plan


def _objectives(nb: Notebook) -> tuple[str, ...]:
    return tuple(slug for cell in nb["cells"] for slug in facts(cell).get("objectives", ()))


def _title(nb: Notebook, number: str) -> str:
    heads = (_TITLE.match(cell["source"]) for cell in nb["cells"] if "title" in tags(cell))
    return next((head.group(1) for head in heads if head), number)


def _in_order(number: str) -> tuple[bool, list[int], str]:
    """Sort lessons by number, cases after them."""
    numbers = [int(digits) for digits in re.findall(r"\d+", number)]
    return not _NUMBER.fullmatch(number), numbers, number


def _require_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > 40:
        raise KitError("new.slug", slug=slug)


def _require_clone(root: Path) -> None:
    if not (root / "kdcourse" / "checks" / "catalogue.py").is_file():
        raise KitError("new.no-clone", root=root)
