"""What comes through the wall is judged as if it had been judged inside; forging gains nothing."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attacks.book import Book, solution
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.checks.catalogue import find_exercise
from kdcourse.checks.functions import Called
from kdcourse.checks.kinds import (
    Chosen,
    Database,
    Drawn,
    Exact,
    Exercise,
    Figure,
    Function,
    Limit,
    Number,
    Parts,
    Query,
    Question,
    Simulation,
    Table,
    Transcript,
    Written,
    always,
)
from kdcourse.checks.values import Unreadable
from kdcourse.checks.verdict import Outcome
from kdcourse.course import course_root
from kdcourse.data import FOLDER_VARIABLE
from kdcourse.grading.child import Job, Reading, Step
from kdcourse.grading.decoding import Garbled, decode
from kdcourse.grading.encoding import MOST_ITEMS, MOST_ROWS, encode, refusal
from kdcourse.grading.grounds import Ground, Grounds
from kdcourse.grading.judging import Judged, computed, judge, observed_inside, probe
from kdcourse.grading.listening import Fault, Ran
from kdcourse.grading.marking import Marker
from kdcourse.grading.results import clean, result, shown
from kdcourse.grading.runner import ForkRunner
from kdcourse.grading.work import (
    OUTCOMES,
    Limits,
    QuestionResult,
    Submission,
    SubmissionResult,
    Worlds,
)
from kdcourse.texts import LANGUAGES, content, speaking
from kdcourse.world.world import DEFAULT

linux = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")

HOME = Ground(course_root() / "datasets")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Grounds(tmp_path_factory.mktemp("worlds")).of(77)


def through(value: object) -> Any:
    """Return what is left of a value on the other side of the wall."""
    return decode(json.loads(json.dumps(encode(value))))


# --- the wall ---------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(SCALARS, inner)))
def test_plain_values_arrive_as_they_were(value: object) -> None:
    assert through(value) == value


@pytest.mark.parametrize(
    "value",
    [
        (1, (2.5, "x")),
        {1, 2},
        10**30,
        -(10**30),
        Decimal("1.50"),
        dt.date(2026, 1, 31),
        pd.Timestamp("2026-01-31 08:05"),
        pd.Timestamp("2026-01-31 08:05", tz="Asia/Shanghai"),
        pd.Period("2026-01", freq="M"),
        float("inf"),
        {"a": [1, {"b": ...}]},
        ...,
    ],
)
def test_so_do_others_that_the_course_knows(value: object) -> None:
    arrived = through(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_numpy_and_subclasses_arrive_as_what_they_are_worth() -> None:
    class Lying(float):
        def __repr__(self) -> str:
            return "99"

    assert through([np.int64(3), np.float64(2.5), np.bool_(True), np.str_("a"), Lying(1.5)]) == [
        3, 2.5, True, "a", 1.5,
    ]  # fmt: skip
    assert np.isnan(through(float("nan")))


FRAME = pd.DataFrame(
    {
        "n": [1, 2, 3],
        "x": [1.5, float("nan"), 3.0],
        "t": ["a", None, "c"],
        "at": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
        "flag": [True, False, True],
    }
)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index("n"),
        FRAME.set_index(["n", "flag"]),
        FRAME.iloc[:0],
        FRAME.assign(t=FRAME["t"].astype("category")),
        FRAME.assign(n=FRAME["n"].astype("Int64")),
        FRAME.iloc[::2],
        FRAME.set_axis([1, 2, 3, 4, 4], axis="columns"),
    ],
    ids=["plain", "index", "levels", "empty", "category", "nullable", "gaps", "twice"],
)
def test_tables_arrive_value_for_value(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        through(frame), frame, check_dtype=False, check_index_type=False, check_categorical=False
    )


def test_series_and_arrays_arrive() -> None:
    series = pd.Series([1.0, 2.0], index=pd.Index([2020, 2021], name="year"), name="growth")
    pd.testing.assert_series_equal(through(series), series, check_index_type=False)
    array = np.arange(6).reshape(2, 3)
    assert (through(array) == array).all()
    assert through(array).shape == (2, 3)


@pytest.mark.parametrize(
    ("value", "name"), [(object(), "object"), (range(3), "range"), (b"raw", "bytes")]
)
def test_of_anything_else_only_the_name_arrives(value: object, name: str) -> None:
    assert type(through(value)).__name__ == name


def test_functions_and_generators_arrive_as_such() -> None:
    assert callable(through(len))
    assert list(through(x for x in [1])) == []


@pytest.mark.parametrize(
    "value",
    [list(range(MOST_ITEMS + 1)), pd.Series(range(MOST_ROWS + 1)), np.zeros((200, 200))],
    ids=["list", "series", "array"],
)
def test_what_is_too_large_says_so(value: object) -> None:
    with pytest.raises(Unreadable) as fault:
        through(value)
    assert "too-many" in fault.value.finding.key
    assert "," in fault.value.finding.fields["count"]


@pytest.mark.parametrize(
    "plain",
    [
        {"t": "nothing known"},
        {"t": ["list"]},
        {},
        {"t": "frame"},
        {"t": "int", "v": "x"},
        {"t": "set", "v": [[]]},
        {"t": "time", "v": "yesterday"},
        {"t": "range-index", "v": [0, 10**12, 1], "name": None},
        {"t": "unreadable", "v": ["no-such-message", {}, []]},
        {"t": "unreadable", "v": ["wrong-kind", {"kind": {"say": "start.x"}}, []]},
        {"t": "drawn", "v": ["fireworks", [], "", "", ""]},
        {"t": "array", "v": ["int", [1, 2]], "shape": [10**9, 10**9]},
        {"t": "series", "v": ["int", [1]], "index": {"t": "index"}, "name": None},
        [1] * (MOST_ITEMS + 1),
    ],
)
def test_what_was_never_sent_like_this_is_refused(plain: object) -> None:
    with pytest.raises(Garbled):
        decode(plain)


@given(
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["t", "v", "index", "name", "names", "columns"]), inner
            )
            | st.builds(
                lambda kind, v: {"t": kind, "v": v},
                st.sampled_from(
                    ["frame", "series", "index", "dict", "called", "drawn", "unreadable"]
                ),
                inner,
            )
        ),
    )
)
def test_whatever_was_sent_it_is_read_or_refused(plain: object) -> None:
    with suppress(Garbled, Unreadable):
        decode(plain)


# --- the verdict ------------------------------------------------------------------------------


def sent(exercise: Exercise, question: Question, ground: Ground, value: object) -> Ran:
    """Return what comes out if a learner's variable holds ``value``."""
    inner = probe(question, ground).judge
    try:
        plain = encode(inner.observe(value) if inner else value)
    except Unreadable as fault:
        plain = refusal(fault.finding)
    text = json.dumps(plain)
    return Ran(checked={f"{exercise.name}.{question.name}": text}, finished=True)


