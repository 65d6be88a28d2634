"""The call centre: staffed by Erlang, simulated in agreement with Erlang, reported as by pandas."""

import math

import numpy as np
import pandas as pd
import pytest
from crm_sample import raw, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.facts import facts_sql
from kdcourse.crm.outreach.call_day import simulate_day
from kdcourse.metrics.service import agents_needed, queue
from kdcourse.texts import KitError, content

centre = crm.call_centre
TARGET = content("crm/call_centre")["target"]


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "supervisor") as opened:
        yield opened


@pytest.fixture
def calls(own):
    return own.query("SELECT * FROM calls")


# --- report and staff ----------------------------------------------------------------------------


def test_the_report_is_reckoned_from_every_call(own, calls):
    found = centre.call_report(own).set_index("queue")
    for name, group in calls.groupby("queue"):
        answered = group[group["abandoned"] == 0]
        row = found.loc[name]
        assert (row["calls"], row["answered"]) == (len(group), len(answered))
        soon = (answered["wait_s"] <= TARGET["within_s"]).sum() / len(group)
        assert row["service_level"] == pytest.approx(soon, abs=1e-4)
        assert row["abandoned"] == pytest.approx(group["abandoned"].mean(), abs=1e-4)
        assert row["mean_wait_s"] == pytest.approx(answered["wait_s"].mean(), abs=1e-4)
        assert row["handle_s"] == pytest.approx(answered["talk_s"].mean(), abs=1e-4)
        assert row["score"] == pytest.approx(answered["survey_score"].mean(), abs=1e-4)
        assert row["rated"] == pytest.approx(answered["survey_score"].notna().mean(), abs=1e-4)


def test_the_parts_of_a_report_add_up_to_the_whole(own):
    whole = centre.call_report(own)["calls"].sum()
    for by in (["hour"], ["day", "queue"], ["queue", "hour"]):
        assert centre.call_report(own, by)["calls"].sum() == whole


def test_staffing_is_erlang_c_of_the_hour(own, calls):
    found = centre.staffing(own, "consult").set_index("hour")
    chosen = calls[calls["queue"] == "consult"]
    days = calls["at"].str[:10].nunique()
    handle = chosen["talk_s"].sum() / (1 - chosen["abandoned"]).sum()
    hours = chosen["at"].str[11:13].astype(int)
    for hour, row in found.iterrows():
        rate = (hours == hour).sum() / days
        assert row["calls"] == pytest.approx(rate, abs=1e-4)
        assert row["needed"] == agents_needed(rate, handle, TARGET["share"], TARGET["within_s"])
        assert row["service_level"] >= TARGET["share"]
        expected = queue(rate, handle, int(row["needed"]), TARGET["within_s"]).service_level
        assert row["service_level"] == pytest.approx(expected, abs=1e-4)


def test_a_higher_target_never_needs_fewer(own):
    low, high = (centre.staffing(own, "consult", share)["needed"] for share in (0.5, 0.95))
    assert (high >= low).all()
    assert high.sum() > low.sum()


# --- a simulated day -----------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [12, 14])
def test_a_simulated_day_agrees_with_erlang_c_within_its_error(agents):
    """200 calls an hour of 180 s. The first three hours are left out: a day begins empty."""
    days = simulate_day(200, 180, agents, hours=12, days=150, seed=11)
    calls = days.calls[days.calls["at_s"] >= 3 * 3600]
    soon = (calls["wait_s"] <= 20).groupby(calls["day"]).mean()
    waits = calls["wait_s"].groupby(calls["day"]).mean()
    expected = queue(200, 180, agents)
    for found, theory in ((soon, expected.service_level), (waits, expected.mean_wait_s)):
        error = found.std() / math.sqrt(len(found))
        # Four standard errors: by luck alone, once in fifteen thousand seeds.
        assert abs(found.mean() - theory) < 4 * error
        assert error < 0.12 * theory
    assert days.occupancy == pytest.approx(expected.occupancy, abs=0.01)
    assert days.abandoned == 0


