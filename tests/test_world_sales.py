"""Promise: what wins prospects and visitors is found in the tables by standard methods."""

import numpy as np
import pandas as pd
import pytest

from kdcourse.texts import content
from kdcourse.world.effects import Effects, causes
from kdcourse.world.policy import Policy
from kdcourse.world.tables import faults
from kdcourse.world.world import World

SEEDS = range(6)
SIZE = {"customers": 4500, "months": 24}
OURS = ("leads", "lead_contacts", "deals", "proposals", "visits", "stops")
#: What is planted here or in sales.py, to be taken away in the placebo world.
SALES = ["sales_effort", "sales_delay", "sales_fit", "sales_referral"]
PLANTED = SALES + list(content("world/effects/sales"))
SIGNS = ["phone_call", "reservation_asked", "round_off_asked", "discount_asked"]


@pytest.fixture(scope="module")
def worlds():
    return [World(seed=seed, **SIZE) for seed in SEEDS]


@pytest.fixture(scope="module")
def placebos():
    effects = Effects().without(*PLANTED)
    return [World(seed=seed, **SIZE, effects=effects) for seed in SEEDS]


def logit(outcome, causes):
    """Return coefficients and errors of a logistic regression (Newton's method)."""
    x = np.column_stack([np.ones(len(outcome)), causes.to_numpy(float)])
    y, beta = outcome.to_numpy(float), np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ beta))
        information = (x.T * (p * (1 - p))) @ x
        beta += np.linalg.solve(information, x.T @ (y - p))
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    return dict(zip(causes.columns, zip(beta[1:], errors[1:], strict=True), strict=True))


def difference(values, group):
    """Return the difference of two groups' means, and its error."""
    found = values.groupby(group).agg(["mean", "sem"])
    return found["mean"].iloc[1] - found["mean"].iloc[0], np.hypot(*found["sem"])


def estimates(worlds, method):
    """Return mean and standard error of a method's estimates over worlds."""
    found = [method(world) for world in worlds]
    mean = {name: np.mean([one[name][0] for one in found]) for name in found[0]}
    error = {name: np.hypot.reduce([o[name][1] for o in found]) / len(found) for name in found[0]}
    return mean, error


def agrees(worlds, placebos, method, truths, bias=0.06):
    """Hold the mean estimate against the truth, within the bias allowed and three errors."""
    for group, wanted in ((worlds, truths), (placebos, dict.fromkeys(truths, 0.0))):
        mean, error = estimates(group, method)
        for name, truth in wanted.items():
            allowed = 3 * error[name] + bias * abs(truth)
            assert mean[name] == pytest.approx(truth, abs=allowed), (name, allowed)
    mean, error = estimates(worlds, method)
    for name, truth in truths.items():
        if abs(truth) > 0.2:  # strong enough to be told from nothing at this size
            assert abs(mean[name]) > 3 * error[name], name


def settled(world):
    """Leads whose decision fell before the data end, with what was done for each."""
    leads = world.tables["leads"].set_index("lead_id")
    leads = leads[leads["created_on"] < world.ends - pd.Timedelta(days=150)]
    calls = world.tables["lead_contacts"].query("kind == 'call'").groupby("lead_id")["at"]
    days = (calls.min().dt.normalize() - leads["created_on"]).dt.days
    scores = leads[["need_score", "pay_score", "authority_score"]].astype(float)
    spread = content("world/sales")["scores"]["spread"]
    return pd.DataFrame(
        {
            "won": leads["stage"] == "won",
            "effort": calls.size().clip(upper=4) - 1,
            "delay": days.clip(upper=10),
            "fit": (scores - 50).sum(axis=1) / np.sqrt(3) / spread,
            "referral": leads["source_method"] == "referral",
            "list": leads["list"],
        }
    ).dropna(subset="won")


def sales(world):
    rows = settled(world)
    return logit(rows["won"], rows[["effort", "delay", "fit", "referral"]])


def attenuated(size, hidden):
    """What logistic regression sees of a size when a normal part of the odds isn't in the data.

    Zeger, Liang and Albert 1988: divided by the root of 1 + 0.346 times that part's variance.
    """
    return size / np.sqrt(1 + 0.346 * hidden)


