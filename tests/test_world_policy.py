"""Promise: each lever does what the truth says, and nothing to those whom it doesn't reach."""

import numpy as np
import pandas as pd
import pytest

from kdcourse.world.effects import Effects, causes
from kdcourse.world.policy import Policy
from kdcourse.world.settings import KINDS, MARKETS, TIERS, setting
from kdcourse.world.world import World

SIZE = {"seed": 11, "customers": 4000, "months": 18}
TRUE = Effects()


@pytest.fixture(scope="module")
def today():
    return World(**SIZE)


def under(**levers):
    return World(**SIZE, policy=Policy(**levers))


def traits(world):
    """Hidden and public traits of every account, by number."""
    customers = world.tables["customers"].set_index("customer_id")
    return world.truth.customers.set_index("customer_id").join(customers)


def complained(world):
    return set(world.truth.complaints["customer_id"])


def sent_to(world, region, product):
    shipments, cities = world.tables["shipments"], world.tables["cities"]
    there = shipments["destination"].isin(cities.loc[cities["region"] == region, "city"])
    return set(shipments.loc[there & (shipments["product_id"] == product), "customer_id"])


def messaged(world):
    ids = world.stories[0].people.table["customer_id"].to_numpy()
    found = [ids[month.contacts.customer] for month in world.stories[0].months]
    return set(np.concatenate(found))


def lost(world):
    return set(world.truth.lost["customer_id"])


def tier(name):
    return lambda world: set(traits(world).index[traits(world)["tier"] == name])


#: Lever -> (a setting of it, whom it can reach at first hand).
REACH = {
    "price": ({"international": 1.2}, lambda w: set(traits(w).query(
        "market_type == 'cross_border'").index)),
    "discount": ({"high": 0.10}, tier("high")),
    "promise": ({"economy:west": 150}, lambda w: sent_to(w, "west", "economy")),
    "capacity": ({"CGO": 1.5}, lambda w: {
        c for s in [w.tables["shipments"]] for c in s.loc[
            (s["origin"] == "CGO") | (s["destination"] == "CGO"), "customer_id"]}),
    "staffing": ({"desk": 1.5}, complained),
    "response": ({"high": 2.0}, complained),
    "compensation": ({"late": 1.0}, complained),
    "empowerment": ({"complaint": 500.0}, complained),
    "loyalty": ({"low": 0.10}, lambda w: tier("low")(w) & set(
        w.truth.months.query("member")["customer_id"])),
    "calls": ({"number": 4}, lambda w: set(w.truth.prospects["customer_id"])),
    "marketing": ({"sms": 0.2}, messaged),
    "contact_cap": ({"month": 0}, messaged),
    "win_back": ({"service": 20.0}, lost),
}  # fmt: skip


def rows_of(frame, ids):
    return frame[frame["customer_id"].isin(ids)].reset_index(drop=True)


@pytest.mark.parametrize("lever", REACH)
def test_whom_a_lever_does_not_reach_has_identical_rows(today, lever):
    setting_, reach = REACH[lever]
    other = under(**{lever: setting_})
    reached = reach(today) | reach(other)
    people = pd.concat([today.tables["customers"], other.tables["customers"]])
    # A recommendation depends on how content the friend is.
    reached |= set(people.loc[people["referrer_id"].isin(reached), "customer_id"])
    untouched = set(people["customer_id"]) - reached
    assert len(untouched) > 300
    for table in ("customers", "shipments"):
        before, after = today.tables[table], other.tables[table]
        pd.testing.assert_frame_equal(rows_of(before, untouched), rows_of(after, untouched))
    assert not today.tables["shipments"].equals(other.tables["shipments"]) or lever == "empowerment"


def test_every_lever_is_tried():
    assert set(REACH) == set(Policy.__dataclass_fields__)


# --- what a lever does, against the truth -------------------------------------------------------


def parcels(world, chosen, months=slice(None)):
    """Parcels of the chosen customers, as sent and as expected."""
    rows = world.truth.months
    rows = rows[rows["customer_id"].isin(chosen)]
    rows = rows[rows["month"].isin(range(world.months)[months])]
    return rows["sent"].sum(), rows["expected"].sum()


def test_a_discount_moves_parcels_by_the_tiers_elasticity(today):
    for position, name in enumerate(TIERS):
        cheaper = under(discount={name: 0.10})
        for market in MARKETS:
            chosen = traits(today).query("tier == @name and market_type == @market").index
            steeper = np.exp(TRUE["price_by_tier"] * (1 - position))
            elasticity = TRUE[f"elasticity_{market}"] * steeper
            # In the first month nothing else has changed yet.
            before, after = (parcels(w, chosen, slice(0, 1)) for w in (today, cheaper))
            if before[1] == 0:
                continue
            assert after[1] / before[1] == pytest.approx(0.9**elasticity, rel=1e-9)
            assert after[0] >= before[0]
            assert abs(after[0] - after[1]) < 5 * np.sqrt(after[1])


def test_more_desk_staff_answers_sooner_by_the_truth(today):
    more = under(staffing={"desk": 1.5})
    ratio = np.log(hours(more, "response_hours") / hours(today, "response_hours"))
    sites = {w: w.truth.sites.query("site == 'desk'")["utilisation"] for w in (today, more)}
    over = {w: (u - setting("desk", "free_until")).clip(lower=0).mean() for w, u in sites.items()}
    expected = TRUE["desk_load"] * (over[more] - over[today])
    assert expected < -0.1
    assert ratio == pytest.approx(expected, abs=0.06)


