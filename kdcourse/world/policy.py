"""What the management of the carrier may decide, and from when on: the levers of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from kdcourse.texts import KitError, content
from kdcourse.world.settings import (
    CHANNELS,
    CITIES,
    POSTS,
    PROBLEMS,
    PRODUCTS,
    REASONS,
    REGIONS,
    TIERS,
)

#: What a lever may be set for.
_NAMES: dict[str, tuple[str, ...]] = {
    "products": PRODUCTS,
    "lanes": PRODUCTS + tuple(f"{p}:{r}" for p in PRODUCTS for r in REGIONS),
    "cities": CITIES,
    "tiers": TIERS,
    "problems": PROBLEMS,
    "posts": POSTS,
    "desks": ("desk",),
    "effort": ("number", "first_day"),
    "channels": CHANNELS,
    "caps": ("month",),
    "reasons": REASONS,
}

Lever = Mapping[str, float]


@dataclass(frozen=True)
class Policy:
    """Decisions that differ from what the carrier does today; an empty policy changes nothing.

    Two worlds with the same seed and different policies differ only by what the levers cause. Each
    lever maps names to values; ranges and meanings stand in ``content/world/levers.toml``.

    Attributes:
        price: Product -> factor on its list price.
        discount: Tier of customers -> extra share off the fee.
        promise: Product, or ``product:region`` of destination -> hours promised.
        capacity: City -> parcels its site can sort at normal pace, in average months' load.
        staffing: ``desk`` -> agents as a factor on today's number.
        response: Tier -> hours within which a complaint must have its first answer.
        compensation: Problem -> payment as a share of the harm claimed.
        empowerment: Post -> yuan that an agent may pay without asking.
        loyalty: Tier -> worth of points as a share of the fee (0: not for this tier).
        calls: ``number`` of calls to a prospect and days until the first (``first_day``).
        marketing: Channel -> reach of campaigns as a factor on today's.
        contact_cap: ``month`` -> messages a customer may get in a month.
        win_back: Reason of leaving -> yuan of a voucher.

    Raises:
        KitError: An unknown lever or name, or a value out of range.
    """

    price: Lever = field(default_factory=dict)
    discount: Lever = field(default_factory=dict)
    promise: Lever = field(default_factory=dict)
    capacity: Lever = field(default_factory=dict)
    staffing: Lever = field(default_factory=dict)
    response: Lever = field(default_factory=dict)
    compensation: Lever = field(default_factory=dict)
    empowerment: Lever = field(default_factory=dict)
    loyalty: Lever = field(default_factory=dict)
    calls: Lever = field(default_factory=dict)
    marketing: Lever = field(default_factory=dict)
    contact_cap: Lever = field(default_factory=dict)
    win_back: Lever = field(default_factory=dict)

    def __new__(cls, **levers: Lever) -> Policy:
        """Refuse a lever that isn't there in a sentence, where Python would speak of arguments."""
        known = content("world/levers")
        for name in levers:
            if name not in known:
                raise KitError("world.no-such-lever", name=name, known=", ".join(known))
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for lever in fields(self):
            about = content("world/levers")[lever.name]
            known, low, high = _NAMES[about["of"]], about["low"], about["high"]
            for name, value in getattr(self, lever.name).items():
                place = {"lever": lever.name, "name": name}
                if name not in known:
                    raise KitError("world.unknown-lever", **place, known=", ".join(known))
                if not low <= value <= high:
                    raise KitError("world.lever-range", **place, value=value, low=low, high=high)


@dataclass(frozen=True)
class Schedule:
    """Policies that follow each other; before the first the carrier does what it does today.

    A later policy changes nothing that happened before it.

    Attributes:
        steps: From which month of the world on (0 the first), and which policy; months rising.

    Raises:
        KitError: A month isn't a whole number, or doesn't come after the one before.
    """

    steps: tuple[tuple[int, Policy], ...] = ()

    def __post_init__(self) -> None:
        before = -1
        for month, _ in self.steps:
            if type(month) is not int or month <= before:
                raise KitError("world.schedule-order", month=month, before=before)
            before = month

    def at(self, month: int) -> Policy:
        """Return what is decided in a month of the world."""
        return next((policy for since, policy in self.steps[::-1] if since <= month), Policy())


def scheduled(policy: Policy | Schedule | None) -> Schedule:
    """Return decisions as a schedule; a policy alone holds from the first month on."""
    if isinstance(policy, Schedule):
        return policy
    return Schedule(((0, policy or Policy()),))
