"""Protection is real: rights, masks, consent, forgetting, secrets. Refusals are logged."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from crm_sample import raw, sample, world
from hypothesis import given
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm import complaints, masking, vault
from kdcourse.crm.access import roles
from kdcourse.texts import KitError, content

PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
MASKED = [code for code, role in roles().items() if "clear" not in role.may]


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("crm")) as opened:
        # Numbers wherever people put them: notes, the history, several spellings.
        phone = raw(opened, "SELECT phone FROM customers WHERE customer_id = 'C0000001'")[0][0]
        crm.note(
            opened,
            "C0000001",
            f"call {phone} or +86 {phone[:3]}-{phone[3:7]}-{phone[7:]}, a.b@mail.example",
        )
        crm.update_customer(
            opened,
            "C0000001",
            phone="15411112222",
            name="欧阳明",
            address="上海市青禾区竹林街1号9室",
        )
        yield opened


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path) as opened:
        yield opened


# --- masks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", MASKED)
def test_no_masked_role_reads_a_raw_telephone_number_in_the_whole_database(c, code):
    numbers = {row[0] for row in raw(c, "SELECT phone FROM customers")}
    numbers |= {row[0] for row in raw(c, "SELECT phone FROM contacts")}
    numbers |= {row[0] for row in raw(c, "SELECT contact FROM complaints")}
    assert len(numbers) > 200
    c.user(code)
    seen = 0
    for (name,) in raw(
        c, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ):
        try:
            table = c.query(f"SELECT * FROM {name}")
        except KitError:
            continue
        seen += 1
        for column in table.select_dtypes(["object", "str"]):
            text = "\n".join(table[column].dropna().astype(str))
            found = set(PHONE.findall(text)) | {text.replace(" ", "").replace("-", "")} & numbers
            assert not found & numbers, (name, column)
            if column in ("phone", "contact", "old", "new", "text"):
                assert not PHONE.search(re.sub(r"[ -]", "", text)), (name, column)
    c.user("admin")
    assert seen > 25


def test_who_may_sees_them_clear(c):
    c.user("supervisor")
    assert (
        c.query("SELECT phone FROM customers WHERE customer_id = 'C0000001'").iloc[0, 0]
        == "15411112222"
    )
    c.user("admin")


def test_the_history_is_masked_as_the_columns_are(c):
    c.user("agent")
    history = crm.history(c, "customers", "C0000001").set_index("column")
    c.user("admin")
    assert history.loc["phone", "new"] == "154******22"
    assert history.loc["name", "new"] == "欧**"
    assert "9室" not in history.loc["address", "new"]


@given(st.from_regex(r"1\d{10}", fullmatch=True))
def test_of_a_number_at_least_six_digits_are_hidden(phone):
    masked = masking.mask_phone(phone)
    assert masked.count("*") >= 6
    assert len(masked) == 11
    assert masking.mask_text(f"电话{phone}，多谢") == f"电话{masked}，多谢"


@given(st.text(min_size=1, max_size=12))
def test_of_a_name_at_least_one_character_is_hidden(name):
    masked = masking.mask_name(name)
    assert "*" in masked
    assert masked != name or set(name) <= {"*"}


@given(
    st.from_regex(
        r"[\u4e00-\u9fff]{2}市[\u4e00-\u9fff]{2}路[1-9]\d?号[1-9]\d{0,3}室", fullmatch=True
    )
)
def test_of_an_address_unit_and_room_are_hidden_and_the_house_stays(address):
    house, room = re.fullmatch(r"(.*号)(.*)", address).groups()
    assert masking.mask_address(address) == house + "*" * len(room)


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masking.mask_phone, "", ""),
        (masking.mask_phone, None, None),
        (masking.mask_phone, "+86 154 1234 5678", "861********78"),
        (masking.mask_phone, "021-61234567", "021******67"),
        (masking.mask_phone, "1234", "****"),
        (masking.mask_name, "高", "*"),
        (masking.mask_name, "欧阳小明", "欧***"),
        (masking.mask_email, "a.b@mail.example", "a***@mail.example"),
        (
            masking.mask_address,
            "广州市青禾区橘园路386号5栋2单元605室",
            "广州市青禾区橘园路386号*********",
        ),
        (masking.mask_address, "幸福小区5栋605室", "幸福小区******"),
        (masking.mask_text, "waybill 15412345678901", "waybill 15412345678901"),
        (masking.mask_contact, "wang@mail.example", "w***@mail.example"),
    ],
)
def test_masks_of_odd_values(mask, value, shown):
    assert mask(value) == shown


def test_the_name_of_a_firm_is_no_personal_data(c):
    c.user("agent")
    shown = c.query("SELECT customer_id, name, legal_kind FROM customers").set_index("customer_id")
    c.user("admin")
    clear = dict(raw(c, "SELECT customer_id, name FROM customers"))
    for customer, row in shown.iterrows():
        person = row["legal_kind"] in ("individual", "household")
        assert (row["name"] != clear[customer]) == person


def test_every_masked_column_is_there(c):
    for table, columns in masking.personal().items():
        there = {row[1] for row in raw(c, f"PRAGMA table_info({table})")}
        assert set(columns) <= there, table


# --- rights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", list(roles()))
def test_each_role_can_do_what_it_may_and_nothing_else(own, code):
    """The matrix, tried out on a table of every group."""
    role = roles()[code]
    own.user(code)
    groups = content("crm/roles")["groups"]
    for table in (group[0] for group in groups.values()):
        column = raw(own, f"SELECT name FROM pragma_table_info('{table}') WHERE NOT pk")[0][0]
        tries = {
            "read": lambda t=table: own.rows(f"SELECT count(*) FROM {t}"),
            "change": lambda t=table, c=column: statement(
                own, f"UPDATE main.{t} SET {c} = 1 WHERE 0"
            ),
            "remove": lambda t=table: statement(own, f"DELETE FROM main.{t} WHERE 0"),
        }
        for action, attempt in tries.items():
            if code == "admin" or role.allows(action, table):
                attempt()
            else:
                before = raw(own, "SELECT count(*) FROM access_log")[0][0]
                with pytest.raises(KitError, match="Refused"):
                    attempt()
                assert raw(own, "SELECT count(*) FROM access_log")[0][0] == before + 1
                last = raw(own, "SELECT role, action, table_name, allowed FROM access_log")[-1]
                assert last == (code, action, table, 0)


def statement(opened, text):
    with opened.transaction() as db:
        db.execute(text)


def test_a_refused_change_writes_nothing_but_the_log(own):
    own.user("analyst")
    before = raw(own, "SELECT * FROM customers")
    with pytest.raises(KitError, match="analyst"):
        crm.update_customer(own, "C0000001", city="SHA")
    assert raw(own, "SELECT * FROM customers") == before
    assert raw(own, "SELECT user, action, table_name FROM access_log") == [
        ("analyst", "change", "customers")
    ]


def test_the_log_holds_no_personal_data(own):
    own.user("agent")
    for attempt in (
        lambda: crm.forget(own, "C0000001"),
        lambda: vault.account(own, "C0000001", "15412345678"),
    ):
        with pytest.raises(KitError):
            attempt()
    assert not PHONE.search(str(raw(own, "SELECT * FROM access_log")))


def test_staff_have_the_role_of_their_post_and_strangers_none(own):
    assert own.user("A000003").role.code == "agent"
    for name in ("A999999", "director"):
        with pytest.raises(KitError, match=name):
            own.user(name)
    assert own.user().name == "A000003"


# --- consent -------------------------------------------------------------------------------------


def test_who_may_be_contacted_equals_the_tables(c):
    consents = world().load("consents")
    sends = world().load("sends")
    customers = world().load("customers").set_index("customer_id")
    open_ = consents[consents["withdrawn_on"].isna() & (consents["purpose"] == "marketing")]
    gone = set(sends.loc[sends["opted_out"], "customer_id"])
    expected = [
        customer
        for customer in open_["customer_id"]
        if customer not in gone and isinstance(customers.loc[customer, "email"], str)
    ]
    assert crm.contactable(c, "marketing", "email") == sorted(expected)
    assert len(expected) > 10


@pytest.mark.parametrize("purpose", ["marketing", "survey", "profiling", "service"])
@pytest.mark.parametrize("channel", ["email", "sms", "app"])
@pytest.mark.parametrize("partner", [False, True])
def test_one_and_all_agree(c, purpose, channel, partner):
    allowed = set(crm.contactable(c, purpose, channel, partner=partner))
    for (customer,) in raw(c, "SELECT customer_id FROM customers")[::5]:
        permission = crm.may_contact(c, customer, purpose, channel, partner=partner)
        assert permission.allowed == (customer in allowed)
        assert bool(permission.reason) != permission.allowed


def test_a_withdrawn_consent_stops_the_next_send(own):
    customer = crm.contactable(own, "marketing", "sms")[0]
    assert crm.may_contact(own, customer, "marketing", "sms")
    assert crm.withdraw_consent(own, customer, "marketing", "phone")
    permission = crm.may_contact(own, customer, "marketing", "sms")
    assert (permission.allowed, permission.reason) == (False, "withdrawn")
    assert "taken the consent back" in str(permission)
    assert customer not in crm.contactable(own, "marketing", "sms")
    assert not crm.withdraw_consent(own, customer, "marketing", "phone")
    crm.give_consent(own, customer, "marketing", "app")
    assert crm.may_contact(own, customer, "marketing", "sms")
    assert raw(own, "SELECT action, user FROM consent_log") == [
        ("withdrawn", "admin"),
        ("given", "admin"),
    ]


def test_consent_to_one_purpose_does_not_cover_another(own):
    customer = raw(
        own,
        "SELECT customer_id FROM customers "
        "WHERE customer_id NOT IN (SELECT customer_id FROM consents)",
    )[0][0]
    crm.give_consent(own, customer, "survey", "phone")
    assert crm.may_contact(own, customer, "survey", "sms")
    assert crm.may_contact(own, customer, "marketing", "sms").reason == "no-consent"
    assert crm.may_contact(own, customer, "survey", "sms", partner=True).reason == "partners"
    assert crm.may_contact(own, customer, "service", "sms")


def test_a_message_answered_with_no_more_is_heard_before_the_consent_is_marked(own):
    customer = crm.contactable(own, "marketing", "sms")[0]
    with own.transaction() as db:
        db.execute(
            "INSERT INTO sends "
            '(send_id, campaign_id, customer_id, "group", sent_at, responded, opted_out)'
            " SELECT 'S1', min(campaign_id), ?, 'test', ?, 0, 1 FROM campaigns",
            (customer, own.now),
        )
    assert crm.may_contact(own, customer, "marketing", "sms").reason == "opted-out"


def test_codes_that_do_not_exist_are_named(c):
    for purpose, channel in (("fun", "sms"), ("marketing", "pigeon")):
        with pytest.raises(KitError, match=r"fun|pigeon"):
            crm.may_contact(c, "C0000001", purpose, channel)
    with pytest.raises(KitError, match="counter"):
        crm.give_consent(c, "C0000001", "marketing", "telepathy")


# --- forgetting ----------------------------------------------------------------------------------


def test_a_forgotten_person_is_nowhere_in_the_file_and_the_books_stay(own):
    customer = world().load("complaints")["customer_id"].iloc[0]
    name, phone, email, address = raw(
        own, "SELECT name, phone, email, address FROM customers WHERE customer_id = ?", customer
    )[0]
    contact = raw(own, "SELECT contact FROM complaints WHERE customer_id = ?", customer)[0][0]
    crm.note(own, customer, f"call {phone}")
    received = complaints.receive(
        own, customer, channel="app", category="late", content=f"rang {phone} in vain"
    )
    complaints.pass_on(own, received.complaint_id, "transport", why=f"ring {phone}")
    crm.update_customer(own, customer, city="SHA", phone="15400009999")
    parcels = raw(own, "SELECT count(*), sum(fee) FROM shipments WHERE customer_id = ?", customer)
    crm.forget(own, customer)
    own.close()
    data = own.path.read_bytes()
    for secret in (phone, email, address, contact, "15400009999"):
        assert secret is None or secret.encode() not in data
    assert (
        raw(own, "SELECT count(*), sum(fee) FROM shipments WHERE customer_id = ?", customer)
        == parcels
    )
    with crm.open(own.path) as again:
        assert not crm.may_contact(again, customer, "marketing", "sms")
        assert list(crm.card(again, customer).sections)
        assert name not in str(crm.card(again, customer))


def belonging(opened, customer):
    """Return by table how many rows are a customer's, by their number or by what hangs on it."""
    hanging = {
        "survey_answers": "resp_id IN (SELECT resp_id FROM survey_invitations WHERE {})",
        "complaint_cases": "complaint_id IN (SELECT complaint_id FROM complaints WHERE {})",
        "hand_overs": "complaint_id IN (SELECT complaint_id FROM complaints WHERE {})",
    }
    his = "customer_id = '" + customer + "'"
    tables = raw(
        opened,
        "SELECT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.type = 'table' AND c.name = 'customer_id'",
    )
    where = {name: his for (name,) in tables} | {n: how.format(his) for n, how in hanging.items()}
    return {
        name: raw(opened, f"SELECT count(*) FROM {name} WHERE {how}")[0][0]
        for name, how in where.items()
    }


