"""Functions, figures, SQL, conversations and policies are judged by what they do."""

from __future__ import annotations

import json
import sqlite3
import sys
import time

import hypothesis
import numpy as np
import pandas as pd
import pytest
from checks_sample import HOSTILE, load, two
from hypothesis import strategies as st
from matplotlib.figure import Figure as Canvas

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
    Ordering,
    Query,
    Question,
    Simulation,
    Table,
    Transcript,
    always,
)
from kdcourse.checks.session import Session
from kdcourse.checks.verdict import Outcome
from kdcourse.texts import LANGUAGES, KitError, speaking


def ask(answer, judge, expect, words=None, **slips):
    """Return a function that checks an answer to a question declared like this."""
    question = Question("q1", 4, answer, judge, expect, slips)
    texts = {"slips": {name: two(f"Slip {name}.", f"错在 {name}。") for name in slips}}
    exercise = Exercise("9.9", [question], {"q1": texts | (words or {})})
    session = Session(load, lambda question_id: (exercise, question))

    def check(given, lang="en"):
        with speaking(lang):
            checked = session.check("9.9.q1", given)
            json.dumps(checked.verdict.as_plain())
            assert "Traceback" not in repr(checked)
            return checked

    return check


def keys(checked):
    return [finding.key for finding in checked.verdict.findings]


def outcome(checked):
    return checked.verdict.outcome


# --- functions


def growth(parcels, first):
    return (parcels.iloc[-1] / parcels.iloc[first] - 1) * 100


def inputs(load):
    parcels = load("years")["parcels"]
    return {"parcels, 0": (parcels, 0), "parcels, 1": (parcels, 1)}


@pytest.fixture
def ask_growth():
    def of_the_end(parcels, first):
        return (1 - parcels.iloc[first] / parcels.iloc[-1]) * 100

    judge = Function(Number(rel=1e-3, unit="percent"), inputs, seconds=0.3)
    return ask("growth", judge, always(growth), **{"of-the-end": always(of_the_end)})


def prints(parcels, first):
    print(growth(parcels, first))


def also_prints(parcels, first):
    print("...")
    return growth(parcels, first)


def changes(parcels, first):
    parcels.iloc[0] = 1.0
    return 3.0


def sorts_index(parcels, first):
    parcels.index = parcels.index[::-1]
    return 3.0


def loops(parcels, first):
    while True:
        pass


def divides(parcels, first):
    return 1 / 0


def leaves(parcels, first):
    sys.exit(1)


def recurses(parcels, first):
    return recurses(parcels, first)


def only_the_first(parcels, first):
    return growth(parcels, 0)


FUNCTIONS = [
    (prints, ["function-prints"], "`growth(parcels, 0)` prints its result and returns nothing"),
    (lambda parcels, first: None, ["function-none"], "`growth(parcels, 0)` returns nothing"),
    (changes, ["function-changes-input"], ".copy()"),
    (sorts_index, ["function-changes-input"], ".copy()"),
    (loops, ["function-endless"], "`growth(parcels, 0)` was still running"),
    (divides, ["function-raises"], "ZeroDivisionError: division by zero"),
    (leaves, ["function-raises"], "SystemExit"),
    (recurses, ["function-raises"], "RecursionError"),
    (lambda parcels: 1.0, ["function-arguments"], "this many arguments: 2"),
    (only_the_first, ["number-off"], "`growth(parcels, 1)` is 61.6"),
    (lambda p, first: growth(p, first) / 100, ["number-not-percent"], "(parcels, 0)` is 0.61"),
    (lambda p, first: "61", ["number-as-text"], "growth(parcels, 0)"),
    (lambda p, first: (x for x in p), ["generator"], "growth(parcels, 0)"),
    (lambda p, first: (1 - p.iloc[first] / p.iloc[-1]) * 100, ["slips.of-the-end"], "Slip"),
    (61.7, ["wrong-kind"], "its name, without brackets"),
    (float, ["wrong-kind"], "its name, without brackets"),
]


