"""Tables of prospects: what sales knows of each, and every call, letter and visit to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import (
    Moments,
    Objects,
    as_declared,
    blank,
    coded,
    known,
    logistic,
)
from kdcourse.world.records.organisations import lead_ids, profiles
from kdcourse.world.records.people import owners
from kdcourse.world.sales import LEAD_SOURCES, Prospects
from kdcourse.world.settings import CITIES
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints, Streams

_TOML = content("world/sales")
_PAINS = ("none", "late", "damaged", "price", "tracking", "manner")
_REASONS = ("no_need", "no_budget", "no_decider", "rival", "price")


def leads(story: Story) -> pd.DataFrame:
    """Return every prospect who has come to sales' notice, as known when the data end."""
    prospects, streams = story.prospects, story.streams
    at = np.flatnonzero(story.known[story.accounts :])
    place = at + story.accounts
    who = prospects.who[at]
    ids = story.people.table["customer_id"].to_numpy(object)
    won = story.opened[place]
    called = (prospects.appears_on + prospects.first_day < story.ends)[at]
    lost = ~won & (prospects.decided_on < story.ends)[at]
    scores = {
        name: _score(streams, name, getattr(prospects, trait)[at], who)
        for name, trait in _SCORES.items()
    }
    referrer = story.people.referrer[place]
    named = (referrer >= 0) & story.opened[referrer]
    firm = profiles(story).loc[place].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "lead_id": lead_ids(who),
            "name": story.people.table["name"].to_numpy(object)[place],
            "source_method": np.array(LEAD_SOURCES, object)[prospects.source[at]],
            "list": blank(_list(prospects)[at], ~prospects.listed[at]),
            "created_on": prospects.appears_on[at].astype("datetime64[us]"),
            "city": np.array(CITIES, object)[story.people.city[place]],
            **firm[list(_FIRM)],
            **{name: np.where(called, score, np.nan) for name, score in scores.items()},
            "pain_point": blank(_pains(streams, prospects.need[at], who), ~called),
            "qualified": _felt(streams, prospects, at, called),
            "stage": _stages(story, at, called, won, lost),
            "owner_agent_id": owners(story)[place],
            "won_on": prospects.won_on[at].astype("datetime64[us]"),
            "lost_on": known(np.where(lost, prospects.decided_on[at], np.datetime64("NaT")),
                             story.ends),
            "lost_reason": blank(_reasons(streams, prospects, at), ~lost),
            "customer_id": blank(ids[place], ~won),
            "referrer_id": blank(ids[referrer], ~named),
        }
    )  # fmt: skip
    frame.loc[~won, "won_on"] = pd.NaT
    return as_declared("leads", frame)


_SCORES = {"need_score": "need", "pay_score": "means", "authority_score": "authority"}
_FIRM = (
    "industry", "size_band", "registered_capital", "annual_sales", "monthly_parcels",
    "current_courier", "goods_type",
)  # fmt: skip


def fit(prospects: Prospects) -> Floats:
    """Return need, means and authority together, in standard deviations (hidden)."""
    return (prospects.need + prospects.means + prospects.authority) / np.sqrt(3)


def _list(prospects: Prospects) -> Objects:
    lists: Objects = np.where(prospects.targeted, "targeted", "blanket").astype(object)
    return lists


def _score(streams: Streams, name: str, trait: Floats, who: Ints) -> Floats:
    """Return a score from 0 to 100 that shows a trait, but not only the trait."""
    toml = _TOML["scores"]
    shown = np.sqrt(toml["reliability"]) * trait
    shown = shown + np.sqrt(1.0 - toml["reliability"]) * streams.normal(name, who)
    return np.clip(np.round(toml["mean"] + toml["spread"] * shown), 0.0, 100.0)


def _pains(streams: Streams, need: Floats, who: Ints) -> Objects:
    """Return what troubles them with their present carrier; the needy have some trouble."""
    weights = np.ones((len(who), len(_PAINS)))
    weights[:, 0] = 1.5 * np.exp(-0.8 * need)
    pains: Objects = np.array(_PAINS, object)[streams.choice("pain point", weights, who)]
    return pains


def _felt(streams: Streams, prospects: Prospects, at: Ints, called: Bools) -> Any:
    """Return whom sales, by feel, took for worth the effort at the first call."""
    weight = _TOML["scores"]["felt"]
    feeling = np.sqrt(weight) * fit(prospects)[at]
    feeling += np.sqrt(1.0 - weight) * streams.normal("qualified", prospects.who[at])
    flags = pd.array(feeling > 0.0, dtype="boolean")
    flags[~called] = pd.NA
    return flags


def _reasons(streams: Streams, prospects: Prospects, at: Ints) -> Objects:
    """Return why a prospect says no: what they lack most, or that others were faster or cheaper."""
    lacks = [prospects.need, prospects.means, prospects.authority]
    late = np.exp(0.2 * (prospects.first_day - 4.0))
    weights = np.column_stack([*(np.exp(-lack) for lack in lacks), late, np.ones(len(prospects))])
    drawn = streams.choice("lost reason", weights[at], prospects.who[at])
    reasons: Objects = np.array(_REASONS, object)[drawn]
    return reasons


def proposed_on(story: Story) -> Moments:
    """Return on which day each prospect got our first proposal; no day for who never did."""
    prospects = story.prospects
    toml = _TOML["deals"]
    odds = toml["lost_reach"] + toml["by_fit"] * fit(prospects)
    reach = story.streams.uniform("proposal", prospects.who) < logistic(odds)
    will = story.streams.uniform("won", prospects.who) < prospects.chance
    first = prospects.appears_on + prospects.first_day
    days = (prospects.decided_on - first).astype(np.float64) * toml["opens_at"]
    day = first + np.ceil(days).astype("timedelta64[D]")
    wanted = story.known[story.accounts :] & (reach | will) & (day < story.ends)
    result: Moments = np.where(wanted, day, np.datetime64("NaT"))
    return result


