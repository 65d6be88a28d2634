"""A warning knows what was known that evening, comes once, and is measured honestly."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from crm_sample import raw, sample

from kdcourse import crm
from kdcourse.texts import KitError, content

DECLARED = content("crm/warning")
POINTS = {name: told["points"] for name, told in DECLARED["signals"].items()}
warning = crm.early_warning


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "agent") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("warning"), "agent") as opened:
        yield opened


def reference(c, day):
    """Return the signals of a day parcel by parcel, in plain Python."""
    first, until = day, str(date.fromisoformat(day) + timedelta(days=1))
    watched = str(date.fromisoformat(day) - timedelta(days=DECLARED["watch_days"]))
    past = str(date.fromisoformat(day) - timedelta(days=89))
    standards = {
        (product, step): hours
        for product, step, hours in raw(c, "SELECT product_id, step, promised_hours FROM standards")
    }
    scans: dict[str, tuple[int, str]] = {}
    for waybill, step, at in raw(c, "SELECT waybill_no, step, scanned_at FROM scans ORDER BY step"):
        if at < until:
            scans[waybill] = step, at
    cross = {
        customer
        for (customer,) in raw(
            c,
            "SELECT customer_id FROM complaints WHERE is_suggestion = 0 "
            "AND received_at < ? AND received_at >= ?",
            until,
            past,
        )
    }
    found = {}
    for w, who, product, accepted, due, came, damaged, wrong, fee, quoted in raw(
        c,
        "SELECT waybill_no, customer_id, product_id, accepted_at, promised_at, delivered_at, "
        "damaged, info_error, fee, fee_quoted FROM shipments",
    ):
        if not watched <= accepted < until or (came and came < first):
            continue
        moving = not came or came >= until
        step, at = scans.get(w, (0, accepted))
        still = (pd.Timestamp(until) - pd.Timestamp(at)) / pd.Timedelta(hours=1)
        standard = standards.get((product, step + 1), float("inf"))
        signals = {
            "overdue": moving and due < until,
            "day_overdue": moving and due < first,
            "came_late": not moving and came > due,
            "standing": moving and still > DECLARED["times_the_standard"] * standard,
            "damaged": not moving and bool(damaged),
            "info_error": bool(wrong) and accepted < first,
            "dearer": fee > quoted,
            "complained": who in cross,
        }
        if any(
            is_so for name, is_so in signals.items() if name not in ("complained", "day_overdue")
        ):
            found[w] = {name: int(is_so) for name, is_so in signals.items()}
    return found


@pytest.mark.parametrize("day", ["2025-11-13", "2025-02-05", "2024-11-21", "2025-12-31"])
def test_signals_equal_the_reference(shared, day):
    table = warning.scores(shared, day).set_index("waybill_no")
    expected = reference(shared, day)
    assert {w: row[list(POINTS)].to_dict() for w, row in table.iterrows()} == expected
    assert expected
    score = {w: sum(POINTS[n] * on for n, on in signals.items()) for w, signals in expected.items()}
    assert table["score"].to_dict() == score
    assert table["score"].is_monotonic_decreasing


def test_nothing_that_happened_later_is_known(own):
    """Delivery, scans and complaints of later days are taken away; the evening stays the same."""
    day = "2025-11-13"
    before = warning.scores(own, day)
    assert len(before)
    with own.trusted(), own.transaction() as db:
        db.execute(
            "UPDATE main.shipments SET delivered_at = NULL WHERE delivered_at >= '2025-11-14'"
        )
        db.execute("DELETE FROM scans WHERE scanned_at >= '2025-11-14'")
        db.execute("UPDATE main.complaints SET is_suggestion = 1 WHERE received_at >= '2025-11-14'")
    pd.testing.assert_frame_equal(warning.scores(own, day), before)


def test_a_parcel_is_warned_of_once(own):
    first = warning.run(own, "2025-11-12", threshold=20)
    again = warning.run(own, "2025-11-12", threshold=20)
    assert len(first)
    assert again.empty
    later = warning.run(own, "2025-11-13", threshold=20)
    assert not set(later["waybill_no"]) & set(first["waybill_no"])
    kept = warning.open_alerts(own)
    assert set(kept["waybill_no"]) == {*first["waybill_no"], *later["waybill_no"]}
    assert (kept["score"] >= 20).all()
    assert set(kept["raised_on"]) <= {"2025-11-12", "2025-11-13"}


def test_somebody_acts_on_an_alert_and_the_next_one_hears_of_it(own):
    [waybill, *_] = warning.run(own, "2025-11-12", threshold=20)["waybill_no"]
    with pytest.raises(KitError, match="told, traced"):
        warning.act(own, waybill, "shrugged")
    warning.act(own, waybill, "told")
    with pytest.raises(KitError, match="agent has acted"):
        warning.act(own, waybill, "traced")
    assert waybill not in set(warning.open_alerts(own)["waybill_no"])
    assert raw(own, "SELECT action, acted_by FROM alerts WHERE waybill_no = ?", waybill) == [
        ("told", "agent")
    ]
    with pytest.raises(KitError, match="LY000000000000"):
        warning.act(own, "LY000000000000", "told")


def test_recall_and_lead_time_equal_a_replay_by_hand(shared):
    start, days = date(2025, 10, 1), 60
    raised: dict[str, date] = {}
    for number in range(days):
        day = start + timedelta(days=number)
        for waybill, signals in reference(shared, str(day)).items():
            if sum(POINTS[n] * on for n, on in signals.items()) >= DECLARED["threshold"]:
                raised.setdefault(waybill, day)
    came = dict(
        raw(
            shared,
            "SELECT waybill_no, min(received_at) FROM complaints WHERE waybill_no IS NOT NULL "
            "AND is_suggestion = 0 AND received_at >= ? GROUP BY 1",
            str(start),
        )
    )
    lead = {
        waybill: (pd.Timestamp(at) - pd.Timestamp(raised[waybill] + timedelta(days=1)))
        / pd.Timedelta(days=1)
        for waybill, at in came.items()
        if waybill in raised
    }
    good = {w: days_ for w, days_ in lead.items() if 0 <= days_ <= DECLARED["horizon_days"]}
    within = {w for w, at in came.items() if at < str(start + timedelta(days=days))}
    found = warning.evaluate(shared, start, days)
    assert (found.alerts, found.complaints) == (len(raised), len(within))
    assert found.foreseen == len(set(good) & within) > 0
    assert found.recall == pytest.approx(found.foreseen / found.complaints)
    assert found.precision == pytest.approx(len(good) / len(raised))
    assert found.lead_days == pytest.approx(
        pd.Series([good[w] for w in within & set(good)]).median()
    )
    assert found.lead_days > 0


def test_a_lower_threshold_foresees_no_less(shared):
    some, more = (warning.evaluate(shared, "2025-11-01", 20, threshold=limit) for limit in (60, 20))
    assert more.alerts > some.alerts
    assert more.recall >= some.recall


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: warning.scores(c, "2026-01-01"), "2026-01-01"),
        (lambda c: warning.scores(c, points={"mood": 5}), "overdue"),
        (lambda c: warning.scores(c, points={"overdue": -5}), "-5"),
        (lambda c: warning.run(c, threshold=0), "above 0"),
        (lambda c: warning.run(c, threshold=float("nan")), "nan"),
        (lambda c: warning.evaluate(c, "2025-12-30", 5), "2026-01-01"),
        (lambda c: warning.evaluate(c, "2025-12-30", 0), "days"),
    ],
)
def test_a_slip_is_named_and_nothing_is_raised(own, call, said):
    with pytest.raises(KitError, match=said):
        call(own)
    assert raw(own, "SELECT count(*) FROM alerts") == [(0,)]


def test_a_marketer_sees_no_alerts(own):
    own.user("marketer")
    with pytest.raises(KitError, match="marketer"):
        warning.run(own)
