"""Exercise 2.4, questions 3 and 4: in which tier customers stand, and who comes for the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.checks.exercises.tiering_books import (
    CODES,
    DAY,
    ORDERS,
    codes,
    in_tiers,
    opened,
    silent,
)

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: Days since an account was opened, and since the last parcel; the lesson's for both.
_NEW, _SILENT, _LESSON_DAYS = 60, 120, 90
_LESSON_YEAR = 2025


# --- q3: new, active and dormant as of a day


def tiers(load: Loader) -> pd.Series:
    """New before active before dormant, as of the day."""
    return in_tiers((DAY - opened(load)).dt.days <= _NEW, silent(load, DAY) <= _SILENT)


def active_first(load: Loader) -> pd.Series:
    """New customers who sent a parcel counted as active."""
    new = (DAY - opened(load)).dt.days <= _NEW
    return in_tiers(new, silent(load, DAY) <= _SILENT, new_first=False)


def without_idle(load: Loader) -> pd.Series:
    """Customers without a parcel dropped."""
    return tiers(load)[silent(load, DAY).notna()]


def with_later_parcels(load: Loader) -> pd.Series:
    """Parcels sent after the day counted, too."""
    days = silent(load, pd.Timestamp.max)
    return in_tiers((DAY - opened(load)).dt.days <= _NEW, days <= _SILENT)


def days_swapped(load: Loader) -> pd.Series:
    """120 days for new and 60 for active."""
    return in_tiers((DAY - opened(load)).dt.days <= _SILENT, silent(load, DAY) <= _NEW)


def with_later_accounts(load: Loader) -> pd.Series:
    """Accounts that did not exist on the day."""
    days = load("customers").set_index("customer_id")["created_on"]
    last = silent(load, DAY).reindex(days.index)
    return in_tiers((DAY - days).dt.days <= _NEW, last <= _SILENT)


def ninety_days(load: Loader) -> pd.Series:
    """The lesson's 90 days instead of those asked for."""
    return in_tiers((DAY - opened(load)).dt.days <= _LESSON_DAYS, silent(load, DAY) <= _LESSON_DAYS)


# --- q4: who comes for the price?


def price_led(load: Loader) -> list[str]:
    """Customers with enough orders and a code in a good part of them."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= CODES)])


def no_minimum(load: Loader) -> list[str]:
    """Judged on one order, too."""
    told = codes(load)
    return _names(told[told["share"] >= CODES])


def more_than_half(load: Loader) -> list[str]:
    """Code in half of the orders or more, instead of three tenths."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= 0.5)])


def over_four(load: Loader) -> list[str]:
    """More than four orders instead of at least four."""
    told = codes(load)
    return _names(told[(told["orders"] > ORDERS) & (told["share"] >= CODES)])


def four_codes(load: Loader) -> list[str]:
    """Four orders with a code, whatever part of all orders they are."""
    told = codes(load)
    return _names(told[told["with_code"] >= ORDERS])


def the_others(load: Loader) -> list[str]:
    """The relational customers."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] < CODES)])


def later_year(load: Loader) -> list[str]:
    """The year of the lesson."""
    told = codes(load, _LESSON_YEAR)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= CODES)])


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.index]
