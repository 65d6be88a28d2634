"""A flow does what its text says, step by step, and writes to nobody who must not be written to."""

import socket
import tomllib
from collections import Counter
from datetime import date, timedelta

import pytest
from crm_sample import raw, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.facts import facts_sql
from kdcourse.crm.outreach.flow_text import house_flows, read_flow
from kdcourse.texts import LANGUAGES, KitError, content, speaking

flows, outbox = crm.flows, crm.outbox
PER_WEEK = content("crm/automation")["limits"]["per_week"]
FLOW = """
purpose = "marketing"
enter = "parcels_90d >= 3"
again_days = 365
first = "hello"
[steps.hello]
send = "email"
subject = "你好"
body = "{name}，你好"
then = "pause"
[steps.pause]
wait = 3
then = "many"
[steps.many]
ask = "parcels_90d >= 10"
yes = "thanks"
no = "end"
[steps.thanks]
send = "sms"
subject = "感谢"
body = "谢谢"
then = "end"
"""


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "marketer") as opened:
        yield opened


def fact(opened, rule_facts, condition, day):
    with opened.trusted():
        found = opened.query(facts_sql(rule_facts), as_of=str(day))
    return set(found.query(condition)["customer_id"])


def days(first, number):
    return [date.fromisoformat(first) + timedelta(days=n) for n in range(number)]


# --- running -------------------------------------------------------------------------------------


def test_the_log_is_the_one_that_follows_from_the_text(own):
    """A second flow engine, one customer at a time, gives the same log."""
    flows.save_flow(own, "thanks", FLOW)
    span = days("2025-12-20", 8)
    for day in span:
        flows.run_flows(own, day)
    may = {name: set(crm.contactable(own, "marketing", name)) for name in ("email", "sms")}
    given_on = dict(
        own.rows("SELECT customer_id, given_on FROM consents WHERE purpose = 'marketing'")
    )
    with own.trusted():
        campaigns = own.rows("SELECT customer_id, date(sent_at) FROM main.sends WHERE sent_at > ''")
    written = {}
    for customer, day in campaigns:
        written.setdefault(customer, []).append(date.fromisoformat(day))
    entered, expected = {}, []
    for day in span:
        for customer in sorted(fact(own, {"parcels_90d"}, "parcels_90d >= 3", day)):
            entered.setdefault(customer, day)
        many = fact(own, {"parcels_90d"}, "parcels_90d >= 10", day)

        def send(customer, channel, step, day=day):
            lately = [d for d in written.get(customer, []) if 0 <= (day - d).days <= 6]
            agreed = given_on.get(customer, "9999") <= str(day)
            if customer not in may[channel] or not agreed:
                outcome = "held: permission"
            elif len(lately) >= PER_WEEK:
                outcome = "held: cap"
            else:
                outcome = "queued"
                written.setdefault(customer, []).append(day)
            expected.append((str(day), customer, step, outcome))

        for customer, since in entered.items():
            if since == day:
                expected.append((str(day), customer, "", "entered"))
                send(customer, "email", "hello")
                expected.append((str(day), customer, "pause", "waits 3"))
            elif (day - since).days == 3:
                expected.append((str(day), customer, "many", "yes" if customer in many else "no"))
                if customer in many:
                    send(customer, "sms", "thanks")
                expected.append((str(day), customer, "end", "ended"))
    log = flows.flow_log(own)
    found = list(zip(log["run_on"], log["customer_id"], log["step"], log["outcome"], strict=True))
    assert Counter(found) == Counter(expected)
    assert {row[3] for row in expected} >= {"queued", "held: permission", "yes", "no", "ended"}
    report = flows.flow_report(own, "thanks").set_index(["step", "outcome"])["customers"]
    assert report.to_dict() == dict(Counter((row[2], row[3]) for row in expected))


def test_run_twice_on_a_day_a_flow_does_nothing_more(own):
    flows.save_house_flows(own)
    assert len(flows.run_flows(own)) > 0
    assert flows.run_flows(own).empty


def test_nobody_comes_in_twice_within_the_time_set(own):
    flows.save_flow(own, "thanks", FLOW)
    for day in days("2025-12-01", 20):
        flows.run_flows(own, day)
    log = flows.flow_log(own, "thanks")
    assert log.loc[log["outcome"] == "entered", "customer_id"].is_unique


