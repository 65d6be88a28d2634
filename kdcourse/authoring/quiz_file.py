"""The file of a quiz, written: ``kdcourse author import-quiz`` and the TOML that comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kdcourse.atomic import write_atomically
from kdcourse.authoring.skeleton import MARK
from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, KitError, read_toml, say


def import_quiz(
    file: Annotated[Path, typer.Argument(help=say("quiz_import.help-file"))],
    lesson: Annotated[str, typer.Argument(help=say("new.help-number"))],
    lang: Annotated[str, typer.Option("--lang", help=say("quiz_import.help-lang"))] = "en",
) -> None:
    """Make the quiz of a lesson from a file in the format of jupyterquiz."""
    from kdcourse.authoring.quiz_import import convert

    if lang not in LANGUAGES:
        raise KitError("texts.unknown-language", lang=lang, languages=", ".join(LANGUAGES))
    root = course_root()
    target = root / "kdcourse" / "content" / "quizzes" / f"{lesson}.toml"
    objectives = _objectives(root, lesson)
    _require_unwritten(target)
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise KitError("quiz_import.unreadable", file=file, reason=fault.strerror) from fault
    found = convert(data, file.name, lang)
    if found.faults:
        for trouble in found.faults:
            typer.echo(str(trouble), err=True)
        raise typer.Exit(1)
    text = written(found.items, lesson, objectives)
    write_atomically(target, text.encode())
    for note in found.notes:
        typer.echo(note)
    path, marks = target.relative_to(root).as_posix(), text.count(MARK)
    typer.echo(say("quiz_import.written", path=path, items=len(found.items)))
    typer.echo(say("quiz_import.next", mark=MARK, marks=marks, name=lesson))


def written(items: Sequence[Mapping[str, Any]], lesson: str, objectives: Sequence[str]) -> str:
    """Return the file of a quiz.

    Args:
        items: Its questions.
        lesson: The number of its lesson.
        objectives: Those of the lesson, for the author to choose from.
    """
    known = ", ".join(objectives)
    head = f"# Quiz of lesson {lesson}. Its objectives: {known}."
    return "\n\n".join([head, *(block for item in items for block in _blocks(item))]) + "\n"


def _blocks(item: Mapping[str, Any]) -> Iterator[str]:
    parts = {name: value for name, value in item.items() if _is_tables(value)}
    yield _table("[[items]]", {name: item[name] for name in item if name not in parts})
    for name, tables in parts.items():
        for table in tables:
            yield _table(f"[[items.{name}]]", table)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(head: str, values: Mapping[str, Any]) -> str:
    return "\n".join([head, *(f"{name} = {_value(value)}" for name, value in values.items())])


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}" if f"{value:g}" == f"{value:.0f}" else repr(value)
        case str():
            # TOML escapes a text as JSON does, and one sign more.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_value(v)}" for key, v in value.items()) + " }"
    return f"[{', '.join(map(_value, value))}]"


def _objectives(root: Path, lesson: str) -> list[str]:
    """Return the slugs of a lesson's objectives; the lesson has to be there."""
    from kdcourse.authoring.new import lesson_of
    from kdcourse.authoring.notebook import facts, read
    from kdcourse.authoring.trees import places

    for place in places(root, ["notebooks"]):
        path = place.path(root, LANGUAGES[0])
        if lesson_of(Path(place.name).stem) == lesson and path.exists():
            return [
                slug for cell in read(path)["cells"] for slug in facts(cell).get("objectives", ())
            ]
    raise KitError("quiz_import.no-lesson", number=lesson)


def _require_unwritten(target: Path) -> None:
    """Have it said if somebody has written questions there; a skeleton may be replaced."""
    if not target.exists():
        return
    asks = [str(item.get("ask")) for item in read_toml(target).get("items", ())]
    if any(ask.count(MARK) < len(LANGUAGES) for ask in asks):
        raise KitError("quiz_import.exists", path=target.name)
