"""Tables of how the work is meant to go, and what comes between: channels, standards, events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.incidents import incidents, rival_cut
from kdcourse.world.records.cases import after
from kdcourse.world.records.draws import Moments, coded, known
from kdcourse.world.settings import CITIES, PRODUCTS, by_product, first_month, link_hours
from kdcourse.world.story import Story
from kdcourse.world.streams import Ints

_TOML = content("world/service")
CHANNELS = tuple(name for name in _TOML["channels"] if name != "basis")
#: The links of the chain by the step that ends them, as scans name them.
_LINKS = {2: "sort", 3: "transport", 4: "sort", 5: "deliver"}


def channels(_: Story) -> pd.DataFrame:
    """Return what is known of every channel."""
    about = [_TOML["channels"][name] for name in CHANNELS]
    frame = pd.DataFrame({"channel": CHANNELS})
    for column in ("reach", "realtime", "archivable", "unit_cost"):
        frame[column] = [each[column] for each in about]
    frame["reply_standard_s"] = [each["standard_s"] for each in about]
    return frame


def standards(story: Story) -> pd.DataFrame:
    """Return the usual hours of each link by product, and its part of the promise."""
    usual = link_hours()
    promise = story.policy.promise
    promised = np.array(
        [
            promise.get(name, hours)
            for name, hours in zip(PRODUCTS, by_product("promised_hours"), strict=True)
        ]
    )
    part = promised[:, None] * usual / usual.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "product_id": np.repeat(PRODUCTS, len(_LINKS)),
            "step": np.tile(list(_LINKS), len(PRODUCTS)),
            "stage": np.tile(list(_LINKS.values()), len(PRODUCTS)),
            "usual_hours": np.round(usual, 1).ravel(),
            "promised_hours": np.round(part, 1).ravel(),
        }
    )


def events(story: Story) -> pd.DataFrame:
    """Return all storms, closures and rivals' offers, in order of their first day."""
    whole = pd.concat([_storms(story), _offers(story)], ignore_index=True)
    for column in ("declared_at", "escalated_at", "plan_started_at", "customers_told_at"):
        whole[column] = whole[column].astype("datetime64[us]")
    whole["began_on"] = whole["began_on"].astype("datetime64[us]")
    return whole.sort_values(["began_on", "event_id"], ignore_index=True)


def _ids(month: Ints, city: Ints, kind: int) -> pd.Series[str]:
    return pd.Series(np.char.mod("E%05d", month * 1000 + city * 10 + kind).astype(object))


def _storms(story: Story) -> pd.DataFrame:
    found = incidents(story.streams, len(story.months))
    month = found["month"].to_numpy(np.int64)
    city = np.array([CITIES.index(name) for name in found["city"]], np.int64)
    toml = _TOML["events"]

    def later(start: Moments, what: str) -> Moments:
        luck = toml["spread"] * story.streams.normal(f"incident {what}", city, month)
        return after(start, toml[f"{what}_hours"] * np.exp(luck))

    # A storm isn't declared at midnight of its first day, but when it is felt.
    began = found["began_on"].to_numpy().astype("datetime64[m]")
    declared = later(after(began, np.full(len(began), 6.0)), "declared")
    escalated = later(declared, "escalated")
    plan = later(escalated, "plan")
    told = story.streams.uniform("incident told", city, month) >= toml["not_told"]
    customers = np.where(told, later(escalated, "told"), np.datetime64("NaT"))
    return pd.DataFrame(
        {
            "event_id": _ids(month, city, 0),
            "kind": coded(story.streams, "incident kind", toml["kinds"], city, month),
            "city": found["city"],
            "began_on": began,
            "days": found["days"],
            "severity": found["severity"].astype(float),
            "cut": np.nan,
            "declared_at": known(declared, story.ends),
            "escalated_at": known(escalated, story.ends),
            "plan_started_at": known(plan, story.ends),
            "customers_told_at": known(customers, story.ends),
        }
    )


def _offers(story: Story) -> pd.DataFrame:
    cuts = np.array([rival_cut(story.streams, month) for month in range(len(story.months))])
    month, city = np.nonzero(cuts)
    first = (first_month() + month).astype("datetime64[D]")
    next_ = (first_month() + month + 1).astype("datetime64[D]")
    nothing = np.full(len(month), np.datetime64("NaT"), "datetime64[us]")
    return pd.DataFrame(
        {
            "event_id": _ids(month, city, 1),
            "kind": "rival_offer",
            "city": np.array(CITIES, object)[city],
            "began_on": first.astype("datetime64[m]"),
            "days": (next_ - first).astype(np.int64),
            "severity": np.nan,
            "cut": cuts[month, city],
            "declared_at": nothing,
            "escalated_at": nothing,
            "plan_started_at": nothing,
            "customers_told_at": nothing,
        }
    )


COMPANY = {"channels": channels, "standards": standards, "events": events}
