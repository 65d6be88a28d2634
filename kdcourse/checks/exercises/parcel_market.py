"""Exercise 1.1: the parcel market and its offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.checks.exercises import parcel_market_offers as ours
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


def increase(load: Loader) -> pd.Series:
    """Parcels more than the year before instead of percent."""
    return _totals(load).diff().dropna().rename("growth_pct")


def mean_of_carriers(load: Loader) -> pd.Series:
    """The carriers' rates averaged, the smallest with as much say as the largest."""
    firms = load("market_share").pivot_table(index="year", columns="firm", values="parcels_10k")
    rates = firms.apply(industry.growth_rate) * 100
    return rates.mean(axis=1).dropna().rename("growth_pct")


def growth_of_country(load: Loader) -> pd.Series:
    """China's growth instead of the ten cities'."""
    country = industry.growth_rate(_official(load)[0].loc[_FIRST:_LAST]) * 100
    return country.dropna().rename("growth_pct")


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


def growth_shared_out(load: Loader) -> dict[str, float]:
    """The whole growth divided by the steps, as if it added up."""
    totals = _totals(load)
    whole = (totals.loc[_LAST] / totals.loc[_FIRST] - 1) * 100
    return concentration(load) | {"cagr_pct": float(whole / (_LAST - _FIRST))}


def rate_of_country(load: Loader) -> dict[str, float]:
    """China's steady rate instead of the ten cities'."""
    level = _official(load)[0]
    wrong = industry.cagr(level[_FIRST], level[_LAST], _LAST - _FIRST) * 100
    return concentration(load) | {"cagr_pct": wrong}


def whole_percents(load: Loader) -> dict[str, float]:
    """Rounded to whole percent, which hides what changed since."""
    right = concentration(load)
    return right | {"cagr_pct": round(right["cagr_pct"]), "cr4": round(right["cr4"])}


def sum_squared(load: Loader) -> dict[str, float]:
    """The shares added up before squaring, which gives 10,000 in every market."""
    return concentration(load) | {"hhi": 10_000.0}


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


def growth_added(load: Loader) -> dict[str, float]:
    """The published level of the year before, raised by the official growth."""
    right = mistake(load)
    level, official = _official(load)
    year = int(right["year"])
    return right | {"base_100m": float(level[year - 1] * (1 + official[year] / 100))}


def in_billions(load: Loader) -> dict[str, float]:
    """The right base in billions instead of 100 million."""
    right = mistake(load)
    return right | {"base_100m": right["base_100m"] / 10}


def year_before(load: Loader) -> dict[str, float]:
    """The last year of the old definition; its own growth compares like with like."""
    return _with_base(load, int(mistake(load)["year"]) - 1)


def year_after(load: Loader) -> dict[str, float]:
    """The first year with the new definition on both sides."""
    return _with_base(load, int(mistake(load)["year"]) + 1)


def slowest_year(load: Loader) -> dict[str, float]:
    """The year of the lowest growth, which looks odd but is no mistake."""
    level, official = _official(load)
    return _with_base(load, int(level.index[int(official.argmin())]))


def fastest_year(load: Loader) -> dict[str, float]:
    """The year of the highest growth, which is remarkable but not a mistake."""
    level, official = _official(load)
    return _with_base(load, int(level.index[int(official.argmax())]))


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
                "increase": increase,
                "mean-of-carriers": mean_of_carriers,
                "country": growth_of_country,
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
                "shared-out": growth_shared_out,
                "country": rate_of_country,
                "four-firms": four_firms_only,
                "fractions": hhi_of_fractions,
                "sum-squared": sum_squared,
                "last-year": last_year,
                "rounded": whole_percents,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="ranking",
            expect=ours.ranking,
            judge=Ordering(),
            slips={
                "lesson": ours.of_the_lesson,
                "speed": ours.by_speed,
                "volume": ours.by_volume,
                "worst-first": ours.worst_first,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="mistake",
            expect=mistake,
            judge=Parts(year=Exact(), base_100m=Number(abs=0.6)),
            slips={
                "fastest": fastest_year,
                "slowest": slowest_year,
                "year-before": year_before,
                "year-after": year_after,
                "published": published_base,
                "subtracted": growth_subtracted,
                "added": growth_added,
                "billions": in_billions,
            },
        ),
        Question(
            "q5",
            points=3,
            answer="memo",
            judge=Written(
                slots=("offer", "intelligent", "green", "personal"),
                cite={"offer": 2},
                figures=ours.offers,
                stated=(30,),
            ),
        ),
    ],
)