def reached(exercise: Exercise, name: str, value: object, ground: Ground = HOME) -> Judged:
    """Return what is thought of a value after it has come through the wall."""
    question = exercise[name]
    return judge(exercise, question, ground, sent(exercise, question, ground, value), ())


def number_of_rows(load: Any) -> int:
    return len(load("cities"))


def _double(x: float) -> float:
    return 2 * x


def _square(x: float) -> float:
    return x * x


def _doubles(load: Any) -> Callable[[float], float]:
    return _double


def _squares(load: Any) -> Callable[[float], float]:
    return _square


def _bars(load: Any) -> Drawn:
    counts = load("cities").groupby("region").size()
    return Drawn("bars", counts, "Cities", "region", "cities")


def _profit(load: Any, policy: Any) -> dict[str, float]:
    return {"profit": 10.0 * policy["price"], "rows": float(len(load("cities")))}


def database(rows: list[tuple[str, int]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE cases (name, days)")
    connection.executemany("INSERT INTO cases VALUES (?, ?)", rows)
    connection.commit()
    return connection


RIGHT_ROWS = [("late", 2), ("lost", 5)]
TALK = {"turns": [{"speaker": "learner", "move": "ask"}, {"speaker": "learner", "move": "offer"}]}
BY_REGION = "SELECT region, count(*) AS n FROM cities GROUP BY region"

#: One question of each kind that isn't in exercise 1.1.
KINDS = Exercise(
    "9.9",
    questions=[
        Question(
            "function",
            1,
            "double",
            Function(Number(), inputs=lambda load: [(2.0,), (number_of_rows(load),)]),
            _doubles,
            {"square": _squares},
        ),
        Question(
            "query",
            1,
            "sql",
            Query(Table(("region",), {"n": Number()}), tables=("cities",)),
            always(BY_REGION),
            {"all": always("SELECT region, 1 AS n FROM cities GROUP BY region")},
        ),
        Question("figure", 1, "drawn", Figure(Number()), _bars),
        Question(
            "database",
            1,
            "crm",
            Database({"cases": ("SELECT * FROM cases", Table(("name",), {"days": Number()}))}),
            lambda load: database(RIGHT_ROWS),
        ),
        Question(
            "talk",
            1,
            "talk",
            Transcript(must=("ask", "offer"), never=("promise",)),
            always(TALK),
        ),
        Question(
            "policy",
            1,
            "policy",
            Simulation(_profit, ("price",), reach={"profit": 0.9}, limits={"rows": Limit(1)}),
            always({"price": 5}),
        ),
        Question("several", 1, "chosen", Chosen(options=("a", "b", "c")), always(["a", "b"])),
        Question("one", 1, "name", Exact(), always("Hangzhou")),
        Question("parts", 2, "parts", Parts(a=Number(), b=Number()), lambda load: {
            "a": float(number_of_rows(load)), "b": float(len(load("shipments"))),
        }),
        Question("text", 1, "text", Written(slots=("why",), words=3)),
    ],
    words={"function": {"slips": {"square": {"en": "Squared.", "zh-CN": "平方了。"}}}},
)  # fmt: skip

DRAW = """
import matplotlib.pyplot as plt
counts = load("cities").groupby("region").size()
figure, axes = plt.subplots()
axes.bar(counts.index, counts)
axes.set_title("Cities"); axes.set_xlabel("region"); axes.set_ylabel("cities")
"""


def drawn(load: Any, title: str = "Cities") -> Any:
    values: dict[str, Any] = {"load": load}
    exec(DRAW.replace('"Cities"', repr(title)), values)
    return values["figure"]


ANSWERS: list[tuple[str, Any, str]] = [
    ("function", lambda x: x + x, "correct"),
    ("function", lambda x: x * x, "incorrect"),
    ("function", lambda x: None, "incorrect"),
    ("function", lambda: 1, "incorrect"),
    ("function", lambda x: 1 / 0, "incorrect"),
    ("function", lambda x: ..., "not-attempted"),
    ("function", 4, "incorrect"),
    ("query", BY_REGION + " ORDER BY 2", "correct"),
    ("query", "SELECT 1", "incorrect"),
    ("query", "DELETE FROM cities", "incorrect"),
    ("query", 7, "incorrect"),
    ("figure", drawn, "correct"),
    ("figure", lambda load: drawn(load, ""), "partly-correct"),
    ("figure", "no figure", "incorrect"),
    ("database", lambda load: database(RIGHT_ROWS), "correct"),
    ("database", lambda load: database([("late", 9), ("lost", 5)]), "incorrect"),
    ("database", "nowhere.sqlite", "incorrect"),
    ("talk", TALK, "correct"),
    ("talk", {"turns": TALK["turns"][:1]}, "partly-correct"),
    ("talk", {"turns": []}, "not-attempted"),
    ("policy", {"price": 4.8}, "correct"),
    ("policy", {"price": 1}, "partly-correct"),
    ("policy", {"nothing": 1}, "incorrect"),
    ("policy", {"profit": 1e9, "rows": 10}, "incorrect"),
    ("several", {"b", "a"}, "correct"),
    ("several", ["a", "x"], "incorrect"),
    ("one", " Hangzhou ", "correct"),
    ("one", None, "not-attempted"),
]


@pytest.mark.parametrize(
    ("name", "answer", "outcome"),
    ANSWERS,
    ids=[f"{name}-{outcome}-{at}" for at, (name, _, outcome) in enumerate(ANSWERS)],
)
def test_the_verdict_is_the_one_a_learner_gets(
    name: str, answer: Any, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(HOME.folder))
    question = KINDS[name]
    given_ = answer(HOME.load) if name in ("figure", "database") and callable(answer) else answer
    direct = KINDS.verdict(question, given_, HOME.answers(KINDS, question))
    found = reached(KINDS, name, given_)
    assert found.verdict == direct
    assert direct.outcome == outcome


@pytest.mark.parametrize("question", find_exercise("1.1").questions[:4], ids=lambda q: q.name)
def test_so_it_is_for_the_course_s_right_and_known_wrong_answers(
    question: Question, elsewhere: Ground
) -> None:
    exercise = find_exercise("1.1")
    assert question.expect
    for ground in (HOME, elsewhere):
        right = reached(exercise, question.name, question.expect(ground.load), ground)
        assert right.verdict.outcome is Outcome.CORRECT
        for name, slip in question.slips.items():
            wrong = slip(ground.load)
            found = reached(exercise, question.name, wrong, ground).verdict
            assert found == exercise.verdict(question, wrong, ground.answers(exercise, question))
            # On a world that isn't the course's a slip may happen to lead to the right answer.
            lucky = ground is elsewhere and found.outcome is Outcome.CORRECT
            assert lucky or [finding.key for finding in found.findings] == [f"slips.{name}"]


class TestForging:
    def judged(self, name: str, plain: object) -> Judged:
        ran = Ran(checked={f"9.9.{name}": json.dumps(plain)}, finished=True)
        return judge(KINDS, KINDS[name], HOME, ran, ())

    def test_too_few_calls_don_t_count(self) -> None:
        """Of a function, only the easy inputs might be answered rightly."""
        one = encode([Called("(2.0)", 4.0)])
        assert self.judged("function", one).verdict.outcome is Outcome.CANNOT_BE_CHECKED
        assert self.judged("function", []).verdict.outcome is Outcome.CANNOT_BE_CHECKED

    @pytest.mark.parametrize("name", ["function", "figure", "database"])
    def test_what_was_not_observed_doesn_t_count(self, name: str) -> None:
        for plain in ("right", 1, {"t": "dict", "v": []}, [1, 2, 3]):
            assert self.judged(name, plain).verdict.points == 0

    def test_a_policy_s_effects_are_not_believed(self) -> None:
        claimed = encode({"profit": 1e12, "rows": 10.0})
        assert self.judged("policy", claimed).verdict.points == 0

    def test_a_policy_is_run_outside(self) -> None:
        assert not observed_inside(KINDS["policy"])
        assert probe(KINDS["policy"], HOME).judge is None

    def test_no_probe_holds_a_right_answer(self) -> None:
        import pickle

        for exercise in (KINDS, find_exercise("1.1")):
            for question in exercise.questions:
                whole = pickle.dumps(probe(question, HOME))
                assert b"_double" not in whole
                assert b"parcel_market" not in whole

    @pytest.mark.parametrize(
        "finding",
        [
            ["slips.square", {}, []],
            ["wrong-kind", {}, []],
            ["wrong-kind", {"kind": "x", "needed": {"say": "check.points"}}, []],
            ["wrong-kind", {"kind": "x", "needed": {"say": "grading.no-server"}}, []],
            ["wrong-kind", 7, []],
        ],
    )
    def test_findings_that_have_no_sentence_are_not_said(self, finding: object) -> None:
        judged = self.judged("one", {"t": "unreadable", "v": finding})
        assert judged.verdict.outcome is Outcome.CANNOT_BE_CHECKED

    @given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5)))
    def test_anything_can_be_shown_and_put_together(self, value: object) -> None:
        ran = Ran(checked={"9.9.parts": json.dumps(value)}, finished=True)
        judged = judge(KINDS, KINDS["parts"], HOME, ran, ())
        right = reached(KINDS, "parts", {"a": 10.0, "b": float(len(HOME.load("shipments")))})
        assert result(KINDS, KINDS["parts"], right, judged, HOME, 0.0).outcome in OUTCOMES
        assert result(KINDS, KINDS["parts"], judged, right, HOME, 0.0).points == 0


