"""Promise: complaints are told in full and in order, and what they hang on can be found."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from world_service import averages, hours, least_squares, month_of, taught

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.records.cases import cases
from kdcourse.world.settings import season, setting
from kdcourse.world.tables import faults
from kdcourse.world.world import World

TRUE = Effects()
TABLES = ("complaints", "complaint_steps")
PLANTED = (
    "rating_wait", "rating_pay", "rating_apology", "rating_gift", "reopen_unpaid",
    "hand_over_transport", "training", "desk_load", "empowerment",
)  # fmt: skip
SMALL = {"seed": 7, "customers": 300}


@pytest.fixture(scope="module")
def world():
    return World(4, 2500)


# --- what the tables say ------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("size", [{"seed": 7, "customers": 300}, {"customers": 1, "months": 1}])
def test_tables_are_as_declared(name, size):
    small = World(**size)
    assert list(faults(name, small.tables[name], small.load)) == []


def test_a_case_goes_its_way_in_order(world):
    times = ["received_at", "first_response_at", "confirmed_at", "closed_at"]
    complaints = world.tables["complaints"]
    for earlier, later in pairwise(times):
        both = complaints[[earlier, later]].dropna()
        assert (both[later] >= both[earlier]).all()
    sorry = complaints.dropna(subset=["apologised_at"])
    assert (sorry["apologised_at"] >= sorry["confirmed_at"]).all()
    found = ["responsible_dept", "compensation", "compensation_kind"]
    assert complaints[found].notna().eq(complaints["closed_at"].notna(), axis=0).all(axis=None)
    assert complaints.loc[complaints["satisfaction"].notna(), "closed_at"].notna().all()


def test_the_log_tells_the_same_as_the_complaint(world):
    complaints = world.tables["complaints"].set_index("complaint_id")
    steps = world.tables["complaint_steps"]
    at = steps.pivot(index="complaint_id", columns="step", values="at").reindex(complaints.index)
    pairs = {
        "receive": "received_at", "confirm": "confirmed_at", "apologise": "apologised_at",
        "feed_back": "closed_at",
    }  # fmt: skip
    for step, column in pairs.items():
        pd.testing.assert_series_equal(at[step], complaints[column], check_names=False)
    assert at["reopen"].notna().eq(complaints["reopened"]).all()
    analysed = steps[steps["step"] == "analyse"].set_index("complaint_id")["dept"]
    closed = complaints["responsible_dept"].dropna()
    pd.testing.assert_series_equal(analysed.reindex(closed.index), closed, check_names=False)


def test_steps_come_one_after_the_other_and_hand_overs_between(world):
    steps = world.tables["complaint_steps"]
    waits = steps.groupby("complaint_id")["at"].diff().dropna()
    assert (waits >= pd.Timedelta(0)).all()
    passed = steps.dropna(subset=["passed_at"])
    assert (passed["passed_at"] <= passed["taken_at"]).all()
    assert (passed["taken_at"] <= passed["at"]).all()
    assert passed["dept"].ne("service").all()
    elsewhere = steps["dept"] != "service"
    assert steps["agent_id"].isna().eq(elsewhere).all()


def test_a_complaint_is_about_a_parcel_that_went_wrong(world):
    complaints = world.tables["complaints"]
    about = complaints.dropna(subset=["waybill_no"])
    parcels = world.tables["shipments"].set_index("waybill_no").reindex(about["waybill_no"])
    assert (parcels["customer_id"].to_numpy() == about["customer_id"].to_numpy()).all()
    over = parcels["delivered_at"] > parcels["promised_at"]
    flags = {
        "lost": parcels["lost"], "damaged": parcels["damaged"], "late": over,
        "info": parcels["info_error"], "fee": parcels["fee"] > parcels["fee_quoted"],
    }  # fmt: skip
    for category, flag in flags.items():
        of = (about["category"] == category).to_numpy()
        assert of.sum() > 5
        assert flag.to_numpy()[of].all(), category
    others = complaints[complaints["waybill_no"].isna()]
    assert not set(others.loc[~others["is_suggestion"], "category"]) & set(flags)


def test_nothing_is_known_after_the_data_end():
    short = World(11, 2500, months=3)
    for name in TABLES:
        moments = short.tables[name].select_dtypes("datetime")
        assert (moments.max() < short.ends).all(), name
    assert short.tables["complaints"]["closed_at"].isna().any()


def test_every_text_belongs_to_one_kind(world):
    complaints = world.tables["complaints"]
    per_text = complaints.groupby("text_code")["category"].nunique()
    assert (per_text == 1).all()
    suggested = complaints.groupby("text_code")["is_suggestion"].nunique()
    assert (suggested == 1).all()


def test_a_loss_is_urgent_and_a_lost_parcel_is_paid_in_full(world):
    complaints = world.tables["complaints"]
    lost = complaints[complaints["category"] == "lost"]
    assert (lost["priority"] == "urgent").all()
    closed = lost.dropna(subset=["compensation"])
    assert np.allclose(closed["compensation"], closed["claim"])
    nothing = complaints["compensation_kind"] == "none"
    assert (complaints.loc[nothing, "compensation"] == 0).all()


def test_a_late_parcel_is_laid_to_the_link_that_took_long(world):
    late = world.tables["complaints"].query("category == 'late'").dropna(subset=["root_cause"])
    parcels = world.tables["shipments"].set_index("waybill_no").reindex(late["waybill_no"])
    weather = (parcels["delay_cause"] == "weather").to_numpy()
    assert ((late["root_cause"] == "weather").to_numpy() == weather).all()
    crowded = late["root_cause"] == "overload"
    ends = parcels[["origin", "destination"]].to_numpy()[crowded]
    # Only Zhengzhou is overloaded outside the peak of November and December.
    peak = (parcels["accepted_at"].dt.month >= 11).to_numpy()[crowded]
    assert (ends == "CGO").any(axis=1)[~peak].all()
    assert (~peak).sum() > 5
    assert (late.loc[crowded, "responsible_dept"] == "sorting").all()


# --- effects ------------------------------------------------------------------------------------


def load_of(months):
    """Load of the desk beyond what it bears: known from the network's season and the staff plan."""
    usual = setting("desk", "utilisation")
    over = {m: max(season(m) * usual - setting("desk", "free_until"), 0) for m in range(24)}
    return months.map(over)