def hours(world, what):
    """Geometric mean hours of the complaints."""
    found = [getattr(month.complaints, what) for month in world.stories[0].months]
    return np.exp(np.log(np.maximum(np.concatenate(found), 0.01)).mean())


def goodwill(world, chosen):
    rows = world.truth.months
    return rows[rows["customer_id"].isin(chosen)]["goodwill"].mean()


@pytest.mark.parametrize(
    "levers",
    [
        {"response": dict.fromkeys(TIERS, 1.0)},
        {"compensation": {"late": 1.0, "damaged": 1.0}},
        {"staffing": {"desk": 1.5}},
    ],
)
def test_a_better_answer_keeps_the_goodwill_of_those_who_complain(today, levers):
    better = under(**levers)
    chosen = complained(today) & complained(better)
    assert goodwill(better, chosen) > goodwill(today, chosen) + 0.0005
    placebo = Effects().without("recovery", "slow_cost")
    pair = [World(**SIZE, effects=placebo, policy=p) for p in (None, Policy(**levers))]
    assert goodwill(pair[0], chosen) == goodwill(pair[1], chosen)


def test_an_agent_who_may_decide_solves_faster_by_the_truth(today):
    free = under(empowerment=dict.fromkeys(["complaint", "consult", "after_sales"], 2000.0))
    before, after = ([m.complaints for m in w.stories[0].months] for w in (today, free))
    alone = np.concatenate([c.within_limit for c in before])
    assert 0.3 < alone.mean() < 0.95
    assert np.concatenate([c.within_limit for c in after]).all()
    took = [
        np.concatenate([c.solve_hours - c.response_hours for c in world])
        for world in (before, after)
    ]
    # Later months differ in who complains; the first month's complaints are the same.
    first = len(before[0])
    changed = ~alone[:first]
    ratio = np.log(took[1][:first][changed] / took[0][:first][changed])
    assert ratio.mean() == pytest.approx(-TRUE["empowerment"], abs=0.01)


def test_points_move_members_by_the_truth(today):
    worth = under(loyalty=dict.fromkeys(TIERS, 0.10))
    month = today.truth.months.merge(
        worth.truth.months, on=["customer_id", "month"], suffixes=("", "_more")
    )
    first = month[month["member"] & month["member_more"]].groupby("customer_id").head(1)
    ratio = np.log(first["expected_more"] / first["expected"])
    assert ratio.median() == pytest.approx(TRUE["loyalty"], rel=1e-6)
    hazard = np.log(np.log1p(-first["hazard_more"]) / np.log1p(-first["hazard"]))
    assert hazard.median() == pytest.approx(-TRUE["loyalty_hold"], rel=1e-6)
    none = under(loyalty=dict.fromkeys(TIERS, 0.0))
    assert not none.truth.months["member"].any()


def test_calls_win_prospects_by_the_truth(today):
    slow, keen = under(calls={"number": 1, "first_day": 8}), under(calls={"number": 4})
    won = [w.truth.prospects["won"].mean() for w in (slow, today, keen)]
    assert won[0] < won[1] < won[2]
    for world in (slow, keen):
        prospects = world.stories[0].prospects
        expected, got = prospects.chance.sum(), (~np.isnat(prospects.won_on)).sum()
        # Who is won after the data end doesn't count yet.
        assert 0.75 * expected < got < 1.1 * expected


def test_campaigns_move_price_led_customers_by_the_truth(today):
    silent = under(marketing=dict.fromkeys(["app", "email", "phone", "sms"], 0.0))
    story, none = today.stories[0], silent.stories[0]
    month = 2  # the first campaign: nothing else has been sent before
    reached = story.months[month].contacts
    chosen = reached.customer[~reached.control]
    ratio = np.log(story.months[month].expected[chosen] / none.months[month].expected[chosen])
    for kind in ("transactional", "relational"):
        rows = (story.people.kind[chosen] == KINDS.index("transactional")) == (
            kind == "transactional"
        )
        assert ratio[rows] == pytest.approx(TRUE[f"uplift_{kind}"], rel=1e-9)
    control = reached.customer[reached.control]
    same = story.months[month].expected[control] == none.months[month].expected[control]
    assert same.all()


def test_fewer_messages_cost_less_consent(today):
    def willing(world):
        return world.stories[0].months[-1].willing.mean()

    assert willing(under(contact_cap={"month": 0})) > willing(today)
    effects = Effects().without("fatigue")
    pair = [
        World(**SIZE, effects=effects, policy=Policy(contact_cap={"month": cap})) for cap in (0, 31)
    ]
    assert willing(pair[0]) == willing(pair[1])


def test_a_voucher_brings_back_those_whom_it_can(today):
    offered = under(win_back={"price": 20.0, "service": 20.0, "moved": 20.0})
    rows = offered.truth.lost
    rate = rows.groupby(["reason", rows["voucher"] > 0])["returned"].mean().unstack()
    assert rate.loc["price", True] > 1.5 * rate.loc["price", False]
    assert rate.loc["moved", True] == rate.loc["moved", False] == 0


def test_every_effect_is_declared_with_both_ends():
    from kdcourse.texts import content

    nodes = content("world/causes")
    for name, cause in causes().items():
        assert {cause.source, cause.target} <= set(nodes), name
        assert cause.size != 0
        assert cause.what["en"]
        assert cause.what["zh-CN"]


def test_an_unknown_effect_is_refused_in_a_sentence():
    from kdcourse.texts import KitError

    with pytest.raises(KitError, match="late_costs"):
        Effects().without("late_costs")
