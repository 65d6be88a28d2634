"""Tables of customers and of what was noted about persons among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.population import NEVER, SOURCES, Population
from kdcourse.world.records.draws import Objects, as_declared, blank, coded, coded_by, worded, words
from kdcourse.world.settings import CITIES, first_month
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints, Streams
from kdcourse.world.tables import display_names

_TOML = content("world/people")


def customers(story: Story) -> pd.DataFrame:
    """Return everybody who opened an account before the data end, in order of number."""
    people, streams = story.people, story.streams
    ids = people.table["customer_id"].to_numpy(object)
    # Who was recommended by somebody whose own account never came about, nobody knows.
    named = (people.referrer >= 0) & story.opened[people.referrer]
    frame = people.table.assign(
        address=addresses(streams, people),
        email=emails(streams, people),
        source_channel=np.array(SOURCES, object)[people.source],
        referrer_id=blank(ids[people.referrer], ~named),
        owner_agent_id=blank(owners(story), ~firms(people)),
        member_since=member_since(story),
    )
    return as_declared("customers", frame[story.opened])


def firms(people: Population) -> Bools:
    """Return who is a firm or another organisation rather than a person or a household."""
    kinds: Bools = ~people.table["legal_kind"].isin(["individual", "household"]).to_numpy()
    return kinds


def owners(story: Story) -> Objects:
    """Return the number of the sales person who looks after each firm, prospects included."""
    number = content("world/service")["agents"]["development"]
    which = np.floor(story.streams.uniform("owner", story.people.who) * number).astype(np.int64)
    return np.char.mod("A9%05d", story.block * number + which).astype(object)


def member_since(story: Story) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return the first day of each customer's membership of the programme, if there is one."""

    def find() -> Ints:
        since = np.full(len(story.people), NEVER)
        for month in reversed(range(len(story.months))):
            since[story.months[month].member] = month
        return since

    since = story.once("member since", find)
    first = (first_month() + since).astype("datetime64[us]")
    return np.where(since < NEVER, first, np.datetime64("NaT"))


def addresses(streams: Streams, people: Population) -> Objects:
    """Return invented addresses: a district that the city doesn't have, street, house, room."""
    who = people.who
    names = display_names("cities", "city", "zh-CN")
    city = np.array([f"{names[code]}市" for code in CITIES], object)[people.city]
    district = worded(streams, "district", words("streets", "districts"), who)
    road = worded(streams, "road", words("streets", "roads"), who)
    house = 1 + np.floor(streams.uniform("house", who) ** 2 * 400).astype(np.int64)
    floor = 1 + np.floor(streams.uniform("floor", who) * 18).astype(np.int64)
    room = floor * 100 + 1 + np.floor(streams.uniform("room", who) * 6).astype(np.int64)
    texts: Objects = (
        city + district + road + np.char.mod("%d号", house).astype(object)
        + np.char.mod("%d室", room).astype(object)
    )  # fmt: skip
    return texts


def emails(streams: Streams, people: Population) -> Objects:
    """Return mail addresses under ``.example``, which nobody can own, or none."""
    who = people.who
    name = people.table["name"].str
    firm = firms(people)

    def sound(position: int, group: str, kind: str) -> Objects:
        sounds = dict(zip(words(group, kind), words("sounds", kind), strict=True))
        return name[position].map(sounds).fillna("").to_numpy(object)

    digits = np.char.mod("%04d", np.floor(streams.uniform("mail", who) * 10_000).astype(np.int64))
    person = sound(0, "people", "surnames") + digits.astype(object) + "@mail.example"
    coined = sound(0, "firms", "plants") + sound(1, "firms", "animals")
    office = "office@" + coined + digits.astype(object) + ".example"
    gaps = _TOML["gaps"]["email"]
    without = streams.uniform("mail gap", who) < np.where(firm, gaps["firm"], gaps["person"])
    return blank(np.where(firm, office, person), without)


def persons(story: Story) -> pd.DataFrame:
    """Return what was noted about every customer who is a person or speaks for a household."""
    people, streams = story.people, story.streams
    chosen = story.opened & ~firms(people)
    who = people.who[chosen]
    toml = _TOML["age"]
    age = toml["median"] * np.exp(toml["spread"] * streams.normal("person age", who))
    age = np.clip(np.round(age), toml["low"], toml["high"]).astype(np.int64)
    sex = coded(streams, "person sex", _TOML["sex"]["shares"], who)
    education, steps = _education(streams, age, who)
    marriage = {k: _TOML["marriage"][k] for k in ("single", "married", "parted")}
    stage = np.searchsorted(_TOML["marriage"]["until"], age, side="right")
    marital = coded_by(streams, "person marriage", marriage, stage, who)
    chance = pd.Series(marital).map(_TOML["marriage"]["children"]).to_numpy()
    interests = coded_by(
        streams, "person interest", _TOML["interests"]["shares"], (sex == "male").astype(int), who
    )
    frame = pd.DataFrame(
        {
            "customer_id": people.table["customer_id"].to_numpy()[chosen],
            "age": age,
            "sex": sex,
            "education": education,
            "marital_status": marital,
            "has_children": streams.uniform("person children", who) < chance,
            "monthly_income": _income(streams, steps, who),
            "interests": interests,
        }
    )
    for column in ("education", "marital_status", "monthly_income", "interests"):
        gap = streams.uniform(f"person gap {column}", who) < _TOML["gaps"][column]
        frame[column] = blank(frame[column].to_numpy(object), gap)
    return as_declared("persons", frame)


def _education(streams: Streams, age: Ints, who: Ints) -> tuple[Objects, Ints]:
    """Return the education of each, and how many steps it is up from the lowest."""
    levels = [name for name in _TOML["education"] if name not in ("basis", "until")]
    group = np.searchsorted(_TOML["education"]["until"], age, side="right")
    shares = {name: _TOML["education"][name] for name in levels}
    education = coded_by(streams, "person education", shares, group, who)
    order = {name: step for step, name in enumerate(levels)}
    return education, pd.Series(education).map(order).to_numpy(np.int64)


def _income(streams: Streams, steps: Ints, who: Ints) -> Objects:
    """Return bands of income: more with education, and more for who sends more."""
    toml = _TOML["income"]
    taught: Floats = toml["by_education"] * (steps - 2.0)
    sends = toml["by_rate"] * streams.normal("rate", who)
    rest = np.sqrt(1.0 - toml["by_rate"] ** 2) * streams.normal("person income", who)
    bands: Objects = np.array(toml["bands"], object)[
        np.searchsorted(toml["cuts"], taught + sends + rest)
    ]
    return bands


TABLES = {"customers": customers, "persons": persons}
