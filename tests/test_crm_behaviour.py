"""Profiles, paths, conversion and staying give what pandas gives on the same rows."""

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from crm_sample import sample

from kdcourse import crm
from kdcourse.crm.insight import staying
from kdcourse.texts import LANGUAGES, KitError, content, speaking

STEPS = content("crm/behaviour")["steps"]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("crm"), "analyst") as opened:
        yield opened


@pytest.fixture(scope="module")
def events(own):
    """All steps in the order in which they were made."""
    frame = own.query("SELECT * FROM web_events")
    frame["step"] = frame["event"].map(STEPS.index)
    return frame.sort_values(["session_id", "at", "step"], ignore_index=True)


@pytest.fixture(scope="module")
def consenting(own):
    return own.query(
        "SELECT customer_id FROM consents WHERE purpose = 'profiling' AND given_on <= :today "
        "AND (withdrawn_on IS NULL OR withdrawn_on > :today)",
        today=str(own.today),
    )["customer_id"]


# --- profile -------------------------------------------------------------------------------------


def test_profiles_count_who_agreed_and_nobody_else(own, consenting):
    people = own.query("SELECT * FROM persons")
    people = people[people["customer_id"].isin(consenting)]
    found = crm.profiles.profile_table(own)
    sexes = found[found["trait"] == "sex"].set_index("value")["customers"]
    assert sexes.to_dict() == people["sex"].value_counts()[lambda n: n >= 5].to_dict()
    ages = found[found["trait"] == "age_band"].set_index("value")["customers"]
    assert ages["25-34"] == people["age"].between(25, 34).sum()


def test_a_group_that_could_point_at_a_person_is_not_shown(own):
    assert crm.profiles.profile_table(own)["customers"].min() >= 5


def test_shares_are_of_those_who_told_us(own, consenting):
    told = own.query("SELECT customer_id, interests FROM persons WHERE interests IS NOT NULL")
    told = told[told["customer_id"].isin(consenting)]
    each = told["interests"].value_counts()
    found = crm.profiles.profile_table(own).query("trait == 'interests'").set_index("value")
    assert found["customers"].to_dict() == each[each >= 5].to_dict()
    for name, share in found["share"].items():
        assert share == pytest.approx(each[name] / len(told), abs=1e-4)


def test_a_profile_holds_what_is_known(own, events, consenting):
    row = own.query("SELECT * FROM persons WHERE age IS NOT NULL")
    row = row[row["customer_id"].isin(consenting)].iloc[0]
    found = crm.profiles.profile(own, row["customer_id"])
    low, high = map(int, found.age_band.replace("+", "-200").replace("<", "0-").split("-"))
    assert low <= row["age"] <= high
    visits = events.loc[events["customer_id"] == row["customer_id"], "session_id"].nunique()
    assert found.visits == visits
    for lang in LANGUAGES:
        with speaking(lang):
            assert row["customer_id"] in str(found)


def test_who_did_not_agree_gets_no_profile(own, consenting):
    others = own.query("SELECT customer_id FROM persons")["customer_id"]
    with pytest.raises(KitError, match="has not agreed to profiling"):
        crm.profiles.profile(own, others[~others.isin(consenting)].iloc[0])


def test_a_firm_has_no_profile(own, consenting):
    firms = own.query("SELECT customer_id FROM organisations")["customer_id"]
    with pytest.raises(KitError, match="not a person"):
        crm.profiles.profile(own, firms[firms.isin(consenting)].iloc[0])


# --- path ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["event", "page"])
def test_top_paths_are_those_walked_by_hand(own, events, of):
    walked = {}
    for _, visit in events.groupby("session_id"):
        steps = list(visit[of])
        path = [step for place, step in enumerate(steps) if not place or step != steps[place - 1]]
        name = " > ".join(path)
        visits, paid = walked.get(name, (0, 0))
        walked[name] = visits + 1, paid + ("pay" in set(visit["event"]))
    expected = sorted(walked.items(), key=lambda entry: (-entry[1][0], entry[0]))[:10]
    found = crm.paths.top_paths(own, 10, of)
    assert list(
        zip(found["path"], zip(found["visits"], found["paid"], strict=True), strict=True)
    ) == (expected)
    assert found["share"][0] == round(expected[0][1][0] / events["session_id"].nunique(), 4)


def test_the_transition_matrix_counts_every_step_once(own, events):
    counts = crm.paths.transition_matrix(own, counts=True)
    visits = events["session_id"].nunique()
    assert counts.to_numpy().sum() == len(events) + visits
    assert counts.loc["start"].sum() == counts["leave"].sum() == visits
    # What comes in goes out.
    for step in STEPS:
        assert counts[step].sum() == counts.loc[step].sum() == (events["event"] == step).sum()
    shares = crm.paths.transition_matrix(own)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=5e-4)


