"""All parcels of a block in one column each, with when and how they were ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kdcourse.texts import content
from kdcourse.world.records.parcels import sent
from kdcourse.world.settings import MARKETS, TIERS
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

Texts = npt.NDArray[np.str_]
Moments = npt.NDArray[np.datetime64]


def number(group: str, name: str) -> Any:
    """Return one number, list or table of ``content/world/commerce.toml``."""
    return content("world/commerce")[group][name]


def by_market(group: str, name: str) -> Floats:
    """Return a number of ``commerce.toml`` for every market, in the order of MARKETS."""
    values = number(group, name)
    return np.array([values[market] for market in MARKETS], np.float64)


#: How an order may be placed.
CHANNELS: tuple[str, ...] = tuple(number("ordering", "channels"))


@dataclass(frozen=True, eq=False)
class Trade:
    """The parcels of all months of a block, one array element each, in order of the story.

    Attributes:
        month: Month of acceptance.
        customer: Position of the sender.
        index: Which of the sender's parcels of that month.
        product: Position in PRODUCTS.
        origin: Position in CITIES.
        destination: Position in CITIES, or behind the last for abroad.
        weight_kg: Kilograms.
        code: Share taken off by a promotion code; 0 without one.
        fee: Yuan paid.
        accepted: Moment of acceptance.
        late: Whether the promise was broken, by lateness or loss.
        channel: Position in CHANNELS.
        placed: Moment of the order.
    """

    month: Ints
    customer: Ints
    index: Ints
    product: Ints
    origin: Ints
    destination: Ints
    weight_kg: Floats
    code: Floats
    fee: Floats
    accepted: Moments
    late: Bools
    channel: Ints
    placed: Moments

    def __len__(self) -> int:
        return len(self.month)


#: What is taken over from the parcels as it is.
_SENT = (
    "month", "customer", "index", "product", "origin", "destination", "weight_kg", "code", "fee",
    "accepted", "late",
)  # fmt: skip


def trade(story: Story) -> Trade:
    """Return the parcels of a block; made once for all tables that need them."""
    return story.once("trade", lambda: _trade(story))


def _trade(story: Story) -> Trade:
    rows = sent(story)
    customer, accepted = rows["customer"], rows["accepted"]
    address = (rows["who"], rows["month"], rows["index"])
    channel = _channels(story, customer, address)
    median = np.array(number("ordering", "lead"))[channel]
    spread = number("ordering", "lead_spread") * story.streams.normal("order lead", *address)
    # Three days ahead at most, and never before the account was opened.
    lead = np.clip(np.round(median * np.exp(spread)), 1, 3 * 24 * 60).astype("timedelta64[m]")
    opened = story.people.joined[customer].astype("datetime64[m]")
    return Trade(
        **{name: rows[name] for name in _SENT},
        channel=channel,
        placed=np.maximum(accepted - lead, opened),
    )


def _channels(story: Story, customer: Ints, address: tuple[Ints, Ints, Ints]) -> Ints:
    """Everybody has a usual way of ordering and leaves it at times."""
    people, streams = story.people, story.streams
    shares = np.array([number("ordering", market) for market in MARKETS])
    usual = streams.choice("usual channel", shares[people.market], people.who)
    other = streams.choice("order channel", shares[people.market[customer]], *address)
    by_habit = streams.uniform("order habit", *address) < number("ordering", "habit")
    return np.where(by_habit, usual[customer], other)


def billed_monthly(story: Story) -> Bools:
    """Return who has a contract and is billed by the month: firms that are not small senders."""
    people = story.people
    firms = people.market != MARKETS.index("personal")
    result: Bools = firms & (people.tier >= TIERS.index("mid"))
    return result


def shown(values: npt.NDArray[Any], where: Bools) -> npt.NDArray[np.object_]:
    """Return ``values`` where they are to be seen, and nothing elsewhere."""
    result = np.full(values.shape, None, object)
    result[where] = values[where]
    return result


def before_end(story: Story, moments: Moments) -> Moments:
    """Return ``moments`` with those after the data end left empty."""
    return np.where(moments < story.ends, moments, np.datetime64("NaT")).astype("datetime64[us]")
