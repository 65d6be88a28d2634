"""What exercise 3.4 computes from the tables: the right results and the likely wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.metrics import industry

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader

#: The customer of the exercise sends so many parcels a month from here to there.
PARCELS = 200
_ORIGIN, _REGION = "CAN", "central"


# --- q1: what was noted at the first call, and how often a contract followed


def _noted(load: Loader, which: str) -> pd.DataFrame:
    """Leads that are won or lost, by what was noted at their ``which`` call with a note."""
    calls = load("lead_contacts")
    calls = calls[(calls["kind"] == "call") & calls["note"].notna()].sort_values("at")
    note = calls.groupby("lead_id")["note"].agg(which).astype(str)
    leads = load("leads").merge(note.rename("note"), on="lead_id")
    return leads[leads["stage"].isin(["won", "lost"])]


def _by_note(leads: pd.DataFrame) -> pd.DataFrame:
    won = (leads["stage"] == "won").groupby(leads["note"])
    table = won.agg(leads="size", won_pct="mean").reset_index()
    table["won_pct"] *= 100
    return table


def readings(load: Loader) -> pd.DataFrame:
    """Leads by the note of their first call: how many, and how many of 100 were won."""
    return _by_note(_noted(load, "first"))


def last_note(load: Loader) -> pd.DataFrame:
    """By the last call, as in the lesson."""
    return _by_note(_noted(load, "last"))


def first_call(load: Loader) -> pd.DataFrame:
    """The first call of all, so that leads drop out at whose first call nothing was noted."""
    calls = load("lead_contacts").sort_values("at").query("kind == 'call'")
    first = calls.drop_duplicates("lead_id").dropna(subset="note").astype({"note": "str"})
    leads = load("leads")
    leads = leads[leads["stage"].isin(["won", "lost"])]
    return _by_note(leads.merge(first[["lead_id", "note"]], on="lead_id"))


def every_call(load: Loader) -> pd.DataFrame:
    """By call, so that a lead counts as often as it was called."""
    leads = load("leads")
    leads = leads[leads["stage"].isin(["won", "lost"])]
    calls = load("lead_contacts").query("kind == 'call'").dropna(subset="note")
    calls = calls.astype({"note": "str"})
    return _by_note(calls[["lead_id", "note"]].merge(leads[["lead_id", "stage"]], on="lead_id"))


def shares_of_won(load: Loader) -> pd.DataFrame:
    """The share of the won that had this note, instead of the share of the note that was won."""
    leads, table = _noted(load, "first"), readings(load)
    won = leads[leads["stage"] == "won"]["note"].value_counts(normalize=True) * 100
    return table.assign(won_pct=table["note"].map(won).fillna(0.0))


# --- q2: a grievance, half-year by half-year


def _due(load: Loader) -> pd.DataFrame:
    """Parcels whose promise has fallen due when the data end, with their half-year."""
    shipments = load("shipments")
    return _marked(shipments[shipments["promised_at"] <= _end(load)])


def _marked(parcels: pd.DataFrame, by: str = "accepted_at") -> pd.DataFrame:
    """Add the half-year of ``by`` and whether a parcel was late; a lost one was."""
    day = parcels[by].dt
    half = day.year.astype(str) + "H" + (1 + (day.month > 6)).astype(str)
    return parcels.assign(half=half, late=~(parcels["delivered_at"] <= parcels["promised_at"]))


def _end(load: Loader) -> pd.Timestamp:
    """The data end at the midnight after the last parcel was accepted."""
    return load("shipments")["accepted_at"].max().ceil("D")


def _centre(load: Loader) -> pd.Index:
    cities = load("cities")
    return cities[cities["region"] == _REGION].set_index("city").index


def _by_half(due: pd.DataFrame) -> pd.DataFrame:
    table = due.groupby("half")["late"].agg(parcels="size", late_pct="mean").reset_index()
    table["late_pct"] *= 100
    return table


def _hers(load: Loader, due: pd.DataFrame) -> pd.DataFrame:
    """Parcels on the customer's routes."""
    return due[(due["origin"] == _ORIGIN) & due["destination"].isin(_centre(load))]


def record(load: Loader) -> pd.DataFrame:
    """Parcels and late ones of 100 on the customer's routes, by half-year."""
    return _by_half(_hers(load, _due(load)))


def whole_company(load: Loader) -> pd.DataFrame:
    """All routes."""
    return _by_half(_due(load))


def way_back(load: Loader) -> pd.DataFrame:
    """The other direction: from the Centre to Guangzhou."""
    due = _due(load)
    return _by_half(due[due["origin"].isin(_centre(load)) & (due["destination"] == _ORIGIN)])


