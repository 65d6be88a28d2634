"""How near the carrier is to the real trade: published target and our own figure, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from kdcourse.texts import content, pick, say
from kdcourse.world.world import World


@dataclass(frozen=True)
class Row:
    """One line of the calibration table.

    Attributes:
        name: Key of its description in ``content/world/calibration.toml``.
        ours: The world's figure.
        target: The published figure, or None where there is none.
        low: Lowest value of ours that still counts as near.
        high: Highest such value.
    """

    name: str
    ours: float
    target: float | None
    low: float
    high: float

    @property
    def near(self) -> bool:
        """Whether our figure lies in the range accepted."""
        return self.low <= self.ours <= self.high


def calibrate(world: World) -> list[Row]:
    """Compare a world with the published figures it was built after."""
    targets = content("world/calibration")
    return [
        Row(name, ours, targets[name].get("target"), targets[name]["low"], targets[name]["high"])
        for name, ours in _measure(world)
    ]


def _measure(world: World) -> Iterator[tuple[str, float]]:
    shipments = world.tables["shipments"]
    region = world.tables["cities"].set_index("city")["region"]
    family = world.tables["products"].set_index("product_id")["family"]
    shipments = shipments.assign(
        hours=(shipments["delivered_at"] - shipments["accepted_at"]).dt.total_seconds() / 3600,
        family=shipments["product_id"].map(family),
        to=shipments["destination"].map(region),
    )
    between = shipments[(shipments["family"] == "inter_city") & shipments["hours"].notna()]
    yield "inter-city-hours", between["hours"].mean()
    yield "inter-city-72h", (between["hours"] <= 72).mean()
    for name, hours in between.groupby("to")["hours"].mean().items():
        yield f"hours-{name}", hours
    origin = shipments["origin"].map(region).value_counts(normalize=True)
    for name in ("east", "central", "west"):
        yield f"volume-{name}", origin[name]
    shares = shipments["family"].value_counts(normalize=True)
    fees = shipments.groupby("family")["fee"].mean()
    for name in ("same_city", "inter_city", "international"):
        yield f"share-{name}", shares[name]
        yield f"fee-{name}", fees[name]
    per_customer = shipments["customer_id"].value_counts()
    top = per_customer.head(round(len(per_customer) / 5)).sum()
    yield "top-fifth", top / per_customer.sum()
    market = world.tables["customers"].set_index("customer_id")["market_type"]
    personal = per_customer[market.reindex(per_customer.index) == "personal"]
    yield "one-time-personal", (personal == 1).mean()
    by_month = shipments.groupby(shipments["accepted_at"].dt.month).size()
    for name, month in (("february", 2), ("november", 11), ("december", 12)):
        yield f"season-{name}", by_month[month] / by_month.mean()
    yield from _measure_service(world)
    yield from _measure_trade(world)


def _measure_service(world: World) -> Iterator[tuple[str, float]]:
    complaints = world.tables["complaints"]
    grievances = (~complaints["is_suggestion"]).sum()
    yield "complaint-rate", grievances / len(world.tables["shipments"])
    calls = world.tables["calls"]
    yield "calls-abandoned", calls["abandoned"].mean()


def _measure_trade(world: World) -> Iterator[tuple[str, float]]:
    years = world.tables["finance_years"]
    yield "margin", years["profit"].sum() / years["revenue"].sum()
    profit = years.groupby("customer_id")["profit"].sum().sort_values(ascending=False)
    yield "top-fifth-profit", profit.head(round(len(profit) / 5)).sum() / profit.sum()
    answers = world.tables["surveys"]
    # The regulator's scores run to 100, ours to 5.
    yield "satisfaction", answers["overall"].mean() * 20
    yield "satisfaction-after-sales", answers["score_after_sales"].mean() * 20
    yield "survey-answered", world.tables["survey_invitations"]["answered"].mean()
    yield "orders-cancelled", (world.tables["orders"]["status"] == "cancelled").mean()


def report(rows: list[Row], lang: str) -> str:
    """Return the calibration table as Markdown in ``lang``."""
    texts = content("world/calibration")

    def figure(value: float | None) -> str:
        return "–" if value is None else f"{value:,.3g}"

    heads = [say(f"calibration.{n}", lang) for n in ("what", "target", "ours", "range", "source")]
    lines = [f"# {say('calibration.title', lang)}", "", say("calibration.about", lang), ""]
    lines += ["| " + " | ".join(heads) + " |", "|---|---:|---:|---|---|"]
    for row in rows:
        text = texts[row.name]
        span = f"{figure(row.low)} – {figure(row.high)}"
        what, source = pick(text["what"], lang), pick(text["source"], lang)
        lines.append(f"| {what} | {figure(row.target)} | {figure(row.ours)} | {span} | {source} |")
    return "\n".join([*lines, ""])


def average(worlds: list[World]) -> pd.DataFrame:
    """Return near, low, high and ours per figure, ours averaged over several worlds."""
    frames = [pd.DataFrame(calibrate(world)).set_index("name") for world in worlds]
    mean = pd.concat([frame["ours"] for frame in frames], axis=1).mean(axis=1)
    return frames[0].assign(ours=mean)
