"""Exercise 4.6, second half: whom to call, what a voucher caused, and the figures of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.metrics.survival import watched

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: Days of silence from which a firm counts as lost.
SILENT = 120
_THEN = pd.Timestamp("2025-08-01")
#: Days of silence from which a firm stands on the list of that day.
_QUIET = 30
_CALLS = 6
#: Chance of return within 90 days by days of silence, as the lesson found it, percent.
_BACK = {30: 90.8, 60: 78.4, 90: 64.6, 120: 48.6, 150: 35.9, 180: 20.0, 270: 12.8}
_BACK_STEPS = [29, 59, 89, 119, 149, 179, 269, 359]
_MONEY = ("price", "rival")


def end_of(load: Loader) -> pd.Timestamp:
    """The data end at the midnight after the last parcel was accepted."""
    return pd.Timestamp(load("shipments")["accepted_at"].max()).ceil("D")


def of_firms(load: Loader) -> pd.DataFrame:
    """Return the parcels of firms, with what is known of the firms."""
    return load("shipments").merge(load("organisations"), on="customer_id")


# --- q4: whom to call, looking back


def quiet(load: Loader) -> pd.DataFrame:
    """The silent firms of that day, what they brought a month and the chance of their return."""
    parcels = of_firms(load)
    parcels = parcels[parcels["accepted_at"] < _THEN]
    lives = watched(parcels, _THEN, _QUIET)
    gone = lives[lives["lost"]].copy()
    active = ((gone["last"] - gone["first"]).dt.days / 30).clip(lower=3)
    gone["fees"] = parcels.groupby("customer_id")["fee"].sum()
    gone["yuan_month"] = gone["fees"] / active
    step = pd.cut(gone["silent"], _BACK_STEPS, labels=list(_BACK))
    gone["back_pct"] = step.astype(float).map(_BACK).fillna(0.0)
    gone["score"] = gone["yuan_month"] * gone["back_pct"]
    consents = load("consents")
    consents = consents[(consents["purpose"] == "marketing") & (consents["given_on"] <= _THEN)]
    open_ = consents["withdrawn_on"].isna() | (consents["withdrawn_on"] > _THEN)
    gone["consent"] = gone.index.isin(consents.loc[open_, "customer_id"])
    return gone


def _first(gone: pd.DataFrame, by: str, rising: bool = False) -> set[str]:
    return set(gone.sort_values(by, ascending=rising, kind="stable").head(_CALLS).index)


def calls(load: Loader) -> set[str]:
    """The best scores of those who may be called."""
    gone = quiet(load)
    return _first(gone[gone["consent"]], "score")


def calls_without_consent(load: Loader) -> set[str]:
    """The best scores, consent or not."""
    return _first(quiet(load), "score")


def calls_by_money(load: Loader) -> set[str]:
    """By what they used to bring, however long they have been silent."""
    gone = quiet(load)
    return _first(gone[gone["consent"]], "yuan_month")


def calls_by_silence(load: Loader) -> set[str]:
    """Who was lost last, whatever they brought."""
    gone = quiet(load)
    return _first(gone[gone["consent"]], "silent", rising=True)


# --- q5: what a campaign caused


def _campaign(load: Loader, codes: tuple[str, ...] | None = ("spring-return",)) -> pd.DataFrame:
    """Return the messages of some campaigns, or of all but those to the lost."""
    sends = load("sends").merge(load("campaigns"), on="campaign_id")
    chosen = sends["code"].isin(codes) if codes else sends["kind"] != "win_back"
    return sends[chosen].assign(hit=sends["responded"].astype(float))


def _caused(sends: pd.DataFrame, hit: str = "hit") -> dict[str, float]:
    test, control = (sends[sends["group"] == group] for group in ("test", "control"))
    usual = float(control[hit].mean())
    share = float(test[hit].mean()) - usual
    return {"per_100": 100 * share, "because": len(test) * share, "anyway": len(test) * usual}


def offer(load: Loader) -> dict[str, float]:
    """Orders that the offer caused, of 100 written to and in all, and those it did not."""
    return _caused(_campaign(load))


def all_orders(load: Loader) -> dict[str, float]:
    """Everybody who ordered after the message."""
    hits = _campaign(load).query("group == 'test'")["hit"]
    return {"per_100": 100 * float(hits.mean()), "because": float(hits.sum()), "anyway": 0.0}


def difference_of_counts(load: Loader) -> dict[str, float]:
    """Orders of one group less those of the other, though the groups differ in size."""
    hits = _campaign(load).groupby("group", observed=True)["hit"].sum()
    more = float(hits["test"] - hits["control"])
    return offer(load) | {"because": more, "anyway": float(hits["control"])}


def swapped(load: Loader) -> dict[str, float]:
    """Who ordered because of the offer, and who would have anyway, the wrong way round."""
    right = offer(load)
    return right | {"because": right["anyway"], "anyway": right["because"]}


def opened_only(load: Loader) -> dict[str, float]:
    """Who opened the message against all who got none: the keen ones are picked."""
    sends = _campaign(load)
    opened = sends["opened"].astype("boolean").fillna(value=False).astype(bool)
    return _caused(sends[opened | (sends["group"] == "control")])


def every_campaign(load: Loader) -> dict[str, float]:
    """All campaigns together."""
    return _caused(_campaign(load, None))


# --- q6: the plan


def _shares(sends: pd.DataFrame, hit: str) -> dict[str, float]:
    """Return the share of hits with and without a message, percent, and the counts behind it."""
    rows = {group: sends.loc[sends["group"] == group, hit] for group in ("test", "control")}
    return {
        f"{group}_{name}": float(value)
        for group, hits in rows.items()
        for name, value in (
            ("pct", hits.mean() * 100),
            ("hits", hits.sum()),
            ("size", len(hits)),
        )
    }


def plan(load: Loader) -> dict[str, float]:
    """What can be said of the offers and of each site, by name.

    Shares of returns with and without a voucher (all, and by reason said) and of orders with and
    without the spring offer, percent, with the counts behind them; parcels late in 2025 from or to
    each city, percent, and elsewhere.
    """
    figures: dict[str, float] = {}
    pilot = _campaign(load, ("win-back",)).assign(back=lambda rows: rows["returned"].astype(float))
    figures |= {f"pilot_{name}": value for name, value in _shares(pilot, "back").items()}
    for names, reasons in (("money", _MONEY), ("service", ("service",))):
        said = pilot[pilot["said_reason"].isin(reasons)]
        figures |= {f"{names}_{name}": value for name, value in _shares(said, "back").items()}
    spring = _campaign(load)
    figures |= {f"spring_{name}": value for name, value in _shares(spring, "hit").items()}
    figures |= {f"spring_{name}": value for name, value in offer(load).items()}
    due = load("shipments")
    due = due[(due["promised_at"] <= end_of(load)) & (due["accepted_at"] >= "2025-01-01")]
    late = ~(due["delivered_at"] <= due["promised_at"])
    for city in load("cities")["city"].astype(str):
        touches = (due["origin"] == city) | (due["destination"] == city)
        figures[f"{city}_late_pct"] = float(late[touches].mean() * 100)
        figures[f"{city}_parcels"] = float(touches.sum())
        figures[f"not_{city}_late_pct"] = float(late[~touches].mean() * 100)
    return figures
