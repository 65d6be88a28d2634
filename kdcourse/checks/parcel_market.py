"""Exercise 1.1: the parcel market and its offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.checks.kinds import Exact, Exercise, Number, Ordering, Parts, Question, Table, Written
from kdcourse.metrics import industry

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader

_FIRST, _LAST = 2019, 2025


def _totals(load: Loader) -> pd.Series:
    return load("market_share").groupby("year")["parcels_10k"].sum()


def _in_year(load: Loader, year: int) -> pd.Series:
    market = load("market_share")
    return market[market["year"] == year].set_index("firm")["parcels_10k"]


# --- q1: growth of the market, year by year


def growth(load: Loader) -> pd.Series:
    """Growth of all carriers' parcels over the year before, percent; the first year has none."""
    return (industry.growth_rate(_totals(load)) * 100).dropna().rename("growth_pct")


def growth_of_lanyan(load: Loader) -> pd.Series:
    """One firm's growth instead of the market's."""
    market = load("market_share")
    own = market[market["firm"] == "lanyan"].set_index("year")["parcels_10k"]
    return (industry.growth_rate(own) * 100).dropna().rename("growth_pct")


def growth_on_new_level(load: Loader) -> pd.Series:
    """The increase divided by the new level instead of the old one."""
    totals = _totals(load)
    return (totals.diff() / totals * 100).dropna().rename("growth_pct")


def growth_since_first(load: Loader) -> pd.Series:
    """Every year against the first one."""
    totals = _totals(load)
    return ((totals / totals.iloc[0] - 1) * 100).iloc[1:].rename("growth_pct")


# --- q2: steady growth and concentration


def concentration(load: Loader) -> dict[str, float]:
    """CAGR over the whole table, CR4 and HHI of its first year."""
    totals, first = _totals(load), _in_year(load, _FIRST)
    return {
        "cagr_pct": industry.cagr(totals.loc[_FIRST], totals.loc[_LAST], _LAST - _FIRST) * 100,
        "cr4": industry.concentration_ratio(first),
        "hhi": industry.hhi(first),
    }


def years_instead_of_steps(load: Loader) -> dict[str, float]:
    """Seven years counted, though there are six steps between them."""
    totals = _totals(load)
    steps = _LAST - _FIRST + 1
    wrong = industry.cagr(totals.loc[_FIRST], totals.loc[_LAST], steps) * 100
    return concentration(load) | {"cagr_pct": wrong}


def mean_of_growth(load: Loader) -> dict[str, float]:
    """The plain average of the yearly rates."""
    return concentration(load) | {"cagr_pct": float(growth(load).mean())}


def four_firms_only(load: Loader) -> dict[str, float]:
    """HHI summed over the four largest alone."""
    largest = industry.shares(_in_year(load, _FIRST)).head(4)
    return concentration(load) | {"hhi": float(((largest * 100) ** 2).sum())}


def hhi_of_fractions(load: Loader) -> dict[str, float]:
    """HHI of shares between 0 and 1."""
    right = concentration(load)
    return right | {"hhi": right["hhi"] / 10_000}


def last_year(load: Loader) -> dict[str, float]:
    """Concentration of the last year, as in the lesson, instead of the first."""
    last = _in_year(load, _LAST)
    return concentration(load) | {
        "cr4": industry.concentration_ratio(last),
        "hhi": industry.hhi(last),
    }


# --- q3: products by the share of promises kept


def _ours(load: Loader) -> pd.DataFrame:
    """Parcels accepted in Hangzhou."""
    shipments = load("shipments")
    return shipments[shipments["origin"] == "HGH"]


def _end(load: Loader) -> pd.Timestamp:
    """The data end at the midnight after the last parcel was accepted."""
    return load("shipments")["accepted_at"].max().ceil("D")


def ranking(load: Loader) -> list[str]:
    """Products by the share of due promises kept, best first."""
    end = _end(load)
    rates = {
        str(product): industry.on_time_rate(parcels, end)
        for product, parcels in _ours(load).groupby("product_id")
    }
    return sorted(rates, key=lambda product: rates[product], reverse=True)


def by_speed(load: Loader) -> list[str]:
    """Products by hours on the way, quickest first."""
    shipments = _ours(load)
    hours = shipments["delivered_at"] - shipments["accepted_at"]
    return list(hours.groupby(shipments["product_id"]).median().sort_values().index)


