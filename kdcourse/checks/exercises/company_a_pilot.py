"""Case 2: what the pilot and the file of prospects say, rightly and in the known wrong ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: As told in the case: yuan to pursue one prospect, months of a contract that bind, and the areas
#: in which the branch collects.
COST = 400.0
BOUND = 6
SERVED = ("industrial_park", "old_town", "new_district", "university")

#: What the colleague's rule asks of a prospect beside a free one who decides.
_NEED, _PARCELS = 50, 100


def pilot(load: Loader) -> pd.DataFrame:
    """The visits of the pilot, each with what it left after its cost."""
    prospects = load("branch_prospects")
    visited = prospects[prospects["pilot"]].copy()
    visited["signed"] = visited["signed"].astype(bool)
    visited["net"] = visited["contribution"].astype(float) - COST
    visited["worth"] = visited["net"] >= 0
    return visited


def still_open(load: Loader) -> pd.DataFrame:
    """Who could still be visited: within reach and not in the pilot."""
    prospects = load("branch_prospects")
    return prospects[~prospects["pilot"] & prospects["area"].isin(SERVED)]


def told(visits: pd.DataFrame, signed: float) -> dict[str, float]:
    """Number of some visits, yuan spent on them per signing, yuan left per visit."""
    cost = COST * len(visits) / signed if signed else float("nan")
    return {
        "visits": float(len(visits)),
        "cost_per_signing": cost,
        "net_per_visit": float(visits["net"].mean()),
    }


# --- q1: why it matters


def screened(load: Loader) -> dict[str, float]:
    """The pilot without those bound elsewhere and those whose contact can't decide."""
    visits = pilot(load)
    kept = visits[(visits["contract_months"] <= BOUND) & visits["contact_decides"]]
    return told(kept, float(kept["signed"].sum()))


def one_screen(load: Loader) -> dict[str, float]:
    """Only the contract looked at."""
    visits = pilot(load)
    kept = visits[visits["contract_months"] <= BOUND]
    return told(kept, float(kept["signed"].sum()))


def either_screen(load: Loader) -> dict[str, float]:
    """One of the two conditions was enough."""
    visits = pilot(load)
    kept = visits[(visits["contract_months"] <= BOUND) | visits["contact_decides"]]
    return told(kept, float(kept["signed"].sum()))


def screened_without_cost(load: Loader) -> dict[str, float]:
    """The cost of the visit forgotten."""
    right = screened(load)
    return right | {"net_per_visit": right["net_per_visit"] + COST}


def cost_of_all_visits(load: Loader) -> dict[str, float]:
    """The cost of the whole pilot shared among the signings that would have been left."""
    right = screened(load)
    scale = len(pilot(load)) / right["visits"] if right["visits"] else float("nan")
    return right | {"cost_per_signing": right["cost_per_signing"] * scale}


def without_refusals(load: Loader) -> dict[str, float]:
    """The visits that ended in a refusal cost nothing, as if they had not been made."""
    visits = pilot(load)
    kept = visits[(visits["contract_months"] <= BOUND) & visits["contact_decides"]]
    won = kept[kept["signed"]]
    return told(won, float(len(won))) | {"visits": float(len(kept))}


# --- q2: which groups


def _by_group(visits: pd.DataFrame, net: pd.Series) -> pd.DataFrame:
    groups = visits.groupby("group")
    return _table(groups.size(), groups["signed"].mean() * 100, net)


def _table(visits: pd.Series, signed: pd.Series, net: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"visits": visits, "signed_pct": signed, "net_per_visit": net})


def groups(load: Loader) -> pd.DataFrame:
    """Visits, signings of a hundred visits, and yuan left per visit, by group."""
    visits = pilot(load)
    return _by_group(visits, visits.groupby("group")["net"].mean())


def groups_without_cost(load: Loader) -> pd.DataFrame:
    """The cost of the visit forgotten."""
    visits = pilot(load)
    return _by_group(visits, visits.groupby("group")["net"].mean() + COST)


def groups_of_signers(load: Loader) -> pd.DataFrame:
    """Signings counted instead of visits."""
    return groups(load).assign(visits=pilot(load).groupby("group")["signed"].sum().astype(float))


