"""nbgrader itself makes our exercises, and grades a class in two languages into one gradebook."""

import copy
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from author_samples import answer, cell, check, code, markdown, notebook, solution
from conftest import plain_environment

from kdcourse.authoring.derive import derive, is_check
from kdcourse.authoring.notebook import canonical, parse, read, write
from kdcourse.authoring.trees import places
from kdcourse.checks.catalogue import find_exercise, find_question
from kdcourse.checks.session import check as check_answer
from kdcourse.checks.view import marked_up
from kdcourse.course import course_root
from kdcourse.data import load
from kdcourse.texts import LANGUAGES, pick, say

# One worker runs them all: the class is graded once.
pytestmark = pytest.mark.xdist_group("nbgrader")

PROJECT = Path(__file__).parents[1]
LESSON, FILE = "1.1", "1-industry/1.1-parcel-market.ipynb"
NAME = Path(FILE).stem
EXERCISE = find_exercise(LESSON)
FULL = {question.name: question.points for question in EXERCISE.questions}
NOTHING = dict.fromkeys(FULL, 0)

#: The learner who answered with numbers instead of code.
TYPED = "typed-en"

# nbformat would build a grammar for addresses at every start: seconds for nothing.
QUICKLY = """
import sys
sys.modules.setdefault("rfc3987_syntax", None)
from nbgrader.apps.nbgraderapp import main
main()
"""

SCORES = """
SELECT submitted_assignment.student_id, base_cell.name,
       coalesce(grade.manual_score, grade.auto_score)
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
"""


@pytest.fixture(scope="module")
def python():
    """A Python that has nbgrader: the one KDCOURSE_NBGRADER names, or this one."""
    if named := os.environ.get("KDCOURSE_NBGRADER"):
        return named
    if not find_spec("nbgrader"):
        pytest.skip("nbgrader is not installed: make nbgrader; then let KDCOURSE_NBGRADER name "
                    ".venv-nbgrader/bin/python")  # fmt: skip
    return sys.executable


class Course:
    """A course folder of nbgrader's."""

    def __init__(self, root, python):
        self.root = root
        self.python = python
        shutil.copy(PROJECT / "nbgrader_config.py", root)

    def put(self, step, nb, assignment=LESSON, name=NAME):
        write(self.root / step / assignment / f"{name}.ipynb", nb)

    def run(self, *arguments, **environment):
        """Run a Python command as in the activated environment, which nbgrader relies on."""
        found = os.pathsep.join([str(Path(self.python).parent), os.environ["PATH"]])
        # A kernel can lose its port to another process before it takes it. Called again, nbgrader
        # goes on with what isn't graded yet.
        for _ in range(3):
            done = subprocess.run(
                [self.python, *map(str, arguments)],
                cwd=self.root,
                env=plain_environment() | {"PATH": found} | environment,
                capture_output=True,
                encoding="utf-8",
                timeout=300,
                check=False,
            )
            if done.returncode == 0:
                break
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def nbgrader(self, *arguments, **environment):
        return self.run("-c", QUICKLY, *arguments, **environment)

    def scores(self):
        """Return the points by learner and question."""
        with sqlite3.connect(self.root / "gradebook.db") as gradebook:
            found = {}
            for learner, cell_id, points in gradebook.execute(SCORES):
                found.setdefault(learner, {})[cell_id.removesuffix("-check")] = points
        return found

    def totals(self):
        """Return the rows of the exported grades by learner."""
        self.nbgrader("export")
        with (self.root / "grades.csv").open(encoding="utf-8") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}


def solution_in(lang):
    return read(course_root() / "solutions" / lang / FILE)


def answered(exercise, answers):
    """Return a learner's copy: the code of ``answers`` written below the stub of each question."""
    submitted = copy.deepcopy(exercise)
    for question, source in answers.items():
        cell(submitted, f"{question}-answer")["source"] += f"\n{source}"
    return submitted


def without(nb, *cells):
    return nb | {"cells": [c for c in nb["cells"] if c["id"] not in cells]}


def solutions(lang):
    nb = solution_in(lang)
    return {question: cell(nb, f"{question}-answer")["source"] for question in FULL}


