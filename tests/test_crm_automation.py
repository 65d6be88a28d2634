"""A rule writes to whom it means, to nobody who said no, and to nobody too often."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from crm_sample import raw, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.conditions import read_condition
from kdcourse.crm.rules import house_rules, read_rule
from kdcourse.texts import LANGUAGES, KitError, content, speaking

PER_WEEK = content("crm/automation")["limits"]["per_week"]
WAKE_UP = """\
trigger = "daily"
condition = "days_silent >= 30 and parcels_year >= 1"
action = "promotion"
channel = "sms"
again_days = 30
message = "好久没收到您的快件了，本月九折。回复 T 退订。"
"""
automation = crm.automation


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "marketer") as opened:
        yield opened


def changed(**fields):
    """Return the rule with some lines changed, added, or (None) left out."""
    lines = {line.partition(" ")[0]: line for line in WAKE_UP.splitlines()}
    lines |= {name: None if line is None else f"{name} = {line}" for name, line in fields.items()}
    return "\n".join(line for line in lines.values() if line)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_houses_rules_can_be_read_in_both_languages(lang):
    with speaking(lang):
        for name, text in house_rules().items():
            rule = read_rule(name, text)
            assert rule.message
            assert rule.purpose in ("marketing", "service")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('trigger = "daily"\nchannel sms', 'line 2, column 9 can\'t be read: "channel sms"'),
        ('trigger = "daily', "line 1"),
        (changed(triger='"daily"'), r"no field triger \(line 7\). Did you mean trigger"),
        (changed(message=None), "doesn't say message"),
        (changed(trigger='"dayly"'), r"\(line 1\). Allowed: daily"),
        (changed(channel='"letter"'), r"\(line 4\). Allowed: app, email, sms"),
        (changed(action='"spam"'), "promotion, care, service_news"),
        (changed(again_days="-1"), r"can't be -1 \(line 5\)"),
        (changed(again_days="true"), "True"),
        (changed(message='" "'), "line 6"),
        (changed(condition="7"), "line 2"),
        (changed(condition='"days_silent >"'), r"at character 13, near"),
        (changed(condition='"(days_silent > 3"'), "at character 1"),
        (changed(condition='"days_slient > 3"'), "Did you mean days_silent"),
        (changed(condition="\"market == 'firm'\""), "personal, enterprise, cross_border"),
        (changed(condition='"market > 3"'), "isn't understood"),
        (changed(condition='"len(market) > 3"'), "isn't understood"),
        (changed(condition='"days_silent > 3; 1"'), "at character 16"),
        (changed(condition='"days_silent"' + "\nx = 1"), "no field x"),
    ],
)
def test_a_slip_in_a_rule_is_named_with_its_place(own, text, said):
    with pytest.raises(KitError, match=said):
        automation.save_rule(own, "mine", text)
    assert automation.saved_rules(own).empty


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("fields", "number"),
    [({"times_a_day": "5"}, "5"), ({"again_days": "1"}, "7"), ({"again_days": "0"}, "7"),
     ({"again_days": "3"}, "3")],
)  # fmt: skip
def test_a_rule_that_would_pester_is_refused_in_a_sentence(own, fields, number, lang):
    with speaking(lang), pytest.raises(KitError) as fault:
        automation.save_rule(own, "mine", changed(**fields))
    assert number in str(fault.value)
    assert str(PER_WEEK) in str(fault.value)
    assert "again_days" in str(fault.value)
    assert automation.saved_rules(own).empty


FACTS = {"days": (), "parcels": (), "market": ("a", "b")}


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("days >= 3", '("days" >= :c0)'),
        ("3 < days <= 5 and not parcels == 0",
         '((:c0 < "days" AND "days" <= :c1) AND (NOT ("parcels" = :c2)))'),
        ("market in ('a', 'b') or parcels", "(\"market\" IN (:c0, :c1) OR (\"parcels\" <> 0))"),
        ("days * 2 + 1 > -parcels / 3", '((("days" * :c0) + :c1) > ((-"parcels") / :c2))'),
        ("market != 'a'\n  and days < 3.5", '(("market" <> :c0) AND ("days" < :c1))'),
    ],
)  # fmt: skip
def test_a_condition_becomes_sql_with_parameters(text, sql):
    read = read_condition(text, FACTS, "here")
    assert read.sql.replace("(", "").replace(")", "") == sql.replace("(", "").replace(")", "")
    assert sorted(read.values) == [f"c{number}" for number in range(len(read.values))]
    assert read.facts == {name for name in FACTS if name in text}


@settings(max_examples=300)
@given(
    text=st.text(alphabet="daysmrket parcls<>=!()'\"0123.andornoti;,_[]{}:+-*/%\\中\n", max_size=40)
)
def test_whatever_is_typed_is_read_or_refused_in_a_sentence(text):
    try:
        read = read_condition(text, FACTS, "here")
    except KitError as refusal:
        said = str(refusal)
    else:
        said = "here"
        assert read.facts <= set(FACTS)
        assert not {";", "'"} & set(read.sql)
    assert said.startswith("here")


def test_a_place_is_counted_in_characters_not_in_bytes():
    with pytest.raises(KitError, match="character 19"):
        read_condition("market == '中文' or x > 1", {"market": ("中文",)}, "规则")


# --- running -------------------------------------------------------------------------------------


def reference(c, day, log=()):
    """Return what the wake-up rule decides for a day, customer by customer."""
    first, now = pd.Timestamp(day), {}
    sent: dict[str, list[str]] = {}
    for who, at in raw(c, "SELECT customer_id, substr(accepted_at, 1, 10) FROM shipments"):
        if at <= day:
            sent.setdefault(who, []).append(at)
    agreed = {
        who
        for who, given_, back in raw(
            c,
            "SELECT customer_id, given_on, withdrawn_on FROM consents WHERE purpose = 'marketing'",
        )
        if given_ <= day and (back is None or back > str(c.today))
    }
    agreed -= {
        who
        for who, at in raw(c, "SELECT customer_id, sent_at FROM sends WHERE opted_out = 1")
        if dict(raw(c, "SELECT customer_id, given_on FROM consents "
                       "WHERE purpose = 'marketing'")).get(who, "9") <= at
    }  # fmt: skip
    week = [str((first - pd.Timedelta(days=n)).date()) for n in range(7)]
    written = pd.Series(
        [who for who, at in raw(c, "SELECT customer_id, substr(sent_at, 1, 10) FROM sends "
                                   "WHERE sent_at IS NOT NULL") if at in week]
        + [who for run_on, who in log if run_on in week], dtype=object
    ).value_counts()  # fmt: skip
    for who, opened, phone in raw(c, "SELECT customer_id, created_on, phone FROM customers"):
        if opened > day:
            continue
        mine = sent.get(who, [])
        silent = (first - pd.Timestamp(max(mine, default=opened))).days
        year = [at for at in mine if at > str((first - pd.Timedelta(days=365)).date())]
        if silent < 30 or not year:
            continue
        if who not in agreed:
            now[who] = "no_consent"
        elif phone is None:
            now[who] = "no_address"
        elif written.get(who, 0) >= PER_WEEK:
            now[who] = "cap"
        else:
            now[who] = "sent"
    return now


@pytest.mark.parametrize("day", ["2025-12-31", "2025-06-15"])
def test_a_dry_run_equals_the_reference_and_writes_nothing(own, day):
    before = own.path.read_bytes()
    found = automation.dry_run(own, read_rule("mine", WAKE_UP), day)
    expected = reference(own, day)
    assert dict(zip(found["customer_id"], found["outcome"], strict=True)) == expected
    assert {"sent", "no_consent"} <= set(expected.values())
    assert own.path.read_bytes() == before


def test_a_run_does_what_the_dry_run_said_once(own):
    automation.save_rule(own, "mine", WAKE_UP)
    said = automation.dry_run(own)
    done = automation.run(own)
    pd.testing.assert_frame_equal(said, done)
    assert automation.run(own).empty
    log = raw(own, "SELECT customer_id, outcome FROM automation_log ORDER BY customer_id")
    assert log == list(done[["customer_id", "outcome"]].itertuples(index=False, name=None))
    to = set(done[done["outcome"] == "sent"]["customer_id"])
    queued = raw(own, "SELECT customer_id, purpose, channel, body, state FROM outbox")
    assert {row[0] for row in queued} == to
    assert {row[1:] for row in queued} == {("marketing", "sms", read_rule("a", WAKE_UP).message,
                                            "queued")}  # fmt: skip


def test_a_consent_taken_back_stops_the_next_message(own):
    automation.save_rule(own, "mine", WAKE_UP)
    said = automation.dry_run(own)
    one = said[said["outcome"] == "sent"]["customer_id"].iloc[0]
    own.user("agent")
    crm.withdraw_consent(own, one, "marketing", "phone")
    own.user("marketer")
    done = automation.run(own).set_index("customer_id")["outcome"]
    assert done[one] == "no_consent"
    assert one not in {who for (who,) in raw(own, "SELECT customer_id FROM outbox")}


def test_the_same_rule_pauses_and_a_switched_off_one_rests(own):
    automation.save_rule(own, "mine", WAKE_UP)
    first = automation.run(own)
    to = set(first[first["outcome"] == "sent"]["customer_id"])
    own.advance(29)
    second = automation.run(own).set_index("customer_id")["outcome"]
    assert {second.get(who) for who in to} <= {"paused", None}
    own.advance(1)
    automation.switch(own, "mine", False)
    assert automation.run(own).empty
    automation.switch(own, "mine", True)
    third = automation.run(own).set_index("customer_id")["outcome"]
    assert (third[third.index.isin(to)] == "sent").any()
    with pytest.raises(KitError, match="Rules: mine"):
        automation.switch(own, "other", True)


RUNS = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.sampled_from(["a", "b", "c", "d"]), min_size=1)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS)
def test_nobody_gets_more_than_the_houses_limit_in_any_seven_days(own, runs):
    for name in "abcd":
        automation.save_rule(own, name, changed(again_days="4"))
    for days, rules in runs:
        own.advance(days)
        automation.run(own, rules=sorted(rules))
    agreed = set(crm.contactable(own, "marketing", "sms"))
    sent = pd.DataFrame(
        raw(own, "SELECT customer_id, run_on FROM automation_log WHERE outcome = 'sent' "
                 "UNION ALL SELECT customer_id, substr(sent_at, 1, 10) FROM sends "
                 "WHERE sent_at >= '2025-12-20'"),
        columns=["who", "on"],
    )  # fmt: skip
    for who, days in sent.groupby("who")["on"]:
        moments = sorted(date.fromisoformat(on) for on in days)
        for number, first in enumerate(moments):
            week = [m for m in moments[number:] if m < first + timedelta(days=7)]
            assert len(week) <= max(PER_WEEK, sum(m <= date(2025, 12, 31) for m in week))
        log = raw(
            own, "SELECT 1 FROM automation_log WHERE outcome = 'sent' AND customer_id = ?", who
        )
        assert who in agreed or not log


def test_news_of_ones_own_parcel_needs_no_consent_and_is_not_capped(own):
    late = changed(trigger='"parcel_late"', condition=None, action='"service_news"',
                   channel='"app"', again_days="7")  # fmt: skip
    day = raw(own, "SELECT substr(promised_at, 1, 10) FROM shipments "
                   "WHERE delivered_at > promised_at ORDER BY 1 DESC LIMIT 1")[0][0]  # fmt: skip
    found = automation.dry_run(own, read_rule("late", late), day)
    assert len(found)
    assert set(found["outcome"]) == {"sent"}
    expected = raw(
        own,
        "SELECT DISTINCT customer_id FROM shipments WHERE substr(promised_at, 1, 10) = ? "
        "AND (delivered_at IS NULL OR delivered_at > promised_at) ORDER BY 1",
        day,
    )
    assert list(found["customer_id"]) == [who for (who,) in expected]


#: Customer and day of what each trigger waits for, by plain SQL.
EVENTS = {
    "account_opened": "SELECT customer_id, created_on FROM customers",
    "parcel_late": "SELECT customer_id, substr(promised_at, 1, 10) FROM shipments "
    "WHERE delivered_at > promised_at OR delivered_at IS NULL",
    "complaint_closed": "SELECT customer_id, substr(closed_at, 1, 10) FROM complaints "
    "WHERE is_suggestion = 0",
    "contract_ends": "SELECT customer_id, date(contract_until, '-30 days') FROM organisations",
}


@pytest.mark.parametrize(
    "trigger", [t for t in content("crm/automation")["triggers"] if t != "daily"]
)
def test_every_trigger_means_those_to_whom_it_happened_that_day(own, trigger):
    rule = read_rule("mine", changed(trigger=f'"{trigger}"', condition=None))
    own.advance(365)  # contracts end after the data do
    happened: dict[str, set[str]] = {}
    for who, day in raw(own, EVENTS[trigger]):
        if day is not None and "2024-03-01" <= day <= str(own.today):
            happened.setdefault(day, set()).add(who)
    days = sorted(happened)[:: max(len(happened) // 5, 1)]
    assert days
    for day in days:
        assert set(automation.dry_run(own, rule, day)["customer_id"]) == happened[day]


def test_runs_go_forward_and_no_further_than_today(own):
    automation.save_rule(own, "mine", WAKE_UP)
    automation.run(own, "2025-12-20")
    with pytest.raises(KitError, match="2025-12-20"):
        automation.run(own, "2025-12-19")
    with pytest.raises(KitError, match="2026-01-01"):
        automation.run(own, "2026-01-01")
    assert len(automation.dry_run(own, on="2025-12-01"))


def test_a_role_without_the_right_runs_nothing(own):
    automation.save_rule(own, "mine", WAKE_UP)
    own.user("agent")
    with pytest.raises(KitError, match="agent"):
        automation.run(own)
    with pytest.raises(KitError, match="agent"):
        automation.save_rule(own, "other", WAKE_UP)
    assert raw(own, "SELECT count(*) FROM outbox") == [(0,)]
