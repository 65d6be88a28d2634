"""What nobody in the company can see: the sizes of the effects and the hidden states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdcourse.world.effects import Effects
from kdcourse.world.records import branch
from kdcourse.world.records.raw_customers import raw_truth
from kdcourse.world.records.raw_surveys import raw_surveys_truth
from kdcourse.world.service import desk_utilisation
from kdcourse.world.settings import CITIES, KINDS, PROBLEMS, REASONS, TIERS
from kdcourse.world.shipping import utilisation
from kdcourse.world.story import Story


@dataclass(frozen=True)
class Truth:
    """The truth of a world.

    Attributes:
        effects: The sizes planted.
        customers: Per account: hidden ``rate`` (parcels in an average month at full goodwill),
            ``sensitivity``, ``tier``, ``kind``, ``drift``, ``bound``, ``roving``.
        prospects: Per prospect: hidden ``need``, ``means``, ``authority``, ``chance``, ``won``.
        months: Per account and month it was there: ``goodwill`` at the month's start, ``expected``
            parcels, ``sent``, ``late_share`` of them (empty if none), ``hazard`` of leaving at the
            month's end, whether it ``left``, over what (``reason``), and whether a ``member``.
        complaints: Per complaint its hidden ``recovered`` share of the harm.
        lost: Per lost customer and month: what was tried, and whether they ``returned``.
        sites: Per month and site the ``utilisation``; site ``desk`` is the service desk.
        raw_customers: Per row of the raw table: whose it is, and what is wrong with it.
        raw_surveys: Likewise.
        branch_prospects: Of the prospects of case 2, what would come of each; see
            :func:`kdcourse.world.records.branch.outcomes`.
    """

    effects: Effects
    customers: pd.DataFrame
    prospects: pd.DataFrame
    months: pd.DataFrame
    complaints: pd.DataFrame
    lost: pd.DataFrame
    sites: pd.DataFrame
    raw_customers: pd.DataFrame
    raw_surveys: pd.DataFrame
    branch_prospects: pd.DataFrame


def truth(stories: list[Story]) -> Truth:
    """Collect the truth of a world from its blocks."""
    first = stories[0]

    def whole(parts: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(parts, ignore_index=True)

    return Truth(
        first.effects,
        whole([_customers(story) for story in stories]),
        whole([_prospects(story) for story in stories]),
        whole([_months(story) for story in stories]),
        whole([_complaints(story) for story in stories]),
        whole([_lost(story) for story in stories]),
        _sites(first),
        whole([raw_truth(story) for story in stories]),
        whole([raw_surveys_truth(story) for story in stories]),
        branch.outcomes(first.streams, first.effects),
    )


def _customers(story: Story) -> pd.DataFrame:
    people = story.people
    frame = pd.DataFrame(
        {
            "customer_id": people.table["customer_id"],
            "rate": people.rate,
            "sensitivity": people.sensitivity,
            "tier": np.array(TIERS)[people.tier],
            "kind": np.array(KINDS)[people.kind],
            "drift": people.drift,
            "bound": people.bound,
            "roving": people.roving,
        }
    )
    return frame[story.opened].reset_index(drop=True)


def _prospects(story: Story) -> pd.DataFrame:
    prospects = story.prospects
    ids = story.people.table["customer_id"].to_numpy()[story.accounts :]
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "need": prospects.need,
            "means": prospects.means,
            "authority": prospects.authority,
            "chance": prospects.chance,
            "won": ~np.isnat(prospects.won_on),
        }
    )
    return frame[story.known[story.accounts :]].reset_index(drop=True)


def _months(story: Story) -> pd.DataFrame:
    ids = story.people.table["customer_id"]
    frames = [
        pd.DataFrame(
            {
                "customer_id": ids,
                "month": month,
                "goodwill": told.goodwill,
                "expected": told.expected,
                "sent": told.counts,
                "late_share": told.late_share,
                "hazard": told.hazard,
                "left": told.left,
                "reason": pd.Series(np.array(REASONS)[told.reason]).where(told.left),
                "member": told.member,
            }
        )[told.here]
        for month, told in enumerate(story.months)
    ]
    return pd.concat(frames, ignore_index=True)


def _complaints(story: Story) -> pd.DataFrame:
    ids = story.people.table["customer_id"].to_numpy()
    frames = [
        pd.DataFrame(
            {
                "customer_id": ids[told.complaints.customer],
                "month": month,
                "index": told.complaints.index,
                "problem": np.array(PROBLEMS)[told.complaints.problem],
                "recovered": told.complaints.recovered,
            }
        )
        for month, told in enumerate(story.months)
    ]
    return pd.concat(frames, ignore_index=True)


def _lost(story: Story) -> pd.DataFrame:
    ids = story.people.table["customer_id"].to_numpy()
    frames = []
    for month, told in enumerate(story.months):
        back = told.win_back
        reason = np.array(REASONS)[told.reason[back.customer]]
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": ids[back.customer],
                    "month": month,
                    "reason": reason,
                    "voucher": back.voucher,
                    "control": back.control,
                    "returned": back.returned,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _sites(story: Story) -> pd.DataFrame:
    months = range(len(story.months))
    sites = pd.DataFrame([utilisation(m, story.decided(m)) for m in months], columns=list(CITIES))
    sites["desk"] = [desk_utilisation(m, story.decided(m)) for m in months]
    sites = sites.rename_axis("month").reset_index()
    return sites.melt("month", None, "site", "utilisation")
