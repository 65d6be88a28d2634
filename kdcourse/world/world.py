"""One world: from a seed, a size and a policy to tables, with the truth behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.course import course_root
from kdcourse.texts import KitError
from kdcourse.world.market import market_share
from kdcourse.world.policy import Policy
from kdcourse.world.population import Population, populate
from kdcourse.world.settings import (
    CITIES,
    OVERSEAS,
    PRODUCTS,
    Effects,
    by_city,
    by_market,
    by_product,
    default_effects,
    first_month,
    season,
    setting,
)
from kdcourse.world.shipping import Parcels, product_odds, ship, utilisation
from kdcourse.world.streams import Floats, Streams
from kdcourse.world.tables import read_csv, table

#: The world in ``datasets/lanyan``.
DEFAULT = {"seed": 2024, "customers": 1200, "months": 24}

_SITES = np.array([*CITIES, OVERSEAS])
_STAGES = np.array(["accept", "sort", "transport", "sort", "deliver"])


@dataclass(frozen=True)
class Truth:
    """What nobody in the company can see: the sizes of the effects and the hidden states.

    Attributes:
        effects: The sizes planted.
        customers: Per customer its hidden ``rate`` (parcels in an average month at full goodwill)
            and ``sensitivity`` to lateness.
        months: Per customer and month it was there: ``goodwill`` at the month's start, ``expected``
            parcels, ``late_share`` of its parcels (empty if it sent none), ``hazard`` of leaving at
            the month's end, and whether it ``left``.
        sites: Per month and site the ``utilisation``.
    """

    effects: Effects
    customers: pd.DataFrame
    months: pd.DataFrame
    sites: pd.DataFrame


class World:
    """The simulated carrier, Lanyan Express 蓝雁速运.

    Late parcels cost goodwill, lost goodwill costs parcels and in the end customers. Everything
    random is drawn by who, when and what (see :mod:`kdcourse.world.streams`), so that two worlds
    with one seed differ only by what their policies cause.

    Args:
        seed: Whole number; the same seed gives the same tables to the byte.
        customers: Accounts ever opened, 1 to 5,000,000.
        months: Months simulated from January 2024, 1 to 120.
        policy: What management decides; default: as today.
        effects: Sizes of what causes what; default: those of the course.

    Raises:
        KitError: A size out of range.
    """

    def __init__(
        self,
        seed: int = DEFAULT["seed"],
        customers: int = DEFAULT["customers"],
        months: int = DEFAULT["months"],
        policy: Policy | None = None,
        effects: Effects | None = None,
    ) -> None:
        for what, value, high in (("customers", customers, 5_000_000), ("months", months, 120)):
            if not 1 <= value <= high:
                raise KitError("world.size", what=what, value=value, low=1, high=high)
        self.seed, self.customers, self.months = seed, customers, months
        self.policy = policy or Policy()
        self.effects = effects or default_effects()
        self._streams = Streams(seed)

    @property
    def ends(self) -> pd.Timestamp:
        """The moment at which the data end; later scans are not known yet."""
        return pd.Timestamp((first_month() + self.months).astype("datetime64[D]"))

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The simulated tables by name."""
        people, parcels, _ = self._story
        shipments = _shipments(people, parcels, self.ends)
        per_month = pd.Series([len(month.customer) for month in parcels], name="parcels")
        return {
            "cities": pd.DataFrame({"city": CITIES, "region": by_city("region")}),
            "customers": people.table,
            "market_share": market_share(self._streams, per_month, self.customers),
            "products": self._products(),
            "scans": _scans(people, parcels, self.ends),
            "shipments": shipments,
        }

    @cached_property
    def truth(self) -> Truth:
        """The sizes of the effects and the hidden states; never part of the tables."""
        people, _, months = self._story
        ids = people.table["customer_id"].to_numpy()
        hidden = pd.DataFrame(
            {"customer_id": ids, "rate": people.rate, "sensitivity": people.sensitivity}
        )
        sites = pd.DataFrame(
            [utilisation(month, self.policy) for month in range(self.months)], columns=list(CITIES)
        )
        sites = sites.rename_axis("month").reset_index()
        return Truth(self.effects, hidden, months, sites.melt("month", None, "site", "utilisation"))

    def load(self, name: str) -> pd.DataFrame:
        """Return a copy of a table, of this world or of published facts (which no world changes).

        Raises:
            KitError: There is no such table.
        """
        if name in self.tables:
            return self.tables[name].copy()
        return read_csv(name, course_root() / "datasets" / table(name).path)

    def _products(self) -> pd.DataFrame:
        frame = pd.DataFrame({"product_id": PRODUCTS, "family": by_product("family")})
        for column in ("promised_hours", "base_fee", "per_kg_fee"):
            frame[column] = by_product(column)
        promise, price = self.policy.promise, self.policy.price
        frame["promised_hours"] = [
            round(promise.get(name, hours))
            for name, hours in zip(PRODUCTS, frame["promised_hours"], strict=True)
        ]
        factor = np.array([price.get(name, 1.0) for name in PRODUCTS])
        for column in ("base_fee", "per_kg_fee"):
            frame[column] = np.round(frame[column] * factor, 2)
        return frame

    @cached_property
    def _story(self) -> tuple[Population, list[Parcels], pd.DataFrame]:
        """Live through the months: send, feel, stay or leave."""
        people = populate(self._streams, self.customers, self.months)
        who = np.arange(self.customers)
        goodwill = np.ones(self.customers)
        gone = np.zeros(self.customers, bool)
        hazard = by_market("hazard")[people.market]
        sent: list[Parcels] = []
        diary: list[pd.DataFrame] = []
        for month in range(self.months):
            odds = product_odds(month, self.policy, self.effects).sum(axis=1)[people.market]
            here = (people.arrival <= month) & ~gone
            presence = np.where(here, _presence(people, month), 0.0)
            expected = people.rate * season(month) * goodwill * odds * presence
            counts = self._streams.poisson("parcels", np.minimum(expected, 400.0), who, month)
            parcels = ship(self._streams, people, counts, month, self.policy, self.effects)
            late = _share(parcels, counts)
            leave = 1.0 - np.exp(-hazard * np.exp(self.effects.churn_pull * (1.0 - goodwill)))
            left = here & (self._streams.uniform("leave", who, month) < leave)
            diary.append(
                pd.DataFrame(
                    {
                        "customer_id": people.table["customer_id"],
                        "month": month,
                        "goodwill": goodwill,
                        "expected": expected,
                        "late_share": late,
                        "hazard": leave,
                        "left": left,
                    }
                )[here]
            )
            gone |= left
            goodwill = _felt(goodwill, late, people.sensitivity, self.effects)
            sent.append(parcels)
        return people, sent, pd.concat(diary, ignore_index=True)


