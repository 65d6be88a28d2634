"""What goes wrong and how it is answered: problems, complaints, response, payment, recovery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.population import Population
from kdcourse.world.settings import POSTS, PROBLEMS, TIERS, first_month, season, setting
from kdcourse.world.shipping import Parcels
from kdcourse.world.streams import Bools, Floats, Ints, Streams

_MANNER = PROBLEMS.index("manner")
#: A complaint about manner has no parcel; its luck gets an index that no parcel has.
_NO_PARCEL = 999


@dataclass(frozen=True, eq=False)
class Complaints:
    """The complaints about one month; one array element each.

    Attributes:
        customer: Position of who complains.
        parcel: Position in the month's parcels, or -1 where it isn't about a parcel.
        index: Index of that parcel among the customer's, or 999; names the complaint with customer
            and month.
        problem: Position in PROBLEMS.
        received: Moment at which it came in.
        agent: Number of the agent who handles it, within the desk.
        claim: Harm claimed, yuan.
        paid: Compensation, yuan.
        within_limit: Whether the agent might decide alone.
        response_hours: Hours until the first answer.
        solve_hours: Hours until it was solved.
        recovered: Share of the harm undone by the answer (hidden).
    """

    customer: Ints
    parcel: Ints
    index: Ints
    problem: Ints
    received: npt.NDArray[np.datetime64]
    agent: Ints
    claim: Floats
    paid: Floats
    within_limit: Bools
    response_hours: Floats
    solve_hours: Floats
    recovered: Floats

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True, eq=False)
class Desk:
    """The agents of one block's service desk.

    Attributes:
        who: Their numbers, the addresses of their luck.
        post: Position in POSTS.
        trained: Month of the world in which each was trained.
        hours: Hours of that training.
    """

    who: Ints
    post: Ints
    trained: Ints
    hours: Floats

    def __len__(self) -> int:
        return len(self.who)


def staff(streams: Streams, block: int, months: int) -> Desk:
    """Draw the agents of a block. Who is trained when is chance, so that its effect can be read."""
    who = block * setting("desk", "agents") + np.arange(setting("desk", "agents"))
    shares = list(setting("desk", "posts").values())
    edges = np.cumsum(shares) / sum(shares)
    post = np.searchsorted(edges, (np.arange(len(who)) + 0.5) / len(who))
    first, last = setting("desk", "training_months")
    trained = first + np.floor(streams.uniform("trained", who) * (last - first)).astype(np.int64)
    options = np.array(setting("desk", "training_hours"), np.float64)
    hours = options[streams.choice("training hours", np.ones(len(options)), who)]
    return Desk(who, post.astype(np.int64), trained, hours)


def desk_utilisation(month: int, policy: Policy) -> float:
    """Return the load of the service desk over its staff in a month."""
    return season(month) * setting("desk", "utilisation") / policy.staffing.get("desk", 1.0)


def claims(parcels: Parcels, number: Ints, problem: Ints) -> Floats:
    """Return the harm that a customer claims, in yuan: goods for loss and damage, else the fee."""
    goods = 30.0 + 25.0 * parcels.weight_kg[number]
    fee = parcels.fee[number]
    by_problem = np.zeros((len(PROBLEMS), len(number)))
    by_problem[:3] = fee, goods + fee, 0.6 * goods
    by_problem[PROBLEMS.index("fee")] = fee - parcels.quoted[number]
    return by_problem[problem, np.arange(len(number))].round(2)


def serve(
    streams: Streams,
    people: Population,
    parcels: Parcels,
    here: Bools,
    month: int,
    desk: Desk,
    policy: Policy,
    effects: Effects,
) -> Complaints:
    """Receive and answer the complaints about one month.

    Args:
        streams: The world's luck.
        people: Its customers.
        parcels: What they sent in the month.
        here: Who is a customer in it.
        month: Month of the world.
        desk: The agents.
        policy: What management decided.
        effects: Sizes of what causes what.
    """
    who = people.who
    problem = worst(parcels)
    late = setting("complaints", "late") + effects["late_complaint"] * parcels.late_hours
    late = np.minimum(late, setting("complaints", "late_cap"))
    others = [setting("complaints", name) for name in PROBLEMS[1:-1]]
    chance = np.append(np.zeros(1), others)[np.maximum(problem, 0)]
    chance = np.where(problem == 0, late, np.where(problem < 0, 0.0, chance))
    says = streams.uniform("complains", who[parcels.customer], month, parcels.index) < chance
    number = np.flatnonzero(says)
    rude = here & (streams.uniform("manner", who, month) < setting("complaints", "manner"))
    rude[parcels.customer[number]] = False
    without = np.flatnonzero(rude)
    customer = np.append(parcels.customer[number], without)
    index = np.append(parcels.index[number], np.full(len(without), _NO_PARCEL))
    kinds = np.append(problem[number], np.full(len(without), _MANNER))
    claim = np.append(claims(parcels, number, problem[number]), np.zeros(len(without)))
    address = (who[customer], month, index)
    noticed = _noticed(streams, who, parcels, number, month)
    received = np.append(noticed, _some_time(streams, people, without, month))
    agent = np.floor(streams.uniform("agent", *address) * len(desk)).astype(np.int64)
    tier = people.tier[customer]
    response = answer_hours(streams, address, tier, month, policy, effects)
    limit = np.array([policy.empowerment.get(post, setting("desk", "limit")) for post in POSTS])
    alone = claim <= limit[desk.post[agent]]
    solve = solving_hours(streams, address, desk, agent, alone, month, effects) + response
    share = [policy.compensation.get(name, setting("complaints", "pay")[name]) for name in PROBLEMS]
    paid = np.round(np.array(share)[kinds] * claim, 2)
    return Complaints(
        customer, np.append(number, np.full(len(without), -1)), index, kinds, received, agent,
        claim, paid, alone, response, solve, recovery(response, np.array(share)[kinds], effects),
    )  # fmt: skip


def worst(parcels: Parcels) -> Ints:
    """Return the worst problem of each parcel as position in PROBLEMS, or -1 for none."""
    flags = {
        "late": parcels.late, "info": parcels.misinformed, "fee": parcels.fee > parcels.quoted,
        "damaged": parcels.damaged, "lost": parcels.lost,
    }  # fmt: skip
    result = np.full(len(parcels), -1, np.int64)
    for name in ("info", "fee", "late", "damaged", "lost"):  # the later, the worse
        result[flags[name]] = PROBLEMS.index(name)
    return result


def recovery(response_hours: Floats, paid_share: Floats, effects: Effects) -> Floats:
    """Return the share of the harm undone: half by speed of the answer, half by the payment."""
    fast = np.exp(-response_hours / setting("desk", "fast_within"))
    result: Floats = effects["recovery"] * (0.5 * fast + 0.5 * np.minimum(paid_share, 1.0))
    return result


def harm(people: Population, parcels: Parcels, complaints: Complaints, effects: Effects) -> Floats:
    """Return the goodwill that each customer loses in a month.

    A problem costs by its share of the month's parcels; what the answer to a complaint brought back
    is taken off. A complaint that stays open too long costs of its own.
    """
    number = len(people)
    counts = np.maximum(np.bincount(parcels.customer, minlength=number), 1)
    cost: Floats = effects["late_cost"] * parcels.late.astype(np.float64)
    cost = cost + effects["loss_cost"] * parcels.lost + effects["damage_cost"] * parcels.damaged
    cost = cost + effects["fee_cost"] * (parcels.fee > parcels.quoted)
    left = np.ones(len(parcels))
    about = complaints.parcel >= 0
    left[complaints.parcel[about]] -= complaints.recovered[about]
    lost = np.bincount(parcels.customer, cost * left, minlength=number) / counts
    slow = complaints.solve_hours > setting("desk", "slow_after")
    lost += effects["slow_cost"] * np.bincount(complaints.customer, slow, minlength=number)
    result: Floats = people.sensitivity * lost
    return result


def _noticed(
    streams: Streams, who: Ints, parcels: Parcels, number: Ints, month: int
) -> npt.NDArray[np.datetime64]:
    """Return when a problem parcel is complained about: within days of when it should be there."""
    after = np.maximum(parcels.promised[number], parcels.accepted[number] + np.timedelta64(60, "m"))
    known = np.where(parcels.lost[number], after, parcels.delivered[number])
    wait = 30 + streams.uniform(
        "waits", who[parcels.customer[number]], month, parcels.index[number]
    ) ** 2 * 4 * 24 * 60  # fmt: skip
    noticed: npt.NDArray[np.datetime64] = known + np.floor(wait).astype("timedelta64[m]")
    return noticed


def _some_time(
    streams: Streams, people: Population, customer: Ints, month: int
) -> npt.NDArray[np.datetime64]:
    """Return a minute of the month for each customer, none before the account was opened."""
    start, end = ((first_month() + month + step).astype("datetime64[D]") for step in (0, 1))
    first = np.maximum(people.joined[customer], start)
    minutes = (end - first).astype(np.int64) * 24 * 60
    passed = np.floor(streams.uniform("complaint minute", people.who[customer], month) * minutes)
    moments: npt.NDArray[np.datetime64] = first.astype("datetime64[m]") + passed.astype(
        "timedelta64[m]"
    )
    return moments


def answer_hours(
    streams: Streams, address: tuple[Ints, int, Ints], tier: Ints, month: int,
    policy: Policy, effects: Effects,
) -> Floats:  # fmt: skip
    """Lognormal hours, longer when the desk is short-staffed, cut at what the tier is promised."""
    over = max(desk_utilisation(month, policy) - setting("desk", "free_until"), 0.0)
    spread = setting("desk", "response_spread")
    hours = setting("desk", "response_hours") * np.exp(
        effects["desk_load"] * over + spread * streams.normal("response", *address)
    )
    rule = np.array([policy.response.get(name, np.inf) for name in TIERS])
    result: Floats = np.round(np.minimum(hours, rule[tier]), 2)
    return result


def solving_hours(
    streams: Streams, address: tuple[Ints, int, Ints], desk: Desk, agent: Ints, alone: Bools,
    month: int, effects: Effects,
) -> Floats:  # fmt: skip
    """Lognormal hours; a trained agent is faster, and so is one who may decide alone."""
    trained = np.where(desk.trained[agent] < month, desk.hours[agent], 0.0)
    spread = setting("desk", "solve_spread")
    hours = setting("desk", "solve_hours") * np.exp(
        -effects["training"] * trained / 10
        - effects["empowerment"] * alone
        + spread * streams.normal("solving", *address)
    )
    result: Floats = np.round(hours, 2)
    return result