def test_a_changed_flow_is_a_new_version_and_who_is_in_it_goes_on_by_the_old_one(own):
    flows.save_flow(own, "thanks", FLOW)
    first = set(flows.run_flows(own, "2025-12-20")["customer_id"])
    assert flows.save_flow(own, "thanks", FLOW.replace("wait = 3", "wait = 5")) == 2
    later = flows.run_flows(own, "2025-12-23")
    moved = set(later.loc[later["step"] == "many", "customer_id"])
    assert moved == first
    assert list(flows.saved_flows(own)["is_on"]) == [False, True]
    assert flows.save_flow(own, "thanks", FLOW.replace("wait = 3", "wait = 5")) == 2


def test_a_stopped_flow_lets_nobody_in_and_brings_the_others_to_the_end(own):
    flows.save_flow(own, "thanks", FLOW)
    flows.run_flows(own, "2025-12-20")
    flows.stop_flow(own, "thanks")
    log = flows.run_flows(own, "2025-12-23")
    assert "entered" not in set(log["outcome"])
    assert "ended" in set(log["outcome"])


def test_a_run_that_breaks_off_leaves_nothing_behind(own, monkeypatch):
    flows.save_house_flows(own)

    def fail(*args, **named):
        raise RuntimeError("the machine went out")

    monkeypatch.setattr(outbox, "queue", fail)
    with pytest.raises(RuntimeError):
        flows.run_flows(own)
    for table in ("flow_people", "flow_log", "outbox"):
        assert raw(own, f"SELECT count(*) FROM {table}") == [(0,)]


def test_days_only_go_forward(own):
    flows.save_flow(own, "thanks", FLOW)
    flows.run_flows(own, "2025-12-20")
    with pytest.raises(KitError, match="forward only"):
        flows.run_flows(own, "2025-12-19")
    with pytest.raises(KitError, match="lies ahead"):
        flows.run_flows(own, "2026-01-01")


def test_who_may_not_is_refused(own):
    own.user("analyst")
    with pytest.raises(KitError, match="analyst"):
        flows.save_flow(own, "thanks", FLOW)


# --- nobody against their will -------------------------------------------------------------------


def test_whoever_withdrew_is_not_written_to_at_the_next_step(own):
    flows.save_flow(own, "thanks", FLOW)
    log = flows.run_flows(own, "2025-12-28")
    one = log.loc[log["outcome"] == "queued", "customer_id"].iloc[0]
    own.user("admin")
    crm.withdraw_consent(own, one, "marketing", "app")
    own.user("marketer")
    for day in days("2025-12-29", 3):
        flows.run_flows(own, day)
    after = flows.flow_log(own, "thanks", one)
    assert "queued" not in set(after.loc[after["run_on"] > "2025-12-28", "outcome"])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["email", "sms", "app", "phone"]),
    st.sampled_from(["marketing", "survey"]),
    st.integers(1, 10),
    st.integers(4, 12),
    st.randoms(use_true_random=False),
)
def test_no_flow_ever_writes_to_who_opted_out_or_too_often(
    tmp_path_factory, channel, purpose, least, wait, random
):
    text = FLOW.replace('"marketing"', f'"{purpose}"').replace('"email"', f'"{channel}"')
    text = text.replace("parcels_90d >= 3", f"parcels_90d >= {least}")
    text = text.replace("wait = 3", f"wait = {wait}")
    with sample(tmp_path_factory.mktemp("flow")) as own:
        everybody = [row[0] for row in own.rows("SELECT customer_id FROM customers")]
        flows.save_flow(own, "one", text)
        flows.save_flow(own, "two", text)
        out = {}
        for day in days("2025-12-16", 14):
            for one in random.sample(everybody, 5):
                crm.withdraw_consent(own, one, purpose, "app")
                out.setdefault(one, str(day))
            flows.run_flows(own, day)
        sent = own.rows("SELECT customer_id, queued_on FROM outbox")
        for customer, day in sent:
            assert customer not in out or day < out[customer]
        # Within any seven days nobody got more than the house allows.
        for customer, number in Counter(sent).items():
            assert number <= PER_WEEK, customer
        for customer, day in sent:
            week = date.fromisoformat(day)
            near = [
                d for c, d in sent if c == customer and 0 <= (week - date.fromisoformat(d)).days < 7
            ]
            assert len(near) <= PER_WEEK
    assert sent or least > 5


