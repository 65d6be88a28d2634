"""Tables of money: the invoices of firms, and what every customer brought and cost in a year."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from kdcourse.world.records.marketing import WIN_BACK, campaigns, clicked_before, sent
from kdcourse.world.records.points import redeemed
from kdcourse.world.records.trade import (
    CHANNELS,
    before_end,
    billed_monthly,
    number,
    trade,
)
from kdcourse.world.settings import PROBLEMS, PRODUCTS, by_city, first_month
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats


def invoices(story: Story) -> pd.DataFrame:
    """Return the invoices of the firms that are billed by the month, in order of number."""
    people, streams = story.people, story.streams
    rows = trade(story)
    months, size = len(story.months), len(people)
    billed = billed_monthly(story)[rows.customer]
    place = rows.month[billed] * size + rows.customer[billed]
    amount = np.bincount(place, rows.fee[billed], months * size).astype(np.float64).round(2)
    month, customer = np.divmod(np.flatnonzero(amount), size)
    amount = amount[month * size + customer]
    address = (people.who[customer], month)
    end = (first_month() + month + 1).astype("datetime64[D]")
    slow = number("invoices", "firm_spread") * streams.normal("slow payer", people.who)[customer]
    slow = slow + number("invoices", "month_spread") * streams.normal("pays after", *address)
    days = np.ceil(number("invoices", "paid_after") * np.exp(slow)).astype("timedelta64[D]")
    never = streams.uniform("never pays", *address) < number("invoices", "never")
    paid_on = before_end(story, np.where(never, np.datetime64("NaT"), end + days))
    low, high = number("invoices", "part_paid")
    part = low + (high - low) * streams.uniform("part paid", *address)
    in_part = streams.uniform("pays a part", *address) < number("invoices", "part")
    paid = np.where(in_part, np.round(part * amount, 2), amount)
    refund = _refunds(story).reshape(-1)[month * size + customer]
    periods = np.datetime_as_string(first_month() + month)
    frame = pd.DataFrame(
        {
            "invoice_id": np.char.mod("I%09d", people.who[customer] * 100 + month),
            "customer_id": people.table["customer_id"].to_numpy()[customer],
            "period": periods,
            "amount": amount,
            "due_on": (end + number("invoices", "days")).astype("datetime64[us]"),
            "paid_on": paid_on,
            "paid_amount": np.where(np.isnat(paid_on), 0.0, paid),
            "refund_amount": np.minimum(refund, amount),
        }
    )
    return frame.sort_values("invoice_id", ignore_index=True)


def _refunds(story: Story) -> Floats:
    """Return what was paid back for charging too much, yuan; shape (months, people)."""
    back = np.zeros((len(story.months), len(story.people)))
    for month, told in enumerate(story.months):
        about = told.complaints
        known = (about.problem == PROBLEMS.index("fee")) & (about.received < story.ends)
        back[month] = np.bincount(about.customer[known], about.paid[known], back.shape[1])
    return np.round(back, 2)


class Money(NamedTuple):
    """What every customer brought and cost in every month; each of shape (months, people).

    Attributes:
        parcels: Parcels sent.
        revenue: Fees, yuan.
        direct: Cost of the parcels, of compensation and of handling complaints, yuan.
        marketing: Cost of campaigns, vouchers and points redeemed, yuan.
    """

    parcels: Floats
    revenue: Floats
    direct: Floats
    marketing: Floats


def money(story: Story) -> Money:
    """Return what every customer brought and cost, month by month."""
    rows, size = trade(story), len(story.people)
    months = len(story.months)
    place = rows.month * size + rows.customer

    def monthly(weights: Floats | None = None) -> Floats:
        summed = np.bincount(place, weights, months * size).astype(np.float64)
        return summed.reshape(months, size)

    return Money(
        monthly(),
        monthly(rows.fee),
        monthly(_parcel_costs(story)) + _made_good(story),
        monthly(_coupons(story)) + _messages(story) + redeemed(story),
    )


def finance_years(story: Story) -> pd.DataFrame:
    """Return per customer and year revenue, costs and profit, in order of year and customer."""
    parcels, revenue, direct, marketing = money(story)
    year = (first_month() + np.arange(len(story.months))).astype("datetime64[Y]")
    frames = []
    for one in np.unique(year):
        of = year == one
        frame = pd.DataFrame(
            {
                "customer_id": story.people.table["customer_id"],
                "year": one.astype(int) + 1970,
                "whole_year": int(of.sum()) == 12,
                "parcels": parcels[of].sum(axis=0).astype(np.int64),
                "revenue": np.round(revenue[of].sum(axis=0), 2),
                "direct_cost": np.round(direct[of].sum(axis=0), 2),
                "marketing_cost": np.round(marketing[of].sum(axis=0), 2),
            }
        )
        frame["profit"] = (frame["revenue"] - frame["direct_cost"]).round(2)
        some = (frame["parcels"] > 0) | (frame["direct_cost"] > 0) | (frame["marketing_cost"] > 0)
        frames.append(frame[some])
    return pd.concat(frames, ignore_index=True)


def _parcel_costs(story: Story) -> Floats:
    """Return the yuan that each parcel costs by product, weight, lane and the courier's way."""
    rows = trade(story)
    base, per_kg = (
        np.array([number("costs", what)[product] for product in PRODUCTS])
        for what in ("base", "per_kg")
    )
    cost = base[rows.product] + per_kg[rows.product] * np.maximum(rows.weight_kg - 1.0, 0.0)
    region = np.array([*by_city("region"), ""])
    far = (region[rows.destination] == "west") & (rows.origin != rows.destination)
    fetched = rows.channel != CHANNELS.index("counter")
    cost = cost * np.where(far, number("costs", "west"), 1.0)
    return cost + number("costs", "pickup") * fetched


def _made_good(story: Story) -> Floats:
    """Return compensation and the handling of complaints, yuan; shape (months, people)."""
    spent = np.zeros((len(story.months), len(story.people)))
    for month, told in enumerate(story.months):
        about = told.complaints
        known = about.received < story.ends
        cost = about.paid[known] + number("costs", "office")
        spent[month] = np.bincount(about.customer[known], cost, spent.shape[1])
    return spent


def _coupons(story: Story) -> Floats:
    """Return what each parcel's campaign pays back to the sender, yuan."""
    rows = trade(story)
    frame = campaigns(story)
    off = np.zeros(1 + max((int(name[1:]) for name in frame["campaign_id"]), default=0))
    off[[int(name[1:]) for name in frame["campaign_id"]]] = frame["off"].fillna(0.0)
    campaign = clicked_before(story, rows.customer, rows.placed)
    share = np.where(campaign < 0, 0.0, off[np.maximum(campaign, 0)])
    return number("costs", "coupon") * share * rows.fee


def _messages(story: Story) -> Floats:
    """Return what messages and redeemed vouchers cost, yuan; shape (months, people)."""
    rows = sent(story)
    frame = campaigns(story)
    cost = dict(zip(frame["campaign_id"], frame["cost_per_message"], strict=True))
    each = np.array([cost.get(f"M{n:03d}", 0.0) for n in range(rows.campaign.max(initial=0) + 1)])
    spent = np.zeros((len(story.months), len(story.people)))
    used = np.where((rows.campaign == WIN_BACK) & rows.returned & ~rows.control, rows.voucher, 0.0)
    np.add.at(spent, (rows.month, rows.customer), each[rows.campaign] * ~rows.control + used)
    return spent


TABLES = {"invoices": invoices, "finance_years": finance_years}
