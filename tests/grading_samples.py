"""What the tests of grading a class share: a small class, what it hands in, and a fake grader."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pandas as pd

from kdcourse.course import course_root
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.packs import stamped
from kdcourse.grading.release import find_exercises
from kdcourse.grading.roster import Learner, Roster
from kdcourse.grading.submissions import collect
from kdcourse.grading.work import QuestionResult, Submission, SubmissionResult, Worlds
from kdcourse.world.tables import table

ASSIGNMENT, FILE = "1.1", "1.1-parcel-market.ipynb"
QUESTIONS = ("q1", "q2", "q3", "q4", "q5")
MAX = {"q1": 2.0, "q2": 3.0, "q3": 2.0, "q4": 2.0, "q5": 3.0}

ANNA = Learner("anna", "Anna Berg", "en", "anna@school.example", "M17", "901", "A")
LI_NA = Learner("li-na", "李娜", "zh-CN", "lina@school.example", "M18", "902", "A")
OLE = Learner("ole", "Ole O'Hara", "en", "", "", "903", "B")
CLASS = Roster({one.id: one for one in (ANNA, LI_NA, OLE)})


def small_world(seed):
    """Return a table that stands for a world: made at once, another for each seed."""
    columns = table("market_share").columns
    row = {column.name: next(iter(column.values), "lanyan") for column in columns}
    row |= {column.name: seed % 1000 for column in columns if column.type in ("integer", "number")}
    return {"market_share": pd.DataFrame([row])}


def exercise():
    (found,) = find_exercises([ASSIGNMENT])
    return found


def handed_out(learner):
    """Return the notebook that a learner was given."""
    return stamped(exercise(), learner)


def plain(lang="en"):
    """Return the exercise as it lies in the course, given to nobody."""
    return (course_root() / "exercises" / lang / "1-industry" / FILE).read_bytes()


def answered(notebook, **answers):
    """Return a notebook with code in its answer cells, ``q1="growth = 1"``."""
    whole = json.loads(notebook)
    for cell in whole["cells"]:
        question = cell["id"].removesuffix("-answer")
        if question in answers and cell["id"].endswith("-answer"):
            cell["source"] = [answers[question]]
    return json.dumps(whole, ensure_ascii=False).encode()


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def fake_grade(submission: Submission, worlds: Worlds) -> SubmissionResult:
    """Grade without running anything: an answer ``# points: 2`` gets 2 points."""
    code = submission.notebook.decode("utf-8", "replace")
    lang = "zh-CN" if '"lang": "zh-CN"' in code else "en"
    return result(
        submission.learner,
        digest=sha256(submission.notebook).hexdigest(),
        lang=lang,
        **{name: _points(code, name) for name in QUESTIONS if name != "q5"},
    )


def _points(code, name):
    found = re.search(rf"# {name}: ([0-9.]+)", code)
    return float(found[1]) if found else 0.0


def result(learner, digest="", lang="en", memo="I offer economy.", notes=(), **points):
    """Return what grading could have found; ``q2=1.5`` are points, ``q2=("timeout", 0)`` more."""
    questions = []
    for name in QUESTIONS:
        found = points.get(name, 0.0)
        outcome, reached = found if isinstance(found, tuple) else (_outcome(name, found), found)
        slip = "mean" if name == "q2" and outcome == "incorrect" else None
        written = memo if name == "q5" else f"<{name}> & value"
        questions.append(
            QuestionResult(
                f"{ASSIGNMENT}.{name}", outcome, reached, MAX[name],
                f"Said of `{name}`.", slip, 0.25, written,
            )
        )  # fmt: skip
    return SubmissionResult(
        learner, ASSIGNMENT, digest or sha256(learner.encode()).hexdigest(), lang,
        tuple(questions), tuple(notes), ("seccomp", "landlock"), 1.5,
    )  # fmt: skip


def _outcome(name, points):
    if name == "q5":
        return "awaiting"
    if points == MAX[name]:
        return "correct"
    return "partly" if points else "incorrect"


def gradebook_with(folder: Path, *results: SubmissionResult, roster: Roster = CLASS) -> Gradebook:
    """Return a gradebook in which these results count."""
    inbox = folder / "inbox"
    for one in results:
        code = json.dumps(one.to_plain(), ensure_ascii=False)
        put(inbox / one.learner / ASSIGNMENT / FILE, answered(plain(one.lang), q1=f"# {code}"))
    gradebook = Gradebook(folder / "grades")
    gradebook.remember(roster, [ASSIGNMENT])
    gradebook.take_in(collect(inbox, roster, [ASSIGNMENT], keep=gradebook.keep))
    tasks = {
        task.learner: task for task in gradebook.tasks(dict.fromkeys(gradebook.counted(), "v"))
    }
    for one in results:
        gradebook.add(tasks[one.learner], one)
    return gradebook