@linux
def test_functions_queries_and_figures_are_observed_behind_the_locks() -> None:
    names = ("function", "query", "figure", "database")
    sources = [
        "from kdcourse import load\ndouble = lambda x: x + x",
        f"sql = {BY_REGION!r}",
        DRAW + "drawn = axes",
        "import sqlite3\ncrm = sqlite3.connect('crm.sqlite')\n"
        "crm.execute('CREATE TABLE cases (name, days)')\n"
        f"crm.executemany('INSERT INTO cases VALUES (?, ?)', {RIGHT_ROWS})\ncrm.commit()",
    ]
    steps = tuple(Step(s, (f"9.9.{n}",)) for s, n in zip(sources, names, strict=True))
    probes = {f"9.9.{name}": probe(KINDS[name], HOME) for name in names}
    runner = ForkRunner()
    try:
        ran = runner.run(Job(steps, probes, Limits()), HOME.folder)
    finally:
        runner.close()
    assert ran.faults == {}
    for name in names:
        assert judge(KINDS, KINDS[name], HOME, ran, ()).verdict.outcome is Outcome.CORRECT, name


# --- both worlds ------------------------------------------------------------------------------


def together(name: str, own: object, other: object, elsewhere: Ground) -> QuestionResult:
    """Return the result for what a variable holds on the two worlds."""
    here, there = reached(KINDS, name, own), reached(KINDS, name, other, elsewhere)
    return result(KINDS, KINDS[name], here, there, HOME, 0.1)


