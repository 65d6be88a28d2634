"""A survey from its questionnaire to what is done about it: linted, drawn, cleaned, analysed."""

import numpy as np
import pandas as pd
import pytest
from crm_sample import raw, sample, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.outreach.questionnaire import house_questionnaire
from kdcourse.texts import LANGUAGES, KitError, content, speaking
from kdcourse.world.records.raw_surveys import raw_surveys_truth

questionnaire, surveys, analysis = crm.questionnaire, crm.surveys, crm.survey_analysis
ITEM = '[items.{id}]\ndimension = "{dimension}"\nscale = "{scale}"\ntext = "{text}"\n'


def asked(text, id="q", dimension="overall", scale="five"):
    return ITEM.format(id=id, dimension=dimension, scale=scale, text=text)


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "marketer") as opened:
        yield opened


# --- design --------------------------------------------------------------------------------------


def test_the_houses_questionnaire_is_clean():
    assert questionnaire.lint(house_questionnaire()).empty


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (asked("Don't you think that we are fast?"), "leading"),
        (asked("您对我们优质的服务满意吗？"), "leading"),
        (asked("How satisfied are you with speed and price?"), "two_at_once"),
        (asked("您对价格和时效满意吗？"), "two_at_once"),
        (asked("Do we always arrive in time?"), "absolute"),
        (asked("快递员总是准时吗？"), "absolute"),
        (asked("Are you not content?"), "negative"),
        (asked("请留下您的身份证号码"), "personal"),
        (asked("x" * 121), "long_text"),
        (asked("Content?") + asked("Content?", "again"), "repeated"),
        (asked("Content?", scale="seven"), "no_scale"),
        (asked("Content?", dimension="weather"), "no_dimension"),
        ("".join(asked(f"Question {n}?", f"q{n}") for n in range(31)), "too_many"),
        (asked("Content?"), "not_asked"),
    ],
)
def test_each_fault_is_found_and_said_in_both_languages(item, fault):
    for lang in LANGUAGES:
        with speaking(lang):
            found = questionnaire.lint(item)
            told = found.loc[found["fault"] == fault, "about"]
            assert not told.empty
            assert told.str.len().min() > 5


def test_a_clean_item_is_left_in_peace():
    found = questionnaire.lint(asked("How satisfied are you with the price?", dimension="price"))
    assert set(found["fault"]) == {"not_asked"}
    assert len(found) == len(content("crm/surveys")["dimensions"]) - 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[items", "TOML"),
        ("title = 'x'", "no items"),
        ("items = 3", "no items"),
        ("[items.q]\nscale = 'five'", "has no text"),
        ("[items.q]\ntext = 3", "has no text"),
        ("[items.q]\ntext = {}", "has no text"),
    ],
)
def test_what_is_no_questionnaire_is_refused(text, said):
    with pytest.raises(KitError, match=said):
        questionnaire.lint(text)


def test_a_questionnaire_is_saved_by_versions(own):
    text = house_questionnaire()
    assert questionnaire.save_questionnaire(own, "house", text) == 1
    assert questionnaire.save_questionnaire(own, "house", text) == 1
    assert questionnaire.save_questionnaire(own, "house", text + "\n# new\n") == 2
    with pytest.raises(KitError, match="scale seven"):
        questionnaire.save_questionnaire(own, "house", asked("Content?", scale="seven"))


# --- sample --------------------------------------------------------------------------------------