@pytest.mark.parametrize(("function", "findings", "said"), FUNCTIONS)
def test_a_function_is_told_what_it_does_wrong_and_on_which_input(
    ask_growth, function, findings, said
):
    checked = ask_growth(function)
    assert outcome(checked) is Outcome.INCORRECT
    assert keys(checked) == findings
    assert said in repr(checked)
    right = growth(load("years")["parcels"], 1)
    assert f"{right:.1f}" not in repr(checked)
    assert keys(ask_growth(function, "zh-CN")) == findings


def test_a_right_function_is_right_whatever_its_form(ask_growth, capsys):
    class Growth:
        def __call__(self, parcels, first):
            return growth(parcels, first)

    for function in (growth, lambda *a: growth(*a), Growth(), Growth().__call__):
        assert outcome(ask_growth(function)) is Outcome.CORRECT
        assert not keys(ask_growth(function))
    assert keys(ask_growth(also_prints)) == ["function-also-prints"]
    assert ask_growth(also_prints).verdict.points == 4
    assert capsys.readouterr().out == ""


def test_a_function_still_to_write_is_not_attempted(ask_growth):
    assert outcome(ask_growth(lambda parcels, first: ...)) is Outcome.NOT_ATTEMPTED
    assert outcome(ask_growth(...)) is Outcome.NOT_ATTEMPTED


def test_an_endless_function_is_given_up_and_stopped(ask_growth):
    steps = [0]

    def counts(parcels, first):
        while True:
            steps[0] += 1

    start = time.perf_counter()
    assert keys(ask_growth(counts)) == ["function-endless"]
    assert time.perf_counter() - start < 1.5
    time.sleep(0.1)
    before = steps[0]
    time.sleep(0.1)
    assert steps[0] == before


def test_inputs_without_names_are_shown_as_they_are():
    judge = Function(Number(), lambda load: [(2, "a")])
    check = ask("f", judge, always(lambda one, two: 1))
    assert '`f(2, "a")` is 0' in repr(check(lambda one, two: 0))
    judge = Function(Number(), lambda load: [(load("years"), [1])])
    check = ask("f", judge, always(lambda one, two: 1))
    assert "`f(DataFrame[4 × 2], [1])` is 0" in repr(check(lambda one, two: 0))


# --- figures


def shares():
    return load("firms").set_index("firm")["share"] * 100


@pytest.fixture
def ask_figure():
    judge = Figure(Number(rel=1e-3, unit="percent"), units=("%", "percent"), along=False)
    return ask(
        "ax",
        judge,
        lambda load: Drawn("bars", shares()),
        **{"sorted-names": lambda load: Drawn("bars", shares().sort_index().cumsum())},
    )


def axes(title="Anyan leads", label="Share, %"):
    ax = Canvas().subplots()
    ax.set(title=title, ylabel=label)
    return ax


def bars(values=None, **words):
    ax = axes(**words)
    values = shares() if values is None else values
    ax.bar(values.index, values)
    return ax


def lying():
    ax = axes(label="")
    ax.barh(shares().index, shares())
    ax.set_xlabel("percent of parcels")
    return ax


def by_pandas():
    ax = axes()
    shares().sort_values().plot.bar(ax=ax, color="red")
    ax.axhline(20)
    return ax


@pytest.mark.parametrize(
    "draw", [bars, lying, by_pandas, lambda: bars().figure, lambda: (bars().figure, bars())]
)
def test_a_figure_is_judged_by_what_it_shows(ask_figure, draw):
    checked = ask_figure(draw())
    assert outcome(checked) is Outcome.CORRECT, keys(checked)


def two_axes():
    figure = Canvas()
    for ax in figure.subplots(2):
        ax.plot([1, 2])
    return figure


def a_line():
    ax = axes()
    ax.plot(shares().index, shares())
    return ax


