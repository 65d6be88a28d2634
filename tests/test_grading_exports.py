"""Grades reach other programs: spreadsheets, Moodle, Canvas, and a real gradebook of nbgrader's."""

import csv
import io
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import plain_environment
from grading_samples import CLASS, FILE, answered, exercise, gradebook_with, handed_out, put, result

from kdcourse.authoring.notebook import parse
from kdcourse.grading.exports import write_exports
from kdcourse.grading.gradebook import Mark
from kdcourse.grading.nbgrader_book import shown, write_nbgrader
from kdcourse.grading.roster import Learner, Roster
from kdcourse.grading.standing import Line, Standing, standings
from kdcourse.texts import KitError

PROJECT = Path(__file__).parents[1]


def standing(one, mark=None):
    lines = [Line(question) for question in one.questions]
    lines[4] = Line(one.questions[4], mark)
    return Standing(one, tuple(lines))


EVERY = [
    standing(result("anna", q1=2.0, q2=1.5), Mark(2.5)),
    standing(result("li-na", lang="zh-CN", q1=2.0)),
]


def exported(tmp_path, name, every=EVERY, roster=CLASS):
    write_exports(tmp_path, every, roster, ["1.1"])
    return (tmp_path / name).read_bytes()


def rows(raw):
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_the_grades_table_has_every_point_and_leaves_open_what_is(tmp_path):
    raw = exported(tmp_path, "grades.csv")
    assert raw.startswith(b"\xef\xbb\xbf")  # Excel takes it for UTF-8
    anna, li_na, ole = rows(raw)
    assert (anna["1.1 points"], anna["1.1 of"], anna["1.1 awaiting"]) == ("6", "12", "0")
    assert (anna["1.1.q2 points"], anna["1.1.q2 outcome"]) == ("1.5", "partly")
    assert anna["1.1.q5 outcome"] == "marked"
    assert (li_na["name"], li_na["1.1.q5 points"], li_na["1.1 awaiting"]) == ("李娜", "", "1")
    assert (ole["1.1 points"], ole["1.1.q1 points"], ole["1.1.q1 outcome"]) == ("", "", "")


def test_moodle_finds_people_by_id_or_address_and_grade_and_feedback_together(tmp_path):
    raw = exported(tmp_path, "moodle.csv")
    assert not raw.startswith(b"\xef\xbb\xbf")
    anna, li_na, ole = rows(raw)
    assert (anna["ID number"], anna["Email address"]) == ("M17", "anna@school.example")
    assert anna["kdcourse 1.1"] == "6"
    assert anna["kdcourse 1.1 feedback"].startswith("q1: Correct; q2: Partly correct")
    assert li_na["kdcourse 1.1 feedback"].startswith("q1: 正确；q2: 不正确；")
    assert (ole["ID number"], ole["kdcourse 1.1"], ole["kdcourse 1.1 feedback"]) == ("ole", "", "")


def test_canvas_gets_its_columns_and_the_row_of_points_possible(tmp_path):
    raw = exported(tmp_path, "canvas.csv")
    found = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "kdcourse 1.1"]
    assert found[1] == ["    Points Possible", "", "", "", "", "12"]
    assert found[2] == ["Anna Berg", "901", "anna", "anna@school.example", "A", "6"]
    assert found[4][-1] == ""


def test_whoever_is_on_no_roster_has_a_row_too(tmp_path):
    every = [*EVERY, standing(result("zed", q1=1.0))]
    assert rows(exported(tmp_path, "grades.csv", every))[-1]["learner"] == "zed"