def limit_jump(complaints, log_hours):
    """Jump of the log hours at the agent's limit, by straight lines on both sides of it."""
    near = complaints["claim"].between(10, 130)
    beyond = complaints["claim"] - 50.0
    inside = beyond <= 0
    return least_squares(
        log_hours[near], inside[near], beyond[near], (beyond * inside)[near]
    )[0]  # fmt: skip


def found_in(world):
    """What an analyst finds in the tables about complaints."""
    complaints = world.tables["complaints"]
    shipments = world.tables["shipments"].set_index("waybill_no")
    sent = shipments["accepted_at"].reindex(complaints["waybill_no"]).set_axis(complaints.index)
    complaints = complaints.assign(month=month_of(sent.fillna(complaints["received_at"])))
    share = (complaints["compensation"] / complaints["claim"]).where(complaints["claim"] > 0)
    gift = complaints["compensation_kind"] == "gift"
    share = share.where(~gift, 0).clip(upper=1)
    closed = complaints[complaints["closed_at"].notna() & ~complaints["is_suggestion"]]
    rated = closed.dropna(subset=["satisfaction"])
    days = (hours(rated["closed_at"], rated["received_at"]) / 24).clip(upper=5)
    wait, pay, silent, given = least_squares(
        rated["satisfaction"], days, share.reindex(rated.index).fillna(0),
        rated["apologised_at"].isna(), gift.reindex(rated.index),
    )  # fmt: skip
    claimed = closed[closed["claim"] > 0]
    reopen = least_squares(claimed["reopened"], 1 - share.reindex(claimed.index))[0]
    steps = world.tables["complaint_steps"]
    handed = steps[(steps["step"] == "analyse") & steps["taken_at"].notna()]
    over = hours(handed["taken_at"], handed["passed_at"]).clip(lower=1 / 60)
    work = hours(handed["at"], handed["taken_at"]).clip(lower=1 / 60)
    waits = least_squares(np.log(over / work), handed["dept"] == "transport")[0]
    solving = np.log(hours(closed["closed_at"], closed["first_response_at"]).clip(lower=0.1))
    alone = closed["claim"] <= 50
    learned = least_squares(solving, taught(world, closed, "received_at"), alone)[0]
    answered = complaints.dropna(subset=["first_response_at"])
    response = np.log(
        hours(answered["first_response_at"], answered["received_at"]).clip(lower=0.02)
    )
    return {
        "rating_wait": -wait, "rating_pay": pay, "rating_apology": -silent, "rating_gift": given,
        "reopen_unpaid": reopen, "hand_over_transport": waits, "training": -learned,
        "empowerment": -limit_jump(closed, solving),
        "desk_load": least_squares(response, load_of(answered["month"]))[0],
    }  # fmt: skip


