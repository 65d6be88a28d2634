"""What a customer says when asked: noisy views of goodwill, of what went wrong, and of traits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kdcourse.world.records.trade import by_market, number
from kdcourse.world.settings import MARKETS, by_product, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

#: What may matter to a customer.
MOTIVES: tuple[str, ...] = tuple(number("motives", "names"))
#: What a customer may remark, from the worst.
COMMENTS = ("lost_damaged", "slow", "badly_answered", "price", "praise")
Said = dict[str, npt.NDArray[Any]]


def importance(story: Story, customer: Ints, month: Ints) -> Said:
    """Return how each customer shares out a hundred points among what may matter.

    Args:
        story: The block.
        customer: Positions of who answers.
        month: Month of the answer.

    Returns:
        Column -> whole points; they sum to 100 in every answer.
    """
    profile = np.full((len(MARKETS), len(MOTIVES)), 100.0 / len(MOTIVES))
    lead = story.effects["motive"]
    for row, market in enumerate(MARKETS):
        first, second = (MOTIVES.index(name) for name in number("motives", market))
        more = np.zeros(len(MOTIVES))
        more[first], more[second] = lead, lead * number("motives", "second")
        others = np.setdiff1d(np.arange(len(MOTIVES)), [first, second])
        more[others] = -more.sum() / len(others)
        profile[row] += more
    custom = np.arange(len(MOTIVES)) == MOTIVES.index("custom")
    trend = np.where(custom, 1.0, -1.0 / (len(MOTIVES) - 1))
    quarters = month // 3
    weights = profile[story.people.market[customer]]
    weights = weights + story.effects["custom_trend"] * quarters[:, None] * trend
    who = story.people.who[customer]
    turn = np.arange(len(MOTIVES))
    # Most of what distinguishes a customer from their market stays from wave to wave.
    lasting = story.streams.normal("motive", who[:, None], 0, turn)
    passing = story.streams.normal("motive now", who[:, None], month[:, None], turn)
    noise = number("surveys", "importance_spread") * (0.8 * lasting + 0.6 * passing)
    weights = np.maximum(weights + noise - noise.mean(axis=1, keepdims=True), 1.0)
    weights *= 100.0 / weights.sum(axis=1, keepdims=True)
    # Rounding the running sum keeps the total.
    points = np.diff(np.round(np.cumsum(weights, axis=1)), prepend=0, axis=1).astype(np.int64)
    return {f"importance_{name}": points[:, place] for place, name in enumerate(MOTIVES)}


class _Scale:
    """Puts true-valued judgements on a scale of whole numbers without bias inside it."""

    def __init__(self, story: Story, customer: Ints, month: Ints) -> None:
        self._streams, self._address = story.streams, (story.people.who[customer], month)

    def normal(self, name: str) -> Floats:
        return self._streams.normal(f"survey {name}", *self._address)

    def lasting(self, name: str) -> Floats:
        return self._streams.normal(f"survey {name}", self._address[0])

    def among(self, name: str, shares: Floats) -> Ints:
        return self._streams.choice(f"survey {name}", shares, *self._address)

    def marks(self, name: str, value: Floats, low: int, high: int) -> Ints:
        # Up with the chance that the fraction says: the mean of many answers is the true value.
        luck = self._streams.uniform(f"survey mark {name}", *self._address)
        marks: Ints = np.clip(np.floor(value + luck), low, high).astype(np.int64)
        return marks


def opinions(
    story: Story,
    customer: Ints,
    month: Ints,
    goodwill: Floats,
    late_share: Floats,
    by_person: Bools,
) -> Said:
    """Return all other answers by column.

    Args:
        story: The block.
        customer: Positions of who answers.
        month: Month of the answer.
        goodwill: Their goodwill in it (hidden).
        late_share: Share of their latest parcels that broke the promise.
        by_person: Whether somebody asks them, rather than a form.
    """
    people, effects = story.people, story.effects
    scale = _Scale(story, customer, month)
    lost = 1.0 - goodwill
    deal, roving = people.transactional[customer], people.roving[customer]
    kinder = number("surveys", "person") * scale.lasting("person")
    kinder = kinder + effects["courtesy"] * by_person
    unheard = _badly_answered(story)[month, customer]

    def base(name: str) -> Floats:
        return number("surveys", name) + kinder

    fall = effects["goodwill_score"] * lost
    scores = {
        "overall": base("overall") - fall,
        "score_quality": base("quality") - 0.6 * fall,
        "score_price": base("price") + number("surveys", "price_deal") * deal,
        "score_speed": base("speed") - effects["late_score"] * late_share,
        "score_after_sales": base("after_sales") - number("surveys", "badly_answered") * unheard,
        "repurchase_intent": base("repurchase")
        + number("surveys", "repurchase_roving") * roving
        - number("surveys", "repurchase_fall") * lost,
        "identify": base("identify") + number("surveys", "identify_deal") * deal - 0.5 * fall,
    }
    said: Said = {name: scale.marks(name, value, 1, 5) for name, value in scores.items()}
    recommend = number("surveys", "recommend") - number("surveys", "recommend_fall") * lost
    recommend = recommend + number("surveys", "recommend_spread") * scale.normal("recommend")
    said["recommend_0_10"] = scale.marks("recommend", recommend, 0, 10)
    shares = np.array([number("surveys", "rival_usual"), number("surveys", "rival_roving")])
    said["rival_interest"] = 1 + scale.among("rivals", shares[roving.astype(int)])
    said |= _expected(scale, lost) | _worth(scale, lost) | _means(story, scale, customer)
    dear = deal & (said["score_price"] <= 3)
    about = late_share > 0.25, unheard > 0.5, dear, said["overall"] >= 5
    chosen = np.full(len(customer), len(COMMENTS))
    for place, fits in zip((1, 2, 3, 4), about, strict=True):
        chosen = np.minimum(chosen, np.where(fits, place, len(COMMENTS)))
    worst = _damaged(story)[month, customer]
    chosen = np.where(worst, 0, chosen)
    speaks = scale.among("speaks", np.array([0.4, 0.6])) == 1
    said["comment_code"] = np.array([*COMMENTS, None], object)[
        np.where(speaks, chosen, len(COMMENTS))
    ]
    return said


def _expected(scale: _Scale, lost: Floats) -> Said:
    """Return wished-for, acceptable and experienced service, of nine."""
    taste = 0.5 * scale.lasting("taste")
    values = {
        "expect_desired": number("surveys", "desired") + taste + 0.3 * scale.normal("desired"),
        "expect_adequate": number("surveys", "adequate") + taste + 0.5 * scale.normal("adequate"),
        "perceived": number("surveys", "perceived") - number("surveys", "perceived_fall") * lost,
    }
    return {name: scale.marks(name, value, 1, 9) for name, value in values.items()}


def _worth(scale: _Scale, lost: Floats) -> Said:
    """Return what the customer gets and what it costs them, of ten."""
    said: Said = {}
    for kind, sign in (("benefit", -1.0), ("cost", 1.0)):
        items = number("surveys", "benefits" if kind == "benefit" else "burdens")
        for name, mean in items.items():
            noise = number("surveys", "worth_spread") * scale.normal(f"{kind} {name}")
            value = mean + sign * number("surveys", "worth_fall") * lost + noise
            said[f"{kind}_{name}"] = scale.marks(f"{kind} {name}", value, 1, 10)
    return said


def _means(story: Story, scale: _Scale, customer: Ints) -> Said:
    """Return what they would pay for a kilogram between cities, and their budget of a month."""
    people = story.people
    spread = number("surveys", "willing_spread") * scale.lasting("willing")
    deal = np.where(people.transactional[customer], number("surveys", "willing_deal"), 1.0)
    willing = by_market("surveys", "willing")[people.market[customer]] * deal * np.exp(spread)
    mix = np.array([setting("mix", market) for market in MARKETS])
    fee = (mix @ np.array(by_product("base_fee")))[people.market[customer]]
    noise = number("surveys", "budget_spread") * scale.normal("budget")
    budget = people.rate[customer] * fee * np.exp(noise)
    return {"willing_price": np.round(willing, 1), "budget": np.maximum(np.round(budget), 1.0)}


def _badly_answered(story: Story) -> Floats:
    """Return how badly complaints of the two months before each were answered; (months, people)."""
    left = np.zeros((len(story.months) + 2, len(story.people)))
    for month, told in enumerate(story.months):
        about = told.complaints
        np.maximum.at(left[month + 2], about.customer, 1.0 - about.recovered)
    worst: Floats = np.maximum(left[:-2], left[1:-1])
    return worst


def _damaged(story: Story) -> Bools:
    """Return who had a parcel lost or damaged in the two months before each; (months, people)."""
    counts = np.zeros((len(story.months) + 2, len(story.people)))
    for month, told in enumerate(story.months):
        parcels = told.parcels
        broken = parcels.lost | parcels.damaged
        counts[month + 2] = np.bincount(parcels.customer, broken, len(story.people))
    result: Bools = (counts[:-2] + counts[1:-1]) > 0
    return result