# --- the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_houses_flows_can_be_read_in_both_languages(lang):
    with speaking(lang):
        for name, text in house_flows().items():
            flow = read_flow(name, text)
            sends = [step for step in flow.steps.values() if step.kind == "send"]
            assert sends
            assert all(step.body for step in sends)
            assert set(tomllib.loads(text)["name"]) == set(LANGUAGES)


PESTERING = FLOW.replace('then = "pause"', 'then = "more"').replace(
    "[steps.pause]",
    '[steps.more]\nsend = "sms"\nsubject = "x"\nbody = "y"\nthen = "pause"\n[steps.pause]',
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("purpose = ", "can't be read as TOML"),
        (FLOW.replace('purpose = "marketing"\n', ""), "lacks purpose"),
        (FLOW.replace('purpose = "marketing"', 'purpose = "spam"'), "purpose of f is spam"),
        (FLOW.replace('"parcels_90d >= 3"', '" "'), "lacks enter"),
        (FLOW.replace("again_days", "agian_days"), "Did you mean: again_days"),
        (FLOW.replace('first = "hello"', 'first = "helo"'), "Did you mean: hello"),
        (FLOW.replace('yes = "thanks"', 'yes = "thank"'), "Did you mean: thanks"),
        (FLOW.replace('no = "end"', ""), "many lacks no"),
        (FLOW.replace('send = "email"', 'send = "emial"'), "Did you mean: email"),
        (FLOW.replace("wait = 3", "wait = 0"), "whole number of days"),
        (FLOW.replace("wait = 3", "wait = true"), "whole number of days"),
        (FLOW.replace("wait = 3", "wait = 3\nask = 'age > 1'"), "exactly one thing"),
        (FLOW.replace("[steps.pause]", "[steps.end]"), "exactly one thing|none may be called end"),
        (FLOW.replace('yes = "thanks"', 'yes = "end"'), "nobody ever gets to: thanks"),
        (FLOW.replace('no = "end"', 'no = "many"'), "many > many"),
        (FLOW.replace("{name}", "{phone}"), "{phone}"),
        (FLOW.replace("{name}", "{name.__class__}"), "name.__class__"),
        (FLOW.replace("{name}", "{name"), "brace"),
        (FLOW.replace('"{name}，你好"', '{ en = "only one" }'), "one per language"),
        (FLOW.replace("parcels_90d >= 10", "parcels_90 >= 10"), "parcels_90d"),
        (PESTERING, "3 times within a week"),
        (
            FLOW.replace("wait = 3", "wait = 1").replace('no = "end"', 'no = "hello"'),
            "within a week",
        ),
    ],
)
def test_a_faulty_flow_is_refused_with_its_place(text, said):
    with pytest.raises(KitError, match=said):
        read_flow("f", text)


def test_a_loop_that_waits_long_enough_is_allowed():
    flow = read_flow(
        "f", FLOW.replace("wait = 3", "wait = 7").replace('no = "end"', 'no = "hello"')
    )
    assert flow.steps["many"].then["no"] == "hello"


# --- outbox --------------------------------------------------------------------------------------


