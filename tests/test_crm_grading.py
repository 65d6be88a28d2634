"""Grades follow from declared measures and weights, are kept, explained, and reported in full."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from crm_sample import raw, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm import waiting
from kdcourse.texts import KitError, content, speaking

DECLARED = content("crm/grading")
MEASURES = list(DECLARED["measures"])


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "supervisor") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("grading"), "supervisor") as opened:
        yield opened


def reference(c, as_of, days=365):
    """Return measures and ranks of every customer by pandas, from the bare tables."""
    day = pd.Timestamp(as_of)
    file = pd.DataFrame(
        raw(c, "SELECT customer_id, created_on FROM customers"), columns=["customer_id", "opened"]
    ).set_index("customer_id")
    file["opened"] = pd.to_datetime(file["opened"])
    file = file[file["opened"] <= day]
    sent = pd.DataFrame(
        raw(c, "SELECT customer_id, accepted_at, fee FROM shipments"),
        columns=["customer_id", "at", "fee"],
    )
    sent["at"] = pd.to_datetime(sent["at"]).dt.normalize()
    sent = sent[(sent["at"] <= day) & (sent["at"] > day - pd.Timedelta(days=days))]
    by = sent.groupby("customer_id")
    table = pd.DataFrame(index=file.index)
    table["parcels"] = by.size().reindex(file.index).fillna(0)
    table["revenue"] = by["fee"].sum().reindex(file.index).fillna(0).round(2)
    last = by["at"].max().reindex(file.index).fillna(file["opened"])
    table["days_silent"] = (day - last).dt.days
    table["tenure_days"] = (day - file["opened"]).dt.days
    owed = pd.DataFrame(
        raw(
            c,
            "SELECT customer_id, amount - refund_amount FROM invoices WHERE due_on < ? "
            "AND (paid_on IS NULL OR paid_on > ?)",
            as_of,
            as_of,
        ),
        columns=["customer_id", "owed"],
    )
    table["overdue"] = owed.groupby("customer_id")["owed"].sum().reindex(file.index).fillna(0)
    table["overdue"] = table["overdue"].astype(float).round(2)
    ranks = pd.DataFrame(index=table.index)
    for name in MEASURES:
        below = 100 * (table[name].rank(method="min") - 1) / (len(table) - 1)
        ranks[name] = below if DECLARED["measures"][name]["better"] == "high" else 100 - below
    return table, ranks


def grade(score, cuts):
    return next(name for name, least in cuts.items() if score >= least)


@pytest.mark.parametrize("as_of", ["2025-12-31", "2025-03-15", "2024-02-29"])
@pytest.mark.parametrize("model", DECLARED["models"])
def test_grades_equal_the_reference_on_any_day(shared, model, as_of):
    told = DECLARED["models"][model]
    run = crm.grading.regrade(shared, model, as_of=as_of)
    found = crm.grading.grades(shared, run.run_id).set_index("customer_id")
    _, ranks = reference(shared, as_of, told["window_days"])
    assert set(found.index) == set(ranks.index)
    score = sum(ranks[name] * weight for name, weight in told["weights"].items())
    score = score.reindex(found.index).round(6)
    assert (found["score"] - score).abs().max() < 1e-4
    sure = score[[min(abs(s - cut) for cut in told["cuts"].values() if cut) > 1e-3 for s in score]]
    assert (found.loc[sure.index, "grade"] == sure.map(lambda s: grade(s, told["cuts"]))).all()
    assert len(sure) > 0.9 * len(score)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(0, 9), min_size=len(MEASURES), max_size=len(MEASURES)))
def test_any_weights_that_add_up_give_scores_from_0_to_100(shared, parts):
    whole = sum(parts)
    weights = {m: part / whole if whole else 0 for m, part in zip(MEASURES, parts, strict=True)}
    if not whole:
        with pytest.raises(KitError, match="add up to 0"):
            crm.grading.regrade(shared, weights=weights)
        return
    run = crm.grading.regrade(shared, weights=weights)
    found = crm.grading.grades(shared, run.run_id)
    assert found["score"].between(0, 100).all()
    assert found["grade"].isin(DECLARED["grades"]).all()
    one = found["customer_id"].iloc[len(found) // 2]
    why = crm.grading.explain(shared, one, run.run_id)
    assert math.isclose(
        why["points"].sum(), found.set_index("customer_id").loc[one, "score"], abs_tol=0.05
    )


def test_no_run_replaces_another_and_the_last_adopted_counts(own):
    first = crm.grading.regrade(own, as_of="2025-06-30", adopt=True)
    tried = crm.grading.regrade(own, "revenue")
    before = crm.grading.grades(own, first.run_id)
    assert crm.grading.grades(own).equals(before), "a trial changes nothing"
    crm.grading.adopt(own, tried.run_id)
    assert crm.grading.grades(own).equals(crm.grading.grades(own, tried.run_id))
    assert crm.grading.grades(own, first.run_id).equals(before), "history is kept"
    crm.grading.adopt(own, first.run_id)
    assert crm.grading.grades(own).equals(before)
    assert [run.adopted for run in crm.grading.runs(own)] == [True, True]
    table = crm.grading.compare(own, first.run_id, tried.run_id)
    assert table.to_numpy().sum() == len(crm.grading.grades(own, tried.run_id))
    assert (table.sum(axis=1).drop("–") == before["grade"].value_counts()[table.index[:-1]]).all()


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"model": "gut feeling"}, "balanced, rfm, revenue"),
        ({"weights": {"parcels": 0.5}}, "add up to 0.5"),
        ({"weights": {"parcels": 1.5, "revenue": -0.5}}, "from 0 to 1"),
        ({"weights": {"parcels": float("nan")}}, "from 0 to 1"),
        ({"weights": {"charm": 1}}, "days_silent"),
        ({"weights": {}}, "add up to 0"),
        ({"cuts": {"A": 50, "B": 60, "C": 40, "D": 0}}, "least score"),
        ({"cuts": {"A": 80, "B": 60}}, "least score"),
        ({"cuts": {"A": 80, "B": 60, "C": 40, "D": 5}}, "least score"),
        ({"as_of": "2026-01-01"}, "2026-01-01"),
        ({"as_of": "yesterday"}, "yesterday"),
    ],
)
def test_a_slip_is_named_and_nothing_is_graded(own, given_, said):
    with pytest.raises(KitError, match=said):
        crm.grading.regrade(own, **given_)
    assert crm.grading.runs(own) == []


def test_an_analyst_may_try_but_not_adopt(own):
    own.user("analyst")
    run = crm.grading.regrade(own, "rfm")
    with pytest.raises(KitError, match="analyst"):
        crm.grading.adopt(own, run.run_id)
    with pytest.raises(KitError, match="No grades are in force"):
        crm.grading.grades(own)
    own.user("agent")
    with pytest.raises(KitError, match="agent"):
        crm.grading.regrade(own)


def test_who_had_no_account_then_has_no_grade(own):
    run = crm.grading.regrade(own, as_of="2024-03-01")
    [(late,)] = raw(own, "SELECT min(customer_id) FROM customers WHERE created_on > '2024-03-01'")
    with pytest.raises(KitError, match=late):
        crm.grading.explain(own, late, run.run_id)
    with pytest.raises(KitError, match="99"):
        crm.grading.grades(own, 99)


# --- reports -------------------------------------------------------------------------------------


def test_a_report_adds_up_to_its_tables_also_for_who_has_no_grade(own):
    crm.grading.regrade(own, as_of="2025-03-31", adopt=True)
    report = crm.reports.grade_report(own, "2025-01-01", "2025-06-30")
    assert report.loc["ungraded", "customers"] > 0
    assert (
        report.drop("all").sum()[["customers", "parcels", "complaints"]]
        == report.loc["all"][["customers", "parcels", "complaints"]]
    ).all()
    sent = pd.DataFrame(
        raw(own, "SELECT customer_id, fee, delivered_at, promised_at FROM shipments "
                 "WHERE accepted_at >= '2025-01-01' AND accepted_at < '2025-07-01'"),
        columns=["customer_id", "fee", "came", "due"],
    )  # fmt: skip
    grades = crm.grading.grades(own).set_index("customer_id")["grade"]
    by = sent.groupby(sent["customer_id"].map(grades).fillna("ungraded"))
    for name, part in by:
        assert report.loc[name, "parcels"] == len(part)
        assert report.loc[name, "revenue"] == pytest.approx(part["fee"].sum(), abs=0.01)
        came = part.dropna(subset="came")
        assert report.loc[name, "late_share"] == pytest.approx((came["came"] > came["due"]).mean())
    assert report.loc["all", "parcels"] == len(sent)
    assert report["revenue_share"].drop("all").sum() == pytest.approx(1)
    assert (crm.reports.reconciliation(own, "2025-01-01", "2025-06-30")["difference"] == 0).all()


def test_before_any_grading_everybody_is_ungraded(own):
    report = crm.reports.grade_report(own)
    assert list(report.index) == ["ungraded", "all"]
    with pytest.raises(KitError, match="2025-06-01"):
        crm.reports.grade_report(own, "2025-06-01", "2025-05-01")


def test_a_report_goes_into_a_spreadsheet_and_back(own):
    crm.grading.regrade(own, adopt=True)
    report = crm.reports.grade_report(own)
    path = crm.reports.export_csv(own, report, "grades-2025")
    assert path == own.path.parent / "reports" / "grades-2025.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "or Excel takes Chinese for gibberish"
    back = pd.read_csv(path, encoding="utf-8-sig", index_col="grade")
    pd.testing.assert_frame_equal(back, report, check_dtype=False)


def test_an_export_runs_no_formula_and_stays_in_its_folder(own):
    nasty = pd.DataFrame({"name": ["=1+1", "@x", "-3", "+4", "好"], "number": [-1, 2, 3, 4, 5]})
    path = crm.reports.export_csv(own, nasty, "nasty")
    back = pd.read_csv(path, encoding="utf-8-sig")
    assert list(back["name"]) == ["'=1+1", "'@x", "'-3", "'+4", "好"]
    assert list(back["number"]) == list(nasty["number"])
    for name in ("../nasty", "a/b", "", ".hidden"):
        with pytest.raises(KitError, match="without folders"):
            crm.reports.export_csv(own, nasty, name)
    own.user("agent")
    with speaking("zh-CN"), pytest.raises(KitError):
        crm.reports.export_csv(own, nasty, "again")
    assert not (path.parent / "again.csv").exists()


# --- waiting ------------------------------------------------------------------------------------


class Bar:
    """Stands for the bar on the screen, and remembers what it showed."""

    task_ids = (0,)

    def __init__(self, what, total):
        self.what, self.total = what, total
        self.shown, self.stopped = [], False

    def update(self, task, completed):
        self.shown.append(completed)

    def stop(self):
        self.stopped = True


@pytest.fixture
def bars(monkeypatch):
    made = []
    monkeypatch.setattr(waiting, "_STEPS", 1000)
    monkeypatch.setattr(waiting, "_bar", lambda *given: made.append(Bar(*given)) or made[-1])
    return made


@pytest.mark.parametrize(("lang", "said"), [("en", "Grading 1"), ("zh-CN", "正在为 1")])
def test_a_grading_that_takes_long_shows_a_bar_that_only_grows(own, bars, monkeypatch, lang, said):
    monkeypatch.setattr(waiting, "AFTER", 0.0)
    with speaking(lang):
        crm.grading.regrade(own)
    (bar,) = bars
    assert bar.what.startswith(said)
    assert bar.shown == sorted(bar.shown)
    # The forecast is near: at the end the bar is more than half full, and never quite.
    assert 0.5 * bar.total < bar.shown[-1] < bar.total
    assert bar.stopped


def test_a_quick_one_shows_none_and_a_refused_one_leaves_none(own, bars, monkeypatch):
    crm.grading.regrade(own)
    assert not bars
    monkeypatch.setattr(waiting, "AFTER", 0.0)
    failing = "SELECT abs(-9223372036854775807 - n / n) FROM (SELECT count(*) AS n FROM {})"
    with pytest.raises(KitError), waiting.waiting(own, "x", 10):
        own.rows(failing.format("shipments, cities"))
    assert bars[0].stopped
    own.rows("SELECT count(*) FROM shipments, cities")
    assert len(bars) == 1


def test_the_bar_on_the_screen_starts_and_ends(capsys):
    bar = waiting._bar("Grading", 10)
    bar.update(bar.task_ids[0], completed=3)
    assert bar.tasks[0].percentage == 30
    bar.stop()
    assert not bar.live.is_started
