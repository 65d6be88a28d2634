"""Promise: eight quarters on one seed are alike for everybody, cost their price, and are told."""

from __future__ import annotations

import csv
import json
import threading

import numpy as np
import pytest

from kdcourse.practice.simulations import branch
from kdcourse.practice.simulations.branch_report import strategy_name
from kdcourse.practice.simulations.leaderboard import COLUMNS, add, leaderboard
from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import load_spec
from kdcourse.practice.simulations.worlds import SEED, books, telling
from kdcourse.texts import LANGUAGES, KitError, speaking

SPEC = load_spec("branch")
GOOD = [{"calls": 3, "points": 0.025}, {}, {"capacity": 1.0}]


def played(quarters=8, seed=SEED, plan=GOOD):
    it = Simulation(SPEC, seed)
    for quarter in range(quarters):
        it.decide(**(plan[quarter] if quarter < len(plan) else {}))
    return it


@pytest.fixture(scope="module")
def whole():
    return played()


# --- the quarters ---


def test_a_later_decision_changes_nothing_before_it():
    same = SPEC.read({"calls": 3})
    one = branch.lived([same] * 8, 3)
    other = branch.lived([same] * 5 + [SPEC.read({"calls": 1, "points": 0.0})] * 3, 3)
    np.testing.assert_array_equal(one.net[:15], other.net[:15])
    assert (one.net[15:] != other.net[15:]).any()


def test_what_was_seen_in_a_quarter_is_what_is_seen_at_the_end(whole):
    after = branch.lived(whole.decisions[:3], SEED).months()
    end = branch.lived(whole.decisions, SEED).months()
    assert after.equals(end.iloc[:9])
    assert len(end) == 24


def test_months_add_up_to_what_is_left(whole):
    years = branch.lived(whole.decisions, SEED)
    assert years.months()["net"].sum() == pytest.approx(whole.result["net"])
    assert whole.result["worth"] == pytest.approx(whole.result["net"] + whole.result["book"])
    lost, won = years.months()["lost"].sum(), years.months()["won"].sum()
    assert lost > 0
    assert won > 0


def test_events_are_chance_and_repeat_themselves_with_the_seed():
    every = [branch.turns(seed) for seed in range(25)]
    assert every[7] == branch.turns(7)
    assert every[7] != every[8]
    notes = [turn.note for turns in every for turn in turns]
    assert {note: notes.count(note) > 12 for note in set(notes)} == dict.fromkeys(
        ("quiet", "flu", "repair", "fuel"), True
    )
    assert any(turn.storms for turn in every[7])
    assert any(turn.rivals for turn in every[7])


def test_an_event_is_felt_by_whoever_is_at_the_head():
    """Flu makes answers late; repairs make parcels late; the same for changing nothing."""
    seeds = {note: next(s for s in range(60) if branch.turns(s)[0].note == note)
             for note in ("flu", "repair", "fuel")}  # fmt: skip
    ill = branch.policy(SPEC.today, branch.turns(seeds["flu"])[0])
    assert ill.staffing["desk"] == pytest.approx(0.8)
    shut = branch.policy(SPEC.today, branch.turns(seeds["repair"])[0])
    assert shut.capacity["CGO"] == pytest.approx(0.8)
    dear = branch.lived([SPEC.today], seeds["fuel"])
    it = dear.books.months
    calm = (it["contribution"] - np.diff(it["owed"], prepend=0.0))[:3] / 10_000
    assert (dear.net < calm - 0.009 * it["direct"][:3] / 10_000).all()


def test_changing_nothing_has_no_measures_and_is_its_own_measure():
    it = Simulation(SPEC, 4)
    result = it.decide()
    assert result.now == result.today
    assert sum(branch.plan(SPEC.today, 4).values()) == 0


def test_the_reference_strategies_keep_to_the_budget_and_none_is_best_in_everything():
    worths = {}
    for name in branch.STRATEGIES:
        decisions = branch.strategy(name)
        branch.check_budget(decisions, SEED)
        worths[name] = branch.lived(decisions, SEED).outcomes
    assert worths["cutter"]["worth"] < worths["today"]["worth"] < worths["builder"]["worth"]
    assert worths["cutter"]["budget"] == worths["today"]["budget"] > worths["builder"]["budget"]


def test_one_can_do_better_than_the_strategies_and_worse(whole):
    others = [branch.lived(branch.strategy(n), SEED).outcomes["worth"] for n in branch.STRATEGIES]
    assert whole.result["worth"] > max(others)
    assert branch.run({"discount": 0.1})["worth"] < min(others)


# --- the budget ---


def test_a_plan_beyond_the_budget_is_refused_and_names_what_costs_most():
    it = Simulation(SPEC, SEED)
    with pytest.raises(KitError, match=r"quarter 1 .* People at the desk"):
        it.decide(staff=1.5, calls=3)
    assert it.decisions == []
    with pytest.raises(KitError, match="Sorting capacity"):
        it.decide(capacity=2.0)


def test_what_is_not_spent_is_left_for_later_and_savings_are_not():
    it = Simulation(SPEC, SEED)
    assert it.decide(staff=0.7)["budget"] == pytest.approx(5)
    it.decide(staff=1.0)
    cost = sum(branch.plan(SPEC.read({"staff": 1.5}), SEED).values())
    assert 5 < cost < 15
    assert it.decide(staff=1.5)["budget"] == pytest.approx(15 - cost)
    with pytest.raises(KitError, match="quarter 4"):
        it.decide()


