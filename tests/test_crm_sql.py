"""SQL that a learner types reads what the role may, ends in time and stays in the file."""

from __future__ import annotations

import pytest
from crm_sample import raw, sample
from IPython.testing.globalipapp import start_ipython

from kdcourse import crm
from kdcourse.crm import sql_magic
from kdcourse.texts import KitError, speaking


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("crm")) as opened:
        yield opened


@pytest.fixture
def agent(c):
    c.user("agent")
    yield c
    c.user("admin")


OUTSIDE = [
    "ATTACH 'stolen.db' AS x",
    "VACUUM INTO 'stolen.db'",
    "SELECT load_extension('evil')",
    "SELECT fts3_tokenizer('simple')",
    "PRAGMA journal_mode = WAL",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "SELECT * FROM pragma_database_list",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT x",
    "DELETE FROM deals",
    "UPDATE deals SET stage = 'lost'",
    "INSERT INTO settings VALUES ('a', 'b')",
    "REPLACE INTO settings VALUES ('today', '2030-01-01')",
    "WITH x AS (SELECT 1) DELETE FROM deals",
    "CREATE TABLE x (a)",
    "CREATE TEMP TABLE x (a)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE TEMP VIEW deals AS SELECT 1",
    "CREATE TRIGGER x AFTER INSERT ON deals BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "DROP TABLE deals",
    "DROP VIEW temp.customers",
    "ALTER TABLE deals ADD COLUMN x",
    "ANALYZE",
    "REINDEX",
    "DETACH main",
]


@pytest.mark.parametrize("user", ["agent", "admin"])
@pytest.mark.parametrize("text", OUTSIDE)
def test_what_reaches_outside_or_changes_is_refused_and_logged(
    c, tmp_path, monkeypatch, user, text
):
    monkeypatch.chdir(tmp_path)
    c.user(user)
    state = (
        "SELECT (SELECT count(*) FROM deals WHERE stage = 'lost'), "
        "(SELECT sum(rootpage) FROM sqlite_schema), (SELECT group_concat(value) FROM settings)"
    )
    before = raw(c, state)
    with pytest.raises(KitError):
        crm.ask(c, text)
    assert raw(c, state) == before
    assert list(tmp_path.iterdir()) == []
    assert not c.connection.in_transaction
    assert raw(c, "PRAGMA journal_mode") == [("delete",)]


def test_a_refusal_leaves_a_line_in_the_log(c):
    c.user("A000003")
    count = raw(c, "SELECT count(*) FROM access_log")[0][0]
    with pytest.raises(KitError, match="may not read payout_accounts"):
        crm.ask(c, "SELECT * FROM payout_accounts")
    lines = raw(c, "SELECT user, role, action, table_name, allowed FROM access_log")
    assert len(lines) == count + 1
    assert lines[-1] == ("A000003", "agent", "read", "payout_accounts", 0)


CLEAR = [
    "SELECT phone FROM main.customers",
    'SELECT phone FROM "main".customers',
    "SELECT phone FROM [Main] . customers",
    "WITH customers AS (SELECT phone FROM main.customers) SELECT * FROM customers",
    "SELECT * FROM (SELECT phone FROM main.customers) AS customers",
    "SELECT group_concat(phone) FROM main.customers",
    "SELECT count(*) FROM main.customers WHERE phone LIKE '154%'",
    "SELECT (SELECT phone FROM main.customers LIMIT 1)",
    "SELECT 1 FROM deals ORDER BY (SELECT phone FROM main/**/.customers)",
    "SELECT * FROM deals JOIN main.customers USING (customer_id)",
]


@pytest.mark.parametrize("text", CLEAR)
def test_there_is_no_way_around_the_mask(agent, text):
    with pytest.raises(KitError):
        crm.ask(agent, text)
    with pytest.raises(KitError):
        agent.query(text)


MASKED = [
    "SELECT * FROM customers",
    "SELECT substr(phone, 1, 11) AS a, hex(phone), upper(phone) FROM customers",
    "WITH x AS (SELECT phone FROM customers) SELECT max(phone), group_concat(phone) FROM x",
    "SELECT phone FROM temp.customers",
    "SELECT contact FROM complaints UNION SELECT phone FROM contacts",
    "SELECT d.*, c.phone FROM deals AS d JOIN customers AS c USING (customer_id)",
]