def test_paths_of_a_time_hold_its_days_alone(own, events):
    found = crm.paths.tracks(own, since="2025-01-01", until="2025-06-30")
    kept = events[(events["at"] >= "2025-01-01") & (events["at"] < "2025-07-01")]
    assert len(found) == len(kept) > 0


def test_the_intent_list_is_reckoned_from_what_came_after_the_last_order(own, events, consenting):
    until = events.loc[events["event"] == "order_start", "at"].max()[:10]
    rules = content("crm/behaviour")["intent"]
    since = str(date.fromisoformat(until) - timedelta(days=rules["days"] - 1))
    seen = events[events["at"].str[:10] <= until]
    owner = seen.groupby("visitor_id")["customer_id"].min()
    expected = {}
    for visitor, steps in seen[seen["at"] >= since].groupby("visitor_id"):
        name = owner[visitor]
        if isinstance(name, str) and name not in set(consenting):
            continue
        last = steps.groupby("session_id")["at"].max()
        paid = steps[steps["event"] == "pay"]["session_id"].unique()
        after = last.index[last > (last[paid].max() if len(paid) else "")]
        points = 0
        for _, visit in steps[steps["session_id"].isin(after)].groupby("session_id"):
            did = set(visit["event"])
            points += 5 * ("order_start" in did) + 3 * ("quote" in did) + 1
            points += 1 * ("offer" in set(visit["page"]))
        if points:
            expected[visitor] = points
    found = crm.paths.intent_list(own, 1000, until)
    assert found.set_index("visitor_id")["points"].to_dict() == expected
    assert len(expected) > 0
    assert found["points"].is_monotonic_decreasing


# --- conversion ----------------------------------------------------------------------------------


def test_the_funnel_counts_who_came_at_least_so_far(own, events):
    reached = events.groupby("session_id")["step"].max()
    found = crm.conversion.funnel(own)
    assert list(found["visits"]) == [int((reached >= place).sum()) for place in range(len(STEPS))]
    assert found["of_previous"].iloc[1] == round(found["visits"][1] / found["visits"][0], 4)
    by = crm.conversion.funnel(own, "channel").groupby("step")["visits"].sum()
    assert by.to_dict() == found.set_index("step")["visits"].to_dict()


def test_the_grid_is_orders_by_visits(own, events):
    visits = events.groupby("session_id").agg(
        channel=("channel", "first"), campaign=("campaign_id", "first"), step=("step", "max")
    )
    visits["campaign"] = visits["campaign"].fillna("–")
    expected = (visits["step"] == 4).groupby([visits["channel"], visits["campaign"]]).mean()
    found = crm.conversion.conversion_grid(own)
    for (channel, campaign), rate in expected.items():
        assert found.loc[channel, campaign] == round(rate, 4)
    assert found.notna().sum().sum() == len(expected)


def test_two_channels_are_compared_by_their_own_numbers(own):
    table = crm.conversion.conversion(own, "channel").set_index("channel")
    found = crm.conversion.compare_conversion(own, {"channel": "direct"}, {"channel": "social"})
    a, b = table.loc["direct"], table.loc["social"]
    pooled = (a["orders"] + b["orders"]) / (a["visits"] + b["visits"])
    error = math.sqrt(pooled * (1 - pooled) * (1 / a["visits"] + 1 / b["visits"]))
    assert found.z == pytest.approx((a["orders"] / a["visits"] - b["orders"] / b["visits"]) / error)


def test_a_time_without_visits_gives_an_empty_funnel(own):
    found = crm.conversion.funnel(own, "channel", "2020-01-01", "2020-01-31")
    assert found.empty
    assert crm.conversion.funnel(own, "", "2020-01-01", "2020-01-31")["visits"].sum() == 0


# --- staying -------------------------------------------------------------------------------------


def test_a_cohort_is_who_joined_and_its_share_who_sent(own):
    rows = own.query(
        "SELECT c.customer_id, substr(c.created_on, 1, 7) AS joined, "
        "substr(s.accepted_at, 1, 7) AS month FROM customers AS c LEFT JOIN shipments AS s "
        "ON s.customer_id = c.customer_id WHERE c.created_on >= '2024-01-01'"
    )
    found = crm.staying.cohorts(own)
    for joined, people in rows.groupby("joined"):
        size = people["customer_id"].nunique()
        assert found.loc[joined, "customers"] == size
        start = pd.Period(joined)
        for passed in range(24):
            month = start + passed
            cell = found.loc[joined, passed] if passed in found else math.nan
            if month > pd.Period("2025-12"):
                assert math.isnan(cell)
            else:
                sent = people[people["month"] == str(month)]["customer_id"].nunique()
                assert cell == pytest.approx(sent / size, abs=1e-4)


