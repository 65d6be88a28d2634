"""`kdcourse release` and `kdcourse grade`, as an instructor types them."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import plain_environment
from grading_samples import FILE, answered, fake_grade, plain, put, small_world

from kdcourse import cli
from kdcourse.checks.catalogue import find_exercise
from kdcourse.course import course_root
from kdcourse.grading import run
from kdcourse.world import world
from kdcourse.world.files import read

ROSTER = "learner,name,language\nanna,Anna Berg,en\nli-na,李娜,zh-CN\n"


@pytest.fixture
def kdcourse(tmp_path, monkeypatch, capsys):
    """Run a command line with the fake grader and small worlds; return (status, out, err)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(world, "World", lambda seed: SimpleNamespace(tables=small_world(seed)))
    monkeypatch.setattr(run, "grader", lambda **_: fake_grade)
    monkeypatch.setattr(run, "checks_version", lambda assignment: "one")
    put(tmp_path / "roster.csv", ROSTER)

    def call(*arguments):
        status = cli.run([str(one) for one in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def release(kdcourse, *more):
    return kdcourse("release", "1.1", "--roster", "roster.csv", "--out", "class", *more)


def grade(kdcourse, *more):
    return kdcourse("grade", "in", "--release", "class", "--out", "grades", *more)


def hand_in(folder, **answers):
    """Unpack what was handed out, work in it, and hand it in."""
    for archive in sorted(Path("class/learners").glob("*/*.zip")):
        who = archive.parent.name
        notebook = zipfile.ZipFile(archive).read(f"handout/{who}/1.1/{FILE}")
        put(Path(folder, who, "1.1", FILE), answered(notebook, **answers))


def grades():
    with Path("grades/grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["learner"]: row for row in csv.DictReader(file)}


def test_from_the_roster_to_the_pages(kdcourse):
    status, out, err = release(kdcourse)
    assert (status, err) == (0, "")
    assert "2 packs written" in out
    assert "Keep class/instructor to yourself" in out
    hand_in("in", q1="# q1: 2", q2="# q2: 1.5")
    status, out, err = grade(kdcourse)
    assert (status, err) == (0, "")
    assert "To be graded: 2. Already done: 0." in out
    assert "2 written answers wait for you: open grades/review.ipynb" in out
    assert {who: row["1.1 points"] for who, row in grades().items()} == {
        "anna": "3.5",
        "li-na": "3.5",
    }
    chinese = Path("grades/feedback/li-na/1.1.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in chinese
    for name in ("report.html", "moodle.csv", "canvas.csv", "gradebook.sqlite", "review.ipynb"):
        assert Path("grades", name).is_file()


def test_handing_out_again_tells_what_differs(kdcourse, monkeypatch):
    release(kdcourse)
    assert "0 packs written, 0 replaced, 2 unchanged" in release(kdcourse)[1]
    put(Path("roster.csv"), ROSTER.replace("Anna Berg,en", "Anna Berg,zh-CN"))
    status, _, err = release(kdcourse)
    assert status == 1
    assert (
        "learners/anna/1.1.zip stays as it is; now it would differ: the learner's language" in err
    )
    assert "add --replace" in err
    status, out, _ = release(kdcourse, "--replace")
    assert status == 0
    assert "1 replaced, 1 unchanged" in out


def test_a_folder_with_a_gradebook_wants_resume(kdcourse):
    release(kdcourse)
    hand_in("in", q1="# q1: 2")
    grade(kdcourse)
    before = Path("grades/gradebook.sqlite").read_bytes()
    status, _, err = grade(kdcourse)
    assert status == 1
    assert "add --resume" in err
    assert Path("grades/gradebook.sqlite").read_bytes() == before
    status, out, _ = grade(kdcourse, "--resume")
    assert (status, "To be graded: 0. Already done: 2." in out) == (0, True)


def test_oddities_are_told_and_stand_in_the_report(kdcourse):
    release(kdcourse)
    hand_in("in", q1="# q1: 2")
    put(Path("in/stranger/1.1/x.ipynb"), plain())
    status, _, err = grade(kdcourse)
    assert status == 0
    assert '"stranger" is not on the roster' in err
    assert "is not on the roster" in Path("grades/report.html").read_text(encoding="utf-8")


def test_what_could_not_be_graded_is_told_in_the_end(kdcourse, monkeypatch):
    def fails(submission, worlds):
        raise MemoryError

    release(kdcourse)
    hand_in("in", q1="# q1: 2")
    monkeypatch.setattr(run, "grader", lambda **_: fails)
    status, _, err = grade(kdcourse)
    assert status == 1
    assert err.count("could not be graded: MemoryError") == 2
    assert grades()["anna"]["1.1 points"] == ""


def test_without_a_release_everybody_has_the_courses_data(kdcourse, monkeypatch):
    seen = {}

    def note(submission, worlds):
        seen[submission.learner] = worlds
        return fake_grade(submission, worlds)

    monkeypatch.setattr(run, "grader", lambda **_: note)
    for who in ("anna", "bo"):
        put(Path("in", who, "1.1", FILE), answered(plain(), q1=f"# q1: 2\n# {who}"))
    assert kdcourse("grade", "in", "--out", "grades")[0] == 0
    assert {one.own_seed for one in seen.values()} == {world.DEFAULT["seed"]}
    assert len({one.unseen_seed for one in seen.values()}) == 1
    # The unseen world stays the same when the class goes on.
    first = dict(seen)
    put(Path("in/cy/1.1", FILE), answered(plain(), q1="# q1: 1"))
    kdcourse("grade", "in", "--out", "grades", "--resume")
    assert seen["cy"].unseen_seed == first["anna"].unseen_seed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "nowhere", "--out", "grades"], "There is no nowhere."),
        (["grade", "empty", "--out", "grades"], "There is no notebook in empty"),
        (
            ["grade", "empty", "--out", "grades", "--release", "empty"],
            "not the folder of a release",
        ),
        (["grade", "empty", "--out", "grades", "--assignment", "9.9"], "There is no exercise 9.9"),
        (["grade", "empty", "--out", "roster.csv/x"], "cannot be written"),
        (["grade", "empty", "--out", "grades", "--roster", "none.csv"], "none.csv cannot be read"),
        (["release", "1.1", "--roster", "none.csv", "--out", "class"], "none.csv cannot be read"),
        (
            ["release", "9.9", "--roster", "roster.csv", "--out", "class"],
            "There is no exercise 9.9",
        ),
    ],
)
def test_a_slip_is_one_sentence(kdcourse, arguments, said):
    Path("empty").mkdir()
    status, _, err = kdcourse(*arguments)
    assert status == 1
    assert said in err
    assert len(err.splitlines()) == 1