def by_promise(load: Loader) -> pd.DataFrame:
    """Half-years by the day of the promise."""
    shipments = load("shipments")
    due = shipments[shipments["promised_at"] <= _end(load)]
    return _by_half(_hers(load, _marked(due, "promised_at")))


def ms_bai(load: Loader) -> pd.DataFrame:
    """The routes of the lesson."""
    due = _due(load)
    return _by_half(due[(due["origin"] == "SHA") & due["destination"].isin(["CTU", "XIY", "LHW"])])


def on_time(load: Loader) -> pd.DataFrame:
    """On time instead of late."""
    table = record(load)
    return table.assign(late_pct=100 - table["late_pct"])


# --- q3: does the discount sell?


def _ends(load: Loader) -> pd.DataFrame:
    """Deals that are over: stage, discount of the first and of the last proposal, percent."""
    proposals = load("proposals").sort_values(["deal_id", "version"])
    ends = proposals.groupby("deal_id")["discount"].agg(["first", "last"]) * 100
    deals = load("deals").set_index("deal_id")["stage"]
    table = ends.join(deals)
    return table[table["stage"].isin(["signed", "lost"])]


def discounts(load: Loader) -> dict[str, float]:
    """Mean discount of the first and of the last proposal, signed and lost deals, percent."""
    means = _ends(load).groupby("stage", observed=True)[["first", "last"]].mean()
    return {
        f"{stage}_{end}": float(means[end].loc[stage])
        for end in ("first", "last")
        for stage in ("signed", "lost")
    }


def as_the_consultant(load: Loader) -> dict[str, float]:
    """The discount at "too dear" taken for that of the deals lost."""
    proposals = load("proposals")
    dear = proposals[proposals["feedback"] == "price_too_high"]["discount"].mean() * 100
    return discounts(load) | {"lost_first": float(dear), "lost_last": float(dear)}


def means_as_ends(load: Loader) -> dict[str, float]:
    """The consultant's two averages, four times."""
    means = load("proposals").groupby("feedback", observed=True)["discount"].mean() * 100
    yes, no = float(means["accepted"]), float(means["price_too_high"])
    return {"signed_first": yes, "signed_last": yes, "lost_first": no, "lost_last": no}


def all_versions(load: Loader) -> dict[str, float]:
    """All versions averaged, so that long negotiations count more than once."""
    proposals = load("proposals").merge(load("deals")[["deal_id", "stage"]], on="deal_id")
    mean = proposals.groupby(proposals["stage"].astype(str))["discount"].mean() * 100
    return {
        f"{stage}_{end}": float(mean[stage])
        for end in ("first", "last")
        for stage in ("signed", "lost")
    }


def ends_exchanged(load: Loader) -> dict[str, float]:
    """First and last exchanged, because the rows were not sorted by version."""
    right = discounts(load)
    turned = {"first": "last", "last": "first"}
    return {
        f"{stage}_{end}": right[f"{stage}_{turned[end]}"]
        for end in turned
        for stage in ("signed", "lost")
    }


# --- q5: a presentation


def offers(load: Loader) -> dict[str, float]:
    """What can be said of each product on the customer's routes, ``"<product>_<figure>"``.

    Hours promised, parcels behind the rate, of them on time and late, the same of 100 and of what
    the customer sends in a month, hours that 95 of 100 stay under, fee paid; and of all products
    parcels and late ones, by half-year and in all.
    """
    hers = _hers(load, _due(load))
    figures: dict[str, float] = {}
    for product in load("products").to_dict("records"):
        parcels = hers[hers["product_id"] == product["product_id"]]
        if parcels.empty:
            continue
        share, late = industry.on_time_rate(parcels, _end(load)), int(parcels["late"].sum())
        hours = (parcels["delivered_at"] - parcels["accepted_at"]).dt.total_seconds() / 3600
        told = {
            "promise": product["promised_hours"],
            "days": product["promised_hours"] / 24,
            "parcels": len(parcels),
            "parcels_late": late,
            "parcels_on_time": len(parcels) - late,
            "on_time": share * 100,
            "late": 100 - share * 100,
            "late_a_month": (1 - share) * PARCELS,
            "on_time_a_month": share * PARCELS,
            "hours_95": hours.quantile(0.95),
            "fee": parcels["fee"].mean(),
            "base_fee": product["base_fee"],
        }
        figures |= {f"{product['product_id']}_{name}": float(value) for name, value in told.items()}
    for half in record(load).to_dict("records"):
        figures[f"late_{half['half']}"] = float(half["late_pct"])
        figures[f"parcels_{half['half']}"] = float(half["parcels"])
    figures |= {"parcels": float(len(hers)), "parcels_late": float(hers["late"].sum())}
    return figures | {"company": industry.on_time_rate(load("shipments"), _end(load)) * 100}
