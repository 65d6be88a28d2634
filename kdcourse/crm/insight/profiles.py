"""Profiles: age, sex and interests of customers, from what they told us and how they visit.

Only persons who agreed to profiling are looked at, and no group is shown that is so small that it
could point at one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.protection import may_contact
from kdcourse.texts import KitError, content, say

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Profile:
    """What we know of one person's habits.

    Attributes:
        customer_id: Who.
        age_band: E.g. ``"25-34"``; empty where not noted.
        sex: Code; empty where not noted.
        interest: Code of their main interest; empty where not noted.
        visits: Visits to website and app, as far as the data hold them.
        platform: ``web`` or ``app``, whichever more often; empty without visits.
        channel: Where visits mostly come from.
        page: What they look at most.
        last_visit: When they last came.
    """

    customer_id: str
    age_band: str
    sex: str
    interest: str
    visits: int
    platform: str
    channel: str
    page: str
    last_visit: str

    def __str__(self) -> str:
        return say(
            "crm_data.profile",
            id=self.customer_id, age=self.age_band or "–", sex=self.sex or "–",
            interest=self.interest or "–", visits=self.visits,
            platform=self.platform or "–", channel=self.channel or "–", page=self.page or "–",
            last=self.last_visit or "–",
        )  # fmt: skip


def profile(crm: Crm, customer_id: str) -> Profile:
    """Return the profile of one customer.

    Raises:
        KitError: There is no such customer, it is no person, or they didn't agree to profiling.
    """
    allowed = may_contact(crm, customer_id, "profiling", "app")
    if not allowed:
        raise KitError("crm_data.profile-consent", id=customer_id)
    people = _people(crm, customer_id)
    if people.empty:
        raise KitError("crm_data.profile-person", id=customer_id)
    row: dict[str, Any] = {
        str(name): "" if value is None or value != value else value
        for name, value in people.iloc[0].items()
    }
    return Profile(
        customer_id,
        str(row["age_band"]),
        str(row["sex"]),
        str(row["interests"]),
        int(row["visits"]),
        *(str(row[name]) for name in ("platform", "channel", "page", "last_visit")),
    )


def profile_table(crm: Crm) -> pd.DataFrame:
    """Count persons by each trait: ``trait``, ``value``, ``customers``, ``share`` of those known.

    A group below the smallest size of ``content/crm/behaviour.toml`` is left out.
    """
    import pandas as pd

    people = _people(crm)
    smallest = content("crm/behaviour")["profile"]["smallest"]
    parts = []
    for trait in ("age_band", "sex", "interests", "platform", "channel", "page"):
        counts = people[trait].value_counts().sort_index()
        part = pd.DataFrame({"trait": trait, "value": counts.index, "customers": counts.to_numpy()})
        part["share"] = (part["customers"] / max(counts.sum(), 1)).round(4)
        parts.append(part[part["customers"] >= smallest])
    return pd.concat(parts, ignore_index=True)


def _people(crm: Crm, customer_id: str = "") -> pd.DataFrame:
    """Return persons who agreed to profiling, with age bands."""
    import pandas as pd

    people = crm.query("profile_people", today=str(crm.today), id=customer_id)
    bounds = [0, *content("crm/behaviour")["profile"]["ages"], 200]
    names = [f"{low}-{high - 1}" for low, high in pairwise(bounds)]
    names[0], names[-1] = f"<{bounds[1]}", f"{bounds[-2]}+"
    ages = pd.to_numeric(people["age"], errors="coerce")
    people["age_band"] = pd.cut(ages, bounds, right=False, labels=names).astype(object)
    return people