def by_volume(load: Loader) -> list[str]:
    """Products by the number of parcels on time instead of their share."""
    shipments = _ours(load)
    kept = shipments["delivered_at"] <= shipments["promised_at"]
    return list(kept.groupby(shipments["product_id"]).sum().sort_values(ascending=False).index)


def worst_first(load: Loader) -> list[str]:
    """The ranking upside down."""
    return ranking(load)[::-1]


# --- q4: the mistake in a growth figure


def _official(load: Loader) -> tuple[pd.Series, pd.Series]:
    """Levels and official growth (percent) of China's parcels by year."""
    table = load("industry_annual").set_index("year")
    return table["volume_100m"], table["official_growth_pct"]


def _with_base(load: Loader, year: int) -> dict[str, float]:
    level, official = _official(load)
    return {"year": year, "base_100m": float(level[year] / (1 + official[year] / 100))}


def mistake(load: Loader) -> dict[str, float]:
    """The year whose growth the levels don't give, and the base that is comparable."""
    level, official = _official(load)
    gap = (industry.growth_rate(level) * 100 - official).abs().fillna(0)
    return _with_base(load, int(level.index[int(gap.argmax())]))


def published_base(load: Loader) -> dict[str, float]:
    """The level published for the year before."""
    right = mistake(load)
    return right | {"base_100m": float(_official(load)[0][int(right["year"]) - 1])}


def growth_subtracted(load: Loader) -> dict[str, float]:
    """The growth taken off the new level, though it is measured on the old one."""
    right = mistake(load)
    level, official = (series[int(right["year"])] for series in _official(load))
    return right | {"base_100m": float(level * (1 - official / 100))}


def fastest_year(load: Loader) -> dict[str, float]:
    """The year of the highest growth, which is remarkable but not a mistake."""
    level, official = _official(load)
    return _with_base(load, int(level.index[int(official.argmax())]))


# --- q5: an offer to a shop that sends from Hangzhou to the East


def offers(load: Loader) -> dict[str, float]:
    """What can be said of each product on the shop's routes, ``"<product>_<figure>"``.

    Hours promised, median hours on the way, parcels on time and late of 100, mean fee paid, and the
    list prices; a product nobody sends there has only the first and the last.
    """
    cities, end = load("cities").set_index("city")["region"], _end(load)
    ours = _ours(load)
    east = cities[cities == cities["HGH"]].index
    routes = ours[ours["destination"].isin(east)]
    figures: dict[str, float] = {}
    for product in load("products").to_dict("records"):
        parcels = routes[routes["product_id"] == product["product_id"]]
        on_time = industry.on_time_rate(parcels, end) * 100
        hours = (parcels["delivered_at"] - parcels["accepted_at"]).dt.total_seconds() / 3600
        told = {
            "promise": product["promised_hours"],
            "hours": hours.median(),
            "on_time": on_time,
            "late": 100 - on_time,
            "fee": parcels["fee"].mean(),
            "base_fee": product["base_fee"],
            "per_kg_fee": product["per_kg_fee"],
        }
        figures |= {f"{product['product_id']}_{name}": float(value) for name, value in told.items()}
    return figures


exercise = Exercise(
    "1.1",
    questions=[
        Question(
            "q1",
            points=2,
            answer="growth",
            expect=growth,
            judge=Table(key=("year",), columns={"growth_pct": Number(abs=0.06, unit="percent")}),
            slips={
                "one-firm": growth_of_lanyan,
                "new-level": growth_on_new_level,
                "since-first": growth_since_first,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="market",
            expect=concentration,
            judge=Parts(
                cagr_pct=Number(abs=0.06, unit="percent"),
                cr4=Number(abs=0.06, unit="percent"),
                hhi=Number(abs=1.0),
            ),
            slips={
                "years": years_instead_of_steps,
                "mean": mean_of_growth,
                "four-firms": four_firms_only,
                "fractions": hhi_of_fractions,
                "last-year": last_year,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="ranking",
            expect=ranking,
            judge=Ordering(),
            slips={"speed": by_speed, "volume": by_volume, "worst-first": worst_first},
        ),
        Question(
            "q4",
            points=2,
            answer="mistake",
            expect=mistake,
            judge=Parts(year=Exact(), base_100m=Number(abs=0.6)),
            slips={
                "fastest": fastest_year,
                "published": published_base,
                "subtracted": growth_subtracted,
            },
        ),
        Question(
            "q5",
            points=3,
            answer="memo",
            judge=Written(
                slots=("offer", "intelligent", "green", "personal"),
                cite={"offer": 2},
                figures=offers,
                stated=(30,),
            ),
        ),
    ],
)
