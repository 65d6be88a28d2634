"""The syllabus is in the project, and what is said to be taught is taught."""

import json

import pytest
from author_samples import LESSON, SOLUTION, answer, check, code, markdown, notebook
from typer.testing import CliRunner

from kdcourse.authoring import commands
from kdcourse.authoring.coverage import coverage, lacking, occurs, plain
from kdcourse.authoring.notebook import write
from kdcourse.authoring.syllabus import MODES, concepts, modules, topics
from kdcourse.course import course_root
from kdcourse.texts import KitError, content


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    return tmp_path


def lesson(root, *cells, place=LESSON, lang="zh-CN"):
    write(place.path(root, lang), notebook(lang, list(cells)))
    return root


def taught(root, name):
    return coverage(root).concepts[name]


def author(*arguments):
    done = CliRunner().invoke(commands.app, list(arguments), env={"COLUMNS": "200"})
    if isinstance(done.exception, KitError):
        return 1, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_whole_syllabus_is_there():
    by_module = [sum(c.module == module for c in concepts()) for module in modules()]
    assert by_module == [43, 52, 71, 60, 54, 45]
    assert sum(len(c.parts) for c in concepts()) == 625
    assert [len(topics(letter)) for letter in "SNA"] == [38, 19, 45]
    for concept in concepts():
        assert concept.lesson in content("syllabus")["lessons"], concept.id
        assert concept.modes, concept.id
        assert set(concept.modes) <= set(MODES), concept.id
        number = concept.lesson.removeprefix("case-").partition(".")[0]
        assert number == concept.module, concept.id


@pytest.mark.parametrize(
    ("asked", "there", "open_"),
    [
        ("DA", "DA", ""),
        ("DA", "READ QUIZ WR DEC", "DA"),
        ("READ", "QUIZ", ""),
        ("QUIZ", "READ", "QUIZ"),
        ("QUIZ", "DA", ""),
        ("DA QUIZ", "DA", "QUIZ"),
        ("DA QUIZ", "DA WR", ""),
        ("DA QUIZ", "DA READ", "QUIZ"),
        ("READ WR", "WR", "READ"),
        ("READ QUIZ", "DA", "READ"),
        ("READ QUIZ", "DA SIM", ""),
        ("WR", "DEC", "WR"),
        ("DA", "SIM", "DA"),
        ("QUIZ WR", "DA SIM", ""),
        ("SIM", "", "SIM"),
    ],
)
def test_a_stronger_mode_stands_in_for_a_weaker_one_but_counts_once(asked, there, open_):
    assert " ".join(lacking(asked.split(), there.split())) == open_


@pytest.mark.parametrize(
    ("part", "text", "there"),
    [
        ("智能化", "行业在智能化。", True),
        ("智能化", "行业在绿色化。", False),
        ("企业：服务质量/性价比", "企业看服务质量，也看性价比。", True),
        ("企业：服务质量/性价比", "企业看服务质量。", False),
        ("CRM 流程与方法", "讲 CRM流程与方法", True),
        ("A", "A 类客户", True),
        ("A", "CATAR", False),
        ("渠道特性（实时/可存档）", "渠道特性不同：有的实时，有的可存档", True),
    ],
)
def test_a_part_is_named_when_its_words_occur(part, text, there):
    assert occurs(part, text) is there


@pytest.mark.parametrize(
    ("cell", "modes"),
    [
        (markdown("a", "话", "worked", "T-1.01"), ["READ"]),
        (markdown("a", "话", "question", "T-1.01"), []),
        (markdown("a", "话", "instructor", "T-1.01"), []),
        (markdown("a", "※ 话", "worked", "T-1.01"), []),
        (code("a", "1 + 1", "worked", "T-1.01"), ["DA"]),
        (code("a", "play(policy)", "try", "T-1.01"), ["SIM"]),
        (code("a", 'quiz("1.1")', "quiz", "T-1.01"), ["QUIZ"]),
        (code("a", "1 + 1", "try", "T-1.01/DEC"), ["DEC"]),
        (markdown("a", "话", "worked", "T-1.02"), []),
    ],
)
def test_how_a_cell_teaches_follows_from_the_cell(root, cell, modes):
    assert taught(lesson(root, cell), "T-1.01").modes == modes