def test_what_sales_does_is_recovered(worlds, placebos):
    size = worlds[0].effects
    reliability = content("world/sales")["scores"]["reliability"]
    # Scores show so much of fit; the rest stays hidden and shrinks every coefficient a little.
    hidden = size["sales_fit"] ** 2 * (1 - reliability)
    truths = {
        "effort": size["sales_effort"],
        "delay": -size["sales_delay"],
        "fit": size["sales_fit"] * np.sqrt(reliability),
        "referral": size["sales_referral"],
    }
    truths = {name: attenuated(truth, hidden) for name, truth in truths.items()}
    agrees(worlds, placebos, sales, truths)


def lists(world):
    """Difference of the mean fit that scores show between the two lists, in true deviations."""
    rows = settled(world).dropna(subset="list")
    reliability = content("world/sales")["scores"]["reliability"]
    found, error = difference(rows["fit"], rows["list"] == "targeted")
    return {"targeting": (found / np.sqrt(reliability), error / np.sqrt(reliability))}


def test_a_picked_list_holds_better_prospects(worlds, placebos):
    agrees(worlds, placebos, lists, {"targeting": worlds[0].effects["targeting"]})
    rows = pd.concat([settled(world) for world in worlds]).groupby("list")["won"].mean()
    assert rows["targeted"] > rows["blanket"] + 0.08


def letters(world):
    rows = world.tables["lead_contacts"].query("kind == 'letter'")
    rows = rows[rows["at"] < world.ends - pd.Timedelta(days=20)]
    personal = (rows["style"] == "personal").to_frame()
    return {"letter_personal": logit(rows["answered"], personal)["style"]}


def test_a_letter_of_their_own_is_answered(worlds, placebos):
    agrees(worlds, placebos, letters, {"letter_personal": worlds[0].effects["letter_personal"]})


def returns(world):
    """Return odds by days until the call, among those who went without buying."""
    rows = world.tables["visits"].query("visit_no == 1 and not bought")
    rows = rows[rows["visited_on"] < world.ends - pd.Timedelta(days=75)]
    days = (rows["callback_on"] - rows["visited_on"]).dt.days.dropna()
    came = rows.loc[days.index, "returned_on"].notna()
    found, error = logit(came, days.to_frame("days"))["days"]
    return {"callback_decay": (-found, error)}


def test_a_late_call_brings_fewer_visitors_back(worlds, placebos):
    agrees(worlds, placebos, returns, {"callback_decay": worlds[0].effects["callback_decay"]})


def test_purchases_fall_with_the_wait_over_three_seven_and_thirty_days(worlds):
    visits = pd.concat([w.tables["visits"].assign(world=w.seed) for w in worlds])
    key = ["world", "visitor_id"]
    second = visits[visits["visit_no"] == 2].set_index(key)["bought"]
    first = visits[(visits["visit_no"] == 1) & ~visits["bought"]].set_index(key)
    days = (first["callback_on"] - first["visited_on"]).dt.days.dropna()
    bought = second.reindex(days.index).fillna(False).astype(bool)
    rates = bought.groupby(days).mean()
    assert rates[3] > 1.15 * rates[7] > 1.3 * rates[30]
    lag = (first["returned_on"] - first["visited_on"]).dt.days.dropna()
    assert (lag <= 14).mean() > 0.6  # most who return do so within about a week or two


def signs(world):
    """Log odds of buying at a visit, by everything the clerk saw."""
    visits = world.tables["visits"]
    steps = {"looking": 0, "comparing": 1, "decided": 2}
    seen = visits[SIGNS].astype(float).assign(
        dwell=np.log2(visits["dwell_min"]),
        stage=visits["project_stage"].map(steps),
        smart=visits["appearance_cue"] == "smart",
        car=visits["transport"] == "car",
        again=visits["visit_no"] == 2,
    )  # fmt: skip
    return logit(visits["bought"], seen)


