"""Promise: what a campaign did is found by its control group, and what messages cost besides."""

import numpy as np
import pandas as pd
import pytest
from world_commerce import column, measured, months_of, parcels, rates, silences, slope

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.world import World

TRUE = Effects()


@pytest.fixture(scope="module")
def world():
    return World(4, 1500)


def with_campaigns(world):
    """Messages, with the columns of their campaign."""
    return world.tables["sends"].merge(world.tables["campaigns"], on="campaign_id")


# --- the records --------------------------------------------------------------------------------


def test_one_in_five_is_held_back_by_lot(world):
    sends = with_campaigns(world).query("kind != 'win_back'")
    control = sends["group"] == "control"
    assert control.mean() == pytest.approx(0.2, abs=0.03)
    assert sends["sent_at"].isna().equals(control)
    assert (~sends["opted_out"] | ~control).all()
    # By lot: the groups sent the same before.
    sent = parcels(world).sum(axis=1).reindex(sends["customer_id"]).to_numpy()
    assert abs(np.log1p(sent[control]).mean() - np.log1p(sent[~control]).mean()) < 0.15


def test_each_step_of_a_message_needs_the_one_before(world):
    sends = world.tables["sends"].dropna(subset=["delivered"])
    delivered, opened, clicked = (sends[n].astype(bool) for n in ("delivered", "opened", "clicked"))
    assert (opened <= delivered).all()
    assert (clicked <= opened).all()
    assert 0.02 < clicked.mean() < opened.mean() < delivered.mean() < 1


def test_a_response_is_an_order_within_fourteen_days(world):
    sends = world.tables["sends"].dropna(subset=["sent_at"])
    both = sends.merge(world.tables["orders"].query("status == 'done'"), on="customer_id")
    days = (both["placed_at"] - both["sent_at"]).dt.total_seconds() / 86400
    ordered = set(both["send_id"][(days > 0) & (days <= 14)])
    assert set(sends["send_id"][sends["responded"]]) == ordered


def test_messages_go_only_to_customers_of_their_market_who_consented(world):
    sends = with_campaigns(world).query("kind != 'win_back'")
    market = world.tables["customers"].set_index("customer_id")["market_type"]
    assert (sends["market"] == sends["customer_id"].map(market)).all()
    consents = world.tables["consents"].query("purpose == 'marketing'").set_index("customer_id")
    assert sends["customer_id"].isin(consents.index).all()
    withdrawn = sends["customer_id"].map(consents["withdrawn_on"])
    assert (withdrawn.isna() | (withdrawn >= sends["starts_on"])).all()


def test_who_opts_out_withdraws_consent_in_the_months_after_the_message(world):
    gone = with_campaigns(world).query("opted_out")
    consents = world.tables["consents"].query("purpose == 'marketing'").set_index("customer_id")
    months = months_of(gone["customer_id"].map(consents["withdrawn_on"]))
    assert len(gone) > 10
    assert set(months - months_of(gone["starts_on"])) <= {0, 1, 2}


def test_more_reach_means_more_messages_and_no_contact_none():
    wide = World(4, 300, 12, policy=Policy(marketing={"sms": 0.0}))
    assert "sms" not in set(with_campaigns(wide).query("kind != 'win_back'")["channel"])
    silent = World(4, 300, 12, policy=Policy(contact_cap={"month": 0}))
    assert with_campaigns(silent).query("kind != 'win_back' and group == 'test'").empty


# --- effects ------------------------------------------------------------------------------------


def uplift(world):
    """Log ratio of the month's parcels, test against control; who used codes, and who did not.

    Each customer's neighbouring months are the yardstick, so that chance differences between the
    groups drop out.
    """
    promotions = with_campaigns(world).query("kind == 'promotion'")
    month = months_of(promotions["starts_on"])
    orders = world.tables["orders"].groupby("customer_id")["discount"]
    share, known = orders.agg(lambda s: s.notna().mean()), orders.size() >= 6
    panel = parcels(world)
    row = panel.index.get_indexer(promotions["customer_id"])
    so_far = np.pad(panel.to_numpy().cumsum(axis=1), ((0, 0), (1, 0)))
    first, last = np.maximum(month - 3, 0), np.minimum(month + 4, world.months)
    sent = panel.to_numpy()[row, month]
    usual = (so_far[row, last] - so_far[row, first] - sent) / (last - first - 1)
    campaign = pd.factorize(promotions["campaign_id"])[0]
    test = (promotions["group"] == "test").to_numpy().astype(int)
    enough = promotions["customer_id"].map(known).fillna(False).to_numpy(bool)
    found = []
    for deals in (True, False):
        who = (promotions["customer_id"].map(share) > 0.28).to_numpy() == deals
        use = enough & who
        fitted = rates(sent[use], usual[use], campaign[use], test[use])[1]
        found.append(np.log(fitted[1] / fitted[0]))
    return found


