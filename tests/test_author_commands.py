"""What an author types, sees and gets as exit status."""

import pytest
from author_samples import EXERCISE, LESSON, SOLUTION, cell, course, edit
from typer.testing import CliRunner

from kdcourse.authoring import build as builder
from kdcourse.authoring import commands
from kdcourse.authoring import lint as linter
from kdcourse.texts import KitError, speaking


@pytest.fixture
def root(tmp_path, monkeypatch):
    course(tmp_path)
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    monkeypatch.setattr(linter, "CONTENT", tmp_path)

    async def run(nb, folder, label):
        if "boom" in str(nb["cells"]):
            raise KitError("author.cell-failed", notebook=label, cell="try", error="boom")

    monkeypatch.setattr(builder, "run", run)
    return tmp_path


def author(*arguments):
    done = CliRunner().invoke(commands.app, list(arguments), env={"COLUMNS": "200"})
    if isinstance(done.exception, KitError):  # the command line prints it and exits with 1
        return 1, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_build_then_check(root):
    status, said = author("build", "--check")
    assert status == 1
    assert f"{LESSON.label('en')}: the code changed" in said
    status, said = author("build")
    assert status == 0
    assert f"written: {EXERCISE.label('zh-CN')}" in said
    assert author("build", "--check") == (0, "4 notebooks checked: all up to date.\n")
    assert author("build", "--run", "1.1", "--jobs", "1")[0] == 0


def test_build_ends_with_status_1_if_a_notebook_fails(root):
    edit(LESSON.path(root, "en"), lambda nb: cell(nb, "try").update(source="boom"))
    status, said = author("build")
    assert status == 1
    assert f"{LESSON.label('en')}, cell try: boom" in said


@pytest.mark.parametrize("command", ["build", "status", "lint"])
def test_an_unknown_name_is_a_sentence(root, command):
    status, said = author(command, "9.9")
    assert status == 1
    assert "No notebook of the course is called 9.9" in said


def test_status_counts_and_names_what_is_not_aligned(root):
    assert author("status", "--check")[0] == 0
    edit(LESSON.path(root, "en"), lambda nb: cell(nb, "predict").update(source="Guess now."))
    assert author("status")[0] == 0
    status, said = author("status", "--check")
    assert status == 1
    assert "stale 1" in said
    assert "predict" in said
    assert "The English changed" in said
    assert "先猜一猜" in said
    assert author("status", "--check", "solutions")[0] == 0
    assert author("status", "--check", "1.1:recap")[0] == 0
    assert author("status", "--check", "1.1:predict")[0] == 1


def test_accept_wants_names_and_stamps_what_they_mean(root):
    edit(LESSON.path(root, "en"), lambda nb: cell(nb, "predict").update(source="Guess now."))
    status, said = author("status", "--accept")
    assert status == 1
    assert "Name what you have compared" in said
    status, said = author("status", "1.1:predict", "--accept")
    assert status == 0
    assert "Cells stamped" in said
    assert author("status", "--check")[0] == 0


def test_accepting_a_solution_brings_its_exercise_up_to_date(root):
    assert author("build")[0] == 0
    edit(SOLUTION.path(root, "en"), lambda nb: cell(nb, "q1").update(source="## Another task"))
    assert author("build")[0] == 0
    assert author("status", "solutions/1.1:q1", "--accept")[0] == 0
    assert author("build", "--check")[0] == 0


def test_accept_refuses_what_is_no_translation_and_stamps_the_rest(root):
    def change(nb):
        cell(nb, "predict")["source"] = "Guess now."
        cell(nb, "try")["source"] = "8"

    edit(LESSON.path(root, "en"), change)
    status, said = author("status", "1.1", "--accept")
    assert status == 1
    assert "cell try was not stamped. The code differs." in said
    _, said = author("status")
    assert "stale" not in said


def test_status_shows_markup_in_cells_as_it_stands(root):
    edit(LESSON.path(root, "zh-CN"), lambda nb: cell(nb, "predict").update(source="[/red] 猜"))
    assert "[/red] 猜" in author("status")[1]


def test_lint_lists_breaches_and_check_makes_them_count(root):
    assert author("lint", "1.1", "--check")[0] == 1, "the kit's own hints are not this course's"
    edit(SOLUTION.path(root, "en"), lambda nb: cell(nb, "q1").update(source="## Well done!"))
    status, said = author("lint", "1.1")
    assert status == 0
    assert f"{SOLUTION.label('en')}, q1: There is an exclamation mark" in said
    assert "[calm]" in said


def test_the_rules_are_listed_with_their_reasons():
    with speaking("zh-CN"):
        _, said = author("lint", "--rules")
    assert "calm\n  不用感叹号。\n  " in said


def test_a_font_that_is_not_there_is_named(root):
    status, said = author("font", str(root / "no.otf"))
    assert status == 1
    assert "no.otf" in said


def test_names_for_the_worlds_people_are_toml():
    pytest.importorskip("faker", reason="the names come from Faker")
    import tomllib

    people = tomllib.loads(author("vocabulary")[1])["people"]
    assert len(people["surnames"].split()) == len(people["weights"]) == 100