#: Two and a half standard errors or more of the mean of five worlds, and what rounding takes off.
WITHIN = {
    "rating_wait": 0.06, "rating_pay": 0.12, "rating_apology": 0.13, "rating_gift": 0.22,
    "reopen_unpaid": 0.04, "hand_over_transport": 0.10, "training": 0.035, "empowerment": 0.30,
    "desk_load": 0.35,
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return averages(found_in)


@pytest.fixture(scope="module")
def placebo():
    return averages(found_in, TRUE.without(*PLANTED))


@pytest.mark.parametrize("name", PLANTED)
def test_each_effect_is_recovered_and_a_placebo_world_has_none(name, found, placebo):
    assert found[name] == pytest.approx(TRUE[name], abs=WITHIN[name])
    assert placebo[name] == pytest.approx(0, abs=WITHIN[name])


def lateness_slope(world):
    """Rise of the chance of a complaint per hour late, of parcels that were only late."""
    shipments = world.tables["shipments"]
    late = hours(shipments["delivered_at"], shipments["promised_at"])
    only = (late > 0) & (late < 50) & ~shipments["damaged"]
    about = world.tables["complaints"].query("category == 'late'")["waybill_no"]
    return least_squares(shipments["waybill_no"].isin(about)[only], late[only])[0]


def test_each_hour_late_makes_a_complaint_likelier():
    # 3,000 late parcels or more a world: a standard error of a tenth of the size.
    per_hour = TRUE["late_complaint"]
    seeds = range(5, 10)
    found = np.mean([lateness_slope(World(seed, 2500)) for seed in seeds])
    assert found == pytest.approx(per_hour, rel=0.2)
    none = TRUE.without("late_complaint")
    placebo = np.mean([lateness_slope(World(seed, 2500, effects=none)) for seed in seeds])
    assert placebo == pytest.approx(0, abs=0.15 * per_hour)


def test_a_gift_brings_no_orders(world):
    """It is given by lot, so who got one can be compared with who didn't."""
    shipments = world.tables["shipments"]
    rows = world.tables["complaints"]
    rows = rows[rows["compensation_kind"].isin(["gift", "none"]) & ~rows["is_suggestion"]]
    later = shipments.merge(rows[["customer_id", "closed_at", "compensation_kind"]])
    after = hours(later["accepted_at"], later["closed_at"]).between(0, 90 * 24)
    orders = after.groupby([later["customer_id"], later["compensation_kind"]]).sum().reset_index()
    means = orders.groupby("compensation_kind")[0].agg(["mean", "sem"])
    gap = means.loc["gift", "mean"] - means.loc["none", "mean"]
    assert abs(gap) < 3 * np.hypot(*means["sem"])


# --- luck and policy ----------------------------------------------------------------------------


def test_more_customers_leave_earlier_cases_as_they_were():
    one, more = World(**SMALL), World(**(SMALL | {"customers": 400}))
    ids = set(one.tables["customers"]["customer_id"])
    all_ = more.tables["complaints"]
    kept = all_[all_["customer_id"].isin(ids)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, one.tables["complaints"])
    steps = more.tables["complaint_steps"]
    steps = steps[steps["complaint_id"].isin(kept["complaint_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(steps, one.tables["complaint_steps"])


def test_a_faster_answer_for_some_changes_no_case_of_the_others(world):
    policy = Policy(response={"high": 1})
    other = World(4, 2500, policy=policy)
    tiers = world.truth.customers.set_index("customer_id")["tier"]

    def rest(which):
        complaints = which.tables["complaints"]
        return complaints[complaints["customer_id"].map(tiers) != "high"].reset_index(drop=True)

    pd.testing.assert_frame_equal(rest(world), rest(other))
    assert len(rest(world)) > 100
    high = other.tables["complaints"].query("customer_id in @tiers.index[@tiers == 'high']")
    answered = high.dropna(subset=["first_response_at"])
    assert hours(answered["first_response_at"], answered["received_at"]).max() <= 1


def test_more_authority_for_agents_spares_approvals():
    def approvals(limit):
        posts = dict.fromkeys(("consult", "after_sales", "complaint"), limit)
        steps = World(2, 1500, policy=Policy(empowerment=posts)).tables["complaint_steps"]
        return (steps["dept"] == "management").sum()

    assert approvals(10.0) > approvals(50.0) > 0
    assert approvals(2000.0) == 0


def test_cases_say_what_the_story_tells(world):
    story = world.stories[0]
    told = sum((month.complaints.received < story.ends).sum() for month in story.months)
    of_story = cases(story).index != 998
    assert of_story.sum() == told
    assert 0.1 < (~of_story).mean() < 0.4
