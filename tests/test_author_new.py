"""A new lesson, exercise or case keeps every rule from its first minute, and overwrites nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kdcourse.authoring import commands
from kdcourse.authoring.lint import lint
from kdcourse.authoring.new import (
    new_case,
    new_exercise,
    new_lesson,
    new_question,
    registered,
    standing,
)
from kdcourse.authoring.notebook import facts, read, tags, write
from kdcourse.authoring.skeleton import MARK, unfinished
from kdcourse.authoring.translation import status
from kdcourse.authoring.trees import Place, places
from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, KitError

PROJECT = Path(__file__).parents[1]
CATALOGUE = "kdcourse/checks/catalogue.py"
TITLES = {"en": "Tiering", "zh-CN": "客户分层"}
LESSON = Place("notebooks", "2-targeting/2.4-tiering.ipynb")


@pytest.fixture
def root(tmp_path):
    """The least that a clone has: the catalogue of exercises and the start page."""
    (tmp_path / CATALOGUE).parent.mkdir(parents=True)
    written = (PROJECT / CATALOGUE).read_text(encoding="utf-8")
    # The lesson that is begun here is in the course by now.
    written = written.replace('    "2.4": "kdcourse.checks.exercises.tiering",\n', "")
    (tmp_path / CATALOGUE).write_text(written, encoding="utf-8")
    for lang in LANGUAGES:
        name = f"notebooks/{lang}/00-start-here.ipynb"
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def files(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def breaches(root):
    """Return what is wrong with all that is new."""
    found = lint(root, texts=root / "kdcourse" / "content")
    return [str(breach) for breach in found if "00-start-here" not in breach.file]


@pytest.mark.parametrize("objectives", ["a b", "a b c", "a b c d", "a b c d e"])
def test_lesson_and_exercise_are_aligned_and_keep_the_rules(root, objectives):
    new_lesson(root, "2.4", "tiering", TITLES, objectives.split()).write()
    assert breaches(root) == []
    new_exercise(root, "2.4").write()
    assert breaches(root) == []
    for place in (LESSON, Place("solutions", LESSON.name)):
        assert {s.verdict for s in status(root, place)} == {"aligned"}


def test_a_question_more_is_aligned_and_keeps_the_rules(root):
    new_lesson(root, "2.4", "tiering", TITLES).write()
    new_exercise(root, "2.4").write()
    new_question(root, "2.4", "decide").write()
    assert breaches(root) == []
    place = Place("solutions", LESSON.name)
    assert {s.verdict for s in status(root, place)} == {"aligned"}
    cells = {cell["id"]: cell for cell in read(place.path(root, "zh-CN"))["cells"]}
    assert list(cells)[-5:] == ["q5", "q5-answer", "q5-check", "q5-instructor", "recap"]
    assert cells["q5"]["source"].startswith("## 5. ")
    assert "objective:decide" in tags(cells["q5"])
    assert cells["q5-check"]["source"] == 'check("2.4.q5", per_customer)'
    with pytest.raises(KitError, match="no objective called win"):
        new_question(root, "2.4", "win")
    with pytest.raises(KitError, match=r"no exercise 2\.5"):
        new_question(root, "2.5", "decide")


def test_a_case_is_aligned_and_keeps_the_rules(root):
    new_case(root, "2", "company-a", TITLES).write()
    assert breaches(root) == []
    assert {s.verdict for s in status(root, places(root)[-1])} == {"aligned"}


def test_the_questions_of_a_case_are_an_exercise_by_its_name(root):
    new_case(root, "2", "company-b", TITLES, ["find", "judge"]).write()
    new_exercise(root, "case-company-b").write()
    assert breaches(root) == []
    place = Place("solutions", "2-targeting/case-company-b.ipynb")
    assert {s.verdict for s in status(root, place)} == {"aligned"}
    assert (
        '"case-company-b": "kdcourse.checks.exercises.company_b",\n}'
        in (root / CATALOGUE).read_text()
    )
    asked = [cell["source"] for cell in read(place.path(root, "en"))["cells"]]
    assert any('check("case-company-b.q1", ' in source for source in asked)


def test_a_lesson_has_a_cell_for_every_concept_that_the_syllabus_gives_it(root):
    new_lesson(root, "2.4", "tiering", TITLES).write()
    nb = read(LESSON.path(root, "zh-CN"))
    assert facts(nb)["concepts"] == [f"T-2.{n}" for n in range(24, 33)]
    assert facts(nb)["minutes"] == 60
    behaviour = next(cell for cell in nb["cells"] if "T-2.26" in tags(cell))
    assert "新用户、活跃用户、沉睡用户" in behaviour["source"]


def test_a_lesson_that_the_syllabus_does_not_know_is_begun_all_the_same(root):
    new_lesson(root, "2.9", "more", TITLES).write()
    assert breaches(root) == []


def test_what_is_new_builds_runs_and_is_tried_in_a_copy_of_the_course(tmp_path):
    shutil.copytree(PROJECT / "kdcourse", tmp_path / "kdcourse")
    shutil.copytree(PROJECT / "datasets", tmp_path / "datasets")
    for lang in LANGUAGES:
        folder = tmp_path / "notebooks" / lang
        folder.mkdir(parents=True)
        shutil.copy(PROJECT / "notebooks" / lang / "00-start-here.ipynb", folder)
    for line in (
        "new lesson 2.9 more --title-en Tiering --title-zh 客户分层",
        "new exercise 2.9",
        "build 2.9",
        "build 2.9 --check",
        "status 2.9 --check",
        "lint 2.9 --check",
        "try 2.9 --worlds 2",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "kdcourse", "author", *line.split()],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def test_nothing_that_is_there_is_overwritten(root):
    new_lesson(root, "2.4", "tiering", TITLES).write()
    new_exercise(root, "2.4").write()
    before = files(root)
    with pytest.raises(KitError, match=r"notebooks/en/2-targeting/2\.4-tiering\.ipynb is there"):
        new_lesson(root, "2.4", "other-name", TITLES)
    with pytest.raises(KitError, match=r"kdcourse/checks/exercises/tiering\.py is there already"):
        new_exercise(root, "2.4")
    assert files(root) == before


@pytest.mark.parametrize(
    "path", ["kdcourse/content/exercises/2.4.toml", "kdcourse/checks/exercises/tiering.py"]
)
def test_one_file_that_is_there_keeps_all_others_from_being_written(root, path):
    new_lesson(root, "2.4", "tiering", TITLES).write()
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("mine")
    before = files(root)
    with pytest.raises(KitError, match=f"{path} is there already"):
        new_exercise(root, "2.4").write()
    assert files(root) == before


@pytest.mark.parametrize(
    ("number", "slug", "objectives", "said"),
    [
        ("7.1", "tiering", "a b", '"7.1" is no lesson'),
        ("2", "tiering", "a b", '"2" is no lesson'),
        ("../2.4", "tiering", "a b", "is no lesson"),
        ("2.4", "Tiering", "a b", '"Tiering" can'),
        ("2.4", "../x", "a b", "can't be a file"),
        ("2.4", "x" * 41, "a b", "at most 40"),
        ("2.4", "tiering", "a", "two to five"),
        ("2.4", "tiering", "a a", "two to five"),
        ("2.4", "tiering", "a b c d e f", "two to five"),
        ("2.4", "tiering", "a Ü", '"Ü" can'),
    ],
)
def test_what_is_not_in_form_is_a_sentence(root, number, slug, objectives, said):
    before = files(root)
    with pytest.raises(KitError, match=said):
        new_lesson(root, number, slug, TITLES, objectives.split())
    assert files(root) == before


def test_an_exercise_wants_its_lesson_in_both_languages_with_objectives(root):
    with pytest.raises(KitError, match=r"no lesson 2\.4"):
        new_exercise(root, "2.4")
    new_lesson(root, "2.4", "tiering", TITLES).write()
    english = read(LESSON.path(root, "en"))
    for cell in english["cells"]:
        cell["metadata"].pop("kdcourse", None)
    write(LESSON.path(root, "en"), english)
    with pytest.raises(KitError, match="lists no objectives"):
        new_exercise(root, "2.4")
    LESSON.path(root, "zh-CN").unlink()
    with pytest.raises(KitError, match=r"no lesson 2\.4"):
        new_exercise(root, "2.4")


def test_a_case_wants_a_module(root):
    with pytest.raises(KitError, match="There is no module 9"):
        new_case(root, "9", "company-a", TITLES)


def test_an_installed_course_is_not_written_into(tmp_path):
    with pytest.raises(KitError, match="no clone"):
        new_lesson(tmp_path, "2.4", "tiering", TITLES)


def test_exercises_are_registered_in_the_order_of_lessons(tmp_path):
    catalogue = tmp_path / "catalogue.py"
    catalogue.write_text('before = {}\nMODULES = {"1.1": "a", "2.10": "b"}\n\nafter = {}\n')
    source = registered(catalogue, "2.4", "c")
    expected = 'MODULES = {\n    "1.1": "a",\n    "2.4": "c",\n    "2.10": "b",\n}\n\nafter = {}\n'
    assert source == f"before = {{}}\n{expected}"
    catalogue.write_text("nothing here\n")
    with pytest.raises(KitError, match="no table MODULES"):
        registered(catalogue, "2.4", "c")


def test_skeleton_sentences_are_found_until_they_are_replaced(root):
    new_lesson(root, "2.4", "tiering", TITLES).write()
    found = standing(root)
    assert f"{LESSON.label('zh-CN')}, situation" in found
    assert "kdcourse/content/quizzes/2.4.toml" in found
    assert not [place for place in found if place.endswith((", setup", ", worked-table"))]
    for lang in LANGUAGES:
        nb = read(LESSON.path(root, lang))
        for cell in filter(unfinished, nb["cells"]):
            cell["source"] = cell["source"].replace(MARK, "")
        write(LESSON.path(root, lang), nb)
    assert standing(root, ["2.4"]) == []


def test_no_skeleton_sentence_stands_in_the_course():
    assert standing(course_root()) == []


def test_what_an_author_types(root, monkeypatch):
    monkeypatch.setattr(commands, "course_root", lambda: root)

    def author(*arguments):
        return CliRunner().invoke(commands.app, list(arguments))

    titles = ("--title-en", "Tiering", "--title-zh", "客户分层")
    done = author("new", "lesson", "2.4", "tiering", *titles, "--objective", "tier")
    assert isinstance(done.exception, KitError), "one objective is too few"
    done = author("new", "lesson", "2.4", "tiering", *titles)
    assert f"written: {LESSON.label('en')}\n" in done.output
    assert "kdcourse author build 2.4" in done.output
    assert f"written: {CATALOGUE}\n" in author("new", "exercise", "2.4").output
    assert "case-company-a" in author("new", "case", "2", "company-a", *titles).output
    assert "still to be replaced" in author("lint", "2.4").output
    assert author("new", "lesson", "2.5", "worth").exit_code == 2, "a title in each language"