@pytest.mark.parametrize("text", MASKED)
def test_whatever_way_it_is_asked_numbers_come_out_masked(agent, text):
    phones = {row[0] for row in raw(agent, "SELECT phone FROM customers")}
    table = crm.ask(agent, text, rows=100_000).table
    assert not table.empty
    whole = table.to_csv()
    assert not [phone for phone in phones if phone in whole or phone.encode().hex() in whole]


def test_it_reads_what_it_should(agent):
    text = "SELECT stage, count(*) AS n FROM deals GROUP BY stage ORDER BY stage"
    table = crm.ask(agent, text + ";").table
    assert table.to_numpy().tolist() == [list(row) for row in raw(agent, text)]
    assert len(crm.ask(agent, "SELECT name FROM pragma_table_info('deals')").table) > 5
    assert len(crm.ask(agent, "SELECT sql FROM sqlite_schema WHERE name = 'deals'").table) == 1
    assert crm.ask(agent, "SELECT value FROM json_each('[1, 2]')").table["value"].tolist() == [1, 2]
    assert len(crm.ask(agent, "EXPLAIN QUERY PLAN SELECT * FROM deals").table) == 1


@pytest.mark.parametrize(
    "text",
    [
        "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x) SELECT sum(i) FROM x",
        "SELECT count(*) FROM scans a, scans b, scans c WHERE a.site < b.site",
    ],
)
def test_what_never_ends_is_stopped_and_the_next_query_runs(agent, text):
    with pytest.raises(KitError, match="Stopped"):
        crm.ask(agent, text, seconds=0.2)
    assert crm.ask(agent, "SELECT 1 AS one").table["one"].tolist() == [1]


def test_a_value_that_would_fill_the_memory_is_refused(agent):
    grown = "SELECT replace(hex(zeroblob(4000000)), '0', 'xxxxxxxxxxxxxxxx')"
    for text in ("SELECT zeroblob(1000000000)", grown):
        with pytest.raises(KitError, match="10 MB"):
            crm.ask(agent, text)


def test_only_so_many_rows_are_fetched_and_it_is_said(agent):
    answer = crm.ask(agent, "SELECT * FROM scans", rows=10)
    assert (len(answer.table), answer.cut) == (10, True)
    assert "first 10 rows" in answer.remark
    assert crm.ask(agent, "SELECT * FROM scans LIMIT 10", rows=10).remark == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM custmers", "customers"),
        ("SELECT nme FROM customers", "name"),
        ("SELECT name FROM customers JOIN contacts", "customers.name"),
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM customers WHERE", "too early"),
        ("SELECT 1; SELECT 2", "One statement"),
        ("SELECT year(created_on) FROM customers", "year"),
        ("SELECT * FROM customers WHERE city = :city", "city"),
        (" ;\n", "no SQL"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(agent, text, said):
    with pytest.raises(KitError, match=said) as fault:
        crm.ask(agent, text)
    with speaking("zh-CN"):
        chinese = str(fault.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_changing_by_sql_needs_the_right_and_is_logged(tmp_path):
    with sample(tmp_path) as own:
        text = "UPDATE trainings SET hours = hours + 1"
        answer = crm.ask(own, text, write=True)
        assert answer.changed == raw(own, "SELECT count(*) FROM trainings")[0][0]
        assert raw(own, "SELECT action, allowed FROM access_log") == [("sql-write", 1)]
        for forbidden in (
            "DELETE FROM access_log",
            "UPDATE changes SET user = 'x'",
            "DROP TABLE deals",
        ):
            with pytest.raises(KitError):
                crm.ask(own, forbidden, write=True)
        own.user("supervisor")
        with pytest.raises(KitError, match="may not change data by SQL"):
            crm.ask(own, text, write=True)


# --- %sql ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shell():
    return start_ipython()


def test_the_magic_asks_the_crm_that_was_opened_last(tmp_path, shell, capsys):
    with sample(tmp_path) as own:
        number = raw(own, "SELECT count(*) FROM customers")[0][0]
        table = shell.run_line_magic("sql", "SELECT count(*) AS n FROM customers")
        assert table["n"].tolist() == [number]
        assert shell.run_cell_magic("sql", "kept", "SELECT *\nFROM scans") is None
        assert len(shell.user_ns["kept"]) == 1000
        assert "first 1000 rows" in capsys.readouterr().out
        with pytest.raises(KitError, match="variable"):
            shell.run_cell_magic("sql", "no name", "SELECT 1")


def test_without_an_open_crm_the_magic_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sql_magic, "_current", [])
    with pytest.raises(KitError, match=r"crm\.open"):
        sql_magic.sql("SELECT 1")