def test_the_frame_holds_who_may_be_asked_has_something_to_say_and_was_left_in_peace(own):
    people = surveys.frame(own)["customer_id"]
    rules = content("crm/surveys")["frequency"]
    today = pd.Timestamp(own.today)
    with own.trusted():
        sent = own.query("SELECT customer_id, accepted_at AS at FROM main.shipments")
        asked_ = own.query("SELECT customer_id, invited_on AS at FROM main.survey_invitations")
    active = set(
        sent.loc[pd.to_datetime(sent["at"]) >= today - pd.Timedelta(days=rules["active_days"])][
            "customer_id"
        ]
    )
    lately = pd.to_datetime(asked_["at"]) > today - pd.Timedelta(days=rules["rest_days"])
    expected = active - set(asked_.loc[lately, "customer_id"])
    expected &= set(crm.contactable(own, "survey", "email"))
    assert set(people) == expected
    assert len(people) > 5


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(["market", "city", "legal_kind"]))
def test_every_stratum_gets_its_share_to_the_nearest_place(tmp_path_factory, data, strata):
    own = _shared(tmp_path_factory)
    people = surveys.frame(own)
    size = data.draw(st.integers(1, len(people)))
    drawn = surveys.draw_sample(own, size, strata)
    assert len(drawn) == size
    assert drawn["customer_id"].is_unique
    assert set(drawn["customer_id"]) <= set(people["customer_id"])
    sizes = people[strata].value_counts()
    for name, number in sizes.items():
        exact = number * size / len(people)
        places = (drawn[strata] == name).sum()
        assert abs(places - exact) < 1
        weights = drawn.loc[drawn[strata] == name, "weight"]
        assert places == 0 or (weights * places).iloc[0] == pytest.approx(number, abs=places * 1e-3)


_OPEN = {}


def _shared(factory):
    if "own" not in _OPEN:
        _OPEN["own"] = sample(factory.mktemp("shared"), "marketer")
    return _OPEN["own"]


def test_a_sample_is_drawn_by_wave_and_customer_alone(own):
    one, again = (surveys.draw_sample(own, 8) for _ in range(2))
    pd.testing.assert_frame_equal(one, again)
    other = surveys.draw_sample(own, 8, wave="2026Q1")
    assert set(other["customer_id"]) != set(one["customer_id"])


@pytest.mark.parametrize("size", [0, -1, 10_000])
def test_more_than_there_are_cannot_be_drawn(own, size):
    with pytest.raises(KitError, match="can't be drawn"):
        surveys.draw_sample(own, size)


# --- collect -------------------------------------------------------------------------------------


def test_invitations_leave_out_whom_we_may_not_ask_and_who_was_asked(own):
    drawn = surveys.draw_sample(own, 6)
    with own.trusted():
        everybody = [r[0] for r in own.rows("SELECT customer_id FROM main.customers")]
    may = set(crm.contactable(own, "survey", "email"))
    wave = surveys.wave_of(own)
    was = {
        r[0] for r in own.rows("SELECT customer_id FROM survey_invitations WHERE wave = :w", w=wave)
    }
    stranger = next(c for c in everybody if c not in may and c not in was)
    told = surveys.invite(own, [*drawn["customer_id"], stranger])
    assert list(told["outcome"]) == ["invited"] * 6 + ["no_permission"]
    assert set(surveys.invite(own, drawn)["outcome"]) == {"already"}
    assert told["resp_id"].iloc[:6].is_unique


def test_answers_are_written_once_and_as_they_were_meant(own):
    questionnaire.save_questionnaire(own, "house", house_questionnaire())
    resp = surveys.invite(own, surveys.draw_sample(own, 1))["resp_id"][0]
    given_ = {"overall": "满意", "score_price": "３分", "recommend_0_10": 9, "score_speed": ""}
    assert surveys.record_answers(own, resp, "house", given_) == 3
    assert raw(own, "SELECT item, value FROM survey_answers ORDER BY item") == [
        ("overall", 4.0), ("recommend_0_10", 9.0), ("score_price", 3.0),
    ]  # fmt: skip
    with pytest.raises(KitError, match="answered already"):
        surveys.record_answers(own, resp, "house", {"overall": 1})


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"overall": 6}, "from 1 to 5"),
        ({"overall": "perhaps"}, "perhaps is no mark"),
        ({"overall": 3.5}, "whole numbers"),
        ({"recommend_0_10": "满意"}, "from 0 to 10"),
        ({"weather": 3}, "no item weather"),
    ],
)
def test_a_mark_beyond_its_scale_is_refused_and_nothing_is_written(own, answers, said):
    questionnaire.save_questionnaire(own, "house", house_questionnaire())
    resp = surveys.invite(own, surveys.draw_sample(own, 1))["resp_id"][0]
    with pytest.raises(KitError, match=said):
        surveys.record_answers(own, resp, "house", answers)
    assert raw(own, "SELECT count(*) FROM survey_answers") == [(0,)]
    assert raw(own, "SELECT answered FROM survey_invitations WHERE resp_id = ?", resp) == [(0,)]


