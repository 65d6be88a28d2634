"""The CRM is one file: made whole from the world, safe against kills, shared by two notebooks."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from crm_sample import WORLD, raw, sample, world

from kdcourse import crm
from kdcourse.crm import migrations
from kdcourse.crm.access import roles
from kdcourse.texts import KitError, content
from kdcourse.world.declarations import tables
from kdcourse.world.world import World

ROOT = Path(__file__).parents[1]


@pytest.fixture
def c(tmp_path):
    with sample(tmp_path) as opened:
        yield opened


# --- from the world ------------------------------------------------------------------------------


def test_every_table_of_the_carrier_is_there_with_all_columns_and_rows(c):
    for name, table in tables().items():
        if table.folder != "lanyan":
            continue
        frame = world().load(name)
        got = c.query(f"SELECT * FROM {name}")
        assert set(got.columns) - {"row_version"} == {x.name for x in table.columns}, name
        assert len(got) == len(frame), name


def test_values_are_the_worlds(c):
    frame = world().load("shipments").set_index("waybill_no").sort_index()
    got = c.query("SELECT * FROM shipments ORDER BY waybill_no").set_index("waybill_no")
    assert got["fee"].tolist() == pytest.approx(frame["fee"].tolist())
    assert got["lost"].tolist() == frame["lost"].astype(int).tolist()
    written = frame["delivered_at"].dt.strftime("%Y-%m-%d %H:%M").where(
        frame["delivered_at"].notna(), None
    )  # fmt: skip
    assert got["delivered_at"].astype(object).where(got["delivered_at"].notna(), None).tolist() == (
        written.astype(object).where(written.notna(), None).tolist()
    )


def test_what_refers_to_something_finds_it(c):
    assert raw(c, "PRAGMA foreign_key_check") == []


def test_two_files_of_one_world_are_the_same(tmp_path, c):
    with crm.open(tmp_path / "other.db", World(**WORLD)) as other:
        dumps = []
        for opened in (c, other):
            with closing(sqlite3.connect(opened.path)) as db:
                dumps.append([line for line in db.iterdump() if "sqlite_stat" not in line])
    assert dumps[0] == dumps[1]


def test_the_clock_is_the_crms_own(c):
    assert c.today == date(2025, 12, 31)
    assert c.advance(2) == date(2026, 1, 2)
    with crm.open(c.path) as again:
        assert again.today == date(2026, 1, 2)
    with pytest.raises(KitError, match="forward"):
        c.advance(-1)


def test_a_file_of_another_world_is_not_taken_for_this_one(c):
    with pytest.raises(KitError, match="another world"):
        crm.open(c.path, World(seed=8, customers=150))


def test_without_a_workspace_it_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with crm.open(world=World(seed=1, customers=10, months=2)) as opened:
        assert opened.path is None
    assert list(tmp_path.iterdir()) == []


def test_in_a_workspace_it_lies_there(tmp_path, monkeypatch):
    (tmp_path / ".kdcourse").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    with crm.open(world=World(seed=1, customers=10, months=2)) as opened:
        assert opened.path == tmp_path / "crm" / "lanyan.db"


# --- migrations ----------------------------------------------------------------------------------


def test_an_older_file_is_brought_up_to_date_and_keeps_its_rows(c, monkeypatch):
    c.close()
    script = "CREATE TABLE later (a TEXT) STRICT; -- a; b\nCREATE INDEX later_a ON later (a);"
    more = {**migrations.migrations(), 9000: script}
    monkeypatch.setattr(migrations, "migrations", lambda: more)
    before = raw(c, "SELECT count(*) FROM customers")
    with crm.open(c.path):
        pass
    assert raw(c, "SELECT count(*) FROM customers") == before
    assert raw(c, "PRAGMA user_version") == [(9000,)]
    assert raw(c, "SELECT name FROM sqlite_schema WHERE name LIKE 'later%' ORDER BY 1") == [
        ("later",),
        ("later_a",),
    ]


def test_a_migration_that_fails_changes_nothing(c, monkeypatch):
    c.close()
    before = raw(c, "PRAGMA user_version")
    more = {**migrations.migrations(), 9000: "CREATE TABLE later (a);", 9001: "CREATE NONSENSE;"}
    monkeypatch.setattr(migrations, "migrations", lambda: more)
    with pytest.raises(KitError):
        crm.open(c.path)
    assert raw(c, "PRAGMA user_version") == before
    assert raw(c, "SELECT name FROM sqlite_schema WHERE name = 'later'") == []


def test_a_file_of_a_newer_kit_is_left_alone(c):
    c.close()
    with closing(sqlite3.connect(c.path)) as db:
        db.execute("PRAGMA user_version = 99999")
    with pytest.raises(KitError, match="newer version"):
        crm.open(c.path)


def test_every_table_stands_in_one_group_of_the_roles(c):
    groups = [table for group in content("crm/roles")["groups"].values() for table in group]
    there = {
        row[0] for row in raw(c, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    }
    assert sorted(groups) == sorted(name for name in there if not name.startswith("sqlite_"))
    assert roles()["admin"].tables["remove"] == set(groups)


def test_a_script_is_cut_at_its_statements_alone():
    script = "-- a; b\nSELECT 'x;y';\n\nSELECT 2\n;\n"
    assert [s.strip().splitlines()[-1] for s in migrations.statements(script)] == [
        "SELECT 'x;y';",
        ";",
    ]


# --- two at once, and kills ----------------------------------------------------------------------


def child(code, path, **more):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)], env=environment, stdout=subprocess.PIPE, **more
    )


def test_killed_while_changing_nothing_of_it_stays(c):
    before = raw(c, "SELECT count(*), max(row_version) FROM deals")
    code = (
        "import sys, time\nfrom kdcourse import crm\n"
        "c = crm.open(sys.argv[1]); c.user('admin')\n"
        "with c.transaction() as db:\n"
        "    db.execute('PRAGMA cache_spill = 1'); db.execute('PRAGMA cache_size = 5')\n"
        "    db.execute('UPDATE deals SET row_version = 999')\n"
        '    db.execute("UPDATE shipments SET fee = 1")\n'
        "    print('changed', flush=True); time.sleep(60)\n"
    )
    process = child(code, c.path)
    assert process.stdout.readline() == b"changed\n"
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    with crm.open(c.path) as again:
        assert again.rows("SELECT count(*), max(row_version) FROM deals") == before
        assert again.rows("SELECT count(DISTINCT fee) > 1 FROM shipments") == [(1,)]
    assert raw(c, "PRAGMA integrity_check") == [("ok",)]


def test_killed_while_filling_the_next_opening_begins_anew(tmp_path):
    path = tmp_path / "lanyan.db"
    code = (
        "import sys, os, signal\nfrom kdcourse import crm\nfrom kdcourse.crm import filling\n"
        "from kdcourse.world.world import World\n"
        "insert = filling.insert\n"
        "def stop(db, name, frame):\n"
        "    insert(db, name, frame)\n"
        "    if name == 'complaints': os._exit(9)\n"
        "filling.insert = stop\n"
        "crm.open(sys.argv[1], World(seed=1, customers=10, months=2))\n"
    )
    assert child(code, path).wait() == 9
    assert path.exists()
    with crm.open(path, World(seed=1, customers=10, months=2)) as opened:
        assert opened.rows(
            "SELECT count(*) > 0 FROM complaint_steps JOIN complaints USING (complaint_id)"
        )
        assert opened.setting("customers") == "10"


def test_while_one_writes_another_reads_and_waits_for_its_turn(c, monkeypatch):
    with crm.open(c.path) as other:
        other.connection.execute("PRAGMA busy_timeout = 50")
        with c.transaction() as db:
            db.execute("UPDATE main.deals SET row_version = 2")
            assert other.rows("SELECT max(row_version) FROM deals") == [(1,)]
            with pytest.raises(KitError, match="written by another"), other.transaction():
                pass
        assert other.rows("SELECT max(row_version) FROM deals") == [(2,)]


def test_two_notebooks_that_open_a_new_file_at_once_make_one(tmp_path):
    path = tmp_path / "lanyan.db"
    code = (
        "import sys\nfrom kdcourse import crm\nfrom kdcourse.world.world import World\n"
        "c = crm.open(sys.argv[1], World(seed=1, customers=10, months=2))\n"
        "print(c.rows('SELECT count(*) FROM customers')[0][0])\n"
    )
    both = [child(code, path), child(code, path)]
    counts = [process.communicate()[0] for process in both]
    assert counts[0] == counts[1] != b""
    assert raw(
        type("F", (), {"path": path}), "SELECT count(*) FROM settings WHERE key = 'seed'"
    ) == [(1,)]


def test_an_error_inside_of_a_transaction_leaves_nothing_behind(c):
    before = c.rows("SELECT count(*) FROM notes")

    def fails():
        with c.transaction() as db:
            crm.note(c, "C0000001", "kept?")
            with c.transaction():
                db.execute("UPDATE main.deals SET row_version = 5")
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert c.rows("SELECT count(*) FROM notes") == before
    assert c.rows("SELECT max(row_version) FROM deals") == [(1,)]


def test_what_refers_to_nobody_is_refused(c):
    with pytest.raises(KitError, match="not there"), c.transaction() as db:
        db.execute("INSERT INTO main.notes (customer_id, at, user, text) VALUES ('C9', '', '', '')")


# --- backups -------------------------------------------------------------------------------------


def copies(c):
    return sorted(path.name for path in (c.path.parent / "backups").iterdir())


def test_opening_makes_a_copy_if_something_changed_and_keeps_three(c):
    first = copies(c)
    assert len(first) == 1
    crm.open(c.path).close()
    assert copies(c) == first
    for _ in range(4):
        c.advance()
        crm.open(c.path).close()
    assert len(copies(c)) == 3
    assert first[0] not in copies(c)


@pytest.mark.parametrize("harm", ["garbage", "page", "short"])
def test_a_damaged_file_names_its_last_copy_which_can_be_put_back(c, harm):
    crm.note(c, "C0000001", "before")
    crm.open(c.path).close()
    crm.note(c, "C0000001", "after")
    c.close()
    data = bytearray(c.path.read_bytes())
    if harm == "garbage":
        data[:] = b"no database at all" * 500
    elif harm == "page":
        data[4096:400_000] = b"\xff" * (400_000 - 4096)
    else:
        data = data[: len(data) // 3]
    c.path.write_bytes(data)
    with pytest.raises(KitError, match=copies(c)[-1]):
        crm.open(c.path)
    aside = crm.restore(c.path)
    assert aside.read_bytes() == bytes(data)
    with crm.open(c.path) as again:
        assert again.rows("SELECT text FROM notes") == [("before",)]


def test_a_journal_of_the_damaged_file_is_not_played_into_the_copy(c):
    crm.note(c, "C0000001", "kept")
    crm.open(c.path).close()
    c.close()
    journal = c.path.with_name(c.path.name + "-journal")
    journal.write_bytes(b"left over")
    crm.restore(c.path)
    assert not journal.exists()
    with crm.open(c.path) as again:
        assert again.rows("SELECT text FROM notes") == [("kept",)]


def test_damaged_without_a_copy_says_so(tmp_path):
    path = tmp_path / "lanyan.db"
    path.write_bytes(b"no database at all" * 500)
    with pytest.raises(KitError, match="no backup"):
        crm.open(path)
    with pytest.raises(KitError, match="no usable backup"):
        crm.restore(path)
    assert path.read_bytes() == b"no database at all" * 500


def test_locked_for_too_long_says_so_and_names_the_copy(c, monkeypatch):
    monkeypatch.setattr("kdcourse.crm.opening._FILLING", 0.1)
    with closing(sqlite3.connect(c.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(KitError, match=copies(c)[-1]):
            crm.open(c.path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KitError, match="file"):
        crm.open(tmp_path / "file" / "lanyan.db")
