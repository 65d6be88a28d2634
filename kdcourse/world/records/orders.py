"""The table of orders: one for every parcel, and those that were cancelled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.records.marketing import campaign_ids, clicked_before
from kdcourse.world.records.parcels import parcel_number
from kdcourse.world.records.text_columns import numbered
from kdcourse.world.records.trade import (
    CHANNELS,
    Moments,
    Trade,
    billed_monthly,
    by_market,
    number,
    shown,
    trade,
)
from kdcourse.world.settings import MARKETS
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

METHODS: tuple[str, ...] = tuple(number("paying", "methods"))
#: The number of a cancelled order is that of the parcel that was sent after all, moved by this.
_CANCELLED = 500
_ATTEMPTS = 4  # nobody tries to pay more often


def orders(story: Story) -> pd.DataFrame:
    """Return every order placed, in order of time."""
    rows = trade(story)
    done = _common(story, rows, np.arange(len(rows)), "done")
    number_of = _cancelled(story, rows)
    cancelled = _common(story, rows, number_of, "cancelled")
    whole = pd.concat([done, cancelled], ignore_index=True)
    # Sorted by numbers, which is sorting by their texts, in a tenth of the time.
    number_, placed = whole["order_id"].to_numpy(), whole["placed_at"].to_numpy()
    whole = whole.iloc[np.lexsort((number_, placed))].reset_index(drop=True)
    held = whole["status"] == "done"
    whole["waybill_no"] = numbered("LY", whole["order_id"].to_numpy(), 12).where(held)
    whole["order_id"] = numbered("O", whole["order_id"].to_numpy(), 12)
    whole["customer_id"] = numbered("C", whole["customer_id"].to_numpy(), 7)
    return whole


def _common(story: Story, rows: Trade, chosen: Ints, status: str) -> pd.DataFrame:
    """Return the orders of chosen parcels, or the cancelled ones that came before them.

    Their numbers and those of customers are still without letters.
    """
    gone = status == "cancelled"
    who = story.people.who[rows.customer[chosen]]
    month, index = rows.month[chosen], rows.index[chosen] + _CANCELLED * gone
    address = (who, month, index)
    streams = story.streams
    channel = rows.channel[chosen]
    placed, called_off = _called_off(story, rows, chosen, address, gone)
    booked = _booked(story, channel, address, gone)
    market = story.people.market[rows.customer[chosen]]
    method, attempts, payment = _payment(story, rows.customer[chosen], address, gone)
    failed = payment == "failed"
    reasons = number("cancelling", "reasons")
    drawn = np.array(list(reasons), object)[
        streams.choice("cancel reason", list(reasons.values()), *address)
    ]
    campaign = clicked_before(story, rows.customer[chosen], placed)
    return pd.DataFrame(
        {
            "order_id": parcel_number(who, month, index),
            "waybill_no": 0,
            "customer_id": who,
            "placed_at": placed.astype("datetime64[us]"),
            "channel": np.array(CHANNELS, object)[channel],
            "pickup_booked_for": np.where(
                booked, rows.accepted[chosen].astype("datetime64[h]"), np.datetime64("NaT")
            ).astype("datetime64[us]"),
            "discount": np.where(rows.code[chosen] > 0, rows.code[chosen], np.nan),
            "declared_value": _declared(story, market, address),
            "cod_amount": _cod(story, market, address),
            "pack_service": _asked(story, "pack", market, address),
            "sign_service": _asked(story, "sign", market, address),
            "status": status,
            "cancelled_at": called_off.astype("datetime64[us]"),
            "cancel_reason": np.where(failed, "payment_failed", drawn) if gone else None,
            "payment_method": method,
            "payment_status": payment,
            "attempts": attempts,
            "campaign_id": campaign_ids(campaign),
        }
    )


def _cancelled(story: Story, rows: Trade) -> Ints:
    """Return the parcels before which an order had been cancelled."""
    address = (story.people.who[rows.customer], rows.month, rows.index)
    happens = story.streams.uniform("cancels", *address) < number("cancelling", "share")
    return np.flatnonzero(happens & (rows.index < _CANCELLED))


def _called_off(
    story: Story, rows: Trade, chosen: Ints, address: tuple[Ints, Ints, Ints], gone: bool
) -> tuple[Moments, Moments]:
    """Return when orders were placed and cancelled: the cancelled before the one that held."""
    if not gone:
        return rows.placed[chosen], np.full(len(chosen), np.datetime64("NaT", "m"))
    earlier = 10 + 2000 * story.streams.uniform("cancelled before", *address)
    placed = rows.placed[chosen] - np.round(earlier).astype("timedelta64[m]")
    opened = story.people.joined[rows.customer[chosen]].astype("datetime64[m]")
    placed = np.maximum(placed, opened)
    waited = np.round(4 + earlier * story.streams.uniform("cancelled after", *address) * 0.9)
    return placed, placed + waited.astype("timedelta64[m]")


def _booked(story: Story, channel: Ints, address: tuple[Ints, Ints, Ints], gone: bool) -> Bools:
    """Who has booked cancels less: so fewer of the cancelled orders had a pickup booked."""
    share = np.array(number("ordering", "booked"))[channel]
    keeps = np.exp(-story.effects["booking_keeps"] * gone)
    chance = share * keeps / (1.0 - share + share * keeps)
    booked: Bools = story.streams.uniform("books pickup", *address) < chance
    return booked


def _asked(story: Story, service: str, market: Ints, address: tuple[Ints, Ints, Ints]) -> Bools:
    asked: Bools = story.streams.uniform(service, *address) < by_market("ordering", service)[market]
    return asked


def _declared(story: Story, market: Ints, address: tuple[Ints, Ints, Ints]) -> Floats:
    streams = story.streams
    declares = streams.uniform("declares", *address) < by_market("ordering", "declared")[market]
    spread = number("ordering", "declared_spread") * streams.normal("declared", *address)
    value = np.round(number("ordering", "declared_median") * np.exp(spread), -1)
    return np.where(declares, np.maximum(value, 10.0), np.nan)


def _cod(story: Story, market: Ints, address: tuple[Ints, Ints, Ints]) -> Floats:
    streams = story.streams
    collects = streams.uniform("collects", *address) < by_market("ordering", "cod")[market]
    spread = number("ordering", "cod_spread") * streams.normal("collected", *address)
    return np.where(collects, np.round(number("ordering", "cod_median") * np.exp(spread)), np.nan)


def _payment(
    story: Story, customer: Ints, address: tuple[Ints, Ints, Ints], gone: bool
) -> tuple[npt.NDArray[np.object_], Ints, npt.NDArray[np.object_]]:
    """Return method, attempts and outcome; who is billed by the month pays no order by itself."""
    people, streams = story.people, story.streams
    firm = (people.market != MARKETS.index("personal"))[customer]
    shares = np.array([number("paying", "people"), number("paying", "firms")])
    drawn = streams.choice("pays by", shares[firm.astype(int)], *address)
    card, cash = drawn == METHODS.index("card"), drawn == METHODS.index("cash")
    odds = number("paying", "fails") + story.effects["card_trouble"] * card
    fails = np.where(cash, 0.0, 1.0 / (1.0 + np.exp(-odds)))
    # Attempts of a paid order: geometric, by inversion, and cut where patience ends.
    luck = streams.uniform("pay attempts", *address)
    tries = 1 + np.floor(np.log(luck) / np.log(np.maximum(fails, 1e-12))).astype(np.int64)
    attempts = np.minimum(tries, _ATTEMPTS)
    twice = streams.uniform("charged twice", *address) < number("paying", "duplicate")
    status = np.where(twice & ~cash, "duplicate", "ok")
    billed = billed_monthly(story)[customer]
    paid = ~billed
    if gone:
        unpaid = streams.uniform("unpaid", *address) < number("cancelling", "unpaid")
        status = np.where(unpaid, "failed", "refunded")
        attempts = np.where(unpaid, 3, attempts)
        paid = paid & ~cash
    method = np.where(billed, "monthly", np.array(METHODS, object)[drawn])
    return method, np.where(paid, attempts, 0), shown(status, paid)


TABLES = {"orders": orders}
