"""What a learner did is written down safely, and nothing about the file can stop a lesson."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import plain_environment

from kdcourse.progress import journal as journals
from kdcourse.progress.journal import Event, Journal, here, journal_path, read_events, record, tried
from kdcourse.texts import LANGUAGES, KitError, use_language

#: Writes events named by the number it is given, and says so after each one.
WRITER = """
import sys
from pathlib import Path
from kdcourse.progress.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    trouble = journal.record("check", f"{sys.argv[2]}.{number}", "correct", 1, 1)
    print(trouble or number, flush=True)
"""

#: Writes and reads as somebody who may only read; root, who may do everything, turns into another.
READER = """
import os, sys
from pathlib import Path
from kdcourse.progress.journal import Journal
from kdcourse.texts import say
say("progress.locked", path="")  # the words are loaded while everything can be read
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
journal = Journal(Path(sys.argv[1]))
print(journal.record("check", "now", "correct", 1, 1))
print(journal.record("check", "now", "correct", 1, 1))
print([event.name for event in journal.events()])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal of a new workspace will lie."""
    found = journal_path(tmp_path / "学习 folder")
    found.parent.mkdir(parents=True)
    return found


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=plain_environment())


def names(path: Path) -> list[str]:
    return [event.name for event in read_events(path)]


def test_events_come_back_as_they_were_written(path: Path) -> None:
    journal = Journal(path)
    assert journal.events() == []
    assert journal.record("check", "1.1.q1", "partly-correct", 1.5, 3) == ""
    assert journal.record("begun", "案例-甲", "lesson") == ""
    first, second = read_events(path)
    assert first == Event(first.at, "check", "1.1.q1", "partly-correct", 1.5, 3.0)
    assert second == Event(second.at, "begun", "案例-甲", "lesson", None, None)
    assert first.at.endswith("+00:00")
    assert journal.events() == [first, second] == Journal(path).events()


def test_two_kernels_write_at_once(path: Path) -> None:
    both = [writer(path, name, 150) for name in "ab"]
    answers = [one.communicate(timeout=60)[0].split() for one in both]
    assert answers == [[str(number) for number in range(150)]] * 2
    assert sorted(names(path)) == sorted(
        f"{name}.{number}" for name in "ab" for number in range(150)
    )


def test_clicks_in_another_thread_are_written_too(path: Path) -> None:
    journal = Journal(path)
    journal.record("begun", "1.1", "lesson")
    heard: list[str] = []
    threads = [
        threading.Thread(target=lambda: heard.append(journal.record("quiz", "1.1/a", "right")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [""] * 8
    assert names(path).count("1.1/a") == 8


def test_a_kill_at_any_moment_loses_nothing_that_was_written(path: Path) -> None:
    """Two kernels write; one after another is really killed, also while the file is being made."""
    luck, acknowledged = random.Random(1), []
    steady = writer(path, "steady", 10**6)
    for round_ in range(6):
        one = writer(path, f"killed-{round_}", 10**6)
        assert one.stdout is not None
        if round_ % 2:
            one.stdout.readline()  # it is at work
            acknowledged.append(f"killed-{round_}.0")
        time.sleep(luck.uniform(0, 0.25))
        one.kill()
        acknowledged += [
            f"killed-{round_}.{line.strip()}" for line in one.stdout if line[-1] == "\n"
        ]
        one.wait()
    steady.kill()
    assert steady.stdout is not None
    acknowledged += [f"steady.{line.strip()}" for line in steady.stdout if line[-1] == "\n"]
    steady.wait()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    written = names(path)
    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(written)
    assert len(set(written)) == len(written)
    assert Journal(path).record("check", "after", "correct", 1, 1) == ""


@pytest.mark.parametrize("moment", range(4))
def test_a_kill_while_the_file_is_being_made(path: Path, moment: int) -> None:
    """The process ends dead before each of the statements that make the file."""
    dying = f"""
import os, signal, sqlite3, sys
left = [{moment}]
class Dying(sqlite3.Connection):
    def execute(self, sql, *rest):
        if "PRAGMA user_version" not in sql or "=" in sql:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
        return super().execute(sql, *rest)