def twice():
    ax = bars()
    ax.bar(shares().index, shares() * 2)
    return ax


def a_pie():
    ax = axes()
    ax.pie(shares(), labels=shares().index)
    return ax


@pytest.mark.parametrize(
    ("draw", "findings", "points"),
    [
        (lambda: bars(title=""), ["figure-no-title"], 3),
        (lambda: bars(label=""), ["figure-no-label-across"], 3),
        (lambda: bars(label="Share"), ["figure-no-unit"], 3),
        (lambda: bars(shares() / 100), ["figure-not-percent"], 0),
        (lambda: bars(shares().head(3)), ["figure-marks-missing"], 0),
        (lambda: bars(shares().replace(shares().max(), 1)), ["figure-mark-off"], 0),
        (lambda: bars(shares().rename({"Anyan": "X"})), ["figure-mark-unknown"], 0),
        (lambda: bars(shares().sort_index().cumsum(), title=""), ["slips.sorted-names"], 0),
        (a_line, ["figure-marks"], 0),
        (a_pie, ["figure-marks"], 0),
        (twice, ["figure-marks-too-many"], 0),
        (two_axes, ["figure-many"], 0),
        (axes, ["figure-empty"], 0),
        (Canvas, ["figure-empty"], 0),
        (shares, ["wrong-kind"], 0),
        (lambda: [1] * 1000, ["wrong-kind"], 0),
    ],
)
def test_what_is_wrong_about_a_figure_is_named(ask_figure, draw, findings, points):
    for lang in LANGUAGES:
        checked = ask_figure(draw(), lang)
        assert (keys(checked), checked.verdict.points) == (findings, points)


def test_lines_over_years_days_and_names_are_read_where_they_stand():
    values = pd.Series([1.0, 4.0, 9.0])
    days = pd.date_range("2025-01-01", periods=3)
    for index in (pd.Index([2019, 2020, 2021]), days, pd.Index(["a", "b", "c"])):
        right = values.set_axis(index)
        judge = Figure(Number())
        check = ask("ax", judge, lambda load, right=right: Drawn("line", right))
        ax = axes()
        ax.plot(index, values)
        ax.set_xlabel("when")
        assert outcome(check(ax)) is Outcome.CORRECT, index
        ax = axes()
        ax.plot(index, values)
        assert keys(check(ax)) == ["figure-no-label-along"]


def test_several_lines_are_told_apart_by_their_labels():
    wide = pd.DataFrame({"Anyan": [1.0, 2.0], "Beihe": [3.0, 4.0]}, index=[2024, 2025])
    check = ask("ax", Figure(Number(), along=False), lambda load: Drawn("line", wide))
    assert outcome(check(wide.plot(ax=axes()))) is Outcome.CORRECT
    swapped = wide.rename(columns={"Anyan": "Beihe", "Beihe": "Anyan"})
    assert keys(check(swapped.plot(ax=axes()))) == ["figure-mark-off"]


# --- SQL

RISING = "SELECT firm FROM firms ORDER BY share"


@pytest.fixture
def ask_query():
    judge = Query(Table(("firm",), {"share": Number(rel=1e-3)}), tables=("firms",), seconds=0.3)
    return ask(
        "query",
        judge,
        always("SELECT firm, share FROM firms WHERE share > 0.2"),
        reverse=always("SELECT firm, share FROM firms WHERE share < 0.2"),
    )


