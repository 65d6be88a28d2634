"""Exercise 4.6: churn and win-back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.checks.exercises import win_back
from kdcourse.checks.exercises.win_back import SILENT, end_of, of_firms
from kdcourse.checks.kinds import Chosen, Exercise, Number, Parts, Question, Table, Written
from kdcourse.metrics.survival import (
    expected_losses,
    kaplan_meier,
    quarters,
    survival_at,
    watched,
)

if TYPE_CHECKING:
    from kdcourse.data import Loader

_BANDS = [2, 4, 9, 29, 9999]
_TIMES = [6, 12]


# --- q1: the churn rate of a quarter


def _sent_in(load: Loader, quarter: str, market: str | None = "enterprise") -> set[str]:
    """Who sent in a quarter; of one market, or of all."""
    parcels = load("shipments").merge(load("customers"), on="customer_id")
    if market:
        parcels = parcels[parcels["market_type"] == market]
    return set(parcels.loc[parcels["accepted_at"].dt.to_period("Q") == quarter, "customer_id"])


def churn_pct(load: Loader) -> float:
    """Enterprises that sent in the third quarter and not in the fourth, of those in the third."""
    before, after = _sent_in(load, "2025Q3"), _sent_in(load, "2025Q4")
    return 100 * len(before - after) / len(before)


def churn_of_all(load: Loader) -> float:
    """People and cross-border sellers counted, too."""
    before, after = _sent_in(load, "2025Q3", None), _sent_in(load, "2025Q4", None)
    return 100 * len(before - after) / len(before)


def churn_of_accounts(load: Loader) -> float:
    """Divided by all accounts of the market, also those that were not active."""
    before, after = _sent_in(load, "2025Q3"), _sent_in(load, "2025Q4")
    accounts = (load("customers")["market_type"] == "enterprise").sum()
    return float(100 * len(before - after) / accounts)


def net_loss(load: Loader) -> float:
    """The fall in the number of active firms: new ones hide those that left."""
    before, after = _sent_in(load, "2025Q3"), _sent_in(load, "2025Q4")
    return 100 * (1 - len(after) / len(before))


def stayed_pct(load: Loader) -> float:
    """Who stayed, instead of who fell silent."""
    return 100 - churn_pct(load)


# --- q2: survival by type of buyer


def _lives(load: Loader) -> pd.DataFrame:
    lives = watched(of_firms(load), end_of(load), SILENT)
    types = load("organisations").set_index("customer_id")["buying_type"]
    return lives.assign(buying_type=types.reindex(lives.index).astype(str))


def _by_type(lives: pd.DataFrame) -> pd.DataFrame:
    rows = {
        name: survival_at(kaplan_meier(part["months"], part["lost"]), list(_TIMES))
        for name, part in lives.groupby("buying_type")
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["m6", "m12"]) * 100
    return frame.rename_axis("buying_type")


def stay(load: Loader) -> pd.DataFrame:
    """Firms that stay six and twelve months by Kaplan-Meier, percent by type of buyer."""
    return _by_type(_lives(load))


def censored_as_lost(load: Loader) -> pd.DataFrame:
    """Everybody who is not watched any longer counted as gone."""
    return _by_type(_lives(load).assign(lost=True))


def censored_dropped(load: Loader) -> pd.DataFrame:
    """Only those whose end was seen."""
    lives = _lives(load)
    return _by_type(lives[lives["lost"]])


def not_lost_so_far(load: Loader) -> pd.DataFrame:
    """The share not lost by that month, of all, as if each had been watched so long."""
    lives = _lives(load)
    gone = {
        f"m{time}": (lives["lost"] & (lives["months"] <= time)).groupby(lives["buying_type"]).mean()
        for time in _TIMES
    }
    return (1 - pd.DataFrame(gone)) * 100


def not_lost_at_all(load: Loader) -> pd.DataFrame:
    """The share not lost until the data end, for every month the same."""
    lives = _lives(load)
    share = 100 * (1 - lives["lost"].groupby(lives["buying_type"]).mean())
    return pd.DataFrame({f"m{time}": share for time in _TIMES})


# --- q3: the mistake in a comparison


def _panel(load: Loader) -> pd.DataFrame:
    panel = quarters(of_firms(load))
    band = pd.cut(panel["parcels"], _BANDS)
    return panel.assign(expected=expected_losses(panel["lost"], band))


def mistake(load: Loader) -> dict[str, float]:
    """Losses expected among quarters with a late parcel, and how many times as many there were."""
    panel = _panel(load)
    late = panel[panel["late"] > 0]
    expected = float(late["expected"].sum())
    return {"expected": expected, "ratio": float(late["lost"].sum()) / expected}


def raw_ratio(load: Loader) -> dict[str, float]:
    """The rate with a late parcel over the rate without: the mistake itself."""
    panel = _panel(load)
    rate = panel["lost"].groupby(panel["late"] > 0).mean()
    return mistake(load) | {"ratio": float(rate[True] / rate[False])}


def without_bands(load: Loader) -> dict[str, float]:
    """Expected at the rate of all, whatever their size."""
    panel = _panel(load)
    late = panel[panel["late"] > 0]
    expected = float(len(late) * panel["lost"].mean())
    return {"expected": expected, "ratio": float(late["lost"].sum()) / expected}


def bands_of_the_punctual(load: Loader) -> dict[str, float]:
    """Expected at the rate of those of the same band without a late parcel."""
    panel = _panel(load)
    band = pd.cut(panel["parcels"], _BANDS)
    late = panel["late"] > 0
    rate = panel.loc[~late, "lost"].groupby(band[~late], observed=True).mean()
    expected = float(band[late].astype(object).map(rate).sum())
    lost = float(panel.loc[late, "lost"].sum())
    return {"expected": expected, "ratio": lost / expected if expected else 0.0}


def upside_down(load: Loader) -> dict[str, float]:
    """Expected over observed."""
    right = mistake(load)
    return right | {"ratio": 1 / right["ratio"] if right["ratio"] else 0.0}


# --- q6: the plan


def _plan(load: Loader) -> dict[str, float]:
    """What can be cited: the voucher, each site, and late parcels on equal terms."""
    return win_back.plan(load) | {f"late_{name}": value for name, value in mistake(load).items()}


exercise = Exercise(
    "4.6",
    questions=[
        Question(
            "q1",
            points=2,
            answer="churn_pct",
            expect=churn_pct,
            judge=Number(abs=0.06, unit="percent"),
            slips={
                "all": churn_of_all,
                "accounts": churn_of_accounts,
                "net": net_loss,
                "stayed": stayed_pct,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="stay",
            expect=stay,
            judge=Table(
                key=("buying_type",),
                columns={
                    "m6": Number(abs=0.06, unit="percent"),
                    "m12": Number(abs=0.06, unit="percent"),
                },
            ),
            slips={
                "censored-lost": censored_as_lost,
                "censored-dropped": censored_dropped,
                "not-lost": not_lost_so_far,
                "share": not_lost_at_all,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="mistake",
            expect=mistake,
            judge=Parts(expected=Number(abs=0.06), ratio=Number(abs=0.006)),
            slips={
                "raw": raw_ratio,
                "bands": without_bands,
                "punctual": bands_of_the_punctual,
                "upside-down": upside_down,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="calls",
            expect=win_back.calls,
            judge=Chosen(),
            slips={
                "consent": win_back.calls_without_consent,
                "money": win_back.calls_by_money,
                "silence": win_back.calls_by_silence,
            },
        ),
        Question(
            "q5",
            points=3,
            answer="offer",
            expect=win_back.offer,
            judge=Parts(
                per_100=Number(abs=0.06, unit="percent"),
                because=Number(abs=0.51),
                anyway=Number(abs=0.51),
            ),
            slips={
                "all-orders": win_back.all_orders,
                "counts": win_back.difference_of_counts,
                "swapped": win_back.swapped,
                "opened": win_back.opened_only,
                "every-campaign": win_back.every_campaign,
            },
        ),
        Question(
            "q6",
            points=3,
            answer="memo",
            judge=Written(
                slots=("call", "offer", "repair"),
                cite={"offer": 2, "repair": 2},
                figures=_plan,
                stated=(20, 40, 4, 6, 120, 60),
            ),
        ),
    ],
)
