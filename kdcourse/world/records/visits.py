"""Table of visitors at the counters: what they showed, when we called, whether they bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import Moments, Objects, as_declared, coded, known, logistic
from kdcourse.world.settings import CITIES, by_city, first_month
from kdcourse.world.story import BLOCK, Story
from kdcourse.world.streams import Bools, Floats, Ints

_TOML = content("world/sales")["visitors"]
_STAGES = tuple(_TOML["stage"])
_ASKS = tuple(_TOML["asks"])
_CUES = dict(zip(_ASKS, ("phone", "reservation", "round_off", "discount"), strict=True))


@dataclass(frozen=True, eq=False)
class _Visit:
    """One visit each of some visitors: what they showed, and whether they bought."""

    minutes: Ints
    asked: dict[str, Bools]
    bought: Bools
    amount: Floats


def visits(story: Story) -> pd.DataFrame:
    """Return the first and, where there was one, the second visit of everybody who asked.

    Visitors leave no name: nothing joins them to accounts.
    """
    streams = story.streams
    first, last = story.block * BLOCK, story.block * BLOCK + story.accounts
    who = np.arange(int(first * _TOML["per_account"]), int(last * _TOML["per_account"]))
    start = first_month().astype("datetime64[D]")
    length = (story.ends.astype("datetime64[D]") - start).astype(int)
    day = start + np.floor(streams.uniform("visit day", who) * length).astype(np.int64)
    seen = {
        name: coded(streams, f"visitor {name}", _TOML[name], who)
        for name in ("stage", "appearance", "transport")
    }
    one = _visit(story, who, seen, 0)
    call, returned, back = _return(story, who, day, one.bought)
    two = _visit(story, who, seen, 1)
    common = {
        "visitor_id": np.char.mod("V%07d", who),
        "city": np.array(CITIES)[streams.choice("visitor city", by_city("share"), who)],
        "project_stage": seen["stage"],
        "appearance_cue": seen["appearance"],
        "transport": seen["transport"],
    }
    frames = [
        _frame(common, one, 1, day),
        _frame(common, two, 2, returned).loc[back & (returned < story.ends)],
    ]
    frames[0]["callback_on"] = known(call, story.ends)
    frames[0]["returned_on"] = known(returned, story.ends)
    whole = pd.concat(frames, ignore_index=True)
    return as_declared("visits", whole.sort_values(["visitor_id", "visit_no"]))


def _visit(story: Story, who: Ints, seen: dict[str, Objects], again: int) -> _Visit:
    streams, effects = story.streams, story.effects
    spread = _TOML["dwell_spread"] * streams.normal("dwell", who, 0, again)
    minutes = np.maximum(np.round(_TOML["dwell"] * np.exp(spread)), 1.0)
    asked = {
        name: streams.uniform(name, who, 0, again) < share for name, share in _TOML["asks"].items()
    }
    step = pd.Series(seen["stage"]).map({name: n for n, name in enumerate(_STAGES)}).to_numpy()
    odds = np.full(len(who), _TOML["buys_again" if again else "buys"])
    odds += effects["cue_dwell"] * np.log2(minutes / _TOML["dwell"])
    odds += effects["cue_stage"] * step
    odds += effects["cue_smart"] * (seen["appearance"] == "smart")
    odds += effects["cue_car"] * (seen["transport"] == "car")
    for name, cue in _CUES.items():
        odds += effects[f"cue_{cue}"] * asked[name]
    bought = streams.uniform("visitor buys", who, 0, again) < logistic(odds)
    more = effects["plain_amount"] * (seen["appearance"] == "plain")
    spread = _TOML["amount_spread"] * streams.normal("visitor amount", who, 0, again)
    amount = np.round(_TOML["amount"] * np.exp(more + spread), 2)
    return _Visit(minutes.astype(np.int64), asked, bought, amount)


def _return(story: Story, who: Ints, day: Moments, bought: Bools) -> tuple[Moments, Moments, Bools]:
    """Return when each visitor was called, when they came back, and whether they did.

    After how many days somebody is called is chance, so that what the wait costs can be read.
    """
    streams, shares = story.streams, _TOML["call_back"]
    wait = coded(streams, "call back", shares, who).astype(np.int64)
    called = ~bought & (wait > 0)
    cold = np.where(called, wait, _TOML["as_if"])
    odds = _TOML["returns"] - story.effects["callback_decay"] * cold
    back = ~bought & (streams.uniform("returns", who) < logistic(odds))
    lag = np.ceil(-_TOML["lag"] * np.log(streams.uniform("return lag", who))).astype(np.int64)
    none = np.datetime64("NaT")
    call = np.where(called, day + wait, none)
    returned = np.where(back, np.where(called, call, day) + lag, none)
    return call, returned, back


def _frame(common: dict[str, Objects], visit: _Visit, number: int, day: Moments) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **common,
            "visit_no": number,
            "visited_on": day.astype("datetime64[us]"),
            "dwell_min": visit.minutes,
            **visit.asked,
            "bought": visit.bought,
            "amount": np.where(visit.bought, visit.amount, np.nan),
            "callback_on": np.full(len(day), np.datetime64("NaT", "us")),
            "returned_on": np.full(len(day), np.datetime64("NaT", "us")),
        }
    )


TABLES = {"visits": visits}
