"""A CRM to practise on: there at once, the same each time, and of the world that ``load`` reads."""

import json
import shutil
import sys
from time import perf_counter

import pytest
from crm_sample import WORLD, world

from kdcourse import crm, load
from kdcourse.authoring.rehearsal import Stage, upon
from kdcourse.checks.kinds import Database, Exact, Exercise, Number, Question, Table
from kdcourse.checks.verdict import Outcome
from kdcourse.course import course_root
from kdcourse.crm import template
from kdcourse.crm.sources import source_of
from kdcourse.data import FolderLoader
from kdcourse.grading.child import Job, Probe, Step
from kdcourse.grading.decoding import decode
from kdcourse.grading.grounds import Ground
from kdcourse.grading.judging import judge, probe
from kdcourse.grading.runner import ForkRunner, SpawnRunner
from kdcourse.grading.work import Limits
from kdcourse.texts import KitError
from kdcourse.world.files import write
from kdcourse.world.world import World

linux = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")


def rows(opened):
    """Return all that stands in a CRM, by table, in its order."""
    with opened, opened.trusted():
        asked = opened.connection.execute(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {
            name: opened.connection.execute(f"SELECT * FROM main.{name}").fetchall()
            for (name,) in asked.fetchall()
        }


def folder_of(made, folder):
    """Write the tables of a world into a folder, the published ones beside them."""
    shutil.copytree(course_root() / "datasets" / "industry", folder / "industry")
    write(made.tables, folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    return folder_of(world(), tmp_path_factory.mktemp("worlds") / "elsewhere")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Use a cache folder of the test's own, and keep nothing in memory from before."""
    monkeypatch.setattr(template, "_kept", type(template._kept)())
    monkeypatch.setattr(template, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def own(elsewhere, monkeypatch, cache):
    """Let the small world be the data of whoever works here."""
    monkeypatch.setattr("kdcourse.crm.sources.data_folder", lambda: elsewhere)
    monkeypatch.setattr("kdcourse.data.data_folder", lambda: elsewhere)
    return elsewhere


def the_template(cache):
    (found,) = cache.glob("*.crm")
    return found


# --- the same each time -----------------------------------------------------------------------


def test_a_practice_crm_holds_the_same_rows_each_time_whoever_worked_in_the_last_one(own, cache):
    first = rows(crm.open(":memory:"))
    kept = the_template(cache).read_bytes()
    with crm.open(":memory:") as c:
        c.user("admin")
        crm.note(c, c.rows("SELECT customer_id FROM customers")[0][0], "called")
        c.advance(3)
    assert rows(crm.open(":memory:")) == first
    assert the_template(cache).read_bytes() == kept
    assert len(first["customers"]) >= WORLD["customers"]


def test_tables_and_the_world_they_were_made_from_fill_it_alike(own):
    with crm.open(":memory:") as c:
        assert (str(c.today), c.setting("months")) == ("2025-12-31", str(WORLD["months"]))
    filled, made = rows(crm.open(":memory:")), rows(crm.open(":memory:", world()))
    # Files don't say which seed they were made with.
    assert filled.pop("settings") != made.pop("settings")
    assert filled == made


def test_of_the_courses_own_data_everything_is_known(cache):
    with crm.open(":memory:") as c:
        assert [c.setting(name) for name in ("seed", "customers", "months")] == [
            "2024", "1200", "24",
        ]  # fmt: skip
        assert c.rows("SELECT count(*) FROM shipments") == [(len(load("shipments")),)]


def test_from_the_second_time_on_it_is_there_at_once(cache):
    crm.open(":memory:").close()
    seconds = []
    for _ in range(3):
        start = perf_counter()
        crm.open(":memory:").close()
        seconds.append(perf_counter() - start)
    assert min(seconds) < 0.5


def test_a_new_file_of_the_workspace_starts_from_the_template_too(own, cache, tmp_path):
    before = rows(crm.open(":memory:"))
    path = tmp_path / "crm" / "lanyan.db"
    with crm.open(path) as c:
        assert c.path == path
    assert rows(crm.open(path)) == before
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["lanyan.db"]


def test_a_file_that_came_first_is_never_replaced_by_a_template(own, cache, tmp_path, monkeypatch):
    crm.open(":memory:").close()
    path = tmp_path / "lanyan.db"
    lay_out = template.lay_out

    def slow(source, db):
        """Let another notebook come first, and work."""
        monkeypatch.setattr("kdcourse.crm.opening.lay_out", lay_out)
        with crm.open(path) as other:
            other.advance(1)
        return lay_out(source, db)

    monkeypatch.setattr("kdcourse.crm.opening.lay_out", slow)
    with crm.open(path) as c:
        assert str(c.today) == "2026-01-01"


# --- templates that are no good ---------------------------------------------------------------


def shortened(path):
    path.write_bytes(path.read_bytes()[:-1000])


def changed(path):
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def emptied(path):
    path.write_bytes(b"")


def foreign(path):
    path.write_bytes(path.read_bytes().replace(path.stem.encode(), b"0" * 64))


@pytest.mark.parametrize("spoil", [shortened, changed, emptied, foreign])
def test_a_template_that_is_damaged_or_foreign_is_made_anew(own, cache, spoil):
    before = rows(crm.open(":memory:"))
    good = the_template(cache).read_bytes()
    spoil(the_template(cache))
    assert rows(crm.open(":memory:")) == before
    assert the_template(cache).read_bytes() == good


def test_without_a_folder_to_write_to_it_is_kept_in_memory(own, cache, monkeypatch):
    cache.write_text("a file where the folder should be")
    before = rows(crm.open(":memory:"))
    assert template._kept
    monkeypatch.setattr("kdcourse.crm.opening.fill", None)
    assert rows(crm.open(":memory:")) == before


def test_a_system_without_a_home_has_no_cache(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/path")
    assert template.cache_folder() is None
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/somewhere")
    assert str(template.cache_folder()) == "/var/somewhere/kdcourse"


def test_templates_of_earlier_data_are_let_go(own, cache):
    cache.mkdir()
    for number in range(5):
        (cache / f"{number}.crm").write_bytes(b"old")
    crm.open(":memory:").close()
    assert len(list(cache.glob("*.crm"))) == template.MOST_FILES


def test_another_schema_or_other_tables_have_another_template(elsewhere, monkeypatch):
    source = source_of(None, FolderLoader(elsewhere))
    first = template.fingerprint(source)
    other = source_of(None, FolderLoader(course_root() / "datasets"))
    assert template.fingerprint(other) != first
    template._made_by.cache_clear()
    monkeypatch.setattr(template, "migrations", lambda: {1: "CREATE TABLE other (x)"})
    try:
        assert template.fingerprint(source) != first
    finally:
        template._made_by.cache_clear()


def test_data_that_were_changed_are_refused_by_name(elsewhere, cache, tmp_path):
    folder = tmp_path / "touched"
    shutil.copytree(elsewhere, folder)
    with (folder / "lanyan" / "deals.csv").open("a") as file:
        file.write("x\n")
    with pytest.raises(KitError, match=r"deals\.csv"):
        crm.open(":memory:", load=FolderLoader(folder))


# --- on other worlds --------------------------------------------------------------------------


def test_where_load_reads_another_world_so_does_the_crm(elsewhere, cache):
    here = rows(crm.open(":memory:"))
    with upon(Stage("elsewhere", elsewhere, unseen=True)):
        there = rows(crm.open(":memory:"))
        assert len(there["deals"]) == len(load("deals"))
    assert there["deals"] != here["deals"]
    assert rows(crm.open(":memory:")) == here
    # Nothing of a world that somebody is judged on is left on the disk.
    assert len(list(cache.glob("*.crm"))) == 1


@pytest.mark.parametrize("loader", ["folder", "world", "any"])
def test_a_check_opens_the_crm_of_the_loader_it_is_given(elsewhere, cache, loader):
    given = {
        "folder": FolderLoader(elsewhere),
        "world": world().load,
        "any": lambda name: world().load(name),
    }[loader]
    with crm.open(":memory:", load=given) as c:
        assert c.rows("SELECT count(*) FROM customers") == [(len(given("customers")),)]
    assert not cache.exists()


def test_memory_holds_no_more_templates_than_it_should(cache, tmp_path, monkeypatch):
    for seed in (1, 2):
        folder = folder_of(World(seed=seed, customers=5, months=1), tmp_path / str(seed))
        crm.open(":memory:", load=FolderLoader(folder)).close()
    assert len(template._kept) == 2
    monkeypatch.setattr(template, "MOST_MEMORY", 1)
    third = folder_of(World(seed=3, customers=5, months=1), tmp_path / "3")
    crm.open(":memory:", load=FolderLoader(third)).close()
    assert len(template._kept) == 1


# --- handed in --------------------------------------------------------------------------------

LIMITS = Limits(cell_seconds=20.0, total_seconds=60.0)
DEAREST = "SELECT customer_id FROM complaints ORDER BY claim DESC, complaint_id LIMIT 1"
ANSWER = f"""
from kdcourse import crm
c = crm.open(":memory:")
crm.note(c, c.rows({DEAREST!r})[0][0], "call first")
"""


def noted(loader):
    """Return the CRM as it is when the customer of the dearest complaint has a note."""
    c = crm.open(":memory:", load=loader)
    crm.note(c, c.rows(DEAREST)[0][0], "call first")
    return c


STATE = Database(
    {
        "notes": (
            "SELECT customer_id, text FROM notes",
            Table(("customer_id",), {"text": Exact()}),
        ),
        "parcels": ("SELECT count(*) FROM shipments", Number()),
    }
)
EXERCISE = Exercise("9.9", [Question("q1", 2, "c", STATE, noted)], words={})


@pytest.fixture(scope="module")
def runner():
    runner = ForkRunner()
    yield runner
    runner.close()


def handed_in(runner, folder, source=ANSWER):
    """Return the verdict on a submission, judged on the world in a folder."""
    ground, question = Ground(folder), EXERCISE["q1"]
    probes = {"9.9.q1": probe(question, ground)}
    ran = runner.run(Job((Step(source, ("9.9.q1",)),), probes, LIMITS), folder)
    assert ran.finished, ran.faults
    return judge(EXERCISE, question, ground, ran, (0,)).verdict


@linux
@pytest.mark.parametrize("turn", ["first", "again"])
def test_a_state_is_judged_on_the_crm_of_the_unseen_world(runner, elsewhere, cache, turn):
    assert handed_in(runner, elsewhere).outcome is Outcome.CORRECT
    assert not cache.exists()


@linux
def test_the_courses_own_world_is_judged_alike(runner, cache):
    assert handed_in(runner, course_root() / "datasets").outcome is Outcome.CORRECT


@linux
def test_a_customer_who_was_typed_in_is_found_out_on_the_unseen_world(runner, elsewhere):
    with crm.open(":memory:") as c:
        here = c.rows(DEAREST)[0][0]
    typed = ANSWER.replace(f"c.rows({DEAREST!r})[0][0]", repr(here))
    assert typed != ANSWER
    assert handed_in(runner, course_root() / "datasets", typed).outcome is Outcome.CORRECT
    assert handed_in(runner, elsewhere, typed).outcome is not Outcome.CORRECT


def test_where_nothing_can_be_forked_it_is_filled_inside(elsewhere, cache):
    runner = SpawnRunner(trusted=True)
    try:
        assert handed_in(runner, elsewhere).outcome is Outcome.CORRECT
    finally:
        runner.close()
    assert not cache.exists()


PLANT = """
import os, pathlib
from kdcourse.crm import template
from kdcourse.crm.sources import source_of
from kdcourse.crm.sources import FromTables, source_of
from kdcourse import crm, load
c = crm.open(":memory:")
source = FromTables(load, pathlib.Path(os.environ["KDCOURSE_DATA"]), own=True)
name = template.fingerprint(source)
c.connection.set_authorizer(None)
c.connection.execute("DELETE FROM main.notes")
c.connection.execute("UPDATE main.complaints SET claim = 0")
import zlib
packed = zlib.compress(c.connection.serialize())
whole = template._head(name, packed) + packed
planted = []
for place in (*HOMES, "/tmp", "/var/tmp"):
    folder = pathlib.Path(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name + ".crm").write_bytes(whole)
        planted.append(place)
    except OSError:
        pass
template._kept[name] = packed
"""


@linux
def test_a_submission_cannot_plant_a_template_for_others(runner, elsewhere, cache, tmp_path):
    cache.mkdir()
    homes = [str(cache), str(template.Path("~/.cache/kdcourse").expanduser()), str(tmp_path)]
    before = {place: set(template.Path(place).glob("*")) for place in homes}
    source = PLANT.replace("HOMES", repr(homes))
    probes = {"9.9.planted": Probe("planted"), "9.9.name": Probe("name")}
    step = Step(source, tuple(probes))
    ran = runner.run(Job((step,), probes, LIMITS), elsewhere)
    assert not ran.faults
    said = {name: decode(json.loads(sent)) for name, sent in ran.checked.items()}
    # The cell came through to its end, and no place that is anybody else's took the file.
    assert said["9.9.planted"] == []
    assert said["9.9.name"] == template.fingerprint(source_of(None, FolderLoader(elsewhere)))
    assert {place: set(template.Path(place).glob("*")) for place in homes} == before
    # What it did to its own memory ended with it.
    assert handed_in(runner, elsewhere).outcome is Outcome.CORRECT