@pytest.mark.parametrize("evil", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\tx"])
def test_a_name_is_never_a_formula(tmp_path, evil):
    roster = Roster({evil: Learner(evil, evil, "en")})
    for name in ("grades.csv", "moodle.csv", "canvas.csv"):
        text = exported(tmp_path, name, [standing(result(evil))], roster).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert "'" + evil in cells
        assert evil not in cells


def test_names_with_commas_quotes_and_lines_stay_in_their_cell(tmp_path):
    name = 'Berg, "Anna"\nJr.'
    roster = Roster({"anna": Learner("anna", name, "en")})
    (anna,) = rows(exported(tmp_path, "grades.csv", EVERY[:1], roster))
    assert anna["name"] == name


# --- nbgrader


def test_what_formgrader_opens_has_the_learners_code_and_none_of_their_outputs():
    own = json.loads(answered(handed_out(CLASS.learners["anna"]), q1="growth = 42"))
    evil = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>"}}
    own["cells"][4]["outputs"] = [evil]
    own["cells"].append({"cell_type": "markdown", "id": "x", "metadata": {}, "source": "<script>"})
    own["cells"].append(
        {"cell_type": "code", "id": "Mine 1", "metadata": {}, "source": "help(1)",
         "outputs": [evil], "execution_count": 3}
    )  # fmt: skip
    raw = shown(exercise(), EVERY[0], json.dumps(own).encode())
    nb = parse(raw, Path())
    assert b"<script>" not in raw
    sources = {cell["id"]: cell["source"] for cell in nb["cells"]}
    assert sources["q1-answer"] == "growth = 42"
    assert sources["own-Mine-1"] == "help(1)"
    said = {c["id"]: c["outputs"][0]["text"] for c in nb["cells"] if c.get("outputs")}
    assert said["q2-check"] == "Said of `q2`."


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"cells": [1]}', b'{"cells": [{"cell_type": 1}]}']
)
def test_a_broken_notebook_is_shown_as_the_untouched_exercise(raw):
    assert parse(shown(exercise(), EVERY[0], raw), Path())["cells"]


def test_without_nbgrader_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader.api", None)
    with (
        gradebook_with(tmp_path, result("anna")) as gradebook,
        pytest.raises(KitError, match="nbgrader"),
    ):
        write_nbgrader(tmp_path / "course", gradebook, standings(gradebook))


@pytest.fixture(scope="module")
def python():
    """A Python that has nbgrader: the one KDCOURSE_NBGRADER names, or this one."""
    if named := os.environ.get("KDCOURSE_NBGRADER"):
        return named
    if not find_spec("nbgrader"):
        pytest.skip("nbgrader is not installed: make nbgrader; then let KDCOURSE_NBGRADER name "
                    ".venv-nbgrader/bin/python")  # fmt: skip
    return sys.executable


WRITE = """
import sys
from pathlib import Path
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.nbgrader_book import write_nbgrader
from kdcourse.grading.standing import standings
with Gradebook(Path(sys.argv[1])) as book:
    print(write_nbgrader(Path(sys.argv[2]), book, standings(book)))
"""
READ = """
import json, sys
from nbgrader.api import Gradebook
with Gradebook(f"sqlite:///{sys.argv[1]}/gradebook.db") as book:
    found = {}
    for who in book.students:
        one = book.find_submission("1.1", who.id)
        (notebook,) = one.notebooks
        found[who.id] = {
            "score": one.score, "max": one.max_score, "first": who.first_name,
            "manual": notebook.needs_manual_grade,
            "said": {comment.name: comment.comment for comment in notebook.comments},
        }
    print(json.dumps(found))
"""


@pytest.mark.xdist_group("nbgrader")
def test_a_real_gradebook_of_nbgraders_has_points_comments_and_what_waits(python, tmp_path):
    with gradebook_with(
        tmp_path, result("anna", q1=2.0, q2=1.5), result("li-na", lang="zh-CN", q1=2.0)
    ) as gradebook:
        one = gradebook.results()[0]
        gradebook.mark(one, one.questions[4], Mark(2.5, (3, 4), "Good figures."))
    course = tmp_path / "course"
    put(course / "nbgrader_config.py", (PROJECT / "nbgrader_config.py").read_bytes())

    def call(source, *places):
        done = subprocess.run(
            [python, "-c", source, *map(str, places)],
            env=plain_environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    # Twice: written again, nothing is doubled.
    assert [call(WRITE, gradebook.folder, course).strip() for _ in range(2)] == ["2", "2"]
    found = json.loads(call(READ, course))
    assert found["anna"]["score"] == 6.0
    assert found["anna"]["max"] == found["li-na"]["max"] == 12.0
    assert found["anna"]["first"] == "Anna"
    assert found["anna"]["said"]["q5-answer"] == "Good figures."
    assert found["anna"]["said"]["q2-answer"] == "Said of `q2`."
    assert (found["anna"]["manual"], found["li-na"]["manual"]) == (False, True)
    assert (course / "autograded" / "anna" / "1.1" / FILE).is_file()