def test_callers_come_at_the_rate_and_talk_as_long_as_said():
    days = simulate_day([60, 240, 0, 900], 120, 40, days=100, seed=3)
    per_hour = (days.calls["at_s"] // 3600).astype(int).value_counts().sort_index() / 100
    assert list(per_hour.index) == [0, 1, 3]
    for rate, found in zip([60, 240, 900], per_hour, strict=True):
        assert abs(found - rate) < 4 * math.sqrt(rate / 100)
    number = len(days.calls)
    assert abs(days.calls["talk_s"].mean() - 120) < 4 * 120 / math.sqrt(number)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 80), min_size=1, max_size=5),
    st.integers(1, 6),
    st.one_of(st.none(), st.floats(5, 300)),
    st.integers(0, 99),
)
def test_nobody_jumps_the_queue_and_no_agent_talks_to_two(rates, agents, patience, seed):
    day = simulate_day(rates, 150, agents, patience_s=patience, seed=seed)
    calls = day.calls
    assert (calls["wait_s"] >= 0).all()
    answered = calls[~calls["abandoned"]]
    begins = (answered["at_s"] + answered["wait_s"]).to_numpy()
    # In the order of arrival, answered in the order of arrival.
    assert (np.diff(begins) >= -1e-6).all()
    ends = begins + answered["talk_s"].to_numpy()
    for moment in begins:
        assert ((begins <= moment + 1e-9) & (ends > moment + 1e-6)).sum() <= agents
    if patience is None:
        assert not calls["abandoned"].any()
    assert calls["talk_s"].isna().equals(calls["abandoned"])


def test_the_same_callers_come_whatever_the_staff():
    few, many = (simulate_day(100, 180, agents, seed=4) for agents in (5, 9))
    pd.testing.assert_series_equal(few.calls["at_s"], many.calls["at_s"])
    assert few.service_level < many.service_level
    again = simulate_day(100, 180, 5, seed=4)
    pd.testing.assert_frame_equal(few.calls, again.calls)


def test_agents_may_differ_by_the_hour_and_who_is_impatient_leaves():
    day = simulate_day([100, 300, 50], 180, [6, 10, 4], patience_s=240, days=40)
    hours = day.by_hour().set_index("hour")
    assert hours["abandoned"].idxmax() == 1
    assert 0 < day.abandoned < 1
    patient = simulate_day([100, 300, 50], 180, [6, 10, 4], days=40)
    assert patient.mean_wait_s > day.mean_wait_s
    assert day.agent_hours == 20 * 40


@pytest.mark.parametrize("staff", [[2, 0, 2], [0, 2, 2], [0, 0, 1]])
def test_calls_while_nobody_is_there_wait_until_somebody_comes(staff):
    day = simulate_day([20, 20, 20], 60, staff, seed=2)
    first = next(hour for hour, agents in enumerate(staff) if agents)
    early = day.calls[day.calls["at_s"] < first * 3600]
    assert not day.calls["abandoned"].any()
    assert (early["at_s"] + early["wait_s"] >= first * 3600).all()


def test_after_the_last_agent_went_the_rest_of_the_line_is_lost():
    day = simulate_day([20, 20], 60, [2, 0], seed=2)
    late = day.calls[day.calls["at_s"] >= 3600]
    assert late["abandoned"].all()
    np.testing.assert_allclose(late["at_s"] + late["wait_s"], 7200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"agents": 0},
        {"agents": [1, 2]},
        {"calls_per_hour": -1},
        {"calls_per_hour": []},
        {"handle_s": 0},
        {"patience_s": 0},
        {"days": 0},
        {"calls_per_hour": 1e7},
        {"calls_per_hour": math.nan},
    ],
)
def test_a_day_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(KitError, match="can't be simulated"):
        simulate_day(**{"calls_per_hour": 10, "handle_s": 60, "agents": 1, **wrong})