def alone(name: str, own: object) -> QuestionResult:
    """Return the result for what a variable holds where one world is enough."""
    return result(KINDS, KINDS[name], reached(KINDS, name, own), None, HOME, 0.1)


class TestTwoWorlds:
    def right(self, ground: Ground) -> dict[str, float]:
        return {"a": 10.0, "b": float(len(ground.load("shipments")))}

    def test_right_on_both(self, elsewhere: Ground) -> None:
        found = together("parts", self.right(HOME), self.right(elsewhere), elsewhere)
        assert (found.outcome, found.points) == ("correct", 2)

    def test_the_same_on_both_though_the_data_differ(self, elsewhere: Ground) -> None:
        found = together("parts", self.right(HOME), self.right(HOME), elsewhere)
        assert (found.outcome, found.points) == ("hard_coded", 0)
        assert "fixed value" in found.message

    def test_another_wrong_one_there(self, elsewhere: Ground) -> None:
        found = together("parts", self.right(HOME), {"a": 10.0, "b": 3.0}, elsewhere)
        assert (found.outcome, found.points) == ("partly", 1)
        assert "other data" in found.message
        found = together("parts", self.right(HOME), {"a": 11.0, "b": 3.0}, elsewhere)
        assert (found.outcome, found.points) == ("incorrect", 0)

    def test_a_part_right_in_both(self, elsewhere: Ground) -> None:
        half = {"a": 10.0, "b": 1.0}
        found = together("parts", half, half, elsewhere)
        assert (found.outcome, found.points) == ("partly", 1)

    def test_nothing_there(self, elsewhere: Ground) -> None:
        here = reached(KINDS, "parts", self.right(HOME))
        for fault, outcome in (("error", "error"), ("timeout", "timeout"), ("memory", "limit")):
            verdict = KINDS.unjudged(KINDS["parts"], Outcome.NOT_ATTEMPTED, "answer-open")
            there = Judged(verdict, ..., Fault(fault, "ValueError: LEAKED"))
            found = result(KINDS, KINDS["parts"], here, there, HOME, 0.1)
            assert (found.outcome, found.points) == (outcome, 0)
            assert "LEAKED" not in found.message
            assert "stops" in found.message

    def test_wrong_here_is_wrong_whatever_is_there(self, elsewhere: Ground) -> None:
        wrong = {"a": 1.0, "b": 2.0}
        found = together("parts", wrong, self.right(elsewhere), elsewhere)
        assert (found.outcome, found.points) == ("incorrect", 0)

    def test_facts_that_no_world_changes_may_be_the_same(self, elsewhere: Ground) -> None:
        assert together("one", "Hangzhou", "Hangzhou", elsewhere).outcome == "correct"

    def test_functions_and_policies_may_be_the_same(self, elsewhere: Ground) -> None:
        assert together("function", _double, _double, elsewhere).outcome == "correct"
        assert together("query", BY_REGION, BY_REGION, elsewhere).outcome == "correct"

    def test_what_is_decided_or_said_is_for_the_world_they_know(self) -> None:
        names = {question.name for question in KINDS.questions if not computed(question)}
        assert names == {"talk", "policy", "text"}

    def test_written_answers_wait_for_a_person(self) -> None:
        found = alone("text", {"why": "Because the parcels arrive."})
        assert (found.outcome, found.points, found.max_points) == ("awaiting", 0, 1)
        assert found.answer == "why: Because the parcels arrive."
        short = result(
            KINDS, KINDS["text"], reached(KINDS, "text", {"why": "No."}), None, HOME, 0.1
        )
        assert short.outcome == "awaiting"
        assert len(short.message) > len(found.message)
        empty = alone("text", {"why": ...})
        assert empty.outcome == "not_attempted"

    def test_a_known_slip_is_named(self) -> None:
        found = result(
            KINDS, KINDS["function"], reached(KINDS, "function", _square), None, HOME, 0.1
        )
        assert found.slip == "square"
        assert found.message == "Squared."

    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(
        ("sort", "outcome"),
        [("error", "error"), ("died", "error"), ("timeout", "timeout")]
        + [(sort, "limit") for sort in ("memory", "disk", "files", "output", "answers")],
    )
    def test_each_fault_of_a_cell_has_a_sentence(self, sort: str, outcome: str, lang: str) -> None:
        ran = Ran(faults={3: Fault(sort, "NameError: x")}, finished=True)
        here = judge(KINDS, KINDS["one"], HOME, ran, (3,))
        with speaking(lang):
            found = result(KINDS, KINDS["one"], here, None, HOME, 0.1)
        assert found.outcome == outcome
        start = content("messages/grading")[f"cell-{sort}"][lang].format(
            variable="name", what="NameError: x"
        )
        assert found.message == start

    def test_a_fault_elsewhere_says_nothing_of_an_answer_that_is_there(self) -> None:
        ran = sent(KINDS, KINDS["one"], HOME, "Hangzhou")
        ran.faults[3] = Fault("error", "x")
        assert judge(KINDS, KINDS["one"], HOME, ran, (3,)).fault is None

    def test_an_answer_given_after_its_check_counts(self) -> None:
        ran = sent(KINDS, KINDS["one"], HOME, ...)
        ran.ended = sent(KINDS, KINDS["one"], HOME, "Hangzhou").checked
        assert judge(KINDS, KINDS["one"], HOME, ran, ()).verdict.outcome is Outcome.CORRECT


