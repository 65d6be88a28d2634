"""Promise: visits agree with orders, and show where they come from and what that is worth."""

import numpy as np
import pandas as pd
import pytest
from world_commerce import logit, measured, slope

from kdcourse.world.effects import Effects
from kdcourse.world.world import World

TRUE = Effects()
STEPS = ["view", "click", "quote", "order_start", "pay"]
SOURCES = ("social", "direct", "email", "ad")


@pytest.fixture(scope="module")
def world():
    return World(6, 1500)


def visits(world):
    """One row per visit: its source, whether with a campaign, how far it came."""
    events = world.tables["web_events"]
    events = events.assign(step=events["event"].map(STEPS.index))
    return events.groupby("session_id").agg(
        visitor_id=("visitor_id", "first"), channel=("channel", "first"), start=("at", "min"),
        campaign=("campaign_id", "count"), steps=("step", "size"), last=("step", "max"),
    )  # fmt: skip


def test_a_visit_takes_its_steps_in_order_without_leaving_one_out(world):
    events = world.tables["web_events"]
    step = events["event"].map(STEPS.index)
    # Some visits at the end of the data are cut short, none has a gap.
    assert (step.groupby(events["session_id"]).diff().dropna() == 1).all()
    by_visit = visits(world)
    assert (by_visit["steps"] == by_visit["last"] + 1).all()
    reached = [(by_visit["last"] >= step).mean() for step in range(5)]
    assert reached[0] == 1
    assert reached == sorted(reached, reverse=True)
    assert 0.2 < reached[4] < 0.5


def test_every_paying_visit_is_an_order_by_website_or_app(world):
    paid = world.tables["web_events"].query("event == 'pay'")
    orders = world.tables["orders"].query("status == 'done' and channel in ['app', 'website']")
    placed = orders.assign(platform=orders["channel"].map({"app": "app", "website": "web"}))
    key = ["customer_id", "platform", "campaign_id", "at"]
    both = paid.merge(placed.rename(columns={"placed_at": "at"}), on=key, how="left")
    assert both["order_id"].notna().all()
    # A sampled customer's orders are all there, and so are all that came with a campaign.
    per_customer = orders["customer_id"].value_counts()
    seen = paid["customer_id"].value_counts()
    plain = set(paid["customer_id"][paid["campaign_id"].isna()])
    assert (seen == per_customer.reindex(seen.index))[list(plain)].all()
    with_campaign = orders["campaign_id"].notna().sum()
    assert paid["campaign_id"].notna().sum() == with_campaign > 20


def test_a_visitor_is_known_only_from_the_first_order_begun(world):
    events = world.tables["web_events"]
    begun = events[events["event"].isin(["order_start", "pay"])]
    first = events["visitor_id"].map(begun.groupby("visitor_id")["at"].min())
    assert events["customer_id"][events["at"] < first].isna().all()
    known = events.dropna(subset=["customer_id"])
    assert (known.groupby("visitor_id")["customer_id"].nunique() == 1).all()
    assert known.groupby("customer_id")["visitor_id"].nunique().max() == 1
    # Visits before signing in can be given to their customer by the device.
    devices = known.drop_duplicates("visitor_id").set_index("visitor_id")["customer_id"]
    unknown = events[events["customer_id"].isna()]
    assert unknown["visitor_id"].map(devices).notna().sum() > 50
    assert unknown["visitor_id"].map(devices).isna().sum() > 500


def test_ids_of_visits_do_not_tell_who_it_is(world):
    events = world.tables["web_events"].dropna(subset=["customer_id"])
    devices = events.drop_duplicates("visitor_id").sort_values("customer_id")["visitor_id"]
    ranks = devices.rank().to_numpy()
    assert abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]) < 0.3


def conversion(world):
    """Log odds that a visit ends with an order: by source, with a campaign, with one by e-mail."""
    by_visit = visits(world)
    campaign = by_visit["campaign"] > 0
    design = [by_visit["channel"] == source for source in SOURCES]
    design += [campaign, campaign & (by_visit["channel"] == "email")]
    return logit(by_visit["last"] == len(STEPS) - 1, np.column_stack(design))


def clicks_by_position(world):
    """Slope of the log share of clicks over the log position, within keywords."""
    keywords = world.tables["keywords"].query("clicks > 0")
    share = np.log(keywords["clicks"] / keywords["impressions"])
    place = np.log(keywords["position"])
    centred = [x - x.groupby(keywords["keyword"]).transform("mean") for x in (place, share)]
    return slope(*centred)


def help_posts(world):
    """Log odds of a reaction, instructions against offers, within channels."""
    posts = world.tables["posts"]
    reacted = posts["likes"] + posts["shares"] + posts["comments"]
    by = pd.DataFrame({"yes": reacted, "seen": posts["impressions"]})
    by = by.groupby([posts["channel"], posts["topic"]]).sum()[["yes", "seen"]]
    odds = np.log(by["yes"] / (by["seen"] - by["yes"])).unstack()
    return (odds["how_to"] - odds["offer"]).mean()


ESTIMATORS = [conversion, clicks_by_position, help_posts]
CONVERSION = [*(f"visit_{source}" for source in SOURCES), "visit_campaign", "visit_email_campaign"]


def test_sources_and_campaigns_convert_as_planted():
    found = measured(ESTIMATORS)
    true = [TRUE[name] for name in CONVERSION]
    # A few hundred visits of five worlds came with a campaign: those two are known to 0.1.
    assert found["conversion"][:4] == pytest.approx(true[:4], abs=0.1)
    assert found["conversion"][4:] == pytest.approx(true[4:], abs=0.25)
    assert found["clicks_by_position"] == pytest.approx(-TRUE["position"], abs=0.06)
    assert found["help_posts"] == pytest.approx(TRUE["post_help"], abs=0.06)


def test_without_effects_no_source_position_or_topic_stands_out():
    nothing = measured(ESTIMATORS, (*CONVERSION, "position", "post_help"))
    assert nothing["conversion"][:4] == pytest.approx([0] * 4, abs=0.1)
    assert nothing["conversion"][4:] == pytest.approx([0, 0], abs=0.25)
    assert nothing["clicks_by_position"] == pytest.approx(0, abs=0.06)
    assert nothing["help_posts"] == pytest.approx(0, abs=0.06)
