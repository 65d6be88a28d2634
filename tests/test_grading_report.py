"""The instructor sees how hard each question was, what it tells, and who looks alike."""

import pytest
from grading_samples import answered, gradebook_with, plain, result
from test_grading_feedback import Outline

from kdcourse.grading.analysis import FEWEST, items
from kdcourse.grading.gradebook import Mark
from kdcourse.grading.report import report_page, write_report
from kdcourse.grading.similarity import alike, fingerprints
from kdcourse.grading.standing import Line, Standing, standings
from kdcourse.texts import KitError, speaking

#: Points in q1 (of 2) and q2 (of 3) of nine learners; q3 is the other way round.
POINTS = [(2, 3), (2, 3), (2, 1.5), (1, 3), (2, 3), (0, 0), (1, 0), (0, 1.5), (0, 0)]


def standing(one, mark=None):
    lines = [Line(question) for question in one.questions]
    lines[4] = Line(one.questions[4], mark)
    return Standing(one, tuple(lines))


@pytest.fixture
def class_():
    return [
        standing(result(f"l{number}", q1=float(q1), q2=float(q2), q3=2.0 - q1, q4=1.0))
        for number, (q1, q2) in enumerate(POINTS)
    ]


# --- the numbers


def test_difficulty_is_the_mean_share_of_points(class_):
    q1, q2, _, q4, q5 = items(class_)
    assert q1.difficulty == pytest.approx(10 / 18)
    assert q2.difficulty == pytest.approx(15 / 27)
    assert q4.difficulty == 0.5
    assert (q5.difficulty, q5.number) == (None, 0)


def test_discrimination_is_the_correlation_with_the_rest(class_):
    q1, q2, q3, q4, _ = items(class_)
    # Worked out by hand: of the rest of q2 only q1 and q3 vary, and their sum does not.
    assert q2.discrimination is None
    assert q1.discrimination is not None
    assert q3.discrimination is not None
    assert q4.discrimination is None


def test_discrimination_of_a_case_worked_by_hand():
    shares = [0, 0, 0, 0, 1, 1, 1, 1]
    rests = [0, 0, 0, 1, 0, 1, 1, 1]
    told = [
        standing(result(f"l{at}", q1=2.0 * one, q2=3.0 * other), Mark(0.0))
        for at, (one, other) in enumerate(zip(shares, rests, strict=True))
    ]
    assert items(told)[0].discrimination == pytest.approx(0.5)
    assert items(told[: FEWEST - 1])[0].discrimination is None


def test_a_marked_answer_counts_and_an_unread_one_does_not():
    told = items([standing(result("a"), Mark(1.5)), standing(result("b"))])
    assert (told[4].number, told[4].difficulty) == (1, 0.5)
    assert told[4].outcomes == {"marked": 1, "awaiting": 1}


def test_slips_are_counted():
    told = items([standing(result(name)) for name in "abc"])
    assert told[1].slips == (("mean", 3),)


# --- who looks alike

LOOP = """
total = carriers.groupby("year")["parcels_10k"].sum()
answer = []
for year in total.index[1:]:
    before, now = total[year - 1], total[year]
    answer.append((now / before - 1) * 100)
growth = pd.Series(answer, index=total.index[1:]).rename("growth_pct")
"""
RENAMED = (
    LOOP.replace("total", "t").replace("answer", "out").replace("before", "a").replace("now", "b")
)
OWN = """
table = carriers.pivot_table(index="year", values="parcels_10k", aggfunc="sum")
table["last"] = table.shift(1)["parcels_10k"]
table["growth_pct"] = table.eval("(parcels_10k - last) / last * 100").dropna()
growth = table["growth_pct"].dropna()
"""
MEMO = '{"offer": "The tea shop should take economy, which keeps its word for most parcels to the East", "green": "Boxes that come back a dozen times or more, and less tape"}'  # noqa: E501


def class_of(**codes):
    return {who: answered(plain(), q1=code) for who, code in codes.items()}


def pairs(notebooks):
    return [(one.one, one.other) for one in alike(notebooks, [plain()])]


def test_renaming_and_layout_hide_nothing():
    untidy = RENAMED.replace(", ", " ,  ") + "\n# mine, all mine\n"
    assert pairs(class_of(anna=LOOP, bo=untidy, cy=OWN)) == [("anna", "bo")]


def test_prose_is_compared_word_by_word():
    other = MEMO.replace("economy", "ECONOMY").replace("tea", "Tea")
    assert pairs(class_of(anna=f"memo = {MEMO}", bo=f"memo={other}", cy=OWN)) == [("anna", "bo")]


def test_what_was_handed_out_makes_nobody_alike():
    assert pairs({who: plain() for who in ("anna", "bo", "cy")}) == []


def test_what_much_of_the_class_writes_makes_nobody_alike():
    crowd = {f"l{number}": LOOP for number in range(8)}
    assert pairs(class_of(**crowd, anna=OWN, bo=OWN)) == [("anna", "bo")]


def test_a_short_answer_makes_nobody_alike():
    assert pairs(class_of(anna="growth = 1", bo="growth = 1")) == []


def test_notebooks_that_cannot_be_read_are_left_out():
    broken = {
        "a": b"{",
        "b": b"{",
        "c": b'{"cells": 7}',
        "d": b'{"cells": [{"cell_type": "code"}]}',
    }
    assert alike(broken) == []
    assert fingerprints("def broken(:\n  '''") == set()
    assert alike({"a": b"[" * 100_000, "b": b"\xff"}) == []


# --- the page


@pytest.fixture
def gradebook(tmp_path):
    results = [result(f"l{n}", q1=float(q1), q2=float(q2)) for n, (q1, q2) in enumerate(POINTS)]
    with gradebook_with(
        tmp_path, result("anna", q1=2.0, notes=("Cell `q2` is missing.",)), *results
    ) as book:
        yield book


def test_the_report_tells_what_an_instructor_asks_for(gradebook):
    html = report_page(gradebook, standings(gradebook), [KitError("grading_class.no-dask")])
    for text in ("Nothing handed in by: 李娜 (li-na), Ole O&#39;Hara (ole).", "Dask is not",
                 "is not on the roster", "How fast does our market grow?", "Common slips",
                 "plain average of the yearly rates", "Written answers waiting for you: 10",
                 "Cell <code>q2</code> is missing.", "landlock, seccomp"):  # fmt: skip
        assert text in html, text


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_figure_is_in_the_page_with_its_words(gradebook, lang):
    with speaking(lang):
        outline = Outline(report_page(gradebook, standings(gradebook)))
    figures = [attributes for tag, attributes in outline.tags if tag == "svg"]
    assert len(figures) == 3
    assert all(one["role"] == "img" and len(one["aria-label"]) > 20 for one in figures)
    assert {tag for tag, _ in outline.tags} & {"script", "img", "link"} == set()
    assert not [link for link in outline.links if not link.startswith("#")]


def test_hostile_names_stay_text(tmp_path):
    evil = "<b onclick=x>evil</b>"
    with gradebook_with(tmp_path, result("l1", notes=(evil,)), result("l2")) as book:
        html = report_page(book, standings(book), [KitError("grading_class.is-link", path=evil)])
    assert "<b" not in html.replace("<body", "")


def test_the_report_is_the_same_twice(gradebook):
    every = standings(gradebook)
    first = write_report(gradebook, every).read_text(encoding="utf-8")
    assert report_page(gradebook, every) == first
