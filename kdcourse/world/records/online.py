"""Small tables of online marketing: bought keywords by month, and the posts of the company."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.world.records.trade import number
from kdcourse.world.settings import first_month, season
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints


def keywords(story: Story) -> pd.DataFrame:
    """Return per month and keyword how often it was shown, clicked and led to an order."""
    streams, months = story.streams, len(story.months)
    listed = number("keywords", "list")
    month, which = (part.ravel() for part in np.indices((months, len(listed))))

    def given(name: str) -> Floats:
        return np.array([keyword[name] for keyword in listed])[which]

    seasons = np.array([season(one) for one in range(months)])[month]
    positions = np.array(number("keywords", "positions"))
    position = positions[streams.choice("position", np.ones(len(positions)), which, month)]
    noise = np.exp(0.12 * streams.normal("searches", which, month))
    impressions = np.round(given("searches") * seasons * noise).astype(np.int64)
    share = given("clicks") * position ** -story.effects["position"]
    share = share * np.exp(0.08 * streams.normal("clicks", which, month))
    clicks = _some(streams.normal("clicked", which, month), impressions, share)
    orders = _some(streams.normal("keyword orders", which, month), clicks, given("orders"))
    # A place near the top costs more.
    cost = np.round(clicks * given("cost") * (1.25 - 0.08 * position), 2)
    return pd.DataFrame(
        {
            "month": np.datetime_as_string(first_month() + month),
            "keyword": [listed[place]["code"] for place in which],
            "position": position,
            "impressions": impressions,
            "clicks": clicks,
            "orders": orders,
            "cost": cost,
        }
    )


def _some(luck: Floats, of: Ints, share: Floats) -> Ints:
    """Return how many of many do something: binomial, by its normal approximation."""
    spread = np.sqrt(of * share * (1.0 - share))
    return np.clip(np.round(of * share + spread * luck), 0, of).astype(np.int64)


def posts(story: Story) -> pd.DataFrame:
    """Return the company's posts in order of time."""
    streams, months = story.streams, len(story.months)
    each = number("posts", "per_month")
    month, turn = (part.ravel() for part in np.indices((months, each)))
    channels, topics = np.array(number("posts", "channels")), np.array(number("posts", "topics"))
    channel = channels[streams.choice("post channel", np.ones(len(channels)), turn, month)]
    topic = topics[streams.choice("post topic", np.ones(len(topics)), turn, month)]
    usual = np.array([number("posts", "impressions")[name] for name in channel])
    spread = number("posts", "spread")
    impressions = np.round(usual * np.exp(spread * streams.normal("post seen", turn, month)))
    seen = impressions.astype(np.int64)
    helps = story.effects["post_help"] * (topic == "how_to")
    day = (first_month() + month).astype("datetime64[m]")
    minute = (turn * 28 // each * 24 + 8) * 60 + streams.uniform("post minute", turn, month) * 720
    counts = {}
    for kind in ("likes", "shares", "comments"):
        chance = 1.0 / (1.0 + np.exp(-(number("posts", kind) + helps)))
        counts[kind] = _some(streams.normal(kind, turn, month), seen, chance)
    return pd.DataFrame(
        {
            "post_id": np.char.mod("B%05d", month * each + turn),
            "at": (day + minute.astype("timedelta64[m]")).astype("datetime64[us]"),
            "channel": channel,
            "topic": topic,
            "impressions": seen,
            **counts,
        }
    )


COMPANY = {"keywords": keywords, "posts": posts}