def submissions(lang, exercise):
    """Return what four learners hand in, by what they did."""
    solved = answered(exercise, solutions(lang))
    return {
        "solved": solved,
        "blank": exercise,
        "partly": answered(exercise, {"q1": slip("q1"), "q2": only_one_part("q2")}),
        "torn": without(solved, "q1-answer", "q3-check", "q4-answer", "q4-check"),
    }


def slip(name):
    question = EXERCISE[name]
    return (
        "from kdcourse.checks.catalogue import find_question\n"
        f"slips = find_question('{LESSON}.{name}')[1].slips\n"
        f"{question.answer} = slips['{next(iter(question.slips))}'](load)"
    )


def only_one_part(name):
    question = EXERCISE[name]
    parts = question.expect(load)
    first = next(iter(parts))
    return f"{question.answer} = {dict.fromkeys(parts, -1.0) | {first: parts[first]}}"


def typed_in(name):
    """Return an answer as numbers, right on the learner's data alone."""
    question = EXERCISE[name]
    numbers = question.expect(load)
    if isinstance(numbers, pd.Series):
        return f"{question.answer} = pd.Series({numbers.to_dict()})"
    return f"{question.answer} = {numbers}"


@pytest.fixture(scope="module")
def classroom(python, tmp_path_factory):
    """A class whose exercise was handed out, collected, graded and answered with feedback."""
    course = Course(tmp_path_factory.mktemp("class"), python)
    course.put("source", solution_in("en"))
    course.nbgrader("generate_assignment", LESSON)
    # The Chinese edition isn't released: learners have it, and its code and ids are the same.
    released = {
        "en": parse((course.root / "release" / LESSON / f"{NAME}.ipynb").read_bytes(), Path()),
        "zh-CN": derive(solution_in("zh-CN"), NAME),
    }
    for lang, exercise in released.items():
        for did, nb in submissions(lang, exercise).items():
            course.put(f"submitted/{did}-{lang}", nb)
    typed = {question: typed_in(question) for question in ("q1", "q2")}
    course.put(f"submitted/{TYPED}", answered(released["en"], solutions("en") | typed))
    course.nbgrader("autograde", LESSON)
    course.nbgrader("generate_feedback", LESSON)
    return course


@pytest.fixture(scope="module")
def scores(classroom):
    """The points after the first grading."""
    return classroom.scores()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_learner_gets_the_points_of_the_checks(scores, lang):
    q2 = EXERCISE["q2"]
    one_part = q2.points / len(q2.expect(load))
    assert scores[f"solved-{lang}"] == FULL
    assert scores[f"blank-{lang}"] == NOTHING
    assert scores[f"partly-{lang}"] == NOTHING | {"q2": pytest.approx(one_part)}


def test_typed_numbers_pass_on_the_data_of_the_learner(scores):
    assert scores[TYPED] == FULL


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_deleted_check_is_put_back_and_a_deleted_answer_costs_one_question(scores, lang):
    assert scores[f"torn-{lang}"] == FULL | {"q1": 0, "q4": 0}