def well_known(own):
    """Return a customer who stands in as many tables as can be, after all desks have worked."""
    customer = raw(
        own,
        "SELECT customer_id FROM customers JOIN surveys USING (customer_id) "
        "JOIN complaints USING (customer_id) JOIN persons USING (customer_id) "
        "WHERE email > '' ORDER BY 1 LIMIT 1",
    )[0][0]
    crm.give_consent(own, customer, "marketing", "app")
    crm.give_consent(own, customer, "profiling", "app")
    crm.note(own, customer, "met at the counter")
    crm.store_account(own, customer, "6222000011112222")
    own.user("marketer")
    crm.tags.define_tag(own, "everybody", "days_known >= 0")
    crm.tags.apply_tags(own)
    crm.flows.save_flow(own, "hello", HELLO)
    crm.flows.run_flows(own)
    own.user("admin")
    with own.transaction() as db:
        db.execute(
            "INSERT INTO automation_log VALUES ('2025-12-31', 'r', ?, 'a', 'sms', 'cap')",
            (customer,),
        )
        db.execute(
            "INSERT INTO web_events SELECT 'V1', ?, 'W1', '2025-12-01 10:00', 'app', 'view', "
            "'home', 'search', NULL UNION ALL SELECT 'V1', NULL, 'W2', '2025-11-30 10:00', 'app', "
            "'view', 'home', 'search', NULL WHERE ? > ''",
            (customer, customer),
        )
        db.execute("INSERT INTO questionnaires VALUES ('q', 1, '', '2025-12-01', 'admin')")
        db.execute(
            "INSERT INTO survey_answers SELECT resp_id, 'q', 1, 'speed', 4.0, '2025-12-02' "
            "FROM survey_invitations WHERE customer_id = ?",
            (customer,),
        )
    return customer


