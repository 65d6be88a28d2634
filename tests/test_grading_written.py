"""Written answers wait for a person, who marks them by the rubric without seeing a name."""

import json

import ipywidgets as widgets
import pytest
from grading_samples import gradebook_with, result
from test_grading_feedback import Outline

from kdcourse.grading.gradebook import Gradebook, Mark
from kdcourse.grading.publish import publish, review_notebook
from kdcourse.grading.standing import standings
from kdcourse.grading.written import Queue
from kdcourse.grading.written_view import ReviewView, review
from kdcourse.texts import KitError, speaking


@pytest.fixture
def gradebook(tmp_path):
    results = [
        result("anna", memo="Economy keeps its word."),
        result("li-na", lang="zh-CN", memo="我推荐经济件。"),
        result("ole", memo="<b>Express</b>"),
    ]
    with gradebook_with(tmp_path, *results) as book:
        yield book


@pytest.fixture
def queue(gradebook):
    return Queue(gradebook)


def fill(queue, *levels):
    for criterion, level in enumerate(levels):
        queue.choose(criterion, level)


# --- the state machine


def test_the_rubric_is_that_of_the_exercise_in_the_readers_language(queue):
    assert [name for name, _ in queue.criteria] == ["The offer", "The three trends"]
    assert [len(levels) for _, levels in queue.criteria] == [4, 4]
    with speaking("zh-CN"):
        assert queue.criteria[0][0] == "产品推荐"


def test_the_order_says_nothing_of_the_author(gradebook, queue):
    order = [answer.result.learner for answer in queue.answers]
    assert sorted(order) == ["anna", "li-na", "ole"]
    assert [answer.result.learner for answer in Queue(gradebook).answers] == order
    assert "anna" not in repr(queue.answers[order.index("anna")])


@pytest.mark.parametrize(
    ("levels", "points"), [((1, 1), 0), ((4, 4), 3), ((3, 4), 2.5), ((2, 3), 1.5), ((1, 2), 0.5)]
)
def test_points_follow_from_the_levels(queue, levels, points):
    assert queue.suggested() is None
    fill(queue, *levels)
    assert queue.suggested() == points


def test_a_mark_joins_the_gradebook_at_once_and_the_next_answer_comes(gradebook, queue):
    who = queue.current.result.learner
    fill(queue, 3, 4)
    queue.give(2.5, " Good figures. ")
    assert (queue.at, queue.left, queue.levels) == (1, 2, (0, 0))
    found = {one.learner: one for one in standings(gradebook)}
    assert found[who].points == 2.5
    assert found[who].lines[4].mark == Mark(2.5, (3, 4), "Good figures.")
    # What was marked is not asked for again.
    assert who not in [answer.result.learner for answer in Queue(gradebook).answers]


def test_points_of_ones_own_are_allowed_within_the_range(queue):
    fill(queue, 1, 1)
    for points in (-0.5, 3.5, float("nan")):
        with pytest.raises(KitError, match="give 0 to 3"):
            queue.give(points)
    queue.give(1.25)


def test_a_level_that_is_open_or_not_there_is_named(queue):
    queue.choose(0, 2)
    with pytest.raises(KitError, match="criterion 2 first"):
        queue.give(1)
    for criterion, level in ((0, 5), (0, 0), (2, 1), (-1, 1)):
        with pytest.raises(KitError, match="has no level"):
            queue.choose(criterion, level)


def test_skipped_answers_come_back_and_the_end_is_told(queue):
    queue.go(1)
    for _ in range(3):
        fill(queue, 2, 2)
        queue.give(1)
    assert (queue.current, queue.left) == (None, 0)
    with pytest.raises(KitError, match="have been read"):
        queue.give(1)
    queue.go(0)
    assert queue.levels == (2, 2)


def test_marks_can_be_changed_later(gradebook, queue):
    fill(queue, 2, 2)
    who = queue.current.result.learner
    queue.give(1)
    again = Queue(gradebook, again=True)
    assert len(again.answers) == 3
    at = [answer.result.learner for answer in again.answers].index(who)
    again.go(at)
    assert again.levels == (2, 2)
    fill(again, 4, 4)
    again.give(3)
    assert {one.learner: one.points for one in standings(gradebook)}[who] == 3


# --- the view


def everything(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def html(view):
    return "".join(one.value for one in everything(view.box) if isinstance(one, widgets.HTML))


def radios(view):
    return [one for one in everything(view.box) if isinstance(one, widgets.RadioButtons)]


def test_marking_by_hand(gradebook):
    view = ReviewView(gradebook)
    assert "Answer 1 of 3" in html(view)
    for group, level in zip(radios(view), (3, 4), strict=True):
        group.value = level
    (points,) = [one for one in everything(view.box) if isinstance(one, widgets.BoundedFloatText)]
    assert points.value == 2.5
    view.buttons["give"].click()
    assert "Answer 2 of 3" in html(view)
    assert "Still to be read: 2." in html(view)
    assert [mark.points for mark in gradebook.marks().values()] == [2.5]


def test_a_slip_is_told_where_it_is_read_out(gradebook):
    view = ReviewView(gradebook)
    view.buttons["give"].click()
    assert '<div role="status">Choose a level for criterion 1 first.</div>' in html(view)


def test_answers_are_shown_as_text_without_names(gradebook):
    view = ReviewView(gradebook)
    pages = []
    for _ in range(3):
        pages.append(html(view))
        view.buttons["skip"].click()
    whole = "".join(pages)
    assert "&lt;b&gt;Express" in whole
    assert "我推荐经济件" in whole
    for name in ("anna", "li-na", "李娜", "Anna"):
        assert name not in whole
    assert view.buttons["give"].disabled
    assert "have been read" in html(view)


def test_the_last_button_writes_the_pages_anew(gradebook):
    publish(gradebook)
    view = ReviewView(gradebook)
    who = view.queue.current.result.learner
    for group in radios(view):
        group.value = 4
    view.buttons["give"].click()
    view.buttons["publish"].click()
    page = (gradebook.folder / "feedback" / who / "1.1.html").read_text(encoding="utf-8")
    assert 'aria-current="true"' in page
    assert Outline(page).headings
    rows = (gradebook.folder / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any(row.startswith(who) and "marked" in row for row in rows)


def test_a_click_speaks_the_language_of_the_view(gradebook):
    with speaking("zh-CN"):
        view = ReviewView(gradebook)
    view.buttons["give"].click()
    assert "请先为第 1 个评价项目选一级" in html(view)


def test_the_notebook_that_grading_writes_shows_the_queue(gradebook, monkeypatch):
    publish(gradebook)
    written = json.loads((gradebook.folder / "review.ipynb").read_text(encoding="utf-8"))
    assert written == review_notebook()
    monkeypatch.chdir(gradebook.folder)
    names = {}
    source = "".join(written["cells"][1]["source"]).replace("\nreview()", "\nshown = review()")
    exec(source, names)
    assert isinstance(names["shown"], widgets.VBox)


def test_a_folder_without_a_gradebook_is_a_sentence(tmp_path):
    with pytest.raises(KitError, match="no gradebook"):
        review(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_windows_on_one_gradebook(gradebook):
    other = Gradebook(gradebook.folder)
    first, second = Queue(gradebook), Queue(other)
    for queue in (first, second):
        fill(queue, 2, 2)
        queue.give(1)
    assert len(gradebook.marks()) == 1
    other.__exit__()