def test_two_languages_make_one_assignment(classroom):
    totals = classroom.totals()
    assert len(totals) == 4 * len(LANGUAGES) + 1
    assert {float(row["max_score"]) for row in totals.values()} == {sum(FULL.values())}
    assert float(totals["solved-zh-CN"]["score"]) == sum(FULL.values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_feedback_says_why_in_the_language_of_the_learner(classroom, lang):
    page = classroom.root / "feedback" / f"partly-{lang}" / LESSON / f"{NAME}.html"
    html = page.read_text(encoding="utf-8")
    q1 = EXERCISE["q1"]
    assert marked_up(pick(EXERCISE.texts("q1")["slips"][next(iter(q1.slips))], lang)) in html
    assert say("check.partly-correct", lang) in html


def test_a_person_has_the_last_word_and_a_world_not_seen_finds_typed_numbers(classroom, tmp_path):
    classroom.run("-c", JUDGED, TYPED, NAME, LESSON)
    world = tmp_path / "world"
    classroom.run("-m", "kdcourse", "data", "build", "--out", world, "--seed", 7)
    again = ["autograde", LESSON, "--force", f"--student={TYPED}"]
    classroom.nbgrader(*again, KDCOURSE_DATA=str(world))
    graded = classroom.scores()[TYPED]
    assert graded["q1"] == 0
    assert graded["q2"] < FULL["q2"]
    assert graded | {"q1": 0, "q2": 0} == FULL | {"q1": 0, "q2": 0, "q5": 1.5}


JUDGED = """
import sys
from nbgrader.api import Gradebook
learner, notebook, assignment = sys.argv[1:]
with Gradebook("sqlite:///gradebook.db") as gradebook:
    gradebook.find_grade("q5-check", notebook, assignment, learner).manual_score = 1.5
    gradebook.db.commit()
"""


# --- the rule of nbgrader that our checks rely on


def test_nbgrader_takes_a_number_as_points_and_an_error_or_a_warning_as_none(python, tmp_path):
    html = {"text/html": "<b>1 of 3</b>"}
    number = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    warned = {"output_type": "stream", "name": "stderr", "text": "FutureWarning"}
    raised = {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": []}
    cases = [
        [number | {"data": html | {"text/plain": "1.5"}}],
        [number | {"data": html | {"text/plain": "0"}}],
        [warned, number | {"data": {"text/plain": "3"}}],
        [raised],
    ]
    found = Course(tmp_path, python).run("-c", RULE, json.dumps(cases))
    assert json.loads(found) == [1.5, 0, 0, 0]


RULE = """
import json, sys
from nbformat import from_dict
from nbgrader.utils import determine_grade
marks = {"grade": True, "solution": False, "points": 3, "grade_id": "q", "schema_version": 3}
cells = [{"cell_type": "code", "metadata": {"nbgrader": marks}, "source": "", "outputs": outputs}
         for outputs in json.loads(sys.argv[1])]
print(json.dumps([determine_grade(from_dict(cell))[0] for cell in cells]))
"""


def test_no_check_warns_whatever_the_answer(recwarn):
    check_answer("1.1.q2", dict.fromkeys(find_question("1.1.q2")[1].expect(load), 1 + 2j))
    check_answer("1.1.q4", {"year": 1 + 2j, "base_100m": 10**400})
    assert not recwarn.list


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notebook_and_the_checks_agree_on_the_points(lang):
    cells = [c["metadata"]["nbgrader"] for c in solution_in(lang)["cells"] if is_check(c)]
    assert {mark["grade_id"]: mark["points"] for mark in cells} == {
        f"{question}-check": points for question, points in FULL.items()
    }


# --- what nbgrader makes of a solution


def test_nbgrader_makes_the_same_exercise(python, tmp_path):
    root = course_root()
    sources = {"tricky": tricky()}
    for place in places(root, ["solutions"]):
        for lang in LANGUAGES:
            path = place.path(root, lang)
            if path.exists():
                sources[f"{lang}-{path.stem}"] = read(path)
    course = Course(tmp_path, python)
    for name, nb in sources.items():
        course.put("source", nb, "set", name)
    course.nbgrader("generate_assignment", "set")
    for name, nb in sources.items():
        theirs = parse((tmp_path / "release" / "set" / f"{name}.ipynb").read_bytes(), tmp_path)
        ours = parse(canonical(derive(nb, name)).encode(), tmp_path)
        for one, other in zip(theirs["cells"], ours["cells"], strict=True):
            one["metadata"].pop("scrolled", None)
            assert one == other
        assert theirs["metadata"]["kdcourse"] == ours["metadata"]["kdcourse"]


def tricky():
    region = "### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    return notebook(
        "zh-CN",
        [
            *solution("zh-CN")["cells"],
            markdown("moral", "答案说明了……", "moral"),
            answer("whole", "everything = 1"),
            answer("inside", f"def f(x):\n    {region}\n    # end"),
            answer("two", f"{region}\nx = 2\n{region}"),
            check("half", "check('中文', 1)", points=2.5),
            code("locked", "1", nbgrader={**check("r", "")["metadata"]["nbgrader"], "grade": False,
                                          "grade_id": "locked"}),
            code("free", "1", scrolled=True),
            answer("empty", ""),
        ],
        "exercise",
    )  # fmt: skip
