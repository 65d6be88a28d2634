"""Promise: a policy may change from month to month, and a later one changes nothing before it."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

from kdcourse.texts import KitError
from kdcourse.world.policy import Policy, Schedule, scheduled
from kdcourse.world.settings import list_price
from kdcourse.world.tables import to_csv
from kdcourse.world.world import World

SMALL = {"seed": 5, "customers": 400, "months": 9}
KEEN = Policy(
    capacity={"CGO": 1.5}, staffing={"desk": 1.6}, calls={"number": 6, "first_day": 0},
    price={"express": 1.2}, loyalty={"low": 0.2, "mid": 0.2, "high": 0.2},
)  # fmt: skip
CHANGE = 5


@pytest.fixture(scope="module")
def today():
    return World(**SMALL)


@pytest.fixture(scope="module")
def keen():
    return World(**SMALL, policy=KEEN)


@pytest.fixture(scope="module")
def later():
    return World(**SMALL, policy=Schedule(((CHANGE, KEEN),)))


def arrays(part):
    """All arrays of a month, by name, those of its parcels, complaints and contacts too."""
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if dataclasses.is_dataclass(value):
            yield from ((f"{field.name}.{name}", found) for name, found in arrays(value))
        else:
            yield field.name, value


def test_an_empty_schedule_gives_the_same_bytes(today):
    for schedule in (Schedule(), Schedule(((0, Policy()), (4, Policy())))):
        other = World(**SMALL, policy=schedule)
        for name, frame in today.tables.items():
            assert to_csv(name, frame) == to_csv(name, other.tables[name]), name


def test_a_policy_from_the_first_month_on_is_that_policy(keen):
    same = World(**SMALL, policy=Schedule(((0, KEEN), (3, KEEN))))
    for name, frame in keen.tables.items():
        assert to_csv(name, frame) == to_csv(name, same.tables[name]), name


def test_what_lies_before_a_policy_is_as_without_it(today, later):
    for month in range(CHANGE):
        pairs = zip(
            arrays(today.stories[0].months[month]),
            arrays(later.stories[0].months[month]), strict=True,
        )  # fmt: skip
        for (name, one), (_, other) in pairs:
            # A visit that leads to an account may lie later, on the other side of the change.
            np.testing.assert_array_equal(one, other, err_msg=f"{name}, month {month}")


def test_from_its_month_on_a_policy_is_felt(today, later):
    one, other = (world.stories[0].months[CHANGE] for world in (today, later))
    assert other.parcels.minutes.sum() < one.parcels.minutes.sum()
    assert (
        np.log(other.complaints.response_hours).mean()
        < np.log(one.complaints.response_hours).mean()
    )


def test_a_prospect_is_worked_on_as_the_month_says_in_which_sales_hears_of_it(today, keen, later):
    first, second, both = (world.stories[0].prospects for world in (today, keen, later))
    early = both.appears < CHANGE
    assert early.any()
    assert not early.all()
    for name in ("calls", "first_day", "chance", "won_on"):
        np.testing.assert_array_equal(getattr(both, name)[early], getattr(first, name)[early])
        np.testing.assert_array_equal(getattr(both, name)[~early], getattr(second, name)[~early])
    assert (second.calls > first.calls).all()


def test_the_tables_tell_what_was_decided_when(today, keen, later):
    def listed(world):
        frame = world.tables["price_list"]
        return frame[frame["product_id"] == "express"].set_index("since")["base_fee"]

    raised = listed(later).loc[pd.Timestamp("2024-06-01")]
    assert raised == pytest.approx(1.2 * listed(today).iloc[0], abs=0.01)
    assert list_price(CHANGE)[3] == list_price(0)[3]  # the list itself hadn't moved
    load = {w: w.truth.sites.pivot(index="month", columns="site", values="utilisation")
            for w in (today, keen, later)}  # fmt: skip
    for month, site in itertools.product(range(9), ("desk", "CGO")):
        source = keen if month >= CHANGE else today
        assert load[later].loc[month, site] == load[source].loc[month, site]


@pytest.mark.parametrize("months", [(-1,), (3, 3), (4, 2), (1.5,), (True,), ("1",)])
def test_months_that_do_not_rise_are_refused_in_a_sentence(months):
    with pytest.raises(KitError, match=str(months[-1])):
        Schedule(tuple((month, Policy()) for month in months))


def test_before_the_first_policy_all_is_as_today():
    plan = Schedule(((2, KEEN),))
    assert [plan.at(month) for month in (0, 1, 2, 8)] == [Policy(), Policy(), KEEN, KEEN]
    assert scheduled(plan) is plan
    assert scheduled(KEEN).at(0) == KEEN
    assert scheduled(None).at(7) == Policy()