@pytest.mark.parametrize(
    "query",
    [
        "select FIRM as firm, round(share, 6) as share, 1 from firms where share > 0.2 ;",
        "WITH big AS (SELECT * FROM firms WHERE share > 0.2) SELECT * FROM big ORDER BY 2 -- x",
    ],
)
def test_a_query_is_judged_by_what_it_finds(ask_query, query):
    assert outcome(ask_query(query)) is Outcome.CORRECT


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        ("SELECT firm, share FROM firms WHERE share <= 0.2", "slips.reverse"),
        ("SELECT firm, share FROM firms", "rows-unknown"),
        ("SELECT firm FROM firms", "columns-missing"),
        ("SELECT firm, share * 2 AS share FROM firms WHERE share > 0.2", "cell-off"),
        ("SELECT nothing FROM firms", "query-fails"),
        ("SELEKT", "query-fails"),
        ("SELECT 1; SELECT 2", "query-many"),
        ("-- nothing", "query-empty"),
        ("DELETE FROM firms", "query-writes"),
        ("ATTACH '/tmp/x.db' AS x", "query-writes"),
        ("PRAGMA writable_schema = 1", "query-writes"),
        ("VACUUM INTO '/tmp/x.db'", "query-writes"),
        ("SELECT load_extension('x')", "query-writes"),
        ("CREATE TABLE x AS SELECT 1", "query-writes"),
        (
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
            "query-endless",
        ),
        ("SELECT length(zeroblob(1000000000))", "query-fails"),
        ("SELECT 1 " + "+ 1 " * 10_000, "query-long"),
        ("SELECT '\ud800'", "query-fails"),
        (3, "wrong-kind"),
    ],
)
def test_a_query_that_finds_something_else_or_does_something_else_is_told_so(
    ask_query, query, finding, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for lang in LANGUAGES:
        assert keys(ask_query(query, lang)) == [finding]
    assert list(tmp_path.iterdir()) == []
    right = "SELECT firm, share FROM firms WHERE share > 0.2"
    assert outcome(ask_query(right)) is Outcome.CORRECT, "the data are as they were"


def test_a_query_can_ask_for_an_order_or_a_number():
    check = ask("query", Query(Ordering(), ("firms",)), always(RISING))
    assert outcome(check(RISING)) is Outcome.CORRECT
    assert keys(check(f"{RISING} DESC")) == ["order-reversed"]
    check = ask("query", Query(Number(), ("firms",)), always("SELECT count(*) FROM firms"))
    assert outcome(check("SELECT sum(1) AS n FROM firms")) is Outcome.CORRECT
    assert keys(check("SELECT 4")) == ["number-off"]


def test_times_and_missing_values_are_what_sql_can_compare():
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-01-31 08:05", None]), "late": [True, False]})
    judge = Query(Exact(), ("events",)).on(lambda name: frame)
    found = judge.observe("SELECT at FROM events WHERE late AND at > '2024-01-31 08:00:00'")
    assert found == "2024-01-31 08:05:00"
    assert judge.observe("SELECT count(*) FROM events WHERE at IS NULL") == 1


# --- databases


def crm(*statements, path=":memory:"):
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE cases (id, state)")
    database.execute("INSERT INTO cases VALUES (1, 'open'), (2, 'open')")
    for statement in statements:
        database.execute(statement)
    database.commit()
    return database


CLOSED = "UPDATE cases SET state = 'closed' WHERE id = 1"


@pytest.fixture
def ask_database():
    judge = Database(
        {
            "open": ("SELECT count(*) FROM cases WHERE state = 'open'", Number()),
            "cases": ("SELECT id, state FROM cases", Table(("id",), {"state": Exact()})),
        }
    )
    wrong = {"deleted": lambda load: crm("DELETE FROM cases WHERE id = 1")}
    return ask("db", judge, lambda load: crm(CLOSED), **wrong)


def test_a_database_is_judged_by_its_state_as_connection_and_as_file(ask_database, tmp_path):
    path = tmp_path / "crm.db"
    on_disk = crm(CLOSED, path=path)
    on_disk.execute("PRAGMA journal_mode = WAL")
    for given in (crm(CLOSED), on_disk, path, str(path)):
        assert outcome(ask_database(given)) is Outcome.CORRECT
    on_disk.execute("INSERT INTO cases VALUES (3, 'open')")
    assert keys(ask_database(on_disk)) == ["database-uncommitted"]
    assert outcome(ask_database(path)) is Outcome.CORRECT, "what is not saved is not there"
    on_disk.rollback()
    on_disk.close()


def test_a_state_that_differs_is_told_by_aspect(ask_database):
    checked = ask_database(crm())
    assert outcome(checked) is Outcome.INCORRECT
    assert '`db["open"]` is 2' in repr(checked)
    checked = ask_database(crm("UPDATE cases SET state = 'closed' WHERE id = 2"))
    assert (outcome(checked), checked.verdict.points) == (Outcome.PARTLY_CORRECT, 2)
    assert keys(ask_database(crm("DELETE FROM cases WHERE id = 1"))) == ["slips.deleted"]


def test_what_is_no_database_is_said(ask_database, tmp_path):
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"noise" * 1000)
    closed = crm()
    closed.close()
    for given, key in (
        (noise, "database-unreadable"),
        (tmp_path / "none.db", "database-none"),
        (tmp_path, "database-none"),
        (sqlite3.connect(":memory:"), "query-fails"),
        (closed, "database-unreadable"),
        (3, "wrong-kind"),
    ):
        assert keys(ask_database(given)) == [key]
        ask_database(given, "zh-CN")
    assert not (tmp_path / "none.db").exists()