@pytest.fixture
def sandbox():
    """A mail server on this machine that keeps what it gets."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Message

    class Box(Message):
        def __init__(self):
            super().__init__()
            self.got = []

        def handle_message(self, message):
            self.got.append(message)

    box = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


def text_of(message):
    return message.get_payload(decode=True).decode("utf-8")


def test_mail_arrives_with_its_fields_filled_in_and_each_but_once(own, sandbox):
    box, port = sandbox
    people = crm.contactable(own, "marketing", "email")[:4]
    told = outbox.queue(
        own, people, "marketing", "email", "致{name}", "{name}，你好", source="test"
    )
    assert set(told.values()) == {"queued"}
    found = outbox.deliver(own, port=port)
    assert found.iloc[0].to_dict() == {"sent": 4, "stopped": 0, "failed": 0, "other_channels": 0}
    assert outbox.deliver(own, port=port)["sent"][0] == 0
    with own.trusted():
        book = dict(own.rows("SELECT email, name FROM main.customers WHERE email IS NOT NULL"))
    assert len(box.got) == 4
    for message in box.got:
        assert text_of(message).startswith(book[message["To"]])
    assert len({message["Message-ID"] for message in box.got}) == 4


def test_a_consent_withdrawn_after_queueing_stops_the_send(own, sandbox):
    box, port = sandbox
    one, two = crm.contactable(own, "marketing", "email")[:2]
    outbox.queue(own, [one, two], "marketing", "email", "s", "b", source="test")
    own.user("admin")
    crm.withdraw_consent(own, one, "marketing", "app")
    own.user("marketer")
    found = outbox.deliver(own, port=port)
    assert (found["sent"][0], found["stopped"][0], len(box.got)) == (1, 1, 1)
    states = outbox.messages(own).set_index("customer_id")
    assert states["state"].to_dict() == {one: "stopped", two: "sent"}
    assert states["reason"][one] == "withdrawn"


def test_a_message_on_its_way_when_the_kernel_died_is_not_sent_again(own, sandbox):
    box, port = sandbox
    one = crm.contactable(own, "marketing", "email")[0]
    outbox.queue(own, [one], "marketing", "email", "s", "b", source="test")
    with own.transaction() as db:
        db.execute("UPDATE outbox SET state = 'sending'")
    assert outbox.deliver(own, port=port)["sent"][0] == 0
    assert box.got == []


def test_other_channels_stay_in_the_queue(own, sandbox):
    _, port = sandbox
    one = crm.contactable(own, "marketing", "sms")[0]
    outbox.queue(own, [one], "marketing", "sms", "s", "b", source="test")
    assert outbox.deliver(own, port=port)["other_channels"][0] == 1


def test_no_name_and_no_address_stands_in_the_outbox(own):
    people = crm.contactable(own, "marketing", "email")[:3]
    outbox.queue(own, people, "marketing", "email", "致{name}", "{name}", source="test")
    for name, email in raw(
        own, "SELECT name, email FROM customers WHERE customer_id IN (?, ?, ?)", *people
    ):
        for row in raw(own, "SELECT * FROM outbox"):
            assert name not in map(str, row)
            assert email not in map(str, row)


def test_a_letter_is_masked_for_who_may_not_see_names(own):
    with own.trusted():
        one, name = own.rows(
            "SELECT customer_id, name FROM main.customers WHERE legal_kind = 'individual' "
            "AND customer_id IN (SELECT customer_id FROM main.consents WHERE purpose = 'marketing' "
            "AND withdrawn_on IS NULL) AND phone IS NOT NULL LIMIT 1"
        )[0]
    outbox.queue(own, [one], "service", "sms", "s", "{name}，你好", source="test")
    number = int(outbox.messages(own)["message_id"].iloc[0])
    assert name not in outbox.letter(own, number)
    own.user("supervisor")
    assert name in outbox.letter(own, number)


def test_news_of_the_contract_needs_no_consent_and_knows_no_cap(own):
    with own.trusted():
        people = [row[0] for row in own.rows("SELECT customer_id FROM main.customers LIMIT 30")]
    for _ in range(PER_WEEK + 1):
        told = outbox.queue(own, people, "service", "app", "s", "b", source="test")
        assert set(told.values()) == {"queued"}


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "0.0.0.0"])
def test_nothing_leaves_this_machine(own, host):
    with pytest.raises(KitError, match="another machine"):
        outbox.deliver(own, host)


def test_without_a_server_everything_stays_in_the_queue(own):
    one = crm.contactable(own, "marketing", "email")[0]
    outbox.queue(own, [one], "marketing", "email", "s", "b", source="test")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(KitError, match="No mail server answers"):
            outbox.deliver(own, port=taken.getsockname()[1])
    assert list(outbox.messages(own, "queued")["customer_id"]) == [one]


def test_an_unknown_message_is_named(own):
    with pytest.raises(KitError, match="no message 99"):
        outbox.letter(own, 99)
