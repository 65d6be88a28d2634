"""Promise: the survey shows goodwill and traits through noise, silence and courtesy."""

import re

import numpy as np
import pandas as pd
import pytest
from world_commerce import (
    column,
    hazard_ratio,
    last_month,
    logit,
    measured,
    months_of,
    parcels,
    silences,
    slope,
)

from kdcourse.world.effects import Effects
from kdcourse.world.records.raw_surveys import FAULTS, raw_surveys, raw_surveys_truth
from kdcourse.world.world import World

TRUE = Effects()
MOTIVES = ["price", "service", "time", "reputation", "custom"]
LEADING = {"personal": "time", "enterprise": "service", "cross_border": "price"}


@pytest.fixture(scope="module")
def world():
    return World(8, 1500)


def months(frame):
    """Month of the world of each answer's wave."""
    year, quarter = frame["wave"].str[:4].astype(int), frame["wave"].str[5].astype(int)
    return ((year - 2024) * 12 + quarter * 3 - 1).to_numpy()


# --- the records --------------------------------------------------------------------------------


def test_a_survey_is_held_in_the_last_month_of_every_quarter(world):
    invited, answers = world.tables["survey_invitations"], world.tables["surveys"]
    assert sorted(invited["wave"].unique()) == [
        f"{y}Q{q}" for y in (2024, 2025) for q in range(1, 5)
    ]
    assert (months_of(answers["answered_on"]) == months(answers)).all()
    assert set(invited["resp_id"][invited["answered"]]) == set(answers["resp_id"])
    assert not invited.duplicated(["customer_id", "wave"]).any()
    opened = invited["customer_id"].map(
        world.tables["customers"].set_index("customer_id")["created_on"]
    )
    assert (opened < invited["invited_on"]).all()


def test_a_world_without_a_whole_quarter_has_no_survey():
    assert World(8, 50, 2).tables["surveys"].empty
    assert World(8, 50, 2).tables["raw_surveys"].empty


def test_importance_adds_up_to_a_hundred(world):
    shares = world.tables["surveys"][[f"importance_{name}" for name in MOTIVES]]
    assert (shares.sum(axis=1) == 100).all()


def test_experience_lies_between_what_is_acceptable_and_what_is_wished_for(world):
    answers = world.tables["surveys"]
    between = answers["perceived"].between(answers["expect_adequate"], answers["expect_desired"])
    assert 0.4 < between.mean() < 0.95
    assert (answers["expect_adequate"] < answers["expect_desired"]).mean() > 0.9


def test_a_need_without_means_is_no_demand(world):
    answers = world.tables["surveys"]
    price = world.tables["products"].set_index("product_id").loc["standard", "base_fee"]
    willing = answers["willing_price"] >= price
    assert 0.5 < willing.mean() < 0.98
    # At a higher price fewer want it.
    wanted = [(answers["willing_price"] >= yuan).mean() for yuan in (4, 6, 8, 10)]
    assert wanted == sorted(wanted, reverse=True)
    assert wanted[0] > 0.9 > 0.4 > wanted[-1]
    # The budget follows what is sent.
    sent = parcels(world).sum(axis=1).reindex(answers["customer_id"]).to_numpy()
    assert np.corrcoef(np.log1p(sent), np.log(answers["budget"]))[0, 1] > 0.6


# --- effects ------------------------------------------------------------------------------------


def late_before(world, frame):
    """Late share of the parcels accepted in the two months before each answer; NaN for none."""
    shipments = world.tables["shipments"]
    late = shipments["lost"] | (
        shipments["delivered_at"].fillna(world.ends) > shipments["promised_at"]
    )
    panel = parcels(world)
    row = panel.index.get_indexer(shipments["customer_id"])
    place = row * world.months + months_of(shipments["accepted_at"])
    broken = np.bincount(place, late, panel.size).reshape(panel.shape)
    who, month = panel.index.get_indexer(frame["customer_id"]), months(frame)
    sent = sum(panel.to_numpy()[who, month - back] for back in (1, 2))
    return sum(broken[who, month - back] for back in (1, 2)) / np.where(sent > 0, sent, np.nan)


def goodwill(world, frame):
    """The hidden goodwill of each answer, from the truth."""
    truth = world.truth.months.set_index(["customer_id", "month"])["goodwill"]
    key = pd.MultiIndex.from_arrays([frame["customer_id"], months(frame)])
    return truth.reindex(key).to_numpy()


