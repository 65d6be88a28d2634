"""The customer file: what is entered stays, is found, stands on the card and in the history."""

from __future__ import annotations

import pytest
from crm_sample import raw, sample, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm import masking
from kdcourse.texts import KitError, content, speaking

NEW = {
    "name": "柿狸茶业有限公司",
    "phone": "15400000001",
    "market_type": "enterprise",
    "legal_kind": "enterprise",
    "city": "HGH",
    "address": "杭州市青禾区橘园路3号305室",
}


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("crm")) as opened:
        yield opened


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path) as opened:
        yield opened


# --- add, change, history ------------------------------------------------------------------------


def test_a_new_customer_is_there_after_opening_again(own):
    number = crm.add_customer(own, **NEW)
    own.close()
    with crm.open(own.path) as again:
        again.user("admin")
        row = again.query("SELECT * FROM customers WHERE customer_id = :id", id=number).iloc[0]
    assert {name: row[name] for name in NEW} == NEW
    assert row["created_on"] == "2025-12-31"
    assert number not in set(world().load("customers")["customer_id"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"phone": "123"}, "phone"),
        ({"market_type": "space"}, "personal, enterprise, cross_border"),
        ({"city": "XXX"}, "not there"),
        ({"name": "  "}, "name must not be empty"),
        ({"created_on": "tomorrow"}, "2024-01-31"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(own, change, said):
    before = raw(own, "SELECT count(*) FROM customers")
    with pytest.raises(KitError, match=said):
        crm.add_customer(own, **{**NEW, **change})
    assert raw(own, "SELECT count(*) FROM customers") == before


def test_the_same_customer_is_not_added_twice(own):
    number = crm.add_customer(own, **NEW)
    with pytest.raises(KitError, match=number):
        crm.add_customer(own, **NEW)


def test_an_edit_stays_and_the_history_says_what_it_was(own):
    was = raw(own, "SELECT email FROM customers WHERE customer_id = 'C0000001'")[0][0]
    assert crm.update_customer(own, "C0000001", email="new@mail.example") == 2
    assert crm.update_customer(own, "C0000001", email="new@mail.example") == 2
    history = crm.history(own, "customers", "C0000001")
    assert len(history) == 1
    assert history.iloc[0][["column", "new", "user"]].tolist() == [
        "email",
        "new@mail.example",
        "admin",
    ]
    assert history.iloc[0]["old"] == was or was is None


def test_traits_are_edited_where_they_stand(own):
    person = raw(own, "SELECT min(customer_id) FROM persons")[0][0]
    crm.update_customer(own, person, education="college", city="SHA")
    assert raw(own, "SELECT education FROM persons WHERE customer_id = ?", person) == [("college",)]
    assert raw(own, "SELECT city FROM customers WHERE customer_id = ?", person) == [("SHA",)]


def test_of_two_who_edit_one_record_the_second_is_told_and_overwrites_nothing(own):
    with crm.open(own.path) as other:
        other.user("A000003")
        seen = other.rows("SELECT row_version FROM customers WHERE customer_id = 'C0000001'")[0][0]
        crm.update_customer(own, "C0000001", city="SHA")
        with pytest.raises(KitError, match="changed by admin"):
            crm.update_customer(other, "C0000001", version=seen, city="CAN")
    assert raw(own, "SELECT city FROM customers WHERE customer_id = 'C0000001'") == [("SHA",)]


def test_half_an_edit_is_none(own):
    with pytest.raises(KitError, match="colour"):
        crm.update_customer(own, "C0000001", city="SHA", colour="red")
    assert raw(own, "SELECT count(*) FROM changes") == [(0,)]


def test_numbers_that_others_refer_to_stay(own):
    with pytest.raises(KitError, match="stay"):
        crm.update_customer(own, "C0000001", customer_id="C0000099")


def test_an_unknown_customer_is_named(c):
    for operation in (
        lambda: crm.card(c, "C7654321"),
        lambda: crm.update_customer(c, "C7654321", city="SHA"),
        lambda: crm.note(c, "C7654321", "x"),
        lambda: crm.may_contact(c, "C7654321", "marketing", "sms"),
    ):
        with pytest.raises(KitError, match="C7654321"):
            operation()


def test_notes_are_shared(own):
    crm.note(own, "C0000001", " wants a call before noon ")
    with crm.open(own.path) as other:
        rows = crm.card(other, "C0000001").sections["notes"].rows
    assert rows[["user", "text"]].to_numpy().tolist() == [["admin", "wants a call before noon"]]
    with pytest.raises(KitError, match="empty"):
        crm.note(own, "C0000001", "  ")


# --- search --------------------------------------------------------------------------------------


def test_each_customer_is_found_by_number_phone_and_name(c):
    for customer, name, phone in raw(c, "SELECT customer_id, name, phone FROM customers")[::7]:
        assert crm.search(c, customer.lower())["customer_id"].tolist() == [customer]
        spelled = f" +86 {phone[:3]}-{phone[3:7]} {phone[7:]}"
        assert customer in crm.search(c, spelled)["customer_id"].tolist()
        assert customer in crm.search(c, phone[-4:], limit=99)["customer_id"].tolist()
        assert customer in crm.search(c, name, limit=999)["customer_id"].tolist()


def test_a_firm_is_found_by_the_person_one_knows_there(c):
    customer, name = raw(c, "SELECT customer_id, name FROM contacts WHERE customer_id <> ''")[0]
    found = crm.search(c, name, limit=999).set_index("customer_id")["found_by"]
    assert found[customer] == "contact"


@given(st.text(max_size=12))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_words_give_a_table_or_a_sentence(c, words):
    try:
        found = crm.search(c, words)
    except KitError:
        return
    names = dict(raw(c, "SELECT customer_id, name FROM customers"))
    by_name = found[found["found_by"] == "name"]
    assert all(words.strip() in names[number] for number in by_name["customer_id"])


def test_percent_and_underscore_are_letters_like_others(c):
    assert crm.search(c, "%").empty
    assert crm.search(c, "_").empty


def test_too_little_to_look_for_is_said(c):
    with pytest.raises(KitError, match="what to look for"):
        crm.search(c, " ")
    with pytest.raises(KitError, match="4 digits"):
        crm.search(c, "154")


# --- card and report -----------------------------------------------------------------------------

SECTIONS = [section["id"] for section in content("crm/card")["sections"]]


def test_the_card_shows_every_section_for_every_customer(c):
    for (customer,) in raw(c, "SELECT customer_id FROM customers")[::3]:
        card = crm.card(c, customer)
        assert list(card.sections) == SECTIONS
        assert len(card.sections["basics"].rows) == len(card.sections["traits"].rows) == 1


def test_the_card_counts_what_the_tables_hold(c):
    orders = world().load("orders")
    customer = orders["customer_id"].value_counts().index[0]
    own = orders[orders["customer_id"] == customer].sort_values(["placed_at", "order_id"])
    section = crm.card(c, customer).sections["orders"]
    assert section.count == len(own)
    assert section.rows["order_id"].tolist() == own["order_id"].tolist()[::-1][:5]
    assert f"last 5 of {len(own)}" in section.title


@pytest.mark.parametrize(("lang", "heading"), [("en", "Complaints"), ("zh-CN", "投诉")])
def test_the_card_has_headings_and_names_in_the_readers_language(c, lang, heading):
    with speaking(lang):
        card = crm.card(c, "C0000001")
        page, text = card._repr_html_(), str(card)
    assert page.count("<h4>") == len(SECTIONS)
    assert f"<h4>{heading}" in page
    assert heading in text
    market = {"en": "personal", "zh-CN": "个人"}[lang]
    kind = raw(c, "SELECT market_type FROM customers WHERE customer_id = 'C0000001'")[0][0]
    assert (market in text) == (kind == "personal")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_column_of_the_card_has_a_name_for_people(c, lang):
    told = content("crm/card")["columns"]
    with speaking(lang):
        card = crm.card(c, "C0000001")
        page = card._repr_html_()
    for section in card.sections.values():
        for column in section.rows:
            assert column in told
            if not section.rows.empty:
                assert f">{told[column][lang]}</th>" in page
    # One row stands upright, so that nothing is cut off at the side.
    assert page.count('<th scope="row">') == len(card.sections["basics"].rows.columns) + len(
        card.sections["traits"].rows.columns
    )


def test_flags_are_said_in_words(c):
    customer = raw(c, "SELECT customer_id FROM shipments WHERE lost = 0 LIMIT 1")[0][0]
    with speaking("zh-CN"):
        page = crm.card(c, customer)._repr_html_()
    assert "<td>否</td>" in page


def test_a_name_that_is_markup_stays_text_on_the_card(own):
    crm.update_customer(own, "C0000001", name="<script>alert(1)</script>")
    page = crm.card(own, "C0000001")._repr_html_()
    assert "<script>" not in page


def test_the_card_is_masked_for_who_may_not_see_clear_data(own):
    phone, address = raw(
        own, "SELECT phone, address FROM customers WHERE customer_id = 'C0000001'"
    )[0]
    assert phone in str(crm.card(own, "C0000001"))
    own.user("agent")
    for text in (str(crm.card(own, "C0000001")), crm.card(own, "C0000001")._repr_html_()):
        assert phone not in text
        assert address not in text
        assert masking.mask_phone(phone) in text


def test_the_report_equals_the_tables(c):
    report = crm.customer_report(c).set_index("market_type")
    customers = world().load("customers")
    finance = world().load("finance_years")
    consents = world().load("consents")
    year = customers["created_on"].dt.year == 2025
    agree = consents[(consents["purpose"] == "marketing") & consents["withdrawn_on"].isna()]
    parcels = finance[finance["year"] == 2025].set_index("customer_id")["parcels"]
    for market, group in [*customers.groupby("market_type"), ("all", customers)]:
        ids = group["customer_id"]
        assert report.loc[market].tolist() == [
            len(group),
            int(year[group.index].sum()),
            int(group["member_since"].notna().sum()),
            int(ids.isin(agree["customer_id"]).sum()),
            int(parcels.reindex(ids).fillna(0).sum()),
        ]
