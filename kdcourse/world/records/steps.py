"""Table of the complaint log: the seven steps of every case, who took them, and each hand-over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.cases import Cases, after, cases
from kdcourse.world.records.desk import agent_ids
from kdcourse.world.records.draws import Moments, Objects, blank, coded, known
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats

_TOML = content("world/service")
#: The seven steps of handling a complaint, then the one that nobody wants.
STEPS = (
    "receive", "confirm", "apologise", "analyse", "propose", "carry_out", "feed_back", "reopen",
)  # fmt: skip
#: Parts of the time between first answer and end of a case, in order.
_PARTS = (
    "confirm", "apologise", "hand_over", "analyse", "approve", "propose", "carry_out", "feed_back",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Log:
    """When each case took its steps, in the order of :class:`Cases`.

    Attributes:
        answered: First answer to the customer.
        done: Moment at which each of _PARTS ended; shape (cases, parts).
        apologised: Whether somebody apologised.
        handed: Whether another department had to look into it.
        approved: Whether the payment needed somebody's approval.
        reopened: Whether the customer came back with it.
        reopened_at: When, if so.
    """

    answered: Moments
    done: Moments
    apologised: Bools
    handed: Bools
    approved: Bools
    reopened: Bools
    reopened_at: Moments

    def end(self, part: str) -> Moments:
        """Return when one of _PARTS ended."""
        moments: Moments = self.done[:, _PARTS.index(part)]
        return moments

    @property
    def closed(self) -> Moments:
        """When the customer was told what had been done."""
        return self.end("feed_back")


def log(story: Story) -> Log:
    """Return the log of a block's cases; worked out once."""
    return story.once("complaint log", lambda: _log(story))


def _log(story: Story) -> Log:
    it = cases(story)
    streams, address = story.streams, it.address(story)
    handed = it.department != "service"
    approved = ~it.alone
    apologised = (
        streams.uniform("apology", *address) >= _TOML["complaints"]["apology_skipped"]
    ) & ~it.suggestion
    weights = _weights(story, it, handed, approved, apologised)
    parts = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    answered = after(it.received, it.response)
    closed = after(it.received, it.solve)
    minutes = (closed - answered).astype(np.float64)
    done = answered[:, None] + np.round(parts * minutes[:, None]).astype("timedelta64[m]")
    toml = _TOML["complaints"]
    unpaid = np.where(it.claim > 0, 1.0 - it.share, 0.0)
    chance = toml["reopened"] + story.effects["reopen_unpaid"] * unpaid
    again = (streams.uniform("reopened", *address) < chance) & ~it.suggestion
    wait = 24 * toml["reopened_days"] * streams.uniform("reopened after", *address)
    return Log(
        answered, done, apologised, handed, approved, again, after(closed, np.maximum(wait, 0.5))
    )


def _weights(story: Story, it: Cases, handed: Bools, approved: Bools, apologised: Bools) -> Floats:
    """Return which part of a case's time each of _PARTS takes; shape (cases, parts)."""
    toml, effects = _TOML["steps"], story.effects
    usual = np.array([toml.get(name, 0.0) for name in _PARTS])
    who, month, index = it.address(story)
    spread = toml["spread"] * story.streams.normal(
        "step", who[:, None], month[:, None], index[:, None] * 8 + np.arange(len(_PARTS))
    )
    weights = usual * np.exp(spread)
    waits = _PARTS.index("hand_over")
    weights[:, waits] *= handed * np.exp(
        effects["hand_over_transport"] * (it.department == "transport")
    )
    weights[:, _PARTS.index("apologise")] *= apologised
    # A case beyond the agent's limit takes longer (the story says how much): it waits for approval.
    weights[:, _PARTS.index("approve")] = (
        approved * np.expm1(effects["empowerment"]) * weights.sum(axis=1)
    )
    return weights


def complaint_steps(story: Story) -> pd.DataFrame:
    """Return the log of every case up to the data end: by case, in the order of its steps."""
    it, all_ = cases(story), log(story)
    none = np.full(len(it), np.datetime64("NaT"), "datetime64[m]")
    at = np.column_stack(
        [
            it.received,
            all_.end("confirm"),
            np.where(all_.apologised, all_.end("apologise"), none),
            all_.end("analyse"),
            all_.end("propose"),
            all_.end("carry_out"),
            all_.closed,
            np.where(all_.reopened, all_.reopened_at, none),
        ]
    )
    size = (len(it), len(STEPS))
    department = np.full(size, "service", object)
    department[:, 3] = it.department
    department[all_.approved, 4] = "management"
    passed = np.full(size, np.datetime64("NaT"), "datetime64[m]")
    taken = passed.copy()
    passed[:, 3] = np.where(all_.handed, all_.end("apologise"), none)
    taken[:, 3] = np.where(all_.handed, all_.end("hand_over"), none)
    passed[:, 4] = np.where(all_.approved, all_.end("analyse"), none)
    taken[:, 4] = np.where(all_.approved, all_.end("approve"), none)
    agent = agent_ids(story.desk.who[it.agent])
    frame = pd.DataFrame(
        {
            "complaint_id": np.repeat(it.ids(story), len(STEPS)),
            "seq": np.tile(np.arange(1, len(STEPS) + 1), len(it)),
            "step": np.tile(np.array(STEPS, object), len(it)),
            "at": known(at.ravel(), story.ends),
            "agent_id": blank(np.repeat(agent, len(STEPS)), (department != "service").ravel()),
            "dept": department.ravel(),
            "passed_at": known(passed.ravel(), story.ends),
            "taken_at": known(taken.ravel(), story.ends),
            "note_code": _notes(story, it).ravel(),
        }
    )
    return frame[frame["at"].notna()].sort_values(["complaint_id", "seq"], ignore_index=True)


def _notes(story: Story, it: Cases) -> Objects:
    """Return what was noted at each step, or nothing where somebody forgot; (cases, steps)."""
    toml = _TOML["steps"]
    who, month, index = it.address(story)
    notes = np.empty((len(it), len(STEPS)), object)
    for place, step in enumerate(STEPS):
        drawn = index * 8 + place
        options = dict.fromkeys(toml["notes"][step], 1.0)
        notes[:, place] = coded(story.streams, "note", options, who, month, drawn)
        gap = story.streams.uniform("note gap", who, month, drawn) < toml["no_note"]
        notes[gap, place] = None
    return notes


TABLES = {"complaint_steps": complaint_steps}
