"""The visits to website and app: a sample of customers, and strangers' visits to scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.records.marketing import campaign_ids, clicked_before
from kdcourse.world.records.trade import (
    CHANNELS,
    Moments,
    Texts,
    before_end,
    number,
    shown,
    trade,
)
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

#: The steps of a visit that ends with an order.
EVENTS = ("view", "click", "quote", "order_start", "pay")
SOURCES: tuple[str, ...] = tuple(number("web", "sources"))
_PAYS, _ORDERS = EVENTS.index("pay"), EVENTS.index("order_start")
_ONLINE = (CHANNELS.index("app"), CHANNELS.index("website"))
_BITS = 43  # more than all numbers of visits of the largest world
#: Figures and letters that can't be taken for each other.
_SIGNS = np.array(list("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))


def web_events(story: Story) -> pd.DataFrame:
    """Return every step of every visit kept, in order of time."""
    paid = _paid(story)
    unpaid = _unpaid(story, paid)
    whole = pd.concat([_steps(story, paid, ends=True), _steps(story, unpaid)], ignore_index=True)
    whole = whole[whole["at"].notna()]
    whole = whole.sort_values(["at", "session_id", "step"], ignore_index=True)
    return _known(whole).drop(columns="step")


@dataclass(frozen=True, eq=False)
class _Visits:
    """Visits, one array element each.

    Attributes:
        address: Customer's number, month, and ten times the order's index plus the visit's turn
            (0: the paid one): the visit's luck and number.
        customer: Position of the customer; -1 for a stranger.
        at: Moment of the order, or of the start of a visit without one.
        app: By app rather than website.
        source: Position in SOURCES.
        campaign: Number of the campaign, -1 for none.
        last: Position in EVENTS of its last step.
    """

    address: tuple[Ints, Ints, Ints]
    customer: Ints
    at: Moments
    app: Bools
    source: Ints
    campaign: Ints
    last: Ints


def _paid(story: Story) -> _Visits:
    """Return the visits that end with an order."""
    rows = trade(story)
    online = np.flatnonzero(np.isin(rows.channel, _ONLINE))
    campaign = clicked_before(story, rows.customer[online], rows.placed[online])
    sampled = story.streams.uniform("web sample", story.people.who) < number("web", "sample")
    kept = sampled[rows.customer[online]] | (campaign >= 0)
    chosen, campaign = online[kept], campaign[kept]
    customer, placed = rows.customer[chosen], rows.placed[chosen]
    address = (story.people.who[customer], rows.month[chosen], rows.index[chosen] * 10)
    shares = np.array([number("web", "plain"), number("web", "campaign")])
    source = story.streams.choice("visit source", shares[(campaign >= 0).astype(int)], *address)
    return _Visits(
        address, customer, placed, rows.channel[chosen] == _ONLINE[0], source, campaign,
        np.full(len(chosen), _PAYS),
    )  # fmt: skip


def _unpaid(story: Story, paid: _Visits) -> _Visits:
    """Return visits without an order, as many for each paid one as its source converts badly.

    Some are the customer's own, before the order; the others are by strangers.
    """
    streams = story.streams
    odds = conversion_odds(story)[paid.source, (paid.campaign >= 0).astype(int)]
    many = _counts(streams.uniform("unpaid visits", *paid.address), np.exp(-odds))
    of = np.repeat(np.arange(len(many)), many)
    turn = 1 + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    who, month, place = (part[of] for part in paid.address)
    address = (who, month, place + turn)
    own = streams.uniform("own visit", *address) < number("web", "own")
    hours = number("web", "before") * np.exp(streams.normal("visit before", *address))
    before = np.ceil(hours * 60 + 15).astype("timedelta64[m]")
    other = np.floor((streams.uniform("stranger visit", *address) - 0.5) * 20 * 24 * 60)
    at = paid.at[of] + np.where(own, -before, other.astype("timedelta64[m]"))
    return _Visits(
        address, np.where(own, paid.customer[of], -1), at, paid.app[of], paid.source[of],
        paid.campaign[of], streams.choice("visit depth", number("web", "depth"), *address),
    )  # fmt: skip


def _counts(luck: Floats, mean: Floats) -> Ints:
    """Return Poisson counts by inversion, up to what one digit holds."""
    step = np.arange(1, 10)
    factors = np.concatenate([np.ones((len(mean), 1)), mean[:, None] / step], axis=1)
    reached = np.cumsum(np.cumprod(factors, axis=1), axis=1) * np.exp(-mean)[:, None]
    counts: Ints = np.sum(luck[:, None] > reached[:, :-1], axis=1, dtype=np.int64)
    return counts


def _steps(story: Story, visits: _Visits, *, ends: bool = False) -> pd.DataFrame:
    """Return the steps of visits, from their start or up to their end at ``visits.at``."""
    step = np.arange(len(EVENTS))
    who, month, place = visits.address
    turns = (who[:, None], month[:, None], place[:, None] * 10 + step)
    seconds = number("web", "step") * np.exp(0.6 * story.streams.normal("visit step", *turns))
    passed = np.cumsum(seconds, axis=1)
    passed = passed - (passed[:, -1:] if ends else passed[:, :1])
    at = visits.at.astype("datetime64[s]")[:, None] + np.round(passed).astype("timedelta64[s]")
    made = step <= visits.last[:, None]
    row, number_of = np.nonzero(made)
    ids = story.people.table["customer_id"].to_numpy()
    visit = (who * 100 + month) * 10_000 + place
    # A customer's own device has one number; month 99 is none in which an order can be placed.
    visitor = np.where(visits.customer < 0, visit, (who * 100 + 99) * 10_000)
    customer = visits.customer[row]
    return pd.DataFrame(
        {
            "visitor_id": _scrambled(visitor, "V")[row],
            "customer_id": shown(ids[customer], customer >= 0),
            "session_id": _scrambled(visit, "W")[row],
            "at": before_end(story, at[made].astype("datetime64[m]")),
            "platform": np.where(visits.app[row], "app", "web"),
            "event": np.array(EVENTS, object)[number_of],
            "page": _pages(story, visits)[row, number_of],
            "channel": np.array(SOURCES, object)[visits.source[row]],
            "campaign_id": campaign_ids(visits.campaign)[row],
            "step": number_of,
        }
    )


def _pages(story: Story, visits: _Visits) -> npt.NDArray[np.object_]:
    """Return the page of each step: any at first, then on the way to the order."""
    landing = np.array(number("web", "pages"), object)
    first = landing[story.streams.choice("landing", number("web", "landing"), *visits.address)]
    way = np.array(["", "prices", "quote", "order", "checkout"], object)
    pages = np.tile(way, (len(first), 1))
    pages[:, 0] = first
    return pages


def _scrambled(numbers: Ints, letter: str) -> Texts:
    """Return ids that show nothing of who it is; different numbers stay different."""
    odd = np.uint64(0x9E3779B97F4A7C15 if letter == "V" else 0xBF58476D1CE4E5B9)
    mixed = (numbers.astype(np.uint64) * odd) & np.uint64(2**_BITS - 1)
    shifts = np.arange(_BITS // 5, -1, -1, dtype=np.uint64) * np.uint64(5)
    signs = _SIGNS[((mixed[:, None] >> shifts) & np.uint64(31)).astype(np.int64)]
    words = np.ascontiguousarray(signs).view(f"U{len(shifts)}").ravel()
    ids: Texts = np.char.add(letter, words)
    return ids


def _known(events: pd.DataFrame) -> pd.DataFrame:
    """Blank the customer until the visitor first begins an order and so signs in."""
    begins = events["event"].isin(EVENTS[_ORDERS:])
    signed_in = events["at"].where(begins).groupby(events["visitor_id"]).transform("min")
    events["customer_id"] = events["customer_id"].where(events["at"] >= signed_in)
    return events


def conversion_odds(story: Story) -> Floats:
    """Return the log odds planted, by source without and with a campaign; shape (sources, 2)."""
    effects = story.effects
    plain = number("web", "pays") + np.array([effects.get(f"visit_{s}", 0.0) for s in SOURCES])
    more = effects["visit_campaign"] + np.array(
        [effects["visit_email_campaign"] * (source == "email") for source in SOURCES]
    )
    return np.column_stack([plain, plain + more])


TABLES = {"web_events": web_events}
