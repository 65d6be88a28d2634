"""Case 2: the prospects of Company A's new branch, and what would come of each (hidden).

Another company in a city of its own: nothing here depends on Lanyan's story but its luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.effects import Effects
from kdcourse.world.records.draws import Objects, as_declared, blank, coded_by, logistic
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints, Streams

_TOML = content("world/branch")
GROUPS = tuple(_TOML["groups"])
#: Sizes by employees, as in the table of organisations.
_BANDS, _BAND_FROM = ("micro", "small", "medium", "large"), (10, 100, 300)
#: A contract that runs longer than this many months binds.
BOUND_FROM = 6


def _of_group(name: str) -> Any:
    return [_TOML["groups"][group][name] for group in GROUPS]


def _by_group(name: str) -> Mapping[str, list[float]]:
    """Return code -> weight in every group."""
    tables = _of_group(name)
    return {code: [table[code] for table in tables] for code in tables[0]}


class _Drawn:
    """What the luck of a world makes of the prospects; everything else follows from it."""

    def __init__(self, streams: Streams, effects: Effects) -> None:
        self.streams = streams
        self.who: Ints = np.arange(_TOML["prospects"])
        self.group = streams.choice("branch group", _of_group("share"), self.who)
        self.area = coded_by(streams, "branch area", _by_group("areas"), self.group, self.who)
        self.wants = coded_by(streams, "branch wants", _by_group("wants"), self.group, self.who)
        self.bound = self._chance("bound")
        self.decider = self._chance("decider")
        self.need = streams.normal("branch need", self.who)
        spread = np.array(_of_group("spread"))[self.group]
        size = np.exp(spread * streams.normal("branch parcels", self.who))
        self.parcels: Floats = np.array(_of_group("parcels"))[self.group] * size
        odds = np.array(_of_group("odds"))[self.group] + effects["branch_need"] * self.need
        odds = odds - effects["branch_bound"] * self.bound
        self.chance = logistic(odds + effects["branch_decider"] * (self.decider - 0.5))
        self.signs: Bools = streams.uniform("branch signs", self.who) < self.chance
        margin = np.array(_of_group("margin"))[self.group]
        margin = margin * np.where(self.wants == "price", _TOML["price_factor"], 1.0)
        luck = np.exp(_TOML["luck_spread"] * streams.normal("branch luck", self.who))
        self.mean = 12.0 * _TOML["share_of_need"] * self.parcels * margin
        self.contribution = np.round(self.mean * luck)
        self.served: Bools = np.isin(self.area, _TOML["served"])
        self.pilot = self._pilot()

    def _chance(self, name: str) -> Bools:
        share = np.array(_of_group(name))[self.group]
        drawn: Bools = self.streams.uniform(f"branch {name}", self.who) < share
        return drawn

    def _pilot(self) -> Bools:
        """Draw by lot whom the pilot visited, among those in reach."""
        lot = np.where(self.served, self.streams.uniform("branch pilot", self.who), 2.0)
        return np.isin(self.who, np.argsort(lot)[: _TOML["pilot"]])


def prospects(story: Story) -> pd.DataFrame:
    """Return what the branch knows of its prospects, and what came of the pilot."""
    streams, it = story.streams, _Drawn(story.streams, story.effects)
    who = it.who
    said = it.parcels * np.exp(_TOML["said_spread"] * streams.normal("branch said", who))
    score = _TOML["score"]
    shown = np.sqrt(score["reliability"]) * it.need
    shown = shown + np.sqrt(1.0 - score["reliability"]) * streams.normal("branch score", who)
    noted = np.clip(np.round(score["mean"] + score["spread"] * shown), 0.0, 100.0)
    silent = streams.uniform("branch silent", who) < _TOML["silent"]
    left = np.floor(1.0 + BOUND_FROM * streams.uniform("branch months", who))
    held = streams.uniform("branch held", who) < 0.5
    group = np.array(GROUPS, object)[it.group]
    frame = pd.DataFrame(
        {
            "prospect_id": ids(who),
            "group": group,
            "area": it.area,
            **_traits(streams, it.group, who),
            "goods_type": coded_by(streams, "branch goods", _by_group("goods"), it.group, who),
            "monthly_parcels": np.ceil(said).astype(np.int64),
            # Some who are not bound have a contract as well, but it ends soon.
            "contract_months": np.where(
                it.bound, left + BOUND_FROM, np.where(held & (group != "household"), left, 0.0)
            ),
            "contact_decides": it.decider,
            "wants": it.wants,
            "need_score": np.where(silent & ~it.pilot, np.nan, noted),
            "pilot": it.pilot,
            "signed": blank(it.signs, ~it.pilot),
            "contribution": np.where(
                it.pilot, np.where(it.signs, it.contribution, 0.0), np.nan
            ),
        }
    )  # fmt: skip
    return as_declared("branch_prospects", frame)


def ids(who: Ints) -> Objects:
    """Return the numbers of prospects."""
    return np.char.mod("B%03d", who + 1).astype(object)


def _traits(streams: Streams, group: Ints, who: Ints) -> dict[str, Any]:
    """Return what a register says of a firm, and what a household tells of itself."""
    home = group == GROUPS.index("household")
    private = ~home & (group != GROUPS.index("public_body"))
    employees = np.array(_of_group("employees"))[group]
    employees = np.ceil(employees * np.exp(0.9 * streams.normal("branch staff", who)))
    band = np.searchsorted(_BAND_FROM, employees, side="right")
    toml = _TOML["sales"]
    each = toml["each"] * np.exp(toml["spread"] * streams.normal("branch sales", who))
    sales = np.maximum(np.round(employees * each, -1), 10.0)
    usual = np.array(toml["capital"], np.float64)
    wish = toml["capital_of_sales"] * sales * np.exp(0.5 * streams.normal("branch capital", who))
    listed = (band == 3) & (streams.uniform("branch listed", who) < _TOML["listed_large"])
    age, span = _TOML["age"], _TOML["age"]["high"] - _TOML["age"]["low"]
    years = np.floor(age["low"] + span * streams.uniform("branch age", who))
    children = streams.uniform("branch children", who) < 0.55
    return {
        "size_band": blank(np.array(_BANDS, object)[band], home),
        "registered_capital": np.where(private, usual[np.searchsorted(usual[1:], wish)], np.nan),
        "annual_sales": np.where(private, sales, np.nan),
        "is_listed": blank(listed, ~private),
        "age": np.where(home, years, np.nan),
        "has_children": blank(children, ~home),
    }


def outcomes(streams: Streams, effects: Effects) -> pd.DataFrame:
    """Return what would come of each prospect if the branch pursued it: the hidden truth.

    Columns: ``prospect_id``; hidden ``need``, ``chance`` of signing, ``expected`` contribution of
    the first year less the cost of pursuing; what would happen, ``signs`` and ``contribution``;
    ``worth``: it signs and brings at least what pursuing it costs. Nobody out of reach is worth it.
    """
    it = _Drawn(streams, effects)
    cost = _TOML["visit_cost"]
    return pd.DataFrame(
        {
            "prospect_id": ids(it.who),
            "need": it.need,
            "chance": np.where(it.served, it.chance, 0.0),
            "expected": np.where(it.served, it.chance * it.mean, 0.0) - cost,
            "signs": it.signs & it.served,
            "contribution": np.where(it.signs & it.served, it.contribution, 0.0),
            "worth": it.signs & it.served & (it.contribution >= cost),
            "pilot": it.pilot,
        }
    )


COMPANY = {"branch_prospects": prospects}