# --- results ----------------------------------------------------------------------------------


def test_answers_are_shown_without_anything_that_could_break_a_page() -> None:
    assert clean("a\ud800b\x00\x1b[31m\n光") == "a?b\ufffd\ufffd[31m\n光"
    assert shown({"a": 1.5, "b": [1, 2]}) == "a: 1.5\nb: [1, 2]"
    assert shown(through(object())) == "<object>"
    assert shown(...) == ""
    assert len(shown(pd.DataFrame({"x": range(5000)}))) < 1000
    assert shown([Called("(2)", 4.0), Called("(3)", None)]) == "(2) → 4\n(3) → "


def test_each_message_of_grading_is_in_both_languages() -> None:
    for key, text in content("messages/grading").items():
        assert set(text) == set(LANGUAGES), key
        fields = [set(_fields(text[lang])) for lang in LANGUAGES]
        assert fields[0] == fields[1], key


def _fields(text: str) -> Iterator[str]:
    from string import Formatter

    yield from (name for _, name, _, _ in Formatter().parse(text) if name)


def test_work_goes_through_json_and_back() -> None:
    question = QuestionResult("1.1.q1", "partly", 1.0, 2.0, "部分", "speed", 0.25, "x: 1")
    whole = SubmissionResult("ann", "1.1", "ab", "en", (question,), ("note",), ("files",), 1.5)
    for one in (
        whole,
        question,
        Submission("ann", "1.1", b"\x00\xff", "a.ipynb"),
        Worlds(2**63, 7),
        Limits(cell_seconds=2.5),
    ):
        plain = json.loads(json.dumps(one.to_plain()))
        assert type(one).from_plain(plain) == one


