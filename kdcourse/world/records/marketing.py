"""Tables of marketing: the campaigns, and each message sent or held back on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.growth import campaigns as planned
from kdcourse.world.records.trade import Moments, number, shown, trade
from kdcourse.world.settings import MARKETS, REASONS, first_month, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

#: The number of the win-back campaign; planned campaigns are counted from 1.
WIN_BACK = 0
_NONE = -1  # no campaign
_REMEMBERED = 3  # months for which a message can annoy


def campaigns(story: Story) -> pd.DataFrame:
    """Return the campaigns in order of number, the lasting one for lost customers first."""
    months = len(story.months)
    rows: list[dict[str, Any]] = []
    ruled = any(policy.win_back for _, policy in story.schedule.steps)
    since = 0 if ruled else setting("returns", "pilot_from")
    if since < months:
        lasting = _BACK | {"month": since, "last": months - 1, "off": None}
        rows.append(lasting | {"cost": number("sending", "voucher_cost")})
    numbers = [WIN_BACK] * len(rows)
    for position, campaign in enumerate(planned(months)):
        off = campaign["off"] or None
        rows.append(campaign | {"last": campaign["month"], "off": off})
        numbers.append(position + 1)
    frame = pd.DataFrame(rows, columns=_PLANNED)
    start, end = frame.pop("month"), frame.pop("last") + 1
    frame.insert(0, "campaign_id", campaign_ids(np.array(numbers, np.int64)))
    frame["starts_on"] = (first_month() + start.to_numpy(np.int64)).astype("datetime64[us]")
    last = (first_month() + end.to_numpy(np.int64)).astype("datetime64[D]") - np.timedelta64(1, "D")
    frame["ends_on"] = last.astype("datetime64[us]")
    frame = frame.astype({"off": float, "cost": float})
    return frame.rename(columns={"cost": "cost_per_message"})


_BACK = {"code": "win-back", "kind": "win_back", "channel": "sms", "market": None}
_PLANNED = ["code", "kind", "channel", "market", "month", "last", "off", "cost"]


def campaign_ids(numbers: Ints) -> npt.NDArray[np.object_]:
    """Return the ids of campaigns by number; nothing for no campaign (-1)."""
    known = np.array([f"M{n:03d}" for n in range(max(numbers.max(initial=0), 0) + 1)] + [None])
    ids: npt.NDArray[np.object_] = known[numbers]
    return ids


@dataclass(frozen=True, eq=False)
class Sent:
    """The messages of a block and those held back; one array element each, in order of month.

    Attributes:
        month: Month of the campaign.
        campaign: Number of the campaign, 0 for winning back.
        customer: Position of the customer.
        control: Held back by lot.
        at: Moment at which it went out, or would have.
        delivered: It arrived.
        opened: It was opened.
        clicked: A link in it was followed.
        voucher: Yuan offered to a lost customer.
        returned: Whether the lost customer came back; of use for campaign 0.
    """

    month: Ints
    campaign: Ints
    customer: Ints
    control: Bools
    at: Moments
    delivered: Bools
    opened: Bools
    clicked: Bools
    voucher: Floats
    returned: Bools


def sent(story: Story) -> Sent:
    """Return the messages of a block; made once for all tables that need them."""
    return story.once("sent", lambda: _sent(story))


def _sent(story: Story) -> Sent:
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for turn, told in enumerate(story.months):
        who, back = told.contacts, told.win_back
        tried = back.control | (back.voucher > 0)
        many, few = len(who.customer), int(tried.sum())
        parts.append(
            (
                np.full(many + few, turn),
                np.append(who.campaign + 1, np.full(few, WIN_BACK)),
                np.append(who.customer, back.customer[tried]),
                np.append(who.control, back.control[tried]),
                np.append(np.zeros(many), back.voucher[tried]),
                np.append(np.zeros(many, bool), back.returned[tried]),
            )
        )
    month, campaign, customer, control, voucher, returned = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    address = (story.people.who[customer], month, campaign)
    early, late = number("sending", "hour")
    day = (first_month() + month).astype("datetime64[m]")
    minute = early * 60 + story.streams.uniform("send minute", *address) * (late - early) * 60
    delivered, opened, clicked = _noticed(story, campaign, address)
    reaches = ~control & delivered
    return Sent(
        month, campaign, customer, control, day + minute.astype("timedelta64[m]"), reaches,
        reaches & opened, reaches & opened & clicked, voucher, returned,
    )  # fmt: skip


def _noticed(
    story: Story, campaign: Ints, address: tuple[Ints, Ints, Ints]
) -> tuple[Bools, Bools, Bools]:
    """Return whether each message arrives, is opened if so, and is clicked if so."""
    known = [_BACK, *planned(len(story.months))]
    channel = [each["channel"] for each in known]
    arrives = np.array([number("sending", "delivered")[name] for name in channel])
    opens = np.array(
        [number("sending", "opened") + story.effects.get(f"open_{name}", 0.0) for name in channel]
    )
    home = np.array([each["channel"] == "app" and each["market"] == "personal" for each in known])
    clicks = number("sending", "clicked") + story.effects["click_home_app"] * home

    def drawn(what: str, chance: Floats) -> Bools:
        result: Bools = story.streams.uniform(f"send {what}", *address) < chance[campaign]
        return result

    opened, clicked = (1.0 / (1.0 + np.exp(-odds)) for odds in (opens, clicks))
    return drawn("delivered", arrives), drawn("opened", opened), drawn("clicked", clicked)


def sends(story: Story) -> pd.DataFrame:
    """Return every message sent or held back, in order of number."""
    rows = sent(story)
    who = story.people.who[rows.customer]
    win_back = rows.campaign == WIN_BACK
    went = ~rows.control
    frame = pd.DataFrame(
        {
            "send_id": np.char.mod("S%012d", (who * 100 + rows.month) * 1000 + rows.campaign),
            "campaign_id": campaign_ids(rows.campaign),
            "customer_id": story.people.table["customer_id"].to_numpy()[rows.customer],
            "group": np.where(rows.control, "control", "test"),
            "sent_at": np.where(rows.control, np.datetime64("NaT"), rows.at).astype(
                "datetime64[us]"
            ),
            "delivered": _flag(rows.delivered, went),
            "opened": _flag(rows.opened, went),
            "clicked": _flag(rows.clicked, went),
            "responded": _responded(story),
            "opted_out": _opted_out(story),
            "voucher": np.where(win_back & ~rows.control, rows.voucher, np.nan),
            "said_reason": shown(_said(story), win_back),
            "returned": _flag(rows.returned, win_back),
        }
    )
    return frame.sort_values("send_id", ignore_index=True)


def _flag(values: Bools, where: Bools) -> Any:
    """Return flags that are empty where nothing can be said."""
    return pd.arrays.BooleanArray(values.copy(), ~where)


def _responded(story: Story) -> Bools:
    """Return who placed an order within the days after the message, or after it would have come."""
    rows, orders = sent(story), trade(story)
    within = np.timedelta64(number("sending", "responds_within"), "D")
    # Orders by customer and time; a search finds each message's next order.
    key = orders.customer * 10**9 + _minutes(orders.placed)
    key = np.sort(key)
    after = rows.customer * 10**9 + _minutes(rows.at)
    place = np.searchsorted(key, after, side="right")
    following = np.append(key, np.iinfo(np.int64).max)[place]
    return following - after <= int(within / np.timedelta64(1, "m"))


def _minutes(moments: Moments) -> Ints:
    """Minutes since 2000, small enough to stand behind a customer's position in one number."""
    start = np.datetime64("2000-01-01", "m")
    return (moments.astype("datetime64[m]") - start).astype(np.int64)