def _stages(story: Story, at: Ints, called: Bools, won: Bools, lost: Bools) -> Objects:
    stage = np.where(called, "contacted", "new").astype(object)
    stage[~np.isnat(proposed_on(story)[at])] = "proposal"
    stage[lost], stage[won] = "lost", "won"
    return stage


# --- contacts with them -----------------------------------------------------------------------


def lead_contacts(story: Story) -> pd.DataFrame:
    """Return every call, letter and visit, in the order in which each prospect met them."""
    parts = [_calls(story), _letters(story), _visits(story)]
    whole = pd.concat(parts, ignore_index=True)
    whole = whole[whole["at"] < story.ends].sort_values(["lead_id", "at"], ignore_index=True)
    whole["contact_no"] = whole.groupby("lead_id").cumcount() + 1
    return as_declared("lead_contacts", whole)


def _contact_frame(story: Story, at: Ints, days: Moments, kind: str, index: Ints) -> pd.DataFrame:
    """Return contacts of the prospects at ``at`` on ``days``, each in office hours."""
    who, streams = story.prospects.who[at], story.streams
    toml = _TOML["calls"]
    minute = toml["opens"] + streams.uniform(f"{kind} minute", who, 0, index) * toml["span"]
    moments = days.astype("datetime64[m]") + minute.astype(np.int64).astype("timedelta64[m]")
    return pd.DataFrame(
        {
            "lead_id": lead_ids(who),
            "kind": kind,
            "at": moments.astype("datetime64[us]"),
            "style": None,
            "answered": True,
            "answered_on": np.full(len(at), np.datetime64("NaT", "us")),
            "duration_min": np.nan,
            "note": None,
        }
    )


def _calls(story: Story) -> pd.DataFrame:
    """Return the calls that sales made: the first after its days, the others till the decision."""
    prospects, streams = story.prospects, story.streams
    chosen = np.flatnonzero(story.known[story.accounts :])
    number = prospects.calls[chosen]
    at = np.repeat(chosen, number)
    index = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    who = prospects.who[at]
    first = prospects.appears_on + prospects.first_day
    between = (prospects.decided_on - first).astype(np.float64)[at]
    step = np.floor(between * index / prospects.calls[at]).astype(np.int64)
    frame = _contact_frame(story, at, first[at] + step, "call", index)
    toml = _TOML["calls"]
    reached = streams.uniform("call reached", who, 0, index) < toml["reached"]
    minutes = toml["minutes"] * np.exp(
        toml["spread"] * streams.normal("call minutes", who, 0, index)
    )
    frame["answered"] = reached
    frame["duration_min"] = np.where(reached, np.ceil(minutes), np.nan)
    frame["note"] = blank(_notes(streams, prospects.need[at], who, index), ~reached)
    return frame


_NOTES = ("interested", "wants_quote", "compares_price", "has_carrier", "not_now")


def _notes(streams: Streams, need: Floats, who: Ints, index: Ints) -> Objects:
    """Return what sales wrote down of a talk; need shows in it."""
    pull = np.array([0.7, 0.5, 0.0, -0.4, -0.7])
    weights = np.exp(need[:, None] * pull)
    drawn = streams.choice("call note", weights, who, 0, index)
    notes: Objects = np.array(_NOTES, object)[drawn]
    return notes


def _letters(story: Story) -> pd.DataFrame:
    """Return the letters: one on the first day, a second if that stays without an answer."""
    prospects, streams = story.prospects, story.streams
    by_letter = prospects.source == LEAD_SOURCES.index("letter")
    at = np.flatnonzero(story.known[story.accounts :] & by_letter)
    frames = []
    toml = _TOML["letters"]
    day = prospects.appears_on[at]
    for index in range(2):
        who = prospects.who[at]
        number = np.full(len(at), index)
        styles = {"personal": toml["personal"], "standard": 1.0 - toml["personal"]}
        style = coded(streams, "letter style", styles, who, 0, index)
        odds = toml["reply"] + toml["by_fit"] * fit(prospects)[at]
        odds = odds + story.effects["letter_personal"] * (style == "personal")
        wait = np.ceil(-toml["days"] * np.log(streams.uniform("letter wait", who, 0, index)))
        reply = day + np.minimum(wait, toml["second_after"]).astype("timedelta64[D]")
        answered = streams.uniform("letter answered", who, 0, index) < logistic(odds)
        frame = _contact_frame(story, at, day, "letter", number)
        frame["style"] = style
        frame["answered_on"] = known(np.where(answered, reply, np.datetime64("NaT")), story.ends)
        frame["answered"] = frame["answered_on"].notna()
        frames.append(frame)
        day = (day + np.timedelta64(toml["second_after"] + 1, "D"))[~answered]
        at = at[~answered]
    return pd.concat(frames, ignore_index=True)


def _visits(story: Story) -> pd.DataFrame:
    """Return visits: theirs at our counter on the first day, ours to bring a proposal."""
    prospects = story.prospects
    walked = prospects.source == LEAD_SOURCES.index("walk_in")
    theirs = np.flatnonzero(story.known[story.accounts :] & walked)
    day = proposed_on(story)
    ours = np.flatnonzero(~np.isnat(day))
    frames = [
        _contact_frame(story, theirs, prospects.appears_on[theirs], "visit_to_us", 0 * theirs),
        _contact_frame(story, ours, day[ours], "visit_to_them", 0 * ours),
    ]
    return pd.concat(frames, ignore_index=True)


TABLES = {"leads": leads, "lead_contacts": lead_contacts}