def test_survival_is_kaplan_and_meier_by_pencil(own):
    lives = crm.staying.lifetimes(own)
    found = crm.staying.survival(own, every=50).set_index("day")
    alive, pencil = 1.0, {}
    steps = list(found.index)
    for day in range(int(lives["days"].max()) + 1):
        at_risk = (lives["days"] >= day).sum()
        gone = ((lives["days"] == day) & lives["left"]).sum()
        alive *= 1 - gone / at_risk
        if day in steps:
            pencil[day] = alive
            assert found.loc[day, "at_risk"] == at_risk
    np.testing.assert_allclose(found["survival"], [pencil[day] for day in steps], atol=5e-5)
    assert (found["low"] <= found["survival"]).all()
    assert (found["survival"] <= found["high"]).all()


def test_the_survival_of_a_published_table_is_found(own, monkeypatch):
    """Freireich et al. 1963, 6-MP group: S(6) .857, S(10) .753, S(16) .627, S(23) .448."""
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    lives = pd.DataFrame({"days": weeks, "left": [True] * 9 + [False] * 12})
    monkeypatch.setattr(staying, "lifetimes", lambda crm, silence: lives)
    found = staying.survival(own, every=1).set_index("day")
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, share in expected.items():
        assert found["survival"][week] == pytest.approx(share, abs=6e-4)


def test_who_still_sends_is_never_lost(own):
    lives = crm.staying.lifetimes(own, silent_days=90).set_index("customer_id")
    last = own.query("SELECT customer_id, max(accepted_at) AS at FROM shipments GROUP BY 1")
    last = pd.to_datetime(last.set_index("customer_id")["at"]).dt.normalize()
    silent = (pd.Timestamp(own.today) - last[lives.index]).dt.days
    assert (lives["left"] == (silent >= 90)).all()


def test_a_shorter_silence_loses_more(own):
    short, long = (crm.staying.lifetimes(own, days)["left"].sum() for days in (30, 180))
    assert short > long


def test_causes_compare_who_left_with_who_stayed(own):
    day = own.today - timedelta(days=89)
    found = crm.staying.leaving_causes(own, day).set_index("cause")
    sent = own.query("SELECT customer_id, accepted_at, promised_at, delivered_at FROM shipments")
    at = pd.to_datetime(sent["accepted_at"])
    moment = pd.Timestamp(day)
    before = sent[(at >= moment - pd.Timedelta(days=90)) & (at < moment)]
    after = set(sent.loc[at >= moment, "customer_id"])
    counts = before["customer_id"].value_counts()
    gone = ~counts.index.isin(after)
    little = counts.to_numpy() <= 2
    row = found.loc["sends_little"]
    assert (row["with_it"], row["without"]) == (little.sum(), (~little).sum())
    assert row["gone_with"] == pytest.approx(gone[little].mean(), abs=1e-4)
    assert row["gone_without"] == pytest.approx(gone[~little].mean(), abs=1e-4)
    assert (found["low"] <= found["difference"]).all()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda c: crm.paths.top_paths(c, of="click"), "events or pages"),
        (lambda c: crm.paths.top_paths(c, since="soon"), "is no day"),
        (lambda c: crm.paths.top_paths(c, since="2025-02-01", until="2025-01-01"), "Swap"),
        (lambda c: crm.conversion.funnel(c, by="colour"), "no colour here"),
        (
            lambda c: crm.conversion.compare_conversion(c, {"channel": "radio"}, {"channel": "ad"}),
            "no visits with channel=radio",
        ),
        (
            lambda c: crm.conversion.compare_conversion(c, {"channel": "ad"}, {"platform": "app"}),
            "in both groups",
        ),
        (lambda c: crm.staying.survival(c, by="colour"), "no colour here"),
        (lambda c: crm.staying.survival(c, silent_days=0), "above 0"),
        (lambda c: crm.staying.leaving_causes(c, c.today), "aren't over yet"),
        (lambda c: crm.staying.leaving_causes(c, "x"), "is no day"),
        (lambda c: crm.profiles.profile(c, "C9999999"), "C9999999"),
    ],
)
def test_a_slip_is_answered_by_a_sentence(own, ask, said):
    with pytest.raises(KitError, match=said):
        ask(own)