def test_signs_of_intent_are_strong_and_looks_are_not(worlds, placebos):
    size = worlds[0].effects
    names = {
        "phone_call": "phone", "reservation_asked": "reservation", "round_off_asked": "round_off",
        "discount_asked": "discount", "dwell": "dwell", "stage": "stage", "smart": "smart",
        "car": "car",
    }  # fmt: skip
    truths = {column: size[f"cue_{cue}"] for column, cue in names.items()}
    agrees(worlds, placebos, signs, truths)


def amounts(world):
    bought = world.tables["visits"].query("bought")
    return {
        "plain_amount": difference(np.log(bought["amount"]), bought["appearance_cue"] == "plain")
    }


def test_the_plainly_dressed_buy_most(worlds, placebos):
    agrees(worlds, placebos, amounts, {"plain_amount": worlds[0].effects["plain_amount"]})


def test_every_effect_of_sales_is_recovered_here():
    tested = {
        "targeting", "letter_personal", "callback_decay", "plain_amount", "cue_phone", "cue_dwell",
        "cue_reservation", "cue_round_off", "cue_discount", "cue_stage", "cue_smart", "cue_car",
    }  # fmt: skip
    assert tested == set(content("world/effects/sales"))
    nodes = content("world/causes")
    assert all({causes()[n].source, causes()[n].target} <= set(nodes) for n in PLANTED)


# --- the tables agree with each other ---------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1200, 24), (2, 60, 3), (3, 1, 1)])
def test_the_tables_of_sales_are_as_declared(size):
    world = World(*size)
    for name in OURS:
        assert list(faults(name, world.tables[name], world.load)) == [], name


def test_no_table_of_sales_shows_what_is_hidden(worlds):
    for name in OURS:
        hidden = {"need", "means", "authority", "chance", "kind", "rate", "fit", "tier"}
        assert not hidden & set(worlds[0].tables[name].columns) - {"kind"}, name


def test_what_was_done_for_a_lead_is_what_moved_it(worlds):
    for world in worlds[:2]:
        story = world.stories[0]
        rows = settled(world)
        place = rows.index.str[1:].astype(int) - story.prospects.who[0]
        assert (rows["effort"] == np.minimum(story.prospects.calls[place], 4) - 1).all()
        assert (rows["delay"] == np.minimum(story.prospects.first_day[place], 10)).all()


def test_won_leads_are_customers_and_others_are_not(worlds):
    world = worlds[0]
    leads, customers = world.tables["leads"], world.tables["customers"].set_index("customer_id")
    won = leads[leads["stage"] == "won"]
    opened = customers.loc[won["customer_id"]]
    assert (opened["created_on"].to_numpy() == won["won_on"].to_numpy()).all()
    assert (opened["source_channel"] == "sales").all()
    assert len(won) == (customers["source_channel"] == "sales").sum()
    rest = leads[leads["stage"] != "won"]
    assert rest[["customer_id", "won_on"]].isna().all().all()
    assert (leads["lost_on"].notna() == (leads["stage"] == "lost")).all()
    assert (leads["lost_reason"].notna() == (leads["stage"] == "lost")).all()
    assert (leads["need_score"].isna() == (leads["stage"] == "new")).all()


def test_nothing_of_sales_is_known_before_it_happens(worlds):
    world = worlds[0]
    agreed = {"follow_up_on"}  # a day agreed may lie ahead
    for name in OURS:
        for column, values in world.tables[name].items():
            if str(values.dtype).startswith("datetime") and column not in agreed:
                assert not (values >= world.ends).any(), (name, column)
    visits = world.tables["visits"]
    key = ["visitor_id", "visited_on"]
    second = visits[visits["visit_no"] == 2][key]
    noted = visits[["visitor_id", "returned_on"]].dropna().set_axis(key, axis=1)
    pd.testing.assert_frame_equal(second.reset_index(drop=True), noted.reset_index(drop=True))