def fatigue(world):
    """Rise of the monthly chance of withdrawing consent per message beyond the first of three."""
    consents = world.tables["consents"].query("purpose == 'marketing'")
    ids = pd.Index(consents["customer_id"])
    given = np.maximum(months_of(consents["given_on"]), 0)
    withdrawn = np.where(consents["withdrawn_on"].isna(), 999, months_of(consents["withdrawn_on"]))
    sends = with_campaigns(world).query("kind != 'win_back' and group == 'test'")
    messages = np.zeros((len(ids), world.months + 3))
    place = ids.get_indexer(sends["customer_id"])
    np.add.at(messages, (place, months_of(sends["starts_on"]) + 2), 1)
    recent = messages[:, 2:-1] + messages[:, 1:-2] + messages[:, :-3]
    months = np.arange(world.months)
    willing = (months >= given[:, None]) & (months <= withdrawn[:, None])
    beyond = np.maximum(recent - 1, 0)
    return slope(beyond[willing], (months == withdrawn[:, None])[willing])


def noticing(world):
    """Log odds of opening: app, text message, phone against e-mail; of clicking: people by app."""
    sends = with_campaigns(world).query("kind != 'win_back' and delivered == True")
    opened = sends["opened"].astype(float).groupby(sends["channel"]).mean()
    odds = np.log(opened / (1 - opened))
    app = sends.query("channel == 'app' and opened == True")
    clicked = app["clicked"].astype(float).groupby(app["market"]).mean()
    clicks = np.log(clicked / (1 - clicked))
    against = [odds[name] - odds["email"] for name in ("app", "sms", "phone")]
    return [*against, clicks["personal"] - clicks["enterprise"]]


def pilot(world):
    """Log ratio of returning in the month, with a voucher against without, who say the price."""
    sends = world.tables["sends"]
    lost = sends[sends["said_reason"].isin(["price", "rival"])]
    by = lost["returned"].astype(float).groupby(lost["group"]).agg(["sum", "size"])
    return by.loc["test"].tolist() + by.loc["control"].tolist()


def referred(world):
    """Firms won while the world lasts: who falls silent and months watched, referred and not."""
    new = months_of(column(world, "created_on")) >= 0
    firms = (column(world, "market_type") != "personal").to_numpy()
    flag = column(world, "referrer_id").notna().to_numpy()
    return silences(world, flag, new & firms, least=0.8)


ESTIMATORS = [uplift, fatigue, noticing, pilot, referred]
PLANTED = (
    "uplift_transactional", "uplift_relational", "fatigue", "open_app", "open_sms", "open_phone",
    "click_home_app", "win_back_price", "win_back_service", "referral_hold",
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return measured(ESTIMATORS)


@pytest.fixture(scope="module")
def nothing():
    return measured(ESTIMATORS, PLANTED)


def test_a_promotion_moves_who_looks_for_deals_and_hardly_the_others(found, nothing):
    deals, others = found["uplift"]
    assert deals == pytest.approx(TRUE["uplift_transactional"], abs=0.12)
    assert others == pytest.approx(TRUE["uplift_relational"], abs=0.06)
    assert nothing["uplift"] == pytest.approx([0, 0], abs=0.1)


def test_too_many_messages_cost_consent(found, nothing):
    assert found["fatigue"] == pytest.approx(TRUE["fatigue"], abs=0.008)
    assert nothing["fatigue"] == pytest.approx(0, abs=0.005)


def test_channels_differ_and_suit_some_campaigns_only(found, nothing):
    true = [TRUE[name] for name in ("open_app", "open_sms", "open_phone", "click_home_app")]
    assert found["noticing"] == pytest.approx(true, abs=0.25)
    assert nothing["noticing"] == pytest.approx([0, 0, 0, 0], abs=0.25)


def voucher_ratio(counts):
    returned, tried, usual, control = counts
    chances = -np.log1p(-np.array([returned / tried, usual / control]))
    return np.log(chances[0] / chances[1])


def test_a_voucher_brings_back_who_left_over_the_price(found, nothing):
    # Some hundred returns in five worlds; one customer in five gives a false reason.
    assert voucher_ratio(found["pilot"]) == pytest.approx(TRUE["win_back_price"], abs=0.45)
    assert voucher_ratio(nothing["pilot"]) == pytest.approx(0, abs=0.4)


VOUCHERS = {"service": (1.0, 60.0), "price": (2.0, 80.0)}  # each amount tells who got it


def test_a_larger_voucher_returns_more_as_its_effect_says():
    # The same lost customers, once with a token and once with much: luck is the same in both.
    def returned(which):
        policy = Policy(win_back={reason: yuan[which] for reason, yuan in VOUCHERS.items()})
        sends = [World(s, 3000, policy=policy).tables["sends"] for s in range(5)]
        sends = pd.concat(sends).dropna(subset=["voucher"])
        return -np.log1p(-sends["returned"].astype(float).groupby(sends["voucher"]).mean())

    token, much = returned(0), returned(1)
    for reason, (little, large) in VOUCHERS.items():
        per_twenty = np.log(much[large] / token[little]) / ((large - little) / 20)
        assert per_twenty == pytest.approx(TRUE[f"win_back_{reason}"], abs=0.2), reason


def test_customers_who_came_through_a_friend_stay_longer(found, nothing):
    # Some ten referred firms leave in five worlds (a standard error of a third): a wide margin, and
    # a placebo beside it.
    def ratio(counts):
        left, watched, others, long = counts
        return np.log(left / watched / (others / long))

    real, placebo = ratio(found["referred"]), ratio(nothing["referred"])
    assert real == pytest.approx(-TRUE["referral_hold"], abs=0.75)
    assert placebo == pytest.approx(0, abs=0.4)
    assert real < placebo - 0.3