HELLO = """
purpose = "marketing"
enter = "days_known >= 0"
again_days = 365
first = "hello"
[steps.hello]
send = "email"
subject = "Hello"
body = "Hello {name}"
then = "end"
"""


def test_every_table_says_what_becomes_of_a_forgotten_customers_rows(own):
    told = content("crm/retention")["forgotten"]
    said = [table for tables in told.values() for table in tables]
    assert sorted(said) == sorted(belonging(own, "C0000001"))


def test_a_forgotten_person_is_gone_from_all_tables_but_books_and_proofs(own):
    told = content("crm/retention")["forgotten"]
    customer = well_known(own)
    before = belonging(own, customer)
    assert [table for table in told["gone"] if not before[table]] == []
    crm.forget(own, customer)
    after = belonging(own, customer)
    assert {table: after[table] for table in told["gone"]} == dict.fromkeys(told["gone"], 0)
    for table in (*told["blank"], *told["books"], *told["proof"]):
        assert after[table] == before[table]
    # A visit before signing in is the same person's.
    assert raw(own, "SELECT count(*) FROM web_events WHERE visitor_id = 'V1'") == [(0,)]


def test_a_forgotten_person_stays_forgotten_whatever_runs_next(own):
    customer = well_known(own)
    crm.forget(own, customer)
    own.user("marketer")
    own.advance(1)
    assert customer not in set(crm.flows.run_flows(own)["customer_id"])
    crm.tags.apply_tags(own)
    assert customer not in crm.tags.tagged(own, "everybody")
    assert raw(own, "SELECT count(*) > 100 FROM customer_tags")[0] == (1,)
    assert customer not in set(crm.surveys.frame(own)["customer_id"])