def test_more_quarters_than_eight_are_refused():
    with pytest.raises(KitError, match="8 rounds; 9"):
        branch.run(*[{}] * 9)


# --- work in sight ---


def test_long_work_tells_of_its_progress_and_is_done_once():
    done = []
    with telling(lambda: done.append(1)):
        branch.compute(branch.strategy("builder"), 991)
    # The company as it is, changing nothing through the events, the cutter, the builder.
    assert len(done) == 4
    with telling(lambda: done.append(1)):
        branch.compute(branch.strategy("builder"), 991)
    assert len(done) == 4
    assert books(seed=991) is books(seed=991)


# --- the board report ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_board_is_told_every_quarter_and_every_strategy(whole, lang):
    with speaking(lang):
        report = whole.report()
        text = repr(report)
        assert SPEC.limitation[lang] in text
        for name in ("you", *branch.STRATEGIES):
            assert strategy_name(name) in text
            assert SPEC.outcomes["worth"].shown(report.comparison.loc[name, "worth"]) in text
        for number in range(1, 9):
            assert any(str(number) in line for line in report.lines())
        assert text.count(SPEC.notes["quiet"][lang][:6]) >= 1
        assert "<script" not in report._repr_html_()
    assert len(report.months) == 24


def test_whoever_milks_the_customers_is_told_so():
    it = played(plan=[{"points": 0.0}])
    assert it.result.difference["net"] > 0 > it.result.difference["book"]
    assert "taken from them" in repr(it.report())


def test_before_the_end_there_is_nothing_to_report_or_submit(tmp_path):
    it = played(2)
    with pytest.raises(KitError, match="2 of 8"):
        it.report()
    with pytest.raises(KitError, match="2 of 8"):
        it.submit("Team", tmp_path / "board.csv")
    assert not (tmp_path / "board.csv").exists()


# --- the leaderboard ---


def test_a_class_on_one_seed_can_be_compared(whole, tmp_path):
    board = tmp_path / "排行 榜.csv"
    whole.submit("甲队", board)
    first = board.read_bytes()
    found = played(plan=[{"discount": 0.02}]).submit('Team B, "the second"', board)
    assert board.read_bytes().startswith(first)
    assert first.startswith("\ufeff".encode())
    assert list(found["player"]) == ["甲队", 'Team B, "the second"']
    assert found["verified"].all()
    assert found["score"].iloc[0] == pytest.approx(whole.result["worth"], abs=1e-5)
    played(seed=3).submit("丙队", board)
    assert len(leaderboard(board)) == 3
    assert list(leaderboard(board, "branch", 3)["player"]) == ["丙队"]


def spoil(path, change):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows[0])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.update(score="9999.0"),
        lambda row: row.update(score="much"),
        lambda row: row.update(seed="8"),
        lambda row: row.update(seed="x"),
        lambda row: row.update(simulation="branches"),
        lambda row: row.update(decisions="[]"),
        lambda row: row.update(decisions=json.dumps(json.loads(row["decisions"])[:5])),
        lambda row: row.update(decisions=row["decisions"].replace('"calls": 3', '"calls": 5')),
        lambda row: row.update(outcomes="{}"),
        lambda row: row.update(outcomes="["),
    ],
)
def test_a_line_that_was_changed_is_not_verified_and_comes_last(whole, tmp_path, change):
    board = tmp_path / "board.csv"
    whole.submit("First", board)
    played(plan=[{"discount": 0.02}]).submit("Second", board)
    spoil(board, change)
    found = leaderboard(board)
    assert list(found["player"]) == ["Second", "First"]
    assert list(found["verified"]) == [True, False]


@pytest.mark.parametrize(
    "name", ["", "   ", "=1+1", "+x", "-x", "@x", "two\nlines", "x" * 61, "\x07"]
)
def test_a_name_that_is_none_is_refused_in_a_sentence(whole, tmp_path, name):
    with pytest.raises(KitError, match="leaderboard"):
        whole.submit(name, tmp_path / "board.csv")
    assert not (tmp_path / "board.csv").exists()


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", b"just words"])
def test_another_file_is_left_alone(whole, tmp_path, content):
    other = tmp_path / "sales.csv"
    other.write_bytes(content)
    with pytest.raises(KitError, match="no leaderboard"):
        whole.submit("Team", other)
    assert other.read_bytes() == content
    with pytest.raises(KitError, match="no leaderboard"):
        leaderboard(other)


def test_a_place_that_can_not_be_written_is_said(whole, tmp_path):
    for place in (tmp_path, tmp_path / "gone" / "board.csv"):
        with pytest.raises(KitError, match="can't be used"):
            whole.submit("Team", place)
    with pytest.raises(KitError, match="can't be used"):
        leaderboard(tmp_path / "nowhere.csv")


def test_several_may_submit_at_once(whole, tmp_path):
    board = tmp_path / "board.csv"
    add(board, "Team 0", whole.transcript(), 1.0)
    threads = [
        threading.Thread(target=add, args=(board, f"Team {n}", whole.transcript(), 1.0))
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(leaderboard(board)["player"]) == [f"Team {n}" for n in range(9)]
