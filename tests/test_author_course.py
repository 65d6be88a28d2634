"""The course itself is built, its editions are aligned, and it keeps the house rules.

A single sentence changed in one language fails here until its partner has been compared with it.
"""

import pytest

from kdcourse.authoring import build as builder
from kdcourse.authoring.lint import lint
from kdcourse.authoring.notebook import read, write
from kdcourse.authoring.translation import compare, status
from kdcourse.authoring.trees import places
from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES

ROOT = course_root()
PLACES = places(ROOT)
TREES = ("notebooks", "solutions", "exercises")


def test_there_is_a_course():
    assert {place.tree for place in PLACES} == {"notebooks", "solutions"}


@pytest.mark.parametrize("tree", TREES)
def test_both_editions_have_the_same_files(tree):
    for place in places(ROOT, [tree]):
        assert all(place.path(ROOT, lang).exists() for lang in LANGUAGES), place


def test_everything_is_built():
    assert [str(fault) for fault in builder.check(ROOT)] == []


def test_the_editions_are_aligned():
    bad = [
        f"{place.tree}/{place.name}: {found.cell} {found.verdict} {found.reason}"
        for place in PLACES
        for found in status(ROOT, place)
        if found.verdict != "aligned"
    ]
    assert bad == []


def test_the_house_rules_are_kept():
    assert [str(breach) for breach in lint(ROOT)] == []


@pytest.mark.parametrize("changed", LANGUAGES)
def test_one_changed_sentence_in_any_text_cell_is_seen(changed):
    for place in PLACES:
        editions = {lang: read(place.path(ROOT, lang)) for lang in LANGUAGES}
        for cell in editions[changed]["cells"]:
            if cell["cell_type"] != "markdown":
                continue
            before, cell["source"] = cell["source"], cell["source"] + " 又。"
            found = {s.cell: s.verdict for s in compare(editions["en"], editions["zh-CN"])}
            assert found[cell["id"]] != "aligned", f"{place}: {cell['id']}"
            cell["source"] = before


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_edited_exercise_is_seen(tmp_path, lang):
    for place in places(ROOT, TREES):
        for each in LANGUAGES:
            path = place.path(tmp_path, each)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(place.path(ROOT, each).read_bytes())
    for place in places(tmp_path, ["exercises"]):
        nb = read(place.path(tmp_path, lang))
        nb["cells"][0]["source"] += " "
        write(place.path(tmp_path, lang), nb)
        keys = [fault.key for fault in builder.check(tmp_path)]
        assert keys == ["author.exercise-differs"]
        builder.build(tmp_path, [f"exercises/{place.name}"])
        assert builder.check(tmp_path) == []