@pytest.fixture(scope="module")
def marker() -> Iterator[Marker]:
    marker = Marker()
    yield marker
    marker.close()


@linux
class TestMarking:
    def marked(self, marker: Marker, book: Book, worlds: Worlds | None = None) -> SubmissionResult:
        submission = Submission("ann", "1.1-parcel-market", book.raw(), "a.ipynb")
        return marker.mark(submission, worlds or Worlds(DEFAULT["seed"], 77), Limits())

    def test_a_learner_s_own_world_is_the_one_they_had(self, marker: Marker) -> None:
        """Numbers of the default world typed in are wrong for who had another."""
        expect = find_exercise("1.1")["q2"].expect
        assert expect
        typed = {part: round(float(value), 2) for part, value in expect(HOME.load).items()}
        book = Book().put("q2-answer", f"market = {typed}")
        at_home = self.marked(marker, book).questions[1]
        away = self.marked(marker, book, Worlds(123, 77)).questions[1]
        assert (at_home.outcome, away.outcome) == ("hard_coded", "incorrect")
        honest = self.marked(marker, Book(), Worlds(123, 77))
        assert [q.outcome for q in honest.questions] == [*["correct"] * 4, "awaiting"]

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_a_learner_is_spoken_to_in_their_language(self, marker: Marker, lang: str) -> None:
        book = Book(lang, solved=False).put("q1-answer", "growth = 1").put("q2-answer", "1 / 0")
        found = self.marked(marker, book)
        assert found.lang == lang
        for question in found.questions[:2]:
            chinese = any("\u4e00" <= letter <= "\u9fff" for letter in question.message)
            assert chinese == (lang == "zh-CN")

    def test_where_nothing_is_at_stake_the_other_world_is_left_alone(
        self, marker: Marker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        used: list[Path] = []
        run = marker._runner.run

        def noting(job: Job | Reading, data: Path) -> Ran:
            used.append(data)
            return run(job, data)

        monkeypatch.setattr(marker._runner, "run", noting)
        self.marked(marker, Book(solved=False))
        assert len(used) == 1
        self.marked(marker, Book(solved=False).put("q1-answer", solution("q1-answer")))
        assert len(used) == 3

    def test_all_outcomes_are_known(self, marker: Marker) -> None:
        book = Book().put("q1-answer", "1 / 0").put("q3-answer", "ranking = ['economy']")
        found = self.marked(marker, book)
        assert {question.outcome for question in found.questions} <= set(OUTCOMES)
        assert found.digest == __import__("hashlib").sha256(book.raw()).hexdigest()
        assert replace(found, seconds=0.0) == replace(
            SubmissionResult.from_plain(json.loads(json.dumps(found.to_plain()))), seconds=0.0
        )
