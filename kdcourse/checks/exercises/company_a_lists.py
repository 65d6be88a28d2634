"""Case 2: target lists, thoughtful and thoughtless, what comes of them, and the memo's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.checks.exercises.company_a_pilot import (
    BOUND,
    COST,
    SERVED,
    groups,
    mistake,
    needs,
    pilot,
    screened,
    still_open,
    told,
)
from kdcourse.checks.truth import branch_truth

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader

#: How many prospects two sales people can pursue in the first year, and fewest names of a list.
MOST, LEAST = 60, 20
#: From how many yuan a year a prospect's value is called high: a convention of the case.
LEAST_VALUE = 500

# --- q5: the list


def targets(load: Loader) -> pd.DataFrame:
    """The reference: who can sign, would bring more than a visit costs, and needs it most."""
    visits, rest = pilot(load), still_open(load)
    won = visits[visits["signed"]].groupby("group")[["contribution", "monthly_parcels"]].sum()
    each = won["contribution"] / won["monthly_parcels"]
    able = rest[rest["contract_months"] <= BOUND].copy()
    able["value"] = able["group"].map(each).fillna(0) * able["monthly_parcels"]
    able["promise"] = able["need_score"].fillna(50).astype(float) + 15 * able["contact_decides"]
    able = able[able["value"] >= LEAST_VALUE]
    listed = able.sort_values("promise", ascending=False, kind="stable").head(MOST).copy()
    best = (listed["value"] * listed["promise"]).rank(ascending=False, method="first") <= MOST // 3
    listed["grade"] = best.map({True: "A", False: "B"})
    return listed[["prospect_id", "grade"]]


def _graded(prospects: pd.DataFrame) -> pd.DataFrame:
    """Give the first third of a list the better grade."""
    listed = prospects[["prospect_id"]].copy()
    listed["grade"] = ["A" if place < MOST // 3 else "B" for place in range(len(listed))]
    return listed


def by_sales(load: Loader) -> pd.DataFrame:
    """The largest firms by sales."""
    return _graded(still_open(load).sort_values("annual_sales", ascending=False).head(MOST))


def by_parcels(load: Loader) -> pd.DataFrame:
    """Who says to send most."""
    return _graded(still_open(load).sort_values("monthly_parcels", ascending=False).head(MOST))


def first_names(load: Loader) -> pd.DataFrame:
    """The first of the table, which stands in no order: a list by lot."""
    return _graded(still_open(load).head(MOST))


def everybody(load: Loader) -> pd.DataFrame:
    """Everybody within reach."""
    return _graded(still_open(load))


def truth(load: Loader) -> pd.DataFrame:
    """What would come of each prospect; those of the pilot are no longer open."""
    hidden, areas = branch_truth(load), load("branch_prospects").set_index("prospect_id")["area"]
    return hidden.assign(
        open=~hidden["pilot"].astype(bool),
        reach=hidden["prospect_id"].map(areas).isin(SERVED),
        worth=hidden["worth"].astype(bool),
    )


# --- q6: the memo


def _walked(visits: pd.DataFrame) -> dict[str, float]:
    """What the case finds out on the pilot: areas, the two questions, value and potential."""
    signed = visits[visits["signed"]].groupby("group")[["contribution", "monthly_parcels"]].sum()
    each = (signed["contribution"] / signed["monthly_parcels"]).astype(float)
    value = visits["group"].map(each).fillna(0) * visits["monthly_parcels"]
    free = visits["contract_months"] <= BOUND
    visits = visits.assign(
        free=free, high=value >= LEAST_VALUE, potential=free & visits["contact_decides"]
    )
    found = {f"each_{group}": float(yuan) for group, yuan in each.items()}
    for by in (["area"], ["free", "contact_decides"], ["high", "potential"]):
        for cell, rows in visits.groupby(by):
            name = "_".join(map(str, [*by, *cell]))
            found |= {
                f"{name}_visits": float(len(rows)),
                f"{name}_signed": float(rows["signed"].sum()),
                f"{name}_signed_pct": float(rows["signed"].mean() * 100),
                f"{name}_worth": float(rows["worth"].sum()),
                f"{name}_left": float(rows["net"].mean()),
                f"{name}_loss": -float(rows["net"].mean()),
            }
    listed = visits[visits["high"] & visits["potential"]]
    found |= _told_of_list("list", visits, listed)
    for least in (50, 60):
        found |= _told_of_list(f"keen_{least}", visits, listed[listed["need_score"] >= least])
    for size in ("annual_sales", "monthly_parcels"):
        found |= _told_of_list(size, visits, visits.sort_values(size, ascending=False).head(20))
    for name, scores in {"low": (-1, 40), "middle": (40, 60), "high": (60, 100)}.items():
        rows = visits[(visits["need_score"] > scores[0]) & (visits["need_score"] <= scores[1])]
        found[f"need_{name}_visits"] = float(len(rows))
        found[f"need_{name}_signed"] = float(rows["signed"].sum())
        found[f"need_{name}_signed_pct"] = float(rows["signed"].mean() * 100)
    return found


def _told_of_list(name: str, visits: pd.DataFrame, listed: pd.DataFrame) -> dict[str, float]:
    """What the case says of a list on the pilot: names, hits, both rates, yuan a visit."""
    hits, worth = float(listed["worth"].sum()), float(visits["worth"].sum())
    return {
        f"{name}_names": float(len(listed)),
        f"{name}_hits": hits,
        f"{name}_precision_pct": hits / max(len(listed), 1) * 100,
        f"{name}_recall_pct": hits / max(worth, 1.0) * 100,
        f"{name}_left": float(listed["net"].mean()),
        f"{name}_loss": -float(listed["net"].mean()),
    }


def figures(load: Loader) -> dict[str, float]:
    """What a memo can cite: the pilot, its groups, the open prospects, and Lanyan's own lists."""
    visits, rest, leads = pilot(load), still_open(load), load("leads")
    whole = told(visits, float(visits["signed"].sum()))
    found = {f"all_{name}": value for name, value in whole.items()}
    found |= {
        "all_signed_pct": float(visits["signed"].mean() * 100),
        "all_worth": float(visits["worth"].sum()),
        "all_signed": float(visits["signed"].sum()),
        "all_cost": COST * len(visits),
        "all_contribution": float(visits["contribution"].sum()),
        "all_net": float(visits["net"].sum()),
        "all_loss": -whole["net_per_visit"],
        "open": float(len(rest)),
        "open_cost": COST * len(rest),
        "open_net": float(visits["net"].mean()) * len(rest),
        "open_loss": -float(visits["net"].mean()) * len(rest),
        # As the case says it: in thousands.
        "open_loss_about": -round(float(visits["net"].mean()) * len(rest), -3),
        "listed": float(len(targets(load))),
    }
    found |= _walked(visits)
    kept = screened(load)
    found |= {f"kept_{name}": value for name, value in kept.items()}
    found["kept_loss"] = -kept["net_per_visit"]
    found["saved_visits"] = len(visits) - kept["visits"]
    found["saved_cost"] = COST * found["saved_visits"]
    found |= {f"rule_{name}": value for name, value in mistake(load).items()}
    for part, table in {"pilot": groups(load), "open": needs(load)}.items():
        for group, row in table.iterrows():
            found |= {f"{part}_{group}_{name}": float(value) for name, value in row.items()}
            found |= {f"{part}_{group}_{name}_loss": -float(v) for name, v in row.items() if v < 0}
    decided = leads[leads["stage"].isin(["won", "lost"])]
    for name, rows in decided.groupby("list"):
        found[f"lanyan_{name}_won_pct"] = float((rows["stage"] == "won").mean() * 100)
        found[f"lanyan_{name}"] = float(len(rows))
    return found