def _opted_out(story: Story) -> Bools:
    """Return after which message consent was withdrawn: the last of the three months before."""
    rows = sent(story)
    leaves = np.zeros(len(rows.month), bool)
    latest = np.full(len(story.people), -1)
    planned_ = np.flatnonzero(~rows.control & (rows.campaign != WIN_BACK))
    for month, (told, after) in enumerate(pairwise(story.months)):
        these = planned_[rows.month[planned_] == month]
        these = these[np.argsort(rows.at[these], kind="stable")]
        latest[rows.customer[these]] = these
        message = latest[told.willing & ~after.willing]
        message = message[message >= 0]
        leaves[message[rows.month[message] > month - _REMEMBERED]] = True
    return leaves


def _said(story: Story) -> npt.NDArray[np.object_]:
    """Return why lost customers said that they had left; not all say what it was."""
    rows = sent(story)
    reason = np.array([told.reason for told in story.months])[rows.month, rows.customer]
    address = (story.people.who[rows.customer], rows.month)
    right = story.streams.uniform("says why", *address) < number("sending", "said_right")
    step = 1 + np.floor(story.streams.uniform("says wrong", *address) * (len(REASONS) - 1))
    said = np.where(right, reason, (reason + step.astype(np.int64)) % len(REASONS))
    return np.array(REASONS, object)[said]


def clicked_before(story: Story, customer: Ints, placed: Moments) -> Ints:
    """Return the campaign that brought each order: the last one clicked in the days before.

    Args:
        story: The block.
        customer: Position of who orders.
        placed: Moment of the order.

    Returns:
        Numbers of campaigns; -1 for none.
    """
    rows = sent(story)
    chosen = np.flatnonzero(rows.clicked)
    key = rows.customer[chosen] * 10**9 + _minutes(rows.at[chosen])
    order = np.argsort(key, kind="stable")
    key, chosen = key[order], chosen[order]
    ordered = customer * 10**9 + _minutes(placed)
    place = np.searchsorted(key, ordered, side="left") - 1
    found = np.append(key, -(10**15))[place]  # place -1 finds the far past
    minutes = number("sending", "responds_within") * 24 * 60
    campaign = np.append(rows.campaign[chosen], _NONE)[place]
    return np.where(ordered - found <= minutes, campaign, _NONE)


def markets_of(months: int) -> list[int]:
    """Return the market of each campaign by number, as position in MARKETS; -1 for all."""
    return [-1, *(MARKETS.index(campaign["market"]) for campaign in planned(months))]


TABLES = {"sends": sends}
COMPANY = {"campaigns": campaigns}
