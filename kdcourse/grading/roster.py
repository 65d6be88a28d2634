"""The roster: who is in the class, in which language, and how learning platforms call them."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from kdcourse.grading.places import explained
from kdcourse.texts import LANGUAGES, KitError, system_language

#: The columns, and what people call them in the first line of their file.
_COLUMNS = {
    "learner": ("learner", "id", "learner id", "student id", "学员", "学号", "编号", "学员编号"),
    "name": ("name", "full name", "student", "姓名", "名字"),
    "language": ("language", "lang", "语言"),
    "email": ("email", "e-mail", "email address", "邮箱", "电子邮箱"),
    "moodle": ("moodle", "moodle id", "idnumber", "id number"),
    "canvas": ("canvas", "canvas id"),
    "section": ("section", "group", "班级", "小组"),
}
_LANGUAGE_WORDS = {
    **{lang.casefold(): lang for lang in LANGUAGES},
    **dict.fromkeys(("english", "英文", "英语"), "en"),
    **dict.fromkeys(("zh", "zh_cn", "chinese", "中文", "汉语", "简体中文"), "zh-CN"),
}
#: Unicode makes these of what Excel saves: UTF-8 with a mark, or the Chinese Windows encoding.
_ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Learner:
    """One person of the class.

    Attributes:
        id: What identifies them in folders and in the gradebook.
        name: As people write it.
        language: Their edition, ``"en"`` or ``"zh-CN"``.
        email: For a learning platform.
        moodle: Their ID number in Moodle.
        canvas: Their user id in Canvas.
        section: Their section in Canvas.
    """

    id: str
    name: str
    language: str
    email: str = ""
    moodle: str = ""
    canvas: str = ""
    section: str = ""


@dataclass(frozen=True)
class Roster:
    """A class.

    Attributes:
        learners: By id, in the order of the file.
    """

    learners: Mapping[str, Learner] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Learner]:
        return iter(self.learners.values())

    def __len__(self) -> int:
        return len(self.learners)

    def find(self, written: str) -> Learner | None:
        """Return who goes by an id or a name, however it is spelled; None if not exactly one."""
        if written in self.learners:
            return self.learners[written]
        found = self._spelled.get(loosely(written), set())
        return self.learners[next(iter(found))] if len(found) == 1 else None

    @cached_property
    def _spelled(self) -> Mapping[str, set[str]]:
        """Who goes by which spelling."""
        found: dict[str, set[str]] = defaultdict(set)
        for learner in self:
            for text in (learner.id, safe_name(learner.id), *_spellings(learner.name)):
                if spelling := loosely(text):
                    found[spelling].add(learner.id)
        return found

    def with_canvas(self, number: str) -> Learner | None:
        """Return who has a user id in Canvas."""
        return next((one for one in self if one.canvas and one.canvas == number), None)


def loosely(text: str) -> str:
    """Return a name without case, blanks, accents' encoding or punctuation, for comparing."""
    tidy = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in tidy if letter.isalnum())


def safe_name(text: str) -> str:
    """Return ``text`` as the name of a file on any system; different texts get different names.

    Whatever had to change (a slash, capitals that some disks can't tell apart, great length) is
    made up for by a few digits of a digest.
    """
    plain = unicodedata.normalize("NFC", text)
    tidy = _UNSAFE.sub("-", plain).strip(".-_")
    while len(tidy.encode()) > _LONGEST_NAME:
        tidy = tidy[:-1]
    if tidy == text == text.lower() and not _reserved(tidy):
        return tidy
    return f"{tidy or 'learner'}-{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _reserved(name: str) -> bool:
    """Say whether Windows keeps a name for a device."""
    return bool(re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d|)(\..*)?", name))


def read_roster(path: Path) -> Roster:
    """Read a roster: CSV with a first line of column names, from any spreadsheet.

    Args:
        path: Needs a column ``learner``; ``name``, ``language``, ``email``, ``moodle``, ``canvas``
            and ``section`` may follow, in any order.

    Raises:
        KitError: It can't be read; the line is named where one is at fault.
    """
    rows = _rows(path)
    if not rows:
        raise KitError("grading_class.roster-empty", path=path)
    columns = _columns(rows[0])
    if "learner" not in columns:
        raise KitError("grading_class.roster-no-learner", path=path, found=", ".join(rows[0]))
    learners: dict[str, Learner] = {}
    lines: dict[str, int] = {}
    for line, row in enumerate(rows[1:], start=2):
        cells = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
        if not any(cells.values()):
            continue
        learner = _learner(cells, path, line)
        key = loosely(learner.id) or learner.id
        if key in lines:
            raise KitError(
                "grading_class.roster-twice",
                path=path,
                learner=learner.id,
                first=lines[key],
                second=line,
            )
        lines[key] = line
        learners[learner.id] = learner
    if not learners:
        raise KitError("grading_class.roster-empty", path=path)
    return Roster(learners)


def _rows(path: Path) -> list[list[str]]:
    with explained(path, reading=True):
        raw = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KitError("grading_class.roster-encoding", path=path)
    lines = [line for line in text.splitlines() if line.strip()]
    # Spreadsheets in countries with a decimal comma separate by semicolons.
    separator = max(",;\t", key=lines[0].count) if lines else ","
    return list(csv.reader(lines, delimiter=separator))


def _columns(heads: Sequence[str]) -> dict[str, int]:
    known = {word: name for name, words in _COLUMNS.items() for word in words}
    spelled = [" ".join(head.replace("_", " ").split()).casefold() for head in heads]
    return {known[head]: at for at, head in reversed(list(enumerate(spelled))) if head in known}


def _learner(cells: Mapping[str, str], path: Path, line: int) -> Learner:
    who = cells.get("learner", "")
    if not who:
        raise KitError("grading_class.roster-no-id", path=path, line=line)
    asked = cells.get("language", "")
    language = _LANGUAGE_WORDS.get(asked.casefold()) if asked else system_language()
    if language is None:
        raise KitError("grading_class.roster-language", path=path, line=line, language=asked)
    more = {name: cells.get(name, "") for name in ("email", "moodle", "canvas", "section")}
    return Learner(who, cells.get("name") or who, language, **more)


def _spellings(name: str) -> Iterator[str]:
    """Yield the orders in which platforms write a name: as it is, and the family name first."""
    yield name
    first, _, last = name.rpartition(" ")
    yield f"{last}{first}"
    if ", " in name:
        family, _, given = name.partition(", ")
        yield f"{given}{family}"