def test_an_answer_is_written_if_its_question_has_a_rubric(root):
    texts = root / "kdcourse" / "content" / "exercises"
    texts.mkdir(parents=True)
    (texts / "1.1.toml").write_text('[[q2.rubric]]\nname = { en = "a", zh-CN = "甲" }\n')
    cells = []
    for number, concept in ((1, "T-1.01"), (2, "T-1.02")):
        own = answer(f"q{number}-answer", "a = ...")
        own["metadata"]["tags"].append(concept)
        cells += [own, check(f"q{number}-check", f'check("1.1.q{number}", a)')]
    lesson(root, *cells, place=SOLUTION)
    assert taught(root, "T-1.01").modes == ["DA"]
    assert taught(root, "T-1.02").modes == ["WR"]


def test_parts_are_found_in_cells_of_their_concept_in_either_language_or_by_a_tag(root):
    lesson(
        root,
        markdown("a", "智能化 (intelligent)", "worked", "T-1.04"),
        markdown("b", "绿色化", "worked", "T-1.01"),
        markdown("c", "made to measure", "worked", "T-1.04/3"),
        lang="en",
    )
    assert taught(root, "T-1.04").lacking_parts == ["绿色化"]


def test_an_item_of_a_quiz_names_its_concepts(root):
    folder = root / "kdcourse" / "content" / "quizzes"
    folder.mkdir(parents=True)
    item = '[[items]]\nid = "cr8"\nconcepts = ["T-1.02"]\nask = {{ zh-CN = "{} 大型快递公司" }}\n'
    (folder / "1.1.toml").write_text(item.format("谁？"), encoding="utf-8")
    found = taught(root, "T-1.02")
    assert found.cells == {"QUIZ": ["quizzes/1.1:cr8"]}
    assert found.lacking_parts == ["中小型快递公司"]
    (folder / "1.1.toml").write_text(item.format("※"), encoding="utf-8")
    assert taught(root, "T-1.02").modes == []


def test_systems_numbers_and_ambiguities_go_by_tags(root):
    lesson(root, markdown("a", "话", "worked", "S-05", "N-03", "A-01", "A-99"))
    found = coverage(root)
    assert found.topics == {name: ["1.1:a"] for name in ("S-05", "N-03", "A-01")}
    assert found.unknown == [("1.1:a", "A-99")]


@pytest.mark.parametrize("tag", ["T-9.01", "T-1.04/READING", "T-1.04/4", "T-1.04/0", "S-39"])
def test_a_tag_that_the_syllabus_does_not_know_is_named(root, tag):
    lesson(root, markdown("a", "话", "worked", tag))
    assert coverage(root).unknown == [("1.1:a", tag)]
    assert f"1.1:a: the tag {tag} is not in the syllabus" in author("coverage")[1]


def test_the_course_names_nothing_that_the_syllabus_does_not_know():
    assert coverage(course_root()).unknown == []


def test_lesson_1_1_teaches_its_four_concepts_as_its_cells_say():
    found = coverage(course_root()).concepts
    for name, mode in (("T-1.01", "DA"), ("T-1.02", "DA"), ("T-1.03", "DA"), ("T-1.04", "WR")):
        assert mode in found[name].modes, name
    assert found["T-1.04"].complete
    assert not found["T-1.05"].cells


def test_what_an_author_sees(root):
    lesson(root, code("a", "1 + 1", "worked", "T-1.02", "S-01"))
    status, said = author("coverage")
    assert status == 0
    assert "T-1.02 Competitive landscape: DA in 1.1; missing parts 大型快递公司" in said
    assert "T-1.01" not in said
    assert "Systems operated: 1 of 38; of those that must be: 1 of 21" in said
    _, said = author("coverage", "--todo", "--module", "1", "--mode", "da")
    assert "T-1.01 Market size and growth: missing mode DA, lesson 1.1" in said
    assert "T-1.02" not in said
    assert "T-1.04" not in said, "it asks for other modes"
    assert "T-2" not in said
    assert "S-01" not in said
    assert author("coverage", "--module", "7")[1].startswith("There is no module 7")
    assert author("coverage", "--mode", "read a lot")[1].startswith("There is no mode READ A LOT")


def test_scripts_get_everything(root):
    lesson(root, code("a", "1 + 1", "worked", "T-1.02", "S-01"))
    status, said = author("coverage", "--json")
    assert status == 0
    assert json.loads(said) == plain(coverage(root))
    found = json.loads(said)["concepts"]["T-1.02"]
    assert found["taught"] == {"DA": ["1.1:a"]}
    assert found["lacking_parts"] == ["大型快递公司", "中小型快递公司"]
    assert found["complete"] is False
    assert json.loads(said)["systems"]["S-01"] == ["1.1:a"]
