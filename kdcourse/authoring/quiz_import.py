"""Questions in the format of jupyterquiz (a JSON file), as items of a quiz of this course.

What that format has and ours hasn't is named in a note; what ours wants and that one hasn't (the
other language, feedback on every answer, the objective) is marked for the author to write.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from kdcourse.authoring.skeleton import MARK
from kdcourse.practice.quiz.words import plain
from kdcourse.texts import LANGUAGES, KitError, content, pick, say

#: Feedback that says no more than the verdict does already.
_EMPTY = {"correct", "right", "yes", "true", "incorrect", "wrong", "no", "false", "tryagain"}
_EMPTY |= {"incorrecttryagain", "对", "正确", "是", "错", "错误", "不对", "不正确", "请再试"}

Table = Mapping[str, Any]


@dataclass
class Imported:
    """What became of a file.

    Attributes:
        items: The questions, as they are to stand in the file of a quiz.
        notes: What could not be carried over, a sentence each.
        faults: What is wrong with the file, a fault for each question that could not be read.
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[KitError] = field(default_factory=list)


def convert(data: bytes, file: str, lang: str) -> Imported:
    """Read a file of jupyterquiz.

    Args:
        data: What the file holds.
        file: Its name, for messages.
        lang: The language its texts are in.

    Raises:
        KitError: It is no JSON, or holds no list of questions.
    """
    try:
        questions = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except json.JSONDecodeError as fault:
        reason = f"{fault.lineno}:{fault.colno} {fault.msg}"
        raise KitError("quiz_import.no-json", file=file, reason=reason) from fault
    except (ValueError, RecursionError) as fault:
        raise KitError("quiz_import.no-json", file=file, reason=fault) from fault
    if not isinstance(questions, list) or not questions:
        raise KitError("quiz_import.no-list", file=file)
    found = Imported()
    for number, table in enumerate(questions, start=1):
        reader = _Reader(table if isinstance(table, dict) else {}, file, number, lang)
        try:
            found.items.append(reader.item())
            found.notes += reader.notes
        except KitError as fault:
            found.faults.append(fault)
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


