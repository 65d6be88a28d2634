"""``kdcourse progress`` shows what was done, and writes it where other programs can read it."""

from __future__ import annotations

import csv
import json

import pytest

from kdcourse import cli
from kdcourse.checks.catalogue import find_exercise
from kdcourse.practice.quiz.session import quiz
from kdcourse.progress.journal import Journal, journal_path
from kdcourse.texts import LANGUAGES, use_language

WORTH = sum(question.points for question in find_exercise("1.1").questions)
ITEM = quiz("1.1").items[0].id


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / ".kdcourse").mkdir(parents=True)
    return folder


@pytest.fixture
def worked(home):
    """A workspace in which something was done."""
    journal = Journal(journal_path(home))
    journal.record("begun", "1.1", "lesson")
    journal.record("quiz", f"1.1/{ITEM}", "wrong")
    journal.record("check", "1.1.q1", "partly-correct", 1, 2)
    journal.record("hint", "1.1.q1", "nudge")
    journal.record("solution", "1.1.q1")
    journal.record("check", "0.9.q1", "correct", 3, 3)  # of a lesson there is no longer
    return home


def run(home, *arguments, lang="en"):
    return cli.run(["progress", "--workspace", str(home), "--lang", lang, *map(str, arguments)])


def test_what_was_begun_stands_in_a_table(worked, capsys):
    assert run(worked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Progress in {worked}"
    (lesson,) = [line for line in lines if line.startswith("1.1 The parcel market")]
    assert "◐ begun · quiz: 0 of" in lesson
    (exercise,) = [line for line in lines if line.startswith("Exercise 1.1")]
    assert f"1/{WORTH:g}" in exercise
    (question,) = [line for line in lines if line.strip().startswith("1.1.q1")]
    assert question.split()[1:-1] == ["Partly", "correct", "1/2", "1", "1", "seen"]
    (open_,) = [line for line in lines if line.strip().startswith("1.1.q2")]
    assert "Not attempted" in open_


def test_the_table_speaks_chinese(worked, capsys):
    assert run(worked, lang="zh-CN") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{worked} 里的进度")
    for word in ("进行中 · 小测验：答对 0/", "部分正确", "已看", "尚未作答"):
        assert word in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_progress_yet_is_a_sentence(home, capsys, lang):
    assert run(home, lang=lang) == 0
    answer = capsys.readouterr()
    assert len(answer.out.splitlines()) == 1
    assert str(home) in answer.out
    assert not journal_path(home).exists(), "looking makes nothing"


def test_everything_is_exported(worked, capsys, tmp_path):
    table, tree = tmp_path / "out" / "进度.csv", tmp_path / "progress.json"
    assert run(worked, "--csv", table, "--json", tree) == 0
    assert capsys.readouterr().out == f"Written: {table}\nWritten: {tree}\n"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["name"]) for row in rows] == [
        ("lesson", "1.1"),
        ("quiz", f"1.1/{ITEM}"),
        ("question", "1.1.q1"),
        ("question", "0.9.q1"),
    ]
    question = rows[2]
    assert question["outcome"] == "partly-correct"
    assert [float(question[name]) for name in ("points", "max_points", "tries", "hints")] == [
        *(1, 2, 1, 1)
    ]
    assert question["solution_seen"] == "True"
    assert question["first"].endswith("+00:00")
    stored = json.loads(tree.read_text(encoding="utf-8"))
    assert stored["format"] == 1
    as_text = [{name: str(value) for name, value in row.items()} for row in stored["results"]]
    assert as_text == [{name: value for name, value in row.items() if value} for row in rows]
    assert str(worked) not in tree.read_text() + table.read_text()


def test_nothing_done_is_exported_as_a_table_without_rows(home, tmp_path):
    assert run(home, "--csv", tmp_path / "a.csv") == 0
    assert (tmp_path / "a.csv").read_text().startswith("kind,name,outcome")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_faults_are_a_sentence_and_status_1(home, tmp_path, capsys, lang):
    def fault(folder, *arguments):
        assert run(folder, *arguments, lang=lang) == 1
        answer = capsys.readouterr()
        assert answer.out == ""
        assert len(answer.err.splitlines()) == 1
        return answer.err

    use_language(lang)
    assert str(tmp_path / "elsewhere") in fault(tmp_path / "elsewhere")
    assert "--csv" in fault(home, "--csv", tmp_path / "a", "--json", tmp_path / "a")
    assert str(tmp_path) in fault(home, "--json", tmp_path)
    journal_path(home).write_bytes(b"nonsense" * 1000)
    assert str(journal_path(home)) in fault(home)
    assert journal_path(home).read_bytes() == b"nonsense" * 1000, "looking changes nothing"