# --- conversations


def talk(*moves, trust=70, ending="agreed"):
    turns = [{"speaker": "customer", "move": "greet", "skills": []}]
    for move, *skills in moves:
        turns.append({"speaker": "learner", "move": move, "skills": skills})
    return {"turns": turns, "meters": {"trust": trust}, "ending": ending}


GOOD = talk(("ask", "open-question"), ("confirm",), ("offer", "fabe"))


@pytest.fixture
def ask_talk():
    judge = Transcript(
        must=("open-question", "confirm"),
        never=("pressure",),
        in_order=("confirm", "offer"),
        meters={"trust": Limit(at_least=60)},
        endings=("agreed", "trial"),
    )
    rushed = talk(("ask", "open-question"), ("offer",), ("confirm",))
    return ask("talk", judge, always(GOOD), rushed=always(rushed))


@pytest.mark.parametrize(
    ("given", "findings"),
    [
        (GOOD, []),
        (talk(("ask", "open-question"), ("offer",), ("confirm",), ("x",)), ["slips.rushed"]),
        (talk(("confirm",), ("offer",)), ["transcript-lacks"]),
        (
            talk(("ask", "open-question", "pressure"), ("confirm",), ("offer",)),
            ["transcript-never"],
        ),
        (
            talk(("ask", "open-question"), ("confirm",), ("offer",), trust=40),
            ["transcript-meter-low"],
        ),
        (
            talk(("ask", "open-question"), ("confirm",), ("offer",), ending="left", trust="x"),
            ["transcript-no-meter", "transcript-ending"],
        ),
        ({"turns": "x"}, ["transcript-broken"]),
        ({"turns": [3]}, ["transcript-broken"]),
        ({"turns": [{"speaker": "learner", "skills": 3}]}, ["transcript-broken"]),
        ({"turns": [{}], "meters": 3}, ["transcript-broken"]),
        ([], ["wrong-kind"]),
    ],
)
def test_a_conversation_is_judged_by_rules(ask_talk, given, findings):
    for lang in LANGUAGES:
        checked = ask_talk(given, lang)
        assert keys(checked) == findings
        assert (outcome(checked) is Outcome.CORRECT) == (not findings)
        assert "confirm" not in repr(checked)


def test_a_conversation_in_which_the_learner_said_nothing_is_not_attempted(ask_talk):
    assert outcome(ask_talk(talk())) is Outcome.NOT_ATTEMPTED


# --- policies

RUNS = []


def run(load, policy):
    RUNS.append(policy)
    discount = policy.get("discount", {}).get("standard", 0.0)
    if discount > 0.9:
        raise KitError("world.size", what="discount", value=discount, low=0, high=0.9)
    return {"cost": 1000 * discount, "kept": 100 * np.sqrt(discount)}