def groups_per_signing(load: Loader) -> pd.DataFrame:
    """Per signing instead of per visit: refusals cost nothing."""
    visits = pilot(load)
    return _by_group(visits, visits[visits["signed"]].groupby("group")["net"].mean())


def groups_of_all(load: Loader) -> pd.DataFrame:
    """Divided by all prospects of the group, of whom most were never visited."""
    visits, everybody = pilot(load), load("branch_prospects").groupby("group").size()
    signed = visits.groupby("group")["signed"].sum()
    net = visits.groupby("group")["net"].sum()
    return _table(everybody, signed / everybody * 100, net / everybody)


# --- q3: what they are like and what they need


def _needs(prospects: pd.DataFrame, *, mean: bool = False) -> pd.DataFrame:
    groups = prospects.groupby("group")
    parcels = groups["monthly_parcels"]
    shares = prospects.assign(
        bound=prospects["contract_months"] > BOUND, price=prospects["wants"] == "price"
    ).groupby("group")
    return pd.DataFrame(
        {
            "prospects": groups.size(),
            "median_parcels": parcels.mean() if mean else parcels.median(),
            "bound_pct": shares["bound"].mean() * 100,
            "price_pct": shares["price"].mean() * 100,
        }
    )


def needs(load: Loader) -> pd.DataFrame:
    """Number, parcels of the middle prospect, shares bound and asking for a price, by group."""
    return _needs(still_open(load))


def needs_everywhere(load: Loader) -> pd.DataFrame:
    """Prospects in areas where the branch doesn't collect counted as well."""
    prospects = load("branch_prospects")
    return _needs(prospects[~prospects["pilot"]])


def needs_with_pilot(load: Loader) -> pd.DataFrame:
    """Who was visited in the pilot counted as well."""
    prospects = load("branch_prospects")
    return _needs(prospects[prospects["area"].isin(SERVED)])


def needs_of_pilot(load: Loader) -> pd.DataFrame:
    """Only who was visited in the pilot."""
    return _needs(pilot(load))


def needs_of_file(load: Loader) -> pd.DataFrame:
    """All prospects of the file."""
    return _needs(load("branch_prospects"))


def needs_from_six(load: Loader) -> pd.DataFrame:
    """A contract of exactly six months taken for one that binds."""
    return needs(load).assign(bound_pct=_tied(load, BOUND))


def needs_any_contract(load: Loader) -> pd.DataFrame:
    """Every contract that still runs taken for one that binds."""
    return needs(load).assign(bound_pct=_tied(load, 1))


def _tied(load: Loader, months: int) -> pd.Series:
    """Percent of a group's open prospects with at least so many months of contract left."""
    rest = still_open(load)
    return (rest["contract_months"] >= months).groupby(rest["group"]).mean() * 100


def needs_of_mean(load: Loader) -> pd.DataFrame:
    """The mean of the parcels, which a few large senders pull up."""
    return _needs(still_open(load), mean=True)


# --- q4: the mistake in the judgement of a list


def _rates(load: Loader, good: str) -> tuple[float, float]:
    visits = pilot(load)
    named = (visits["contract_months"] <= BOUND) & visits["contact_decides"]
    named &= (visits["monthly_parcels"] >= _PARCELS) & (visits["need_score"] >= _NEED)
    hits = float((named & visits[good]).sum())
    return hits / float(named.sum()) * 100, hits / float(visits[good].sum()) * 100


def mistake(load: Loader) -> dict[str, float]:
    """Precision and recall of the colleague's rule on the pilot."""
    precision, recall = _rates(load, "worth")
    return {"precision_pct": precision, "recall_pct": recall}


def swapped(load: Loader) -> dict[str, float]:
    """Each taken for the other, as the colleague did."""
    precision, recall = _rates(load, "worth")
    return {"precision_pct": recall, "recall_pct": precision}


def of_signings(load: Loader) -> dict[str, float]:
    """Signings counted instead of those that were worth the visit."""
    precision, recall = _rates(load, "signed")
    return {"precision_pct": precision, "recall_pct": recall}


def of_everybody(load: Loader) -> dict[str, float]:
    """Hits divided by all visits of the pilot."""
    visits, (_, recall) = pilot(load), _rates(load, "worth")
    share = recall * float(visits["worth"].mean())
    return {"precision_pct": share, "recall_pct": share}
