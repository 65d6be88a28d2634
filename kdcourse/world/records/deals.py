"""Tables of deals: what is offered to prospects, how they answer, and what is signed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import Moments, as_declared, blank, coded, known, worded
from kdcourse.world.records.leads import proposed_on
from kdcourse.world.records.organisations import lead_ids, profiles
from kdcourse.world.settings import MARKETS, PRODUCTS, by_product, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints

_TOML = content("world/sales")["deals"]
_DUTIES_US = ("daily_pickup", "own_contact", "insured_parcels", "monthly_report")
_DUTIES_CUSTOMER = ("least_volume", "pay_in_30_days", "pack_to_standard", "forecast_peaks")
_ASKS = ("price_too_high", "wants_pickup", "wants_evidence", "no_answer")


def _chosen(story: Story) -> Ints:
    """Return which prospects have got a proposal, by position among the prospects."""
    return np.flatnonzero(~np.isnat(proposed_on(story)))


def deals(story: Story) -> pd.DataFrame:
    """Return every prospect with whom sales has come as far as a proposal."""
    prospects, streams = story.prospects, story.streams
    at = _chosen(story)
    place, who = at + story.accounts, prospects.who[at]
    ids = story.people.table["customer_id"].to_numpy(object)[place]
    won = story.opened[place]
    over = prospects.decided_on[at] < story.ends
    signed = np.where(won, prospects.won_on[at], np.datetime64("NaT"))
    days = worded(streams, "follow-up day", _TOML["follow_up_days"], who).astype(np.int64)
    due = signed + days.astype("timedelta64[D]")
    late = np.floor(streams.uniform("follow-up late", who) ** 3 * 20).astype(np.int64)
    done = streams.uniform("follow-up", who) < _TOML["followed"]
    followed = np.where(done, due + late.astype("timedelta64[D]"), np.datetime64("NaT"))
    value = _parcels(story, at) * _list_fee(story, at) * (1.0 - _discount(story, at))
    frame = pd.DataFrame(
        {
            "deal_id": deal_ids(who),
            "lead_id": lead_ids(who),
            "customer_id": blank(ids, ~won),
            "opened_on": proposed_on(story)[at].astype("datetime64[us]"),
            "stage": np.where(won, "signed", np.where(over, "lost", "open")),
            "monthly_value": np.round(value, 2),
            "signed_on": signed.astype("datetime64[us]"),
            "duties_us": blank(worded(streams, "our duties", _DUTIES_US, who), ~won),
            "duties_customer": blank(worded(streams, "duties", _DUTIES_CUSTOMER, who), ~won),
            "follow_up_on": due.astype("datetime64[us]"),
            "followed_on": known(followed, story.ends),
        }
    )
    return as_declared("deals", frame)


def deal_ids(who: Ints) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Return the numbers of deals."""
    return np.char.mod("D%07d", who)


def _parcels(story: Story, at: Ints) -> Floats:
    return profiles(story).loc[at + story.accounts, "monthly_parcels"].to_numpy(np.float64)


def _product(story: Story, at: Ints) -> Ints:
    """Return the product that the proposal is about, by the mix of the prospect's market."""
    mix = np.array([setting("mix", market) for market in MARKETS])[story.prospects.market[at]]
    return story.streams.choice("offered product", mix, story.prospects.who[at])


def _list_fee(story: Story, at: Ints) -> Floats:
    return np.array(by_product("base_fee"))[_product(story, at)]


def _discount(story: Story, at: Ints) -> Floats:
    """Return the discount of the contract that is, or would be, signed: the one parcels get."""
    people, place = story.people, at + story.accounts
    table = np.array([setting("tiers", "contract_discount")[market] for market in MARKETS])
    return table[people.market[place], people.tier[place]]


def proposals(story: Story) -> pd.DataFrame:
    """Return every version of every proposal; the last of a signed deal is what was signed."""
    prospects, streams = story.prospects, story.streams
    deal = _chosen(story)
    number = 1 + streams.choice("versions", _TOML["versions"], prospects.who[deal])
    at = np.repeat(deal, number)
    version = 1 + np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    last = version == np.repeat(number, number)
    who = prospects.who[at]
    opened = proposed_on(story)[at]
    days = (prospects.decided_on[at] - opened).astype(np.float64)
    share = (version - 1) / np.repeat(number, number)
    sent: Moments = opened + np.floor(days * share).astype("timedelta64[D]")
    over = last & (prospects.decided_on[at] < story.ends)
    won = over & story.opened[at + story.accounts]
    feedback = worded(streams, "feedback", _ASKS, who, version)
    feedback = np.where(over, np.where(won, "accepted", "refused"), feedback).astype(object)
    discount = _discount(story, at) - _TOML["step"] * (np.repeat(number, number) - version)
    discount = np.round(np.maximum(discount, 0.0), 4)
    extras = {"none": 0.4, "pickup": 0.25, "packing": 0.2, "insurance": 0.15}
    frame = pd.DataFrame(
        {
            "deal_id": deal_ids(who),
            "version": version,
            "sent_on": sent.astype("datetime64[us]"),
            "product_id": np.array(PRODUCTS)[_product(story, at)],
            "extra": coded(streams, "extra", extras, who, 0, version),
            "discount": discount,
            "base_fee": np.round(_list_fee(story, at) * (1.0 - discount), 2),
            "feedback": blank(feedback, last & ~over),
        }
    )
    return as_declared("proposals", frame[sent < story.ends])


TABLES = {"deals": deals, "proposals": proposals}
