"""What the management of the carrier may decide: the levers of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from kdcourse.texts import KitError
from kdcourse.world.settings import CITIES, PRODUCTS

#: Lever -> (what it is set for, lowest and highest value that makes sense).
_RANGES: dict[str, tuple[tuple[str, ...], float, float]] = {
    "price": (PRODUCTS, 0.5, 2.0),
    "promise": (PRODUCTS, 6.0, 480.0),
    "capacity": (CITIES, 0.5, 3.0),
}


@dataclass(frozen=True)
class Policy:
    """Decisions that differ from what the carrier does today; an empty policy changes nothing.

    Two worlds with the same seed and different policies differ only by what the levers cause.

    Attributes:
        price: Product -> factor on its list price (0.5 to 2).
        promise: Product -> hours promised from acceptance to delivery (6 to 480).
        capacity: City -> parcels its site can sort at normal pace, in average months' load
            (0.5 to 3).

    Raises:
        KitError: An unknown product or city, or a value out of range.
    """

    price: Mapping[str, float] = field(default_factory=dict)
    promise: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for lever in fields(self):
            known, low, high = _RANGES[lever.name]
            for name, value in getattr(self, lever.name).items():
                place = {"lever": lever.name, "name": name}
                if name not in known:
                    raise KitError("world.unknown-lever", **place, known=", ".join(known))
                if not low <= value <= high:
                    raise KitError("world.lever-range", **place, value=value, low=low, high=high)
