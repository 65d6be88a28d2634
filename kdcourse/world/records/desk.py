"""Tables of the staff: the agents of the service desk, the sales people, and their trainings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import Objects, coded, known
from kdcourse.world.settings import POSTS, first_month, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints

_TOML = content("world/service")
#: Sales people are numbered from here; no world has so many agents.
_FIRST_SELLER = 900_000
_COURSES = ("service_skills", "basics", "teamwork")


def agent_ids(numbers: Ints) -> Objects:
    """Return the ids of agents by number."""
    return np.char.mod("A%06d", numbers).astype(object)


def moods(story: Story) -> Floats:
    """Return how content each agent of the desk says they are: the staff survey, 1 to 5."""
    return _moods(story, story.desk.who)


def _moods(story: Story, numbers: Ints) -> Floats:
    toml = _TOML["agents"]["mood"]
    drawn = toml["base"] + toml["spread"] * story.streams.normal("agent mood", numbers)
    return np.clip(np.round(drawn, 1), 1.0, 5.0)


def agents(story: Story) -> pd.DataFrame:
    """Return the agents of the desk and the sales people, in order of number."""
    streams, desk, toml = story.streams, story.desk, _TOML["agents"]
    sellers = _FIRST_SELLER + story.block * toml["development"] + np.arange(toml["development"])
    numbers = np.append(desk.who, sellers)
    post = np.append(
        np.array(POSTS, object)[desk.post], np.full(len(sellers), "development", object)
    )
    level = coded(streams, "agent level", toml["levels"], numbers)
    low, high = np.array([toml["years"][name] for name in level]).T
    years = low + streams.uniform("agent years", numbers) * (high - low)
    usual = toml["appraisal"]
    points = usual["base"] + usual["per_year"] * years
    points = points + usual["spread"] * streams.normal("agent appraisal", numbers)
    points = np.clip(np.round(points), 40, 100).astype(np.int64)
    better = (points >= usual["base"] + usual["per_year"] * (low + high) / 2).astype(int)
    bands = np.array([toml["pay_bands"][name] for name in level], object)
    limits = {p: story.policy.empowerment.get(p, setting("desk", "limit")) for p in POSTS}
    start = first_month().astype("datetime64[D]")
    return pd.DataFrame(
        {
            "agent_id": agent_ids(numbers),
            "post": post,
            "level": level,
            "city": coded(streams, "agent city", toml["cities"], numbers),
            "hired_on": (start - np.ceil(years * 365).astype(np.int64)).astype("datetime64[us]"),
            "appraisal": points,
            "pay_band": bands[np.arange(len(numbers)), better],
            "empowered_limit": np.array([limits.get(name, 0.0) for name in post]),
            "satisfaction": _moods(story, numbers),
        }
    )


@dataclass(frozen=True, eq=False)
class _Held:
    """Courses held: number of the agent, position in _COURSES, month, hours."""

    agent: Ints
    course: Ints
    month: Ints
    hours: Floats


def trainings(story: Story) -> pd.DataFrame:
    """Return every course of every agent of the desk, with a test before and after."""
    streams, toml = story.streams, _TOML["trainings"]
    held = _held(story)
    address = (held.agent, held.month, held.course)
    mode = coded(streams, "training mode", toml["modes"], *address)
    gains = {name: story.effects[f"gain_{name}"] for name in toml["modes"]}
    # Both tests are noisy, each on its own: who did badly in one looks better in the other.
    spread = toml["gain_spread"] / np.sqrt(2)
    able = toml["pre"]["base"] + toml["pre"]["spread"] * streams.normal("able", *address)
    pre = able + spread * streams.normal("test before", *address)
    post = able + np.array([gains[name] for name in mode])
    post = post + spread * streams.normal("test after", *address)
    # Late in the month: what was learned in it works from the next month on.
    day = 24 + np.floor(streams.uniform("training day", *address) * 4).astype(np.int64)
    on = (first_month() + held.month).astype("datetime64[D]") + day.astype("timedelta64[D]")
    frame = pd.DataFrame(
        {
            "agent_id": agent_ids(held.agent),
            "course": np.array(_COURSES, object)[held.course],
            "mode": mode,
            "held_on": known(on, story.ends),
            "hours": held.hours,
            "pre": np.clip(np.round(pre), 0, 100).astype(np.int64),
            "post": np.clip(np.round(post), 0, 100).astype(np.int64),
        }
    )
    frame = frame[frame["held_on"].notna()]
    return frame.sort_values(["held_on", "agent_id", "course"], ignore_index=True)


def _held(story: Story) -> _Held:
    desk, streams, toml = story.desk, story.streams, _TOML["trainings"]
    number = len(desk)
    basics = np.floor(streams.uniform("basics month", desk.who) * toml["basics_until"])
    months = np.arange(len(story.months))
    agent, month = (a.ravel() for a in np.meshgrid(desk.who, months, indexing="ij"))
    team = streams.uniform("team course", agent, month) < toml["teamwork"]
    agent, month = agent[team], month[team]

    def hours(course: str, who: Ints, when: Ints) -> Floats:
        options = np.array(toml["hours"][course], np.float64)
        return options[streams.choice(f"{course} hours", np.ones(len(options)), who, when)]

    first = basics.astype(np.int64)
    return _Held(
        np.concatenate([desk.who, desk.who, agent]),
        np.repeat([0, 1, 2], [number, number, len(agent)]),
        np.concatenate([desk.trained, first, month]),
        np.concatenate(
            [desk.hours, hours("basics", desk.who, first), hours("teamwork", agent, month)]
        ),
    )


TABLES = {"agents": agents, "trainings": trainings}
