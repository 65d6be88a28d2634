"""Table of complaints: what came in, how it was answered, and how the answer was rated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.cases import CATEGORIES, Cases, after, cases, suggestion_texts
from kdcourse.world.records.desk import agent_ids
from kdcourse.world.records.draws import Moments, Objects, as_declared, blank, coded, known
from kdcourse.world.records.steps import log
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats

_TOML = content("world/service")["complaints"]
#: Nobody waits longer in a rating: what lies beyond the fifth day makes no difference any more.
MOST_DAYS = 5.0


def channels(story: Story, it: Cases) -> Objects:
    """Return through which channel each case came; by night nobody is there to talk to."""
    hour = (it.received - it.received.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    by_day, by_night = (
        coded(story.streams, "complaint channel", _TOML[name], *it.address(story))
        for name in ("channel", "night_channel")
    )
    return np.where((hour >= 8) & (hour < 20), by_day, by_night)


def gifts(story: Story, it: Cases) -> Bools:
    """Return who got a gift: by lot, of those who were paid nothing."""
    lot = story.streams.uniform("complaint gift", *it.address(story)) < _TOML["gift"]
    return lot & (it.paid == 0) & ~it.suggestion


def ratings(story: Story, it: Cases) -> Floats:
    """Return how each complainant rates the answer, 1 to 5; not a number for who doesn't say.

    It falls with the days until the case was closed and rises with the share of the claim paid; a
    missing apology and a gift count too.
    """
    address, effects = it.address(story), story.effects
    toml = _TOML["rating"]
    felt = (
        toml["base"]
        - effects["rating_wait"] * np.minimum(it.solve / 24, MOST_DAYS)
        + effects["rating_pay"] * it.share
        - effects["rating_apology"] * ~log(story).apologised
        + effects["rating_gift"] * gifts(story, it)
        + toml["spread"] * story.streams.normal("complaint rating", *address)
    )
    says = story.streams.uniform("complaint rated", *address) < _TOML["answers"]
    says &= ~it.suggestion & (rated_at(story, it) < story.ends)
    return np.where(says, np.clip(np.round(felt), 1, 5), np.nan)


def rated_at(story: Story, it: Cases) -> Moments:
    """Return when each complainant is asked for a rating: in the two days after the end."""
    hours = 1 + 47 * story.streams.uniform("complaint asked", *it.address(story))
    return after(after(it.received, it.solve), hours)


def complaints(story: Story) -> pd.DataFrame:
    """Return every complaint and suggestion, in the order in which they came in."""
    it = cases(story)
    steps = log(story)
    toml = _TOML
    closed = after(it.received, it.solve) < story.ends
    gift = gifts(story, it)
    paid = np.where(gift, toml["gift_worth"], it.paid)
    names = np.array(CATEGORIES, object)[it.category]
    urgent = (names == "lost") | (it.claim >= toml["urgent_claim"])
    reopened = steps.reopened & (steps.reopened_at < story.ends)
    frame = pd.DataFrame(
        {
            "complaint_id": it.ids(story),
            "customer_id": story.people.table["customer_id"].to_numpy(object)[it.customer],
            "waybill_no": it.waybill,
            "received_at": it.received,
            "channel": channels(story, it),
            "text_code": _texts(story, it, names),
            "category": names,
            "is_suggestion": it.suggestion,
            "contact": _contacts(story, it),
            "priority": np.where(urgent, "urgent", "normal"),
            "agent_id": agent_ids(story.desk.who[it.agent]),
            "claim": it.claim,
            "first_response_at": known(steps.answered, story.ends),
            "confirmed_at": known(steps.end("confirm"), story.ends),
            "apologised_at": known(
                np.where(steps.apologised, steps.end("apologise"), np.datetime64("NaT")), story.ends
            ),
            "closed_at": known(steps.closed, story.ends),
            "responsible_dept": blank(it.department, ~closed),
            "root_cause": blank(it.cause, ~closed),
            "compensation": np.where(closed, paid, np.nan),
            "compensation_kind": blank(_kinds(it, names, gift), ~closed),
            "satisfaction": ratings(story, it),
            "reopened": reopened,
        }
    )
    return as_declared("complaints", frame.sort_values(["received_at", "complaint_id"]))


_KINDS = {"lost": "loss", "damaged": "damage", "late": "delay"}


def _kinds(it: Cases, names: Objects, gift: Bools) -> Objects:
    kinds = np.array([_KINDS.get(name, "refund") for name in names], object)
    return np.where(gift, "gift", np.where(it.paid > 0, kinds, "none"))


def _texts(story: Story, it: Cases, names: Objects) -> Objects:
    """Return which of the texts of its kind each customer used, as code."""
    address = it.address(story)
    codes = np.full(len(it), None, object)
    for group, options in content("world/service")["complaint_texts"].items():
        of = names == group
        who, month, index = (part[of] for part in address)
        shares = dict.fromkeys(options, 1.0)
        codes[of] = coded(story.streams, "complaint text", shares, who, month, index)
    return np.where(it.suggestion, suggestion_texts(story, *address), codes)


def _contacts(story: Story, it: Cases) -> Objects:
    """Return the telephone left with each case: the account's own mostly, or another, or none."""
    who, month, index = it.address(story)
    kind = coded(story.streams, "complaint contact", _TOML["contact"], who, month, index)
    own = story.people.table["phone"].to_numpy(object)[it.customer]
    # Somebody's second telephone is the same each time.
    digits = np.floor(story.streams.uniform("second phone", who) * 1e8).astype(np.int64)
    other = np.char.mod("154%08d", digits).astype(object)
    return blank(np.where(kind == "own", own, other), kind == "none")


TABLES = {"complaints": complaints}