def _presence(people: Population, month: int) -> Floats:
    """Share of the month for which each account was open."""
    start = (first_month() + month).astype("datetime64[D]")
    end = (first_month() + month + 1).astype("datetime64[D]")
    days = (end - np.maximum(people.joined, start)).astype(np.float64)
    return np.clip(days / float((end - start).astype(int)), 0.0, 1.0)


def _share(parcels: Parcels, counts: np.ndarray[Any, Any]) -> Floats:
    """Share of each customer's parcels that broke the promise; NaN for who sent none."""
    late = np.bincount(parcels.customer, weights=parcels.late, minlength=len(counts))
    return np.divide(late, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _felt(goodwill: Floats, late: Floats, sensitivity: Floats, effects: Effects) -> Floats:
    """Goodwill heals with time and falls with the share of parcels that were late."""
    harm = effects.late_cost * sensitivity * np.nan_to_num(late)
    after: Floats = 1.0 - effects.memory * (1.0 - goodwill) - harm
    return np.maximum(after, setting("goodwill", "floor"))


def _waybills(parcels: Parcels, month: int) -> np.ndarray[Any, Any]:
    """Numbers made of customer, month and index: no policy renumbers another customer's parcels."""
    number = (parcels.customer * 100 + month % 100) * 1000 + parcels.index
    return np.char.mod("LY%012d", number)


def _shipments(people: Population, sent: list[Parcels], ends: pd.Timestamp) -> pd.DataFrame:
    ids = people.table["customer_id"].to_numpy()
    frames = []
    for month, parcels in enumerate(sent):
        delivered = parcels.accepted + parcels.minutes[:, -1].astype("timedelta64[m]")
        unknown = parcels.lost | (delivered >= ends.to_datetime64())
        frames.append(
            pd.DataFrame(
                {
                    "waybill_no": _waybills(parcels, month),
                    "customer_id": ids[parcels.customer],
                    "product_id": np.array(PRODUCTS)[parcels.product],
                    "origin": _SITES[parcels.origin],
                    "destination": _SITES[parcels.destination],
                    "weight_kg": parcels.weight_kg,
                    "fee": parcels.fee,
                    "accepted_at": parcels.accepted.astype("datetime64[us]"),
                    "promised_at": parcels.promised.astype("datetime64[us]"),
                    "delivered_at": np.where(unknown, np.datetime64("NaT"), delivered).astype(
                        "datetime64[us]"
                    ),
                    "lost": parcels.lost,
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(["accepted_at", "waybill_no"], ignore_index=True)


def _scans(people: Population, sent: list[Parcels], ends: pd.Timestamp) -> pd.DataFrame:
    frames = []
    for month, parcels in enumerate(sent):
        number = len(parcels.customer)
        offsets = np.column_stack([np.zeros(number, np.int64), parcels.minutes])
        moments = parcels.accepted[:, None] + offsets.astype("timedelta64[m]")
        sites = np.column_stack([parcels.origin] * 2 + [parcels.destination] * 3)
        steps = np.tile(np.arange(1, 6), (number, 1))
        # A lost parcel was last seen when it left the sorting hall of its origin.
        seen = (moments < ends.to_datetime64()) & ~(parcels.lost[:, None] & (steps > 2))
        waybills = np.repeat(_waybills(parcels, month)[:, None], 5, axis=1)
        frames.append(
            pd.DataFrame(
                {
                    "waybill_no": waybills[seen],
                    "step": steps[seen],
                    "stage": _STAGES[steps[seen] - 1],
                    "site": _SITES[sites[seen]],
                    "scanned_at": moments[seen].astype("datetime64[us]"),
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(["scanned_at", "waybill_no", "step"], ignore_index=True)