def late_on_speed(world):
    answers = world.tables["surveys"]
    late = late_before(world, answers)
    known = ~np.isnan(late)
    return slope(late[known], answers["score_speed"][known])


def late_on_overall(world):
    """What lateness takes off the overall score, and what it should by way of goodwill.

    The first is read from the tables. The second needs the truth: lateness costs goodwill by so
    much, and goodwill carries over into the score by the effect.
    """
    answers = world.tables["surveys"]
    late = late_before(world, answers)
    known = ~np.isnan(late)
    lost = 1 - goodwill(world, answers)[known]
    found = slope(late[known], answers["overall"][known])
    return found, -world.effects["goodwill_score"] * slope(late[known], lost)


def late_on_answering(world):
    """The same for the log odds of answering an invitation, within ways of asking."""
    invited = world.tables["survey_invitations"]
    late = late_before(world, invited)
    known = ~np.isnan(late)
    modes = pd.get_dummies(invited["mode"]).to_numpy(float)[:, 1:]
    found = logit(invited["answered"][known], np.column_stack([late, modes])[known])[0]
    lost = 1 - goodwill(world, invited)[known]
    return found, -world.effects["silence"] * slope(late[known], lost)


def asked_by_somebody(world):
    answers = world.tables["surveys"]
    person = answers["mode"].isin(["interview", "call_centre"])
    return answers["overall"][person].mean() - answers["overall"][~person].mean()


def leading_motives(world):
    """Points above an even split, of each market's leading motive, in the first wave."""
    answers = world.tables["surveys"]
    market = answers["customer_id"].map(
        world.tables["customers"].set_index("customer_id")["market_type"]
    )
    # The trend to service made to measure is taken out: waves are a quarter apart.
    wave, found = months(answers) // 3, []
    for name, motive in LEADING.items():
        points, own = answers[f"importance_{motive}"], (market == name).to_numpy()
        line = np.polyfit(wave[own], points[own], 1)
        found.append(np.polyval(line, 0) - 100 / len(MOTIVES))
    return found