class _Reader:
    """Reads one question, knowing where it is for the messages."""

    def __init__(self, table: Table, file: str, number: int, lang: str) -> None:
        self._table, self._file, self._number, self._lang = table, file, number, lang
        self.notes: list[str] = []

    def item(self) -> dict[str, Any]:
        """Return the item, or raise what is wrong with the question."""
        kinds = {
            "multiple_choice": ("single", self._options),
            "many_choice": ("multiple", self._options),
            "numeric": ("number", self._numbers),
            "string": ("text", self._words),
        }
        kind = self._table.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            self._fault("type", kind=kind, kinds=", ".join(kinds))
        ask = self._said(self._table, "question", "")
        name, read = kinds[kind]
        head = {"id": f"question-{self._number}", "kind": name, "objective": MARK, "concepts": []}
        return {**head, "ask": self._both(ask), **read()}

    def _options(self) -> dict[str, Any]:
        options = []
        for number, answer in self._answers(least=2):
            option: dict[str, Any] = {"id": _letter(number)}
            option |= self._verdict(answer, number)
            text = self._said(answer, "answer", f"answers/{number}/")
            options.append(option | {"text": self._both(text), "say": self._say(answer)})
        right = sum("right" in option for option in options)
        if self._table["type"] == "multiple_choice" and right != 1:
            self._fault("one-right", right=right)
        self._require(right)
        return {"options": options}

    def _numbers(self) -> dict[str, Any]:
        told, otherwise = self._told()
        values = {
            number: self._rounded(self._number_in(answer["value"], f"answers/{number}/value"))
            for number, answer in told
            if "value" in answer
        }
        # Ours knows one tolerance for all values of a question: the widest of the right ones.
        reaches = [values[n][1] for n, answer in told if n in values and answer.get("correct")]
        slack = max(reaches, default=0.0)
        answers: list[dict[str, Any]] = []
        ends: list[tuple[float, float]] = []
        shown: dict[str, object]
        for number, answer in told:
            verdict = self._verdict(answer, number)
            if number in values:
                value, _ = values[number]
                low, high = value - slack, math.nextafter(value + slack, math.inf)
                points, shown = [value], {"value": value}
            else:
                low, high = self._range(answer, number)
                points, shown = [low, math.nextafter(high, -math.inf)], {"range": [low, high]}
            if all(any(a <= point < b for a, b in ends) for point in points):
                self._note("hidden", answer=number)
                continue
            ends.append((low, high))
            answers.append({**verdict, **shown, "say": self._say(answer)})
        self._require(sum("right" in answer for answer in answers))
        return {"tolerance": slack, "otherwise": otherwise, "answers": answers}

    def _words(self) -> dict[str, Any]:
        told, otherwise = self._told()
        answers: list[dict[str, Any]] = []
        seen: set[str] = set()
        for number, answer in told:
            word = self._said(answer, "answer", f"answers/{number}/")
            if answer.get("match_case") or answer.get("fuzzy_threshold"):
                self._note("matching", answer=number)
            if not plain(word) or plain(word) in seen:
                self._note("hidden", answer=number)
                continue
            seen.add(plain(word))
            words = {lang: [text] for lang, text in self._both(word).items()}
            verdict = self._verdict(answer, number)
            answers.append({**verdict, "words": words, "say": self._say(answer)})
        self._require(sum("right" in answer for answer in answers))
        return {"otherwise": otherwise, "answers": answers}

    def _told(self) -> tuple[list[tuple[int, Table]], dict[str, str]]:
        """Return the answers with their numbers, and what is said to any other."""
        told, default = [], None
        for number, answer in self._answers():
            if answer.get("type") == "default":
                default = answer
            else:
                told.append((number, answer))
        return told, self._otherwise(default)

    def _answers(self, least: int = 1) -> Iterator[tuple[int, Table]]:
        answers = self._table.get("answers")
        if not isinstance(answers, list) or len(answers) < least:
            self._fault("answers", least=least)
        for number, answer in enumerate(answers, start=1):
            if not isinstance(answer, dict):
                self._fault("answers", least=least)
            yield number, answer

    def _verdict(self, answer: Table, number: int) -> dict[str, bool]:
        if not isinstance(answer.get("correct"), bool):
            self._fault("flag", field=f"answers/{number}/correct")
        return {"right": True} if answer["correct"] else {}

    def _said(self, table: Table, name: str, where: str) -> str:
        """Return a text with the code that may stand beside it."""
        parts = [table.get(name, ""), table.get("code", "")]
        parts = [str(p) if isinstance(p, int | float) and p is not True else p for p in parts]
        if not all(map(_is_text, parts)) or not any(part.strip() for part in parts):
            self._fault("text", field=where + name)
        if parts[1]:
            self._note("code")
        if any(part.count("$") > 1 for part in parts):
            self._note("math")
        return "\n".join(part for part in parts if part)

    def _say(self, answer: Table) -> dict[str, str]:
        """Return the feedback on an answer; where it only says "correct", what is to be written."""
        text = answer.get("feedback")
        if _is_text(text) and text and plain(text) not in _EMPTY:
            return self._both(text)
        return _to_write("why-right" if answer.get("correct") else "why-wrong")

    def _otherwise(self, answer: Table | None) -> dict[str, str]:
        text = answer.get("feedback") if answer else None
        if _is_text(text) and text and plain(text) not in _EMPTY:
            return self._both(text)
        return _to_write("otherwise")

    def _both(self, text: str) -> dict[str, str]:
        """Return a text in its language, and marked where the other one is to be written."""
        return {lang: text if lang == self._lang else f"{MARK} {text}" for lang in LANGUAGES}

    def _number_in(self, value: object, where: str) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(float(str(value))):
            self._fault("number", field=where)
        return float(str(value))

    def _range(self, answer: Table, number: int) -> tuple[float, float]:
        where, ends = f"answers/{number}/range", answer.get("range")
        if not isinstance(ends, list) or len(ends) != 2:
            self._fault("range", field=where)
        low, high = (self._number_in(end, where) for end in ends)
        if not low < high:
            self._fault("range", field=where)
        return low, high

    def _rounded(self, value: float) -> tuple[float, float]:
        """Return a value to as many digits as are compared, and how far that reaches."""
        digits = self._table.get("precision")
        if digits is None:
            return value, 0.0
        if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 15:
            self._fault("precision", field="precision")
        if not value:
            return value, 0.0
        place = math.floor(math.log10(abs(value))) - digits + 1
        return float(f"{value:.{digits - 1}e}"), float(f"5e{place - 1}")

    def _require(self, right: int) -> None:
        if not right:
            self._fault("none-right")

    def _note(self, key: str, **fields: object) -> None:
        note = say(f"quiz_import.note-{key}", file=self._file, number=self._number, **fields)
        if note not in self.notes:
            self.notes.append(note)

    def _fault(self, key: str, **fields: object) -> NoReturn:
        raise KitError(f"quiz_import.{key}", file=self._file, number=self._number, **fields)


def _is_text(value: object) -> bool:
    """Say whether a value is a text that can be written into a file; half a character can't."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if number <= 26 else f"o{number}"


def _to_write(key: str) -> dict[str, str]:
    words = content("messages/quiz_import")[key]
    return {lang: f"{MARK} {pick(words, lang)}" for lang in LANGUAGES}
