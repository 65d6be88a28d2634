"""Each learner reads what came of their work, in their language, on any screen; no more."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from grading_samples import ANNA, gradebook_with, result

from kdcourse.grading.feedback import feedback_page, write_feedback
from kdcourse.grading.gradebook import Mark
from kdcourse.grading.roster import Roster
from kdcourse.grading.standing import Line, Standing, standings
from kdcourse.grading.work import OUTCOMES
from kdcourse.texts import speaking

VOID = {"meta", "link", "br", "img", "hr"}


class Outline(HTMLParser):
    """What a browser or a screen reader makes of a page; complains of tags left open."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.headings, self.open, self.links = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.links += [attributes[name] for name in ("src", "href", "action") if name in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and re.fullmatch(r"h\d", self.open[-1]):
            self.headings.append((int(self.open[-1][1]), data.strip()))


def standing(one, mark=None):
    lines = [Line(question) for question in one.questions]
    lines[4] = Line(one.questions[4], mark)
    return Standing(one, tuple(lines))


def page(one=None, mark=None, roster=None):
    return feedback_page(
        standing(one or result("anna", q1=2.0, q2=1.5), mark), roster or Roster({"anna": ANNA})
    )


def test_the_page_says_points_outcomes_messages_and_answers():
    html = page()
    for text in ("Anna Berg", "3.5 of 12 points", "Partly correct", "1.5 of 3 points",
                 "Said of <code>q2</code>.", "How fast does our market grow?", "I offer economy.",
                 "Answers that your instructor has yet to read: 1."):  # fmt: skip
        assert text in html, text


def test_the_page_speaks_the_language_of_the_learner_whoever_makes_it():
    with speaking("en"):
        html = page(result("li-na", lang="zh-CN", q1=2.0))
    assert '<html lang="zh-CN">' in html
    for text in ("2 分，满分 12 分", "不正确", "等待批阅"):
        assert text in html
    prose = re.sub(r"<style>.*?</style>|<pre.*?</pre>|<[^>]+>", "", html, flags=re.DOTALL)
    assert "points" not in prose
    assert "Your" not in prose


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_words(outcome):
    html = page(result("anna", q1=(outcome, 0.0)))
    assert "outcome-" not in html
    assert 'class="outcome"' in html


def test_what_was_handed_in_is_text_not_markup():
    evil = '<script>alert(1)</script><img src=x onerror="x">'
    html = page(result(evil, memo=evil, notes=(evil,), q1=2.0), roster=Roster())
    outline = Outline(html)
    assert not [tag for tag, _ in outline.tags if tag in ("script", "img", "iframe", "object")]
    assert not [
        name for _, attributes in outline.tags for name in attributes if name.startswith("on")
    ]
    assert html.count("&lt;script&gt;") >= 3


def test_the_page_needs_nothing_else_and_runs_nothing():
    outline = Outline(page())
    assert outline.links == []
    (policy,) = [a["content"] for tag, a in outline.tags if a.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert "url(" not in page()


def test_a_screen_reader_finds_its_way():
    outline = Outline(page(mark=Mark(2.5, (3, 4), "Good.")))
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    labels = {a["aria-labelledby"] for tag, a in outline.tags if tag == "section"}
    assert labels == {a["id"] for _, a in outline.tags if "id" in a}
    assert (
        "meta",
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    ) in outline.tags


def test_a_marked_answer_shows_its_levels_and_the_comment():
    html = page(mark=Mark(2.5, (3, 4), "Good figures.\nName the price, too."))
    assert "Marked by your instructor" in html
    assert "Name the price, too." in html
    assert html.count('aria-current="true"') == 2
    assert "yet to read" not in html
    # What grading said before a person had read it no longer holds.
    assert "Said of <code>q5</code>" not in html
    assert "Said of <code>q4</code>" in html


def test_each_learner_has_a_file_of_their_own(tmp_path):
    with gradebook_with(tmp_path, result("anna"), result("li-na", lang="zh-CN")) as gradebook:
        paths = write_feedback(tmp_path, standings(gradebook), gradebook.roster())
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "feedback/anna/1.1.html", "feedback/li-na/1.1.html",
    ]  # fmt: skip
    assert "li-na" not in paths[0].read_text(encoding="utf-8")
