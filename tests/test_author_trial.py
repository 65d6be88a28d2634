"""A trial finds what an author forgot, and says where and what to do."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from checks_sample import two
from typer.testing import CliRunner

from kdcourse.authoring import commands
from kdcourse.authoring.trial import Trial, try_out
from kdcourse.checks import catalogue
from kdcourse.checks.kinds import Chosen, Exercise, Number, Question, Written, always
from kdcourse.course import course_root
from kdcourse.data import load
from kdcourse.texts import LANGUAGES, KitError, speaking


def total(load):
    return float(load("market_share")["parcels_10k"].sum())


def half(load):
    return total(load) / 2


def double(load):
    return total(load) * 2


def one_more(load):
    return total(load) + 1


def hints():
    return {level: two(f"See {level}.", f"见 {level}。") for level in ("nudge", "plan", "code")}


def slips(*names):
    return {name: two(f"This is {name}.", f"这是 {name}。") for name in names}


def rubric():
    levels = [two(f"Level {n}.", f"第 {n} 级。") for n in range(1, 5)]
    return [{"name": two("Evidence", "依据"), "levels": levels}]


SUM = Question(
    "q1", 2, "total", Number(), total, {"half": half, "double": double, "more": one_more}
)
WHY = Question(
    "q2",
    1,
    "why",
    Chosen(options=("a", "b", "c", "d")),
    always({"a"}),
    {name: always({name}) for name in ("b", "c", "d")},
)
MEMO = Question(
    "q3",
    1,
    "memo",
    Written(("advice",), words=3, cite={"advice": 1}, figures=lambda load: {"total": total(load)}),
)
WORDS = {
    "q1": {"hints": hints(), "slips": slips("half", "double", "more")},
    "q2": {
        "hints": hints(),
        "slips": slips("b", "c", "d"),
        "options": {name: two(f"Option {name}", f"选项 {name}") for name in "abcd"},
    },
    "q3": {
        "hints": hints(),
        "rubric": rubric(),
        "slots": {"advice": two("What now?", "怎么办？")},
        "model": {
            "advice": two(
                "Plan for {total:.1f} of them.", "按 {total:.1f} 来安排以后的人手和车辆吧。"
            )
        },
    },
}
ANSWERS = {
    "q1": ("total", 'load("market_share")["parcels_10k"].sum()'),
    "q2": ("why", '["a"]'),
    "q3": ("memo", 'model_answer("9.9.q3")'),
}
SETUP = """from kdcourse import check, lesson, load
from kdcourse.checks.solved import model_answer

lesson("1.1", lang="en")"""


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Lay out a course with one exercise and try it on two unseen worlds."""
    (tmp_path / "datasets").symlink_to(course_root() / "datasets")

    def run(
        questions=(SUM, WHY, MEMO), words=WORDS, answers=ANSWERS, points=None, **cells
    ) -> Trial:
        module = ModuleType("exercise_on_trial")
        module.exercise = Exercise("9.9", questions, words)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(catalogue, "MODULES", {"9.9": module.__name__})
        monkeypatch.setattr("kdcourse.authoring.trial.MODULES", catalogue.MODULES)
        for lang in LANGUAGES:
            for tree in ("solutions", "exercises"):
                sources = [("setup", SETUP, None)]
                for question in questions:
                    name, code = answers[question.name]
                    code = "..." if tree == "exercises" else code
                    sources.append((f"{question.name}-answer", f"{name} = {code}", None))
                    call = cells.get(question.name, f'check("9.9.{question.name}", {name})')
                    worth = (points or {}).get(question.name, question.points)
                    sources.append((f"{question.name}-check", call, worth))
                write(tmp_path / tree / lang / "9-sample" / "9.9-sample.ipynb", sources)
        return try_out(tmp_path, "9.9", seeds=(1, 2))

    return run


def write(path, sources):
    def cell(name, source, points):
        marks = {"nbgrader": {"grade": True, "points": points}} if points is not None else {}
        base = {"cell_type": "code", "id": name, "metadata": marks, "source": source}
        return base | {"outputs": [], "execution_count": None}

    cells = [cell(*source) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book), encoding="utf-8")


def found(trial):
    """Return the gaps of a trial as pairs of key and question, each once; all can be said."""
    for gap in trial.gaps:
        for lang in LANGUAGES:
            with speaking(lang):
                assert "{" not in str(gap)
    pairs = [(gap.key.removeprefix("trial."), gap.fields.get("question")) for gap in trial.gaps]
    return list(dict.fromkeys(pairs))


def test_a_whole_exercise_has_no_gaps(trial):
    done = trial()
    assert found(done) == []
    assert [(t.question, t.kind, t.solved, t.mutants, t.caught) for t in done.tried] == [
        ("9.9.q1", "Number", 3, 3, 2),
        ("9.9.q2", "Chosen", 3, 3, None),
        ("9.9.q3", "Written", 3, 0, 2),
    ]
    assert done.worlds == 3


def test_a_solution_that_is_a_number_of_the_learners_world_is_found_out(trial):
    answers = ANSWERS | {"q1": ("total", repr(total(load)))}
    done = trial(answers=answers)
    assert found(done) == [("unsolved", "9.9.q1")]
    assert done.gaps[0].fields["worlds"] == "1, 2"


