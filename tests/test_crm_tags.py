"""A tag is on whom its rule means, every version and every run is kept, and drift is counted."""

import pandas as pd
import pytest
from crm_sample import sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.facts import facts, facts_sql
from kdcourse.texts import KitError, content

tags = crm.tags


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "analyst") as opened:
        yield opened


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Return a CRM and its facts of today, for pandas to apply rules to."""
    with sample(tmp_path_factory.mktemp("crm"), "analyst") as opened:
        with opened.trusted():
            table = opened.query(facts_sql(facts()), as_of=str(opened.today))
            kinds = opened.query("SELECT customer_id, legal_kind FROM main.customers")
            agreed = opened.query(
                "SELECT customer_id FROM main.consents WHERE purpose = 'profiling' "
                "AND (withdrawn_on IS NULL OR withdrawn_on > :today)",
                today=str(opened.today),
            )["customer_id"]
        persons = kinds["legal_kind"].isin(["individual", "household"])
        taggable = set(agreed) | set(kinds.loc[~persons, "customer_id"])
        yield opened, table[table["customer_id"].isin(taggable)]


# --- the rule is the set -------------------------------------------------------------------------


def test_every_tag_of_the_house_is_on_whom_pandas_finds(known):
    own, table = known
    tags.house_tags(own)
    found = tags.apply_tags(own).set_index("tag")
    for tag, declared in content("crm/tags")["tags"].items():
        expected = table.query(declared["rule"])["customer_id"]
        assert tags.tagged(own, tag) == sorted(expected), tag
        assert found["customers"][tag] == len(expected)
        assert found["share"][tag] == round(len(expected) / len(table), 4)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["parcels_90d", "days_silent", "revenue_year", "late_share_90d", "recommend"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(0, 200),
    st.sampled_from(["and", "or"]),
    st.sampled_from(['market == "personal"', 'city in ("SHA", "HGH")', "is_member == 1"]),
)
def test_any_rule_means_the_same_here_and_in_pandas(known, fact, sign, limit, word, other):
    own, table = known
    rule = f"{fact} {sign} {limit} {word} {other}"
    tags.define_tag(own, "any_rule", rule)
    tags.apply_tags(own)
    # In pandas a gap differs from every number; nothing is known of it, here it means no.
    gaps = table[fact].isna()
    one = table.eval(f"{fact} {sign} {limit}") & ~gaps
    two = table.eval(other)
    expected = table[one & two if word == "and" else one | two]
    assert tags.tagged(own, "any_rule") == sorted(expected["customer_id"])


def test_a_person_who_did_not_agree_to_profiling_gets_no_tag(own):
    tags.define_tag(own, "everybody", "days_known >= 0")
    tags.apply_tags(own)
    on = tags.tagged(own, "everybody")
    one = next(c for c in on if crm.may_contact(own, c, "profiling", "app"))
    own.user("admin")
    kind = own.rows("SELECT legal_kind FROM customers WHERE customer_id = :i", i=one)[0][0]
    crm.withdraw_consent(own, one, "profiling", "app")
    tags.apply_tags(own)
    person = kind in ("individual", "household")
    assert (one in tags.tagged(own, "everybody")) is not person
    assert set(on) - set(tags.tagged(own, "everybody")) == ({one} if person else set())


def test_facts_of_an_earlier_day_know_nothing_later(own):
    day = "2025-03-31"
    with own.trusted():
        found = own.query(facts_sql({"parcels_90d", "complaints_90d"}), as_of=day)
        frame = own.query("SELECT customer_id, accepted_at FROM main.shipments")
    at = pd.to_datetime(frame["accepted_at"])
    kept = frame[(at >= "2025-01-01") & (at < "2025-04-01")]
    expected = kept["customer_id"].value_counts()
    numbers = found.set_index("customer_id")["parcels_90d"]
    assert numbers[numbers > 0].to_dict() == expected.to_dict()


# --- versions and runs ---------------------------------------------------------------------------


def test_a_changed_rule_is_a_new_version_and_the_old_one_stays(own):
    assert tags.define_tag(own, "quiet", "days_silent >= 60") == 1
    assert tags.define_tag(own, "quiet", "days_silent  >=  60") == 1
    tags.apply_tags(own)
    before = tags.tagged(own, "quiet")
    own.advance(1)
    assert tags.define_tag(own, "quiet", "days_silent >= 120") == 2
    tags.apply_tags(own)
    assert set(tags.tagged(own, "quiet")) < set(before)
    assert tags.tagged(own, "quiet", "2025-12-31") == before
    history = tags.tag_rules(own, history=True)
    assert list(history["rule"]) == ["days_silent >= 60", "days_silent >= 120"]
    assert list(tags.tag_rules(own)["version"]) == [2]
    assert not tags.drift(own, "2025-12-31").set_index("tag")["same_rule"]["quiet"]


def test_the_houses_tags_are_saved_once_and_never_over_ones_own(own):
    tags.define_tag(own, "silent", "days_silent >= 10")
    rules = tags.house_tags(own).set_index("tag")["rule"]
    assert rules["silent"] == "days_silent >= 10"
    assert set(rules.index) == set(content("crm/tags")["tags"])


def test_drift_is_the_difference_of_two_sets(own):
    tags.house_tags(own)
    for day in ("2025-06-30", "2025-12-31"):
        tags.apply_tags(own, day)
    found = tags.drift(own, "2025-06-30", "2025-12-31").set_index("tag")
    for tag in content("crm/tags")["tags"]:
        one, two = (set(tags.tagged(own, tag, day)) for day in ("2025-06-30", "2025-12-31"))
        row = found.loc[tag]
        assert [row["before"], row["after"], row["stayed"], row["joined"], row["left"]] == [
            len(one), len(two), len(one & two), len(two - one), len(one - two),
        ]  # fmt: skip
        if one | two:
            assert row["overlap"] == pytest.approx(len(one & two) / len(one | two), abs=1e-4)
    assert found["same_rule"].all()


def test_a_run_repeated_gives_the_same_tags(own):
    tags.house_tags(own)
    first = tags.apply_tags(own)
    pd.testing.assert_frame_equal(first, tags.apply_tags(own))
    assert (tags.drift(own, "2025-12-31")["joined"] == 0).all()


# --- use -----------------------------------------------------------------------------------------


def test_an_audience_has_all_lacks_the_others_and_may_be_written_to(own):
    tags.house_tags(own)
    tags.apply_tags(own)
    found = set(tags.audience(own, ["regular"], ["complaining"], channel="email"))
    assert found <= set(tags.tagged(own, "regular")) - set(tags.tagged(own, "complaining"))
    assert found == {
        one
        for one in set(tags.tagged(own, "regular")) - set(tags.tagged(own, "complaining"))
        if crm.may_contact(own, one, "marketing", "email")
    }
    one = tags.tagged(own, "regular")[0]
    assert "regular" in tags.tags_of(own, one)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda c: tags.define_tag(c, "Quiet!", "age > 3"), "small letters"),
        (lambda c: tags.define_tag(c, "quiet", "age > 3", "colour"), "no dimension colour"),
        (lambda c: tags.define_tag(c, "quiet", "  "), "has no rule"),
        (lambda c: tags.define_tag(c, "quiet", "days_silnt > 3"), "days_silent"),
        (lambda c: tags.define_tag(c, "quiet", "days_silent >> 3"), "quiet"),
        (lambda c: tags.define_tag(c, "quiet", "__import__('os')"), "quiet"),
        (lambda c: tags.apply_tags(c, "2025-12-31"), "house_tags"),
        (lambda c: tags.tagged(c, "quiet"), "never put on"),
        (lambda c: tags.audience(c, []), "at least one tag"),
    ],
)
def test_a_slip_is_answered_by_a_sentence(own, ask, said):
    with pytest.raises(KitError, match=said):
        ask(own)
    assert own.rows("SELECT count(*) FROM tag_runs") == [(0,)]


@pytest.mark.parametrize(("day", "said"), [("2026-01-01", "lies ahead"), ("x", "is no day")])
def test_tags_are_not_put_on_for_a_day_that_cannot_be_known(own, day, said):
    tags.house_tags(own)
    with pytest.raises(KitError, match=said):
        tags.apply_tags(own, day)


def test_who_may_not_write_tags_is_refused_and_nothing_is_half_done(own):
    tags.house_tags(own)
    own.user("agent")
    with pytest.raises(KitError, match="agent"):
        tags.apply_tags(own)
    own.user("analyst")
    assert own.rows("SELECT count(*) FROM tag_runs") == [(0,)]
    assert not tags.apply_tags(own).empty