real = sqlite3.connect
sqlite3.connect = lambda *a, **k: real(*a, factory=Dying, **k)
{WRITER}"""
    command = [sys.executable, "-c", dying, str(path), "x", "1"]
    done = subprocess.run(command, env=plain_environment(), capture_output=True, timeout=60)
    assert done.returncode == -9
    assert names(path) == []
    assert Journal(path).record("check", "after", "correct", 1, 1) == ""
    assert names(path) == ["after"]


def damage_the_whole(path: Path) -> None:
    path.write_bytes(b"This is not a database. " * 500)


def damage_the_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * len(data[100:])
    path.write_bytes(data)


def lose_the_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE events")


@pytest.mark.parametrize("damage", [damage_the_whole, damage_the_middle, lose_the_table])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage, lang: str) -> None:
    use_language(lang)
    for number in (1, 2):
        before = Journal(path)
        before.record("check", "1.1.q1", "correct", 1, 1)
        before._let_go()
        damage(path)
        ruin = path.read_bytes()
        with pytest.raises(KitError) as fault:
            read_events(path)
        assert str(path) in str(fault.value)
        journal = Journal(path)
        kept = path.with_name(f"progress-damaged-{number}.sqlite")
        assert str(kept) in journal.record("check", "1.1.q2", "correct", 1, 1)
        assert journal.record("check", "1.1.q3", "correct", 1, 1) == ""
        assert kept.read_bytes() == ruin
        assert names(path) == ["1.1.q2", "1.1.q3"]
        journal._let_go()


def test_of_two_kernels_one_sets_a_damaged_file_aside(path: Path) -> None:
    damage_the_whole(path)
    one, other = Journal(path), Journal(path)
    assert "damaged" in one.record("check", "one", "correct", 1, 1)
    assert other.record("check", "other", "correct", 1, 1) == ""
    assert names(path) == ["one", "other"]
    assert len(list(path.parent.glob("*damaged*.sqlite"))) == 1


def test_a_file_that_is_moved_away_under_the_kernel_is_begun_anew(path: Path) -> None:
    journal = Journal(path)
    journal.record("check", "before", "correct", 1, 1)
    for part in path.parent.iterdir():
        part.rename(part.with_name(f"moved-{part.name}"))
    assert journal.record("check", "after", "correct", 1, 1) == ""
    assert names(path) == ["after"]
    assert names(path.with_name("moved-progress.sqlite")) == ["before"]


def test_a_locked_file_is_written_when_it_is_free_again(path: Path) -> None:
    journal = Journal(path)
    journal.record("check", "before", "correct", 1, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert "another program" in journal.record("check", "first", "correct", 1, 1)
        start = time.perf_counter()
        assert journal.record("check", "second", "correct", 1, 1) == "", "said once a session"
        assert time.perf_counter() - start < 0.5, "the second try waits no longer"
        assert [event.name for event in journal.events()] == ["before", "first", "second"]
    assert journal.record("check", "third", "correct", 1, 1) == ""
    assert names(path) == ["before", "first", "second", "third"]


def test_a_newer_file_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE whatever (x)")
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    journal = Journal(path)
    assert "newer kdcourse" in journal.record("check", "1.1.q1", "correct", 1, 1)
    assert journal.record("check", "1.1.q1", "correct", 1, 1) == ""
    with pytest.raises(KitError, match="newer kdcourse"):
        journal.events()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("obstacle", ["folder", "no-folder"])
def test_a_file_that_cannot_be_made_is_named_once(path: Path, obstacle: str) -> None:
    if obstacle == "folder":
        path.mkdir()
    else:
        path.parent.rmdir()
    journal = Journal(path)
    assert str(path) in journal.record("check", "1.1.q1", "correct", 1, 1)
    assert journal.record("check", "1.1.q2", "correct", 1, 1) == ""


@pytest.mark.skipif(os.name != "posix", reason="rights are different there")
def test_without_the_right_to_write_a_journal_is_still_read(tmp_path_factory) -> None:
    home = Path("/tmp") if os.geteuid() == 0 else tmp_path_factory.mktemp("read-only")
    folder = home / f"kdcourse-test-{os.getpid()}"
    path = journal_path(folder)
    path.parent.mkdir(parents=True)
    try:
        Journal(path).record("check", "before", "correct", 1, 1)
        for one, mode in ((path, 0o444), (path.parent, 0o555), (folder, 0o555)):
            one.chmod(mode)
        done = subprocess.run(
            [sys.executable, "-c", READER, str(path)],
            env=plain_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        sentence, silence, found = done.stdout.splitlines()
        assert str(path) in sentence
        assert silence == ""
        assert found == "['before', 'now', 'now']"
        assert names(path) == ["before"]
    finally:
        for one in (folder, path.parent):
            one.chmod(0o755)
        shutil.rmtree(folder)


def test_an_older_file_is_brought_to_the_present_form(path: Path, monkeypatch) -> None:
    Journal(path).record("check", "before", "correct", 1, 1)
    step = "ALTER TABLE events ADD COLUMN note TEXT"
    monkeypatch.setattr(journals, "MIGRATIONS", (*journals.MIGRATIONS, step))
    assert names(path) == ["before"], "reading changes nothing"
    assert Journal(path).record("check", "after", "correct", 1, 1) == ""
    assert names(path) == ["before", "after"]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(journals.MIGRATIONS),)
        assert database.execute("SELECT note FROM events").fetchall() == [(None,), (None,)]


def test_a_failing_migration_changes_nothing(path: Path, monkeypatch) -> None:
    Journal(path).record("check", "before", "correct", 1, 1)
    steps = ("ALTER TABLE events ADD COLUMN note TEXT", "SELECT load_extension('none')")
    with monkeypatch.context() as patch:
        patch.setattr(journals, "MIGRATIONS", (*journals.MIGRATIONS, *steps))
        with pytest.raises(sqlite3.Error):
            journals._open(path, 1)
    assert names(path) == ["before"]
    assert Journal(path).record("check", "after", "correct", 1, 1) == ""


def test_nothing_is_written_outside_a_workspace_or_by_nbgrader(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    record("check", "1.1.q1", "correct", 1, 1)
    assert list(tmp_path.rglob("*")) == []
    (tmp_path / ".kdcourse").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    with monkeypatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        record("check", "1.1.q1", "correct", 1, 1)
        assert here().events() == []
    assert not journal_path(tmp_path).exists()
    assert not tried("1.1.q1")
    record("check", "1.1.q1", "correct", 1, 1)
    assert names(journal_path(tmp_path)) == ["1.1.q1"]
    assert tried("1.1.q1")
    assert not tried("1.1.q2")


def test_writing_down_takes_no_time_to_speak_of(path: Path) -> None:
    journal = Journal(path)
    journal.record("begun", "1.1", "lesson")
    times = []
    for _ in range(50):
        start = time.perf_counter()
        journal.record("check", "1.1.q1", "correct", 1, 1)
        times.append(time.perf_counter() - start)
    assert sorted(times)[25] < 0.01


def test_what_somebody_wrote_into_the_file_by_hand_is_read_as_what_it_should_be(path: Path) -> None:
    Journal(path).record("check", "1.1.q1", "correct", 1, 1)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE events SET points = 'many', name = 7, at = x'41'")
    (event,) = read_events(path)
    assert event == Event("A", "check", "7", "correct", 0.0, 1.0)
