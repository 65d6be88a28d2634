"""Whatever a notebook does, it gets its own result, and its neighbour's stays what it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from attacks.book import Book, solution
from attacks.case import SECRET, UNSEEN, Case
from attacks.forged import FORGED_CASES
from attacks.hostile import HOSTILE
from attacks.unlucky import UNLUCKY

from kdcourse.course import course_root
from kdcourse.grading.marking import Marker
from kdcourse.grading.work import MIB, Limits, Submission, SubmissionResult, Worlds
from kdcourse.texts import content, say
from kdcourse.world.files import changed
from kdcourse.world.world import DEFAULT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")

#: It grows for ever.
CASES = [*HOSTILE, *FORGED_CASES, *UNLUCKY]
WORLDS = Worlds(DEFAULT["seed"], UNSEEN)
LIMITS = Limits(
    cell_seconds=0.7,
    total_seconds=20.0,
    memory=2048 * MIB,
    disk=16 * MIB,
    files=100,
    output=MIB,
    answers=8 * MIB,
)


@pytest.fixture(scope="module")
def marker() -> Iterator[Marker]:
    os.environ["KDCOURSE_SECRET"] = SECRET
    marker = Marker()
    yield marker
    marker.close()
    del os.environ["KDCOURSE_SECRET"]


def marked(marker: Marker, raw: bytes, learner: str = "mallory") -> SubmissionResult:
    submission = Submission(learner, "1.1-parcel-market", raw, "1.1-parcel-market.ipynb")
    return marker.mark(submission, WORLDS, LIMITS)


def timeless(result: SubmissionResult) -> SubmissionResult:
    questions = tuple(replace(question, seconds=0.0) for question in result.questions)
    return replace(result, questions=questions, seconds=0.0)


def next_door() -> bytes:
    """Return somebody else's notebook, a short one: it is graded after every attack."""
    book = Book("zh-CN", solved=False)
    for answer in ("q1-answer", "q2-answer"):
        book.put(answer, solution(answer))
    return book.raw()


@pytest.fixture(scope="module")
def neighbour(marker: Marker) -> SubmissionResult:
    result = marked(marker, next_door(), "邻居")
    outcomes = [question.outcome for question in result.questions]
    assert outcomes == [*["correct"] * 2, *["not_attempted"] * 3]
    assert {"calls", "limits", "files"} <= set(result.locks)
    return timeless(result)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_attack(case: Case, marker: Marker, neighbour: SubmissionResult) -> None:
    result = marked(marker, case.build())

    question, *others = result.questions
    allowed = (case.first,) if isinstance(case.first, str) else case.first
    assert question.outcome in allowed, question
    assert case.said in question.message
    expected = {f"q{number}": "correct" for number in range(2, 5)} | {"q5": "awaiting"}
    expected |= case.others
    outcomes = {other.question.removeprefix("1.1."): other.outcome for other in others}
    assert {q: o for q, o in outcomes.items() if expected[q] != "*"} == {
        q: o for q, o in expected.items() if o != "*"
    }
    assert [q.max_points for q in result.questions] == [2, 3, 2, 2, 3]
    assert all(0 <= q.points <= q.max_points for q in result.questions)
    assert all(q.message for q in result.questions)
    for key in case.notes:
        start = content("messages/grading")[key]["en"].partition("{")[0]
        assert any(note.startswith(start[:40]) for note in result.notes), result.notes
    for text in [*result.notes, *(q.message + q.answer for q in result.questions)]:
        assert "LEAKED" not in text
        text.encode()

    assert timeless(marked(marker, next_door(), "邻居")) == neighbour


def test_nothing_was_left_or_changed_outside(marker: Marker, neighbour: SubmissionResult) -> None:
    assert not Path("/tmp/kdcourse-was-here").exists()
    assert not Path("/dev/shm/kdcourse-was-here").exists()
    assert list(changed(course_root() / "datasets")) == []
    assert not (Path(say.__code__.co_filename).parent / "data.py").read_text().endswith("was here")


def test_another_learners_file_is_out_of_reach(
    marker: Marker, neighbour: SubmissionResult, tmp_path: Path
) -> None:
    other = tmp_path / "submitted" / "ann" / "1.1.ipynb"
    other.parent.mkdir(parents=True)
    other.write_bytes(Book().raw())
    for take in (f"growth = open({str(other)!r}).read()", f"open({str(other)!r}, 'w')"):
        result = marked(marker, Book().put("q1-answer", take).raw())
        assert result.questions[0].outcome == "error"
    assert other.read_bytes() == Book().raw()


def test_the_suite_is_as_large_as_promised() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