# --- after the call, and calling out -------------------------------------------------------------


def test_what_callers_said_is_counted_with_how_many_said_nothing(own, calls):
    found = centre.after_call_survey(own, "agent_id").set_index("agent_id")
    answered = calls[calls["abandoned"] == 0]
    for agent, group in answered.groupby("agent_id"):
        row, marks = found.loc[agent], group["survey_score"].dropna()
        assert (row["answered"], row["rated"]) == (len(group), len(marks))
        assert row["score"] == pytest.approx(marks.mean(), abs=1e-4)
        assert row["low"] == pytest.approx((marks <= 2).mean(), abs=1e-4)
        assert row["margin"] == pytest.approx(1.96 * marks.sem(), abs=1e-3)


def test_who_waited_longer_is_less_content(own):
    found = centre.after_call_survey(own, "wait")
    assert found["answered"].sum() == centre.call_report(own)["answered"].sum()
    assert found["score"].iloc[0] > found["score"].iloc[-1]


def test_a_call_is_rated_once(own):
    one = raw(own, "SELECT call_id FROM calls WHERE abandoned = 0 AND survey_score IS NULL")[0][0]
    centre.rate_call(own, one, 5)
    assert raw(own, "SELECT survey_score FROM calls WHERE call_id = ?", one) == [(5,)]
    with pytest.raises(KitError, match="rated already"):
        centre.rate_call(own, one, 1)
    lost = raw(own, "SELECT call_id FROM calls WHERE abandoned = 1")[0][0]
    with pytest.raises(KitError, match="given up"):
        centre.rate_call(own, lost, 3)


@pytest.mark.parametrize("kind", ["care", "sales", "survey"])
def test_a_call_list_holds_whom_it_means_and_whom_we_may_call(own, kind):
    chosen = content("crm/call_centre")["lists"][kind]
    with own.trusted():
        table = own.query(
            facts_sql({"revenue_year", "days_silent", "parcels_90d", "parcels_before",
                       "complaints_open", "complaints_90d"}),
            as_of=str(own.today),
        )  # fmt: skip
    meant = table.query(chosen["rule"]).sort_values(
        ["revenue_year", "customer_id"], ascending=[False, True]
    )
    may = set(crm.contactable(own, chosen["purpose"], "phone"))
    expected = [one for one in meant["customer_id"] if one in may][: chosen["most"]]
    assert list(centre.call_list(own, kind)["customer_id"]) == expected


def test_a_call_made_is_written_down_and_a_forbidden_one_refused(own):
    one = crm.contactable(own, "marketing", "phone")[0]
    number = centre.log_call(own, one, "care", "A000003")
    assert raw(
        own,
        "SELECT customer_id, purpose, direction FROM interactions WHERE interaction_id = ?",
        number,
    ) == [(one, "care", "out")]
    own.user("admin")
    crm.withdraw_consent(own, one, "marketing", "phone")
    own.user("supervisor")
    with pytest.raises(KitError, match="must not be called"):
        centre.log_call(own, one, "care", "A000003")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda c: centre.call_report(c, ["weather"]), "no weather here"),
        (lambda c: centre.staffing(c, "weather"), "no weather here"),
        (lambda c: centre.staffing(c, "consult", share=80), "80"),
        (lambda c: centre.after_call_survey(c, "weather"), "no weather here"),
        (lambda c: centre.rate_call(c, "H000000000", 3), "H000000000"),
        (lambda c: centre.rate_call(c, "H000000000", 6), "from 1 to 5"),
        (lambda c: centre.call_list(c, "weather"), "no weather here"),
    ],
)
def test_a_slip_is_answered_by_a_sentence(own, ask, said):
    with pytest.raises(KitError, match=said):
        ask(own)


def test_every_list_says_what_it_is():
    assert set(centre.call_lists()) == set(content("crm/call_centre")["lists"])