def test_cleaning_undoes_every_fault_that_can_be_undone():
    """The world knows how each cell was spoilt, and what it had been."""
    typed, true = world().tables["raw_surveys"], world().tables["surveys"].set_index("resp_id")
    faults = pd.concat([raw_surveys_truth(story) for story in world().stories])
    faults = faults[~faults["twice"]].set_index("resp_id")
    clean, report = surveys.clean_answers(typed)
    clean = clean.set_index("resp_id")
    counts = report.set_index("what")["cells"]
    assert counts["entered_twice"] == len(typed) - typed["resp_id"].nunique()
    assert counts["day_unreadable"] == 0
    assert (clean["answered_on"] == true.loc[clean.index, "answered_on"]).all()
    lost = {"slip": 0, "blank": 0}
    for name in ("overall", "score_speed", "score_price", "recommend_0_10"):
        for resp, fault in faults[f"fault_{name}"].items():
            found, meant = clean.loc[resp, name], true.loc[resp, name]
            if fault in lost:
                # 0 typed twice is 00, and still 0; 1 typed twice is 11, beyond the scale.
                assert pd.isna(found) or found == meant
                lost[fault] += pd.isna(found)
            else:
                assert found == meant
    assert counts["unreadable"] == lost["slip"] > 0
    assert counts["blank"] == lost["blank"] > 0


def test_a_table_without_what_is_needed_is_refused():
    with pytest.raises(KitError, match="no column resp_id"):
        surveys.clean_answers(pd.DataFrame({"overall": ["4"]}))


def test_response_is_answered_by_invited(own):
    wave = "2025Q3"
    found = surveys.response(own, wave)
    rows = own.query("SELECT mode, answered FROM survey_invitations WHERE wave = :w", w=wave)
    assert (
        found.set_index("mode")["rate"].to_dict()
        == rows.groupby("mode")["answered"].mean().round(4).to_dict()
    )
    with pytest.raises(KitError, match="2025Q3"):
        surveys.response(own, "2030Q1")


def test_key_customers_are_due_when_nobody_asked_for_too_long(own):
    rules = content("crm/surveys")["frequency"]
    found = surveys.key_customers_due(own)
    assert (found["revenue_year"] >= rules["key_revenue"]).all()
    assert not (found["days_since"] < rules["key_days"]).any()
    own.advance(rules["key_days"])
    later = surveys.key_customers_due(own)
    with own.trusted():
        year = own.query(
            "SELECT customer_id, sum(fee) AS fee FROM main.shipments "
            "WHERE accepted_at >= date(:d, '-364 days') GROUP BY 1",
            d=str(own.today),
        )
    assert set(later["customer_id"]) == set(
        year.loc[year["fee"] >= rules["key_revenue"], "customer_id"]
    )


# --- analyse -------------------------------------------------------------------------------------

ITEMS = ["overall", *analysis.SCORES, "repurchase_intent"]


def test_descriptions_are_pandas_means_and_deviations(own):
    table = analysis.answers(own)
    found = analysis.describe(table, ITEMS, by="market").set_index(["market", "item"])
    for market, group in table.groupby("market"):
        for item in ITEMS:
            row = found.loc[(market, item)]
            assert row["mean"] == pytest.approx(group[item].mean(), abs=1e-4)
            assert row["sd"] == pytest.approx(group[item].std(), abs=1e-4, nan_ok=True)
            assert row["margin"] == pytest.approx(1.96 * group[item].sem(), abs=2e-4, nan_ok=True)