def test_contacts_from_before_the_account_are_forgotten_with_it(own):
    with own.transaction() as db:
        lead, customer = db.execute(
            "SELECT lead_id, customer_id FROM leads WHERE customer_id > '' LIMIT 1"
        ).fetchone()
        db.execute(
            "INSERT INTO main.contacts (contact_id, lead_id, role, name, phone) "
            "VALUES ('X1', ?, 'user', '欧阳明', '15499998888')",
            (lead,),
        )
    crm.forget(own, customer)
    assert raw(own, "SELECT phone FROM contacts WHERE contact_id = 'X1'") == [(None,)]


def test_what_is_too_old_goes_at_once_and_only_once(own):
    own.user("agent")
    with pytest.raises(KitError, match="anonymise"):
        crm.apply_retention(own)
    own.user("admin")
    due = crm.due(own).set_index("table")["rows"]
    shipments = world().load("shipments")
    since = world().ends - pd.Timedelta(days=1) - pd.DateOffset(months=18)
    busy = set(shipments.loc[shipments["accepted_at"] >= since, "customer_id"])
    customers = world().load("customers")
    idle = customers[(customers["created_on"] < since) & ~customers["customer_id"].isin(busy)]
    assert due["customers"] == len(idle) > 0
    crm.apply_retention(own)
    assert raw(own, "SELECT count(*) FROM customers WHERE phone IS NULL") == [(len(idle),)]
    assert crm.due(own)["rows"].sum() == 0