def test_contacts_come_in_order_and_after_the_lead(worlds):
    world = worlds[0]
    contacts = world.tables["lead_contacts"]
    assert contacts.groupby("lead_id")["at"].is_monotonic_increasing.all()
    first = contacts["lead_id"].map(world.tables["leads"].set_index("lead_id")["created_on"])
    assert (contacts["at"] >= first).all()
    assert (contacts["duration_min"].notna() <= (contacts["kind"] == "call")).all()
    assert (contacts["style"].notna() == (contacts["kind"] == "letter")).all()


def test_the_last_version_of_a_signed_deal_is_the_contract(worlds):
    world = worlds[0]
    signed = world.tables["deals"].query("stage == 'signed'").set_index("deal_id")
    last = world.tables["proposals"].groupby("deal_id").last()
    assert (last.loc[signed.index, "feedback"] == "accepted").all()
    assert (world.tables["proposals"]["feedback"] == "accepted").sum() == len(signed)
    # Parcels get the contract's discount, and now and then a code on top.
    paid = world.tables["shipments"].groupby("customer_id")["discount"].min()
    agreed = last["discount"].reindex(signed.index).set_axis(signed["customer_id"])
    both = pd.concat([paid, agreed], axis=1, keys=["paid", "agreed"], join="inner")
    assert len(both) > 100
    assert (both["paid"] >= both["agreed"]).all()
    assert (both["paid"] == both["agreed"]).mean() > 0.7


def test_the_driven_order_of_a_route_can_be_shortened(worlds):
    stops = worlds[0].tables["stops"]
    assert stops["route_id"].nunique() == 10

    def length(places):
        return np.hypot(*np.diff(places, axis=0).T).sum()

    for _, route in stops.groupby("route_id"):
        places = route[["lat", "lon"]].to_numpy()
        left, tour = list(places[1:]), [places[0]]
        while left:  # always to the nearest stop that is left
            away = [np.hypot(*(place - tour[-1])) for place in left]
            tour.append(left.pop(int(np.argmin(away))))
        assert length(np.array(tour)) < 0.8 * length(places)


# --- luck belongs to someone ------------------------------------------------------------------


def test_more_customers_leave_earlier_leads_and_visitors_as_they_were():
    small, large = (World(seed=4, customers=n, months=12) for n in (300, 400))
    for name in OURS:
        part, whole = small.tables[name], large.tables[name]
        key = part.columns[0]
        kept = whole[whole[key].isin(part[key])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, part)
        assert len(part) > 0


def test_a_policy_for_customers_leaves_sales_alone():
    before = World(seed=4, customers=400, months=12)
    after = World(seed=4, customers=400, months=12, policy=Policy(capacity={"CGO": 1.6}))
    for name in ("visits", "stops"):
        pd.testing.assert_frame_equal(after.tables[name], before.tables[name])
    # A friend of the house may now recommend us who wouldn't have: other leads stay as they were.
    both = set(before.tables["leads"]["lead_id"]) & set(after.tables["leads"]["lead_id"])
    for name in ("leads", "lead_contacts"):
        one, other = (
            w.tables[name][w.tables[name]["lead_id"].isin(both)].reset_index(drop=True)
            for w in (before, after)
        )
        pd.testing.assert_frame_equal(one, other)
    assert len(both) >= len(before.tables["leads"]) - 3


def test_earlier_calls_win_as_many_more_as_the_truth_says():
    gained, expected = [], []
    for seed in range(4):
        usual = World(seed=seed, **SIZE)
        early = World(seed=seed, **SIZE, policy=Policy(calls={"first_day": 0, "number": 4}))
        one, other = (w.stories[0] for w in (usual, early))
        known = one.known[one.accounts :] & other.known[other.accounts :]
        expected.append((other.prospects.chance - one.prospects.chance)[known].mean())
        ids = usual.tables["leads"]["lead_id"]
        shares = []
        for world in (usual, early):
            leads = settled(world)
            shares.append(leads["won"][leads.index.isin(ids)].mean())
        gained.append(shares[1] - shares[0])
        pd.testing.assert_frame_equal(usual.tables["visits"], early.tables["visits"])
    assert np.mean(expected) > 0.1
    assert np.mean(gained) == pytest.approx(np.mean(expected), abs=0.02)