def test_factors_are_the_eigenvectors_of_the_correlations(own):
    table = analysis.answers(own)
    found = analysis.factors(table, ITEMS, 3).set_index("item")
    values, vectors = np.linalg.eigh(table[ITEMS].corr().to_numpy())
    order = np.argsort(values)[::-1][:3]
    expected = vectors[:, order] * np.sqrt(values[order])
    np.testing.assert_allclose(np.abs(found.loc[ITEMS]), np.abs(expected), atol=1e-4)
    np.testing.assert_allclose(found.loc["share"], values[order] / len(ITEMS), atol=1e-4)
    largest = found.loc[ITEMS].abs().idxmax()
    assert all(found.loc[item, factor] > 0 for factor, item in largest.items())


def test_clusters_find_groups_that_are_there_and_the_same_ones_each_time():
    luck = np.random.default_rng(5)
    middles, sizes = [(1, 1), (5, 1), (3, 5)], [50, 30, 20]
    points = np.concatenate(
        [luck.normal(m, 0.3, (n, 2)) for m, n in zip(middles, sizes, strict=True)]
    )
    table = pd.DataFrame(points, columns=["a", "b"])
    found = analysis.clusters(table, ["a", "b"], 3)
    assert list(found["cluster"]) == [1] * 50 + [2] * 30 + [3] * 20
    pd.testing.assert_frame_equal(found, analysis.clusters(table, ["a", "b"], 3))
    pd.testing.assert_frame_equal(found, analysis.clusters(table, ["a", "b"], 3, seed=9))


def test_importance_and_performance_make_four_fields():
    rows = pd.DataFrame(
        {
            "overall": [1, 2, 3, 4, 5, 5],
            "act": [1, 1, 2, 3, 4, 4],
            "keep": [3, 3, 4, 5, 5, 5],
            "watch": [2, 1, 2, 1, 2, 1],
            "enough": [5, 4, 5, 4, 5, 4],
        }
    )
    found = analysis.importance_performance(rows, ["act", "keep", "watch", "enough"])
    assert found.set_index("item")["quadrant"].to_dict() == {
        name: name for name in ("act", "keep", "watch", "enough")
    }
    assert found["importance"][0] == pytest.approx(
        np.corrcoef(rows["act"], rows["overall"])[0, 1], abs=1e-4
    )


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda t: analysis.describe(t, ["weather"]), "no column weather"),
        (lambda t: analysis.factors(t, ["overall"], 2), "too few"),
        (lambda t: analysis.factors(t.head(2), ITEMS, 1), "too few"),
        (lambda t: analysis.factors(t.assign(overall=3), ITEMS), "alike to: overall"),
        (lambda t: analysis.clusters(t, ITEMS, 0), "too few"),
    ],
)
def test_an_analysis_that_makes_no_sense_is_refused(own, ask, said):
    with pytest.raises(KitError, match=said):
        ask(analysis.answers(own))


# --- act -----------------------------------------------------------------------------------------


def test_an_action_is_planned_falls_due_and_is_done(own):
    number = analysis.plan_action(
        own, "2025Q4", "score_price", "问十位客户", "A000001", "2026-01-10"
    )
    assert not analysis.actions(own)["overdue"][0]
    own.advance(20)
    assert analysis.actions(own)["overdue"][0]
    analysis.close_action(own, number)
    done = analysis.actions(own)
    assert (done["done_on"][0], done["overdue"][0]) == (str(own.today), False)
    with pytest.raises(KitError, match="no open action"):
        analysis.close_action(own, number)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due_on": "2025-01-01"}, "is past"),
        ({"due_on": "soon"}, "is no day"),
        ({"action": " "}, "what is to be done"),
        ({"agent_id": "A999999"}, "."),
    ],
)
def test_an_action_lacking_something_is_refused(own, changed, said):
    plan = {"wave": "2025Q4", "item": "x", "action": "y", "agent_id": "A000001"}
    with pytest.raises(KitError, match=said):
        analysis.plan_action(own, **{**plan, "due_on": "2026-01-10", **changed})
    assert analysis.actions(own).empty