def custom_trend(world):
    answers = world.tables["surveys"]
    return slope(months(answers) // 3, answers["importance_custom"])


def rivals(world):
    """Log ratio of falling silent: much interest in rivals against little."""
    interest = world.tables["surveys"].groupby("customer_id")["rival_interest"].mean()
    interest = interest.reindex(parcels(world).index).to_numpy()
    return hazard_ratio(world, interest >= 4, (interest >= 4) | (interest <= 2.5))


def contract(world):
    """Fallen silent and months watched: firms with a contract for a time, and the other firms."""
    bound = column(world, "contract_until", "organisations").notna().to_numpy()
    firms = (column(world, "market_type") != "personal").to_numpy()
    return silences(world, bound, firms)


ESTIMATORS = [
    late_on_speed, late_on_overall, late_on_answering, asked_by_somebody, leading_motives,
    custom_trend, rivals, contract,
]  # fmt: skip
PLANTED = (
    "late_score", "goodwill_score", "silence", "courtesy", "motive", "custom_trend", "roving",
    "lock_in",
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return measured(ESTIMATORS)


@pytest.fixture(scope="module")
def nothing():
    return measured(ESTIMATORS, PLANTED)


def test_lateness_shows_in_the_score_for_speed_and_overall(found, nothing):
    assert found["late_on_speed"] == pytest.approx(-TRUE["late_score"], abs=0.15)
    overall, expected = found["late_on_overall"]
    assert overall == pytest.approx(expected, rel=0.15)
    assert expected < -0.5
    assert nothing["late_on_speed"] == pytest.approx(0, abs=0.1)
    assert nothing["late_on_overall"] == pytest.approx([0, 0], abs=0.1)


def test_the_dissatisfied_answer_less(found, nothing):
    answering, expected = found["late_on_answering"]
    assert answering == pytest.approx(expected, abs=0.3)
    assert expected < -0.6
    assert nothing["late_on_answering"] == pytest.approx([0, 0], abs=0.25)


def test_people_are_kinder_to_somebody_who_asks(found, nothing):
    assert found["asked_by_somebody"] == pytest.approx(TRUE["courtesy"], abs=0.05)
    assert nothing["asked_by_somebody"] == pytest.approx(0, abs=0.05)


def test_each_market_has_its_motive_and_all_want_more_made_to_measure(found, nothing):
    assert found["leading_motives"] == pytest.approx([TRUE["motive"]] * 3, abs=0.8)
    assert found["custom_trend"] == pytest.approx(TRUE["custom_trend"], abs=0.06)
    assert nothing["leading_motives"] == pytest.approx([0] * 3, abs=0.6)
    assert nothing["custom_trend"] == pytest.approx(0, abs=0.06)


def test_those_who_look_at_rivals_leave(found, nothing):
    # One in thirty who says so doesn't rove, and silence is a coarse sign of leaving.
    assert found["rivals"] == pytest.approx(TRUE["roving"], abs=0.35)
    assert nothing["rivals"] == pytest.approx(0, abs=0.3)


def test_a_contract_holds_firms(found, nothing):
    def ratio(counts):
        left, watched, others, long = counts
        return np.log(left / watched / (others / long))

    # Of bound firms a few dozen leave in five worlds.
    assert ratio(found["contract"]) == pytest.approx(-TRUE["lock_in"], abs=0.6)
    assert ratio(nothing["contract"]) == pytest.approx(0, abs=0.3)


def test_some_leave_satisfied_and_some_stay_dissatisfied():
    worlds = [World(seed, 4000) for seed in range(3)]
    rows = []
    for world in worlds:
        panel = parcels(world)
        answers = world.tables["surveys"].groupby("customer_id")
        frame = pd.DataFrame(
            {
                "score": answers["overall"].mean(),
                "interest": answers["rival_interest"].mean(),
                "bound": column(world, "contract_until", "organisations").notna(),
                "left": pd.Series(last_month(panel) < world.months - 3, panel.index),
                "regular": panel.sum(axis=1) >= 1.5 * world.months / 2,
            }
        )
        rows.append(frame.dropna(subset=["score"]))
    people = pd.concat(rows)
    people = people[people["regular"].astype(bool)]
    left, bound = people["left"].astype(bool), people["bound"].fillna(False).astype(bool)
    content, unhappy = people["score"] >= 4.25, people["score"] <= 3.75
    roving = people["interest"] >= 4
    # Satisfied but leaving: interest in rivals tells more than satisfaction.
    assert left[content & roving].mean() > 1.8 * left[content & ~roving].mean()
    # Dissatisfied but staying: the contract holds.
    assert left[unhappy & bound].mean() < 0.4 * left[unhappy & ~bound].mean()
    assert (content & roving & left).sum() >= 5
    assert (unhappy & bound & ~left).sum() >= 20


# --- as typed -----------------------------------------------------------------------------------


def test_each_typed_answer_can_be_read_back_where_the_truth_says_it_can(world):
    story = world.stories[0]
    raw, truth = raw_surveys(story), raw_surveys_truth(story)
    clean = world.tables["surveys"].set_index("resp_id").loc[raw["resp_id"]]
    words = dict(
        zip(["非常不满意", "不满意", "一般", "满意", "非常满意"], range(1, 6), strict=True)
    )
    for name in ("overall", "score_speed", "score_price", "recommend_0_10"):
        fault, typed = truth[f"fault_{name}"], raw[name]
        lost = fault.isin(["blank"])
        assert typed.isna().equals(lost)
        slip = fault == "slip"
        read = typed[~lost & ~slip].map(
            lambda text: words.get(text) or int(re.sub(r"\D", "", text.replace("分", "")))
        )
        assert (read.to_numpy() == clean[name].to_numpy()[read.index]).all()
        out = typed[slip & (clean[name].to_numpy() > 0)]
        assert (out.astype(int) > 10).all()
    assert {f for n in truth.filter(like="fault_") for f in truth[n].dropna()} == set(FAULTS)


def test_some_answers_were_typed_twice(world):
    raw, truth = world.tables["raw_surveys"], raw_surveys_truth(world.stories[0])
    assert raw["row_id"].is_unique
    assert 0.01 < truth["twice"].mean() < 0.1
    assert raw.duplicated("resp_id").equals(truth["twice"])
    assert set(world.tables["surveys"]["wave"][world.tables["surveys"]["resp_id"].isin(
        raw["resp_id"])]) == {"2025Q3", "2025Q4"}  # fmt: skip