#: The command with a grader that takes its time.
SLOW = """
import sys, time
sys.path.insert(0, {tests!r})
from grading_samples import fake_grade
from kdcourse.grading import run
from kdcourse.cli import run as command

def slowly(submission, worlds):
    print(submission.learner, flush=True)
    time.sleep(0.3)
    return fake_grade(submission, worlds)

run.checks_version = lambda assignment: "one"
run.grader = lambda **_: slowly
sys.exit(command(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_interrupted_it_says_how_to_go_on_and_goes_on(tmp_path):
    for one in range(8):
        put(tmp_path / "in" / f"l{one}" / "1.1" / FILE, answered(plain(), q1=f"# q1: {one % 3}"))
    script = SLOW.format(tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", script, "grade", "in", "--out", "grades"]
    options = {"cwd": tmp_path, "env": plain_environment(), "encoding": "utf-8"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    for line in process.stdout:
        if line.startswith("l2"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command with --resume" in err
    assert "Traceback" not in err
    done = subprocess.run([*command, "--resume"], capture_output=True, check=True, **options)
    graded = [line for line in done.stdout.splitlines() if line.startswith("l")]
    assert graded == ["l2", "l3", "l4", "l5", "l6", "l7"]
    assert "8 results." in done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the locks of Linux")
def test_for_real_what_is_computed_has_full_marks_and_what_is_typed_in_none(tmp_path, monkeypatch):
    """No fake: worlds, locks and checks as an instructor has them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    put(Path("roster.csv"), "learner,name,language\nanna,Anna Berg,en\n")
    assert cli.run(["release", "1.1", "--roster", "roster.csv", "--out", "class"]) == 0
    zipfile.ZipFile("class/learners/anna/1.1.zip").extractall()
    # Right on the data in the pack, which grading has to make again from the secret.
    numbers = find_exercise("1.1")["q2"].expect(partial(read, Path("handout/anna/1.1/datasets")))
    solution = course_root() / "solutions" / "en" / "1-industry" / FILE
    code = {c["id"]: "".join(c["source"]) for c in json.loads(solution.read_bytes())["cells"]}
    hand_in("in", q1=code["q1-answer"], q3=code["q3-answer"], q2=f"market = {numbers}")
    assert cli.run(["grade", "in", "--release", "class", "--out", "grades"]) == 0
    found = {name: grades()["anna"][f"1.1.{name} outcome"] for name in ("q1", "q2", "q3", "q4")}
    assert found == {
        "q1": "correct", "q2": "hard_coded", "q3": "correct", "q4": "not_attempted",
    }  # fmt: skip