# --- secrets -------------------------------------------------------------------------------------


def test_an_account_is_read_by_few_and_every_look_is_logged(own):
    crm.store_account(own, "C0000001", "6222 0000-1111 2222")
    assert b"6222000011112222" not in own.path.read_bytes()
    assert crm.account(own, "C0000001", "refund of K0001") == "6222000011112222"
    assert raw(own, "SELECT action, allowed, detail FROM access_log") == [
        ("payout", 1, "C0000001: refund of K0001")
    ]
    with pytest.raises(KitError, match="reason"):
        crm.account(own, "C0000001", " ")
    own.user("agent")
    with pytest.raises(KitError, match="bank accounts"):
        crm.account(own, "C0000001", "curious")


def test_without_the_key_the_account_stays_closed(own):
    crm.store_account(own, "C0000001", "6222000011112222")
    key = own.path.with_suffix(".key")
    assert key.exists()
    key.rename(key.with_name("elsewhere"))
    with pytest.raises(KitError, match="key"):
        crm.account(own, "C0000001", "refund")
    with pytest.raises(KitError, match="key"):
        crm.store_account(own, "C0000003", "6222000011112222")


def test_what_is_no_account_is_refused(own):
    for account in ("", "123", "not a number", "1" * 31):
        with pytest.raises(KitError, match="8 to 30"):
            crm.store_account(own, "C0000001", account)
