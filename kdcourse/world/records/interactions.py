"""Table of interactions: every contact with its channel, its first answer and what came of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.cases import after, cases
from kdcourse.world.records.desk import agent_ids
from kdcourse.world.records.draws import Moments, Objects, as_declared, blank, coded, known
from kdcourse.world.records.people import owners
from kdcourse.world.records.touches import KINDS, URGENCY, Touches, touches
from kdcourse.world.service import desk_utilisation
from kdcourse.world.settings import POSTS, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats

_TOML = content("world/service")
_OUTWARD = ("revisit", "care", "sales", "survey")
#: Contacts that the firm's own sales person makes.
_OF_OWNERS = ("revisit", "sales")
#: Messages that no agent writes.
_AUTOMATIC = ("sms", "app")


def interactions(story: Story) -> pd.DataFrame:
    """Return every contact with a customer, in order of time."""
    it = touches(story)
    luck = it.luck(story)
    inward = ~np.isin(it.purpose, _OUTWARD)
    channel = _channels(story, it, inward)
    reply = _replies(story, it, channel, inward)
    heard = _heard(story, it, inward, reply)
    chance = np.array([_TOML["interactions"]["resolved"].get(name, 0.0) for name in it.purpose])
    resolved = story.streams.uniform("resolved", *luck) < chance
    frame = pd.DataFrame(
        {
            "interaction_id": np.char.mod("I%d", it.kind).astype(object)
            + np.char.mod("%012d", (luck[0] * 100 + it.month) * 1000 + it.index).astype(object),
            "customer_id": story.people.table["customer_id"].to_numpy(object)[it.customer],
            "waybill_no": it.waybill,
            "at": it.at,
            "channel": channel,
            "direction": np.where(inward, "in", "out"),
            "purpose": it.purpose,
            "need_type": it.need,
            "urgency": _urgency(story, it),
            "agent_id": _agents(story, it, channel, inward),
            "first_reply_s": reply,
            "feedback_at": known(heard, story.ends),
            "resolved": np.where(it.purpose == "complaint", heard < story.ends, resolved)
            & ~(inward & np.isnan(reply)),
        }
    )
    return as_declared("interactions", frame.sort_values(["at", "interaction_id"]))


def _channels(story: Story, it: Touches, inward: Bools) -> Objects:
    """Return the channel of each contact: by night nobody is there to talk to."""
    toml, luck = _TOML["interactions"], it.luck(story)
    hour = (it.at - it.at.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    night = (hour < 8) | (hour >= 20)
    by_day, by_night = (
        coded(story.streams, "channel", toml[name], *luck) for name in ("channel", "night_channel")
    )
    channel = np.where(night, by_night, by_day)
    for purpose, shares in toml["out_channel"].items():
        of = it.purpose == purpose
        channel[of] = coded(story.streams, "channel", shares, *(part[of] for part in luck))
    return np.where(pd.isna(it.channel), channel, it.channel)


def _replies(story: Story, it: Touches, channel: Objects, inward: Bools) -> Floats:
    """Return seconds until the first answer; not a number for none and for outward contacts.

    Complaints are answered as the story tells; the rest by the pace of the channel, and later where
    the desk is short of people.
    """
    toml, luck = _TOML["reply"], it.luck(story)
    over = np.array(
        [
            max(desk_utilisation(month, story.decided(month)) - setting("desk", "free_until"), 0.0)
            for month in range(len(story.months))
        ]
    )
    median = np.array([_TOML["channels"][name]["median_s"] for name in channel])
    pace = toml["spread"] * story.streams.normal("reply", *luck)
    seconds = np.ceil(median * np.exp(story.effects["desk_load"] * over[it.month] + pace))
    none = story.streams.uniform("unanswered", *luck) < toml["unanswered"]
    case = it.kind == KINDS.index("case")
    seconds[case] = np.round(cases(story).response * 3600)
    seconds[~inward | (none & ~case)] = np.nan
    unknown = it.at + np.ceil(np.nan_to_num(seconds)).astype("timedelta64[s]") >= story.ends
    return np.where(unknown, np.nan, seconds)


def _heard(story: Story, it: Touches, inward: Bools, reply: Floats) -> Moments:
    """Return when each customer heard what had come of it; no moment for who never did."""
    toml, luck = _TOML["interactions"], it.luck(story)
    share = np.array([toml["feedback"].get(name, 0.0) for name in it.purpose])
    days = np.array([toml["feedback_days"].get(name, 0.0) for name in it.purpose])
    days = days * np.exp(toml["feedback_spread"] * story.streams.normal("feedback", *luck))
    hours = np.nan_to_num(reply) / 3600 + 24 * days
    case = it.purpose == "complaint"
    of_cases = cases(story)
    hours[case] = of_cases.solve[~of_cases.suggestion]
    hears = inward & ~np.isnan(reply)
    hears &= story.streams.uniform("hears", *luck) < share
    moments: Moments = np.where(hears, after(it.at, hours), np.datetime64("NaT"))
    return moments


def _urgency(story: Story, it: Touches) -> Objects:
    """Return how urgent each need is; nothing where nothing is needed."""
    urgency = np.full(len(it), None, object)
    luck = it.luck(story)
    for need, shares in _TOML["interactions"]["urgency"].items():
        of = it.need == need
        levels = dict(zip(URGENCY, shares, strict=True))
        urgency[of] = coded(story.streams, "urgency", levels, *(part[of] for part in luck))
    return urgency


def _agents(story: Story, it: Touches, channel: Objects, inward: Bools) -> Objects:
    """Return who took or made each contact: the desk, or a firm's own sales person."""
    pick = story.streams.uniform("contact agent", *it.luck(story))
    consult = np.flatnonzero(story.desk.post == POSTS.index("consult"))
    drawn = consult[np.floor(pick * len(consult)).astype(np.int64)]
    ids = agent_ids(story.desk.who)[np.where(it.agent >= 0, it.agent, drawn)]
    ids = np.where(np.isin(it.purpose, _OF_OWNERS), owners(story)[it.customer], ids)
    automatic = ~inward & np.isin(channel, _AUTOMATIC)
    return blank(ids, automatic)


TABLES = {"interactions": interactions}