def test_an_answer_that_is_the_same_in_every_world_asks_too_little(trial):
    def firms(load):
        return float(load("market_share")["firm"].nunique())

    names = {"half": lambda load: 1, "double": lambda load: 2, "more": lambda load: 3}
    question = Question("q1", 2, "total", Number(), firms, names)
    answers = ANSWERS | {"q1": ("total", 'load("market_share")["firm"].nunique()')}
    assert found(trial((question,), answers=answers)) == [("hard-coded", "9.9.q1")]


def test_wrong_answers_that_are_few_right_or_taken_for_another_are_named(trial):
    few = Question("q1", 2, "total", Number(), total, {"half": half})
    assert sorted(set(found(trial((few,))))) == [
        ("few-mutants", "9.9.q1"),
        ("idle-words", "9.9.q1"),
    ]
    wide = Question("q1", 2, "total", Number(abs=1.5), total, dict(SUM.slips))
    gaps = trial((wide,)).gaps
    assert [(g.key, g.fields["mutant"], g.fields["worlds"]) for g in gaps] == [
        ("trial.mutant-passes", "more", "course data, 1, 2")
    ]
    twins = Question("q1", 2, "total", Number(), total, dict(SUM.slips) | {"more": half})
    assert found(trial((twins,))) == [("mutant-unnamed", "9.9.q1")]


def test_a_judge_that_refuses_the_declared_answer_is_named(trial):
    never = Question("q1", 2, "total", Number(), lambda load: float("nan"), dict(SUM.slips))
    assert ("right-fails", "9.9.q1") in found(trial((never,)))


def test_a_message_with_the_right_number_gives_the_answer_away(trial):
    number = f"{total(load):.2f}"
    leak = {"half": two(f"Not half of {number}.", "不是一半。")}
    words = WORDS | {"q1": {"hints": hints(), "slips": slips("double", "more") | leak}}
    gaps = trial((SUM,), words).gaps
    assert [(g.key, g.fields["mutant"]) for g in gaps] == [("trial.gives-away", "half")]


def test_texts_that_are_missing_in_a_language_are_named(trial):
    words = {
        "q1": {"hints": hints() | {"plan": {"en": "Add."}}, "slips": slips("half", "double")},
        "q2": {"hints": hints(), "slips": slips("b", "c", "d", "e")},
        "q3": {**WORDS["q3"], "rubric": []},
    }
    done = trial(words=words)
    paths = [gap.fields["path"] for gap in done.gaps if gap.key == "trial.no-words"]
    assert paths == ["q1.hints.plan", "q1.slips.more"] + [f"q2.options.{name}" for name in "abcd"]
    assert ("idle-words", "9.9.q2") in found(done)
    assert ("rubric", "9.9.q3") in found(done)


def test_cells_that_give_other_points_check_twice_or_never_are_named(trial):
    assert found(trial(points={"q1": 3})) == [("points", "9.9.q1")]
    missing = trial(q1="total")
    assert found(missing)[0] == ("check-cells", "9.9.q1")
    assert ("unsolved", "9.9.q1") in found(missing)
    assert ("check-cells", "9.9.q1") in found(trial(q2='check("9.9.q1", total)'))


def test_a_cell_that_fails_and_an_exercise_that_is_not_open_are_named(trial):
    done = trial((SUM,), answers={"q1": ("total", "1 / 0")})
    assert {key for key, _ in found(done)} == {"cell-failed"}
    assert "9.9-sample.ipynb, cell q1-answer fails on world 1: ZeroDivisionError" in str(
        done.gaps[1]
    )
    assert found(trial((SUM,), q1='check("9.9.q1", 3 if total is ... else total)')) == [
        ("untouched", "9.9.q1")
    ]


def test_notebooks_that_are_not_there_are_named(tmp_path, monkeypatch):
    (tmp_path / "datasets").symlink_to(course_root() / "datasets")
    gaps = try_out(tmp_path, "1.1", seeds=()).gaps
    missing = [gap for gap in gaps if gap.key == "trial.no-notebook"]
    assert [gap.fields["lang"] for gap in missing] == list(LANGUAGES)


def test_the_command_prints_a_table_and_ends_with_status_1_if_something_is_missing(
    trial, tmp_path, monkeypatch
):
    trial((SUM,))
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)

    def author(*arguments):
        return CliRunner().invoke(commands.app, ["try", *arguments], env={"COLUMNS": "200"})

    done = author("9.9", "--worlds", "1")
    assert done.exit_code == 0, done.output
    assert "9.9.q1    Number  2       2 of 2" in done.output
    assert "Exercise 9.9: 2 points, nothing is missing. 2 worlds" in done.output
    trial((SUM,), points={"q1": 5})
    done = author("9.9", "--worlds", "1")
    assert done.exit_code == 1
    assert "cell q1-check gives 5 points, the question declares 2" in done.output
    unknown = author("9.8")
    assert isinstance(unknown.exception, KitError)
    assert "There is no exercise 9.8. There are: 9.9." in str(unknown.exception)