@pytest.fixture
def ask_policy():
    judge = Simulation(
        run,
        levers=("discount",),
        limits={"cost": Limit(at_most=250)},
        reach={"kept": 0.9},
    )
    wrong = {"nothing": always({"discount": {}}), "all": always({"discount": {"standard": 0.9}})}
    return ask("policy", judge, always({"discount": {"standard": 0.25}}), **wrong)


@pytest.mark.parametrize(
    ("discount", "findings", "points"),
    [
        ({"standard": 0.25}, [], 4),
        ({"standard": 0.22}, [], 4),
        ({"standard": 0.1}, ["policy-goal"], 2),
        ({"standard": 0.4}, ["policy-high"], 0),
        ({"standard": 0.0}, ["slips.nothing"], 2),
        ({"standard": 0.9}, ["slips.all"], 0),
        ({"standard": 0.95}, ["policy-refused"], 0),
        ({"standard": "much"}, ["number-as-text"], 0),
        ({"standard": float("nan")}, ["number-missing"], 0),
    ],
)
def test_a_policy_is_judged_by_what_it_causes(ask_policy, discount, findings, points):
    for lang in LANGUAGES:
        checked = ask_policy({"discount": discount}, lang)
        assert (keys(checked), checked.verdict.points) == (findings, points)


def test_a_policy_is_run_once_and_the_reference_once_a_session(ask_policy):
    ask_policy({"discount": {"standard": 0.3}})
    RUNS.clear()
    ask_policy({"discount": {"standard": 0.3}})
    assert len(RUNS) == 1
    assert keys(ask_policy({"price": 3})) == ["policy-lever"]
    assert keys(ask_policy("cheap")) == ["not-parts"]
    assert len(RUNS) == 1


# --- multiple choice


def test_an_option_is_shown_with_its_text_and_a_tempting_one_gets_its_message():
    options = {"base": two("The base changed", "口径变了"), "leap": two("Leap year", "闰年")}
    words = {"options": options | {"tax": two("Tax", "税")}}
    judge = Exact(options=("base", "leap", "tax"))
    one = ask("why", judge, always("base"), words, leap=always("leap"))
    assert keys(one("leap")) == ["slips.leap"]
    assert '"base" (The base changed), "leap" (Leap year)' in repr(one("bases"))
    assert '"base" (口径变了)、"leap" (闰年)' in repr(one("bases", "zh-CN"))

    judge = Chosen(options=("base", "leap", "tax"))
    several = ask("why", judge, always({"base", "tax"}), words, leap=always({"leap"}))
    assert outcome(several(["tax", "base"])) is Outcome.CORRECT
    for chosen in ({"leap"}, {"leap", "base"}, {"leap", "base", "tax"}):
        assert keys(several(chosen)) == ["slips.leap"], "beside right ones, too"
    assert keys(several({"base"})) == ["chosen-too-few"]


# --- anything at all


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["growth", "figure", "query", "database", "talk", "policy"])
def test_a_hostile_or_silly_answer_gets_a_sentence_within_a_second(kind, name, request):
    check = request.getfixturevalue(f"ask_{kind}")
    for lang in LANGUAGES:
        start = time.perf_counter()
        checked = check(HOSTILE[name], lang)
        text = repr(checked)
        assert time.perf_counter() - start < 1
        assert outcome(checked) not in (Outcome.CORRECT, Outcome.PARTLY_CORRECT)
        assert checked.verdict.points == 0
        assert len(text.splitlines()) >= 2
        assert len(text) < 1000


# --- limits


@hypothesis.given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.floats())
def test_a_limit_is_a_range(low, high, value):
    breach = Limit(min(low, high), max(low, high)).breach(value)
    assert (breach is None) == (min(low, high) <= value <= max(low, high))
