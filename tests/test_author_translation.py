"""Every cell of the Chinese edition has one verdict; only a person can declare two sides equal."""

import json

import pytest
from author_samples import LESSON, SOLUTION, cell, code, course, edit, lesson, markdown, stamp

from kdcourse.authoring.notebook import read
from kdcourse.authoring.translation import VERDICTS, accept, chosen_cells, compare, counts, status
from kdcourse.texts import KitError, say


def editions(change=lambda english, chinese: None):
    english, chinese = lesson("en"), lesson("zh-CN")
    stamp(english, chinese)
    change(english, chinese)
    return english, chinese


def verdicts(change):
    found = compare(*editions(change))
    return {s.cell: (s.verdict, s.reason) for s in found if s.verdict != "aligned"}


def put(cell_id, source, english=True, chinese=True):
    def change(ours, theirs):
        for nb, wanted in ((ours, english), (theirs, chinese)):
            if wanted:
                cell(nb, cell_id)["source"] = source

    return change


def tag(ours, theirs):
    cell(theirs, "predict")["metadata"]["tags"] = ["try"]


def retype(ours, theirs):
    cell(theirs, "try").update(cell_type="raw")


def link_objective(ours, theirs):
    cell(theirs, "objectives")["metadata"]["kdcourse"]["objectives"] = ["other"]


def swap(ours, theirs):
    cells = theirs["cells"]
    cells[3], cells[4] = cells[4], cells[3]


def unstamp(ours, theirs):
    del cell(theirs, "predict")["metadata"]["kdcourse"]


def minutes(ours, theirs):
    theirs["metadata"]["kdcourse"]["minutes"] = 41


def wrong_lang(ours, theirs):
    theirs["metadata"]["kdcourse"]["lang"] = "en"


def twice(ours, theirs):
    theirs["cells"].append(cell(theirs, "try"))


def test_a_stamped_course_is_aligned():
    assert verdicts(lambda ours, theirs: None) == {}
    assert counts(compare(*editions()))["aligned"] == len(lesson("en")["cells"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("predict", "Guess now.", chinese=False), {"predict": ("stale", "en-changed")}),
        (put("predict", "你先猜。", english=False), {"predict": ("stale", "self-changed")}),
        (put("predict", "Guess 猜"), {"predict": ("untranslated", "same-text")}),
        (put("predict", "Guess?", english=False), {"predict": ("untranslated", "no-chinese")}),
        (put("predict", "`猜`: guess", english=False), {"predict": ("untranslated", "no-chinese")}),
        (unstamp, {"predict": ("untranslated", "never-stamped")}),
        (lambda ours, theirs: theirs["cells"].pop(3), {"predict": ("missing", "missing")}),
        (lambda ours, theirs: ours["cells"].pop(3), {"predict": ("extra", "extra")}),
        (put("try", "8", chinese=False), {"try": ("differing", "code")}),
        (put("try", "7 ", english=False), {"try": ("differing", "code")}),
        (put("setup", 'lesson("1.1", lang="en")'), {"setup": ("differing", "code")}),
        (retype, {"try": ("differing", "type")}),
        (tag, {"predict": ("differing", "tags")}),
        (link_objective, {"objectives": ("differing", "metadata")}),
        (minutes, {"(notebook)": ("differing", "metadata")}),
        (wrong_lang, {"(notebook)": ("differing", "lang")}),
        (twice, {"try": ("differing", "id-twice")}),
    ],
)  # fmt: skip
def test_what_differs_has_its_verdict(change, expected):
    assert verdicts(change) == expected


def test_both_sides_may_have_changed():
    def change(ours, theirs):
        put("predict", "Guess now.", chinese=False)(ours, theirs)
        put("predict", "你先猜。", english=False)(ours, theirs)

    assert verdicts(change) == {"predict": ("stale", "both-changed")}


def test_a_moved_cell_is_found_and_only_that():
    assert list(verdicts(swap).values()) == [("differing", "order")]


def test_only_the_set_up_cell_may_name_the_language():
    def change(ours, theirs):
        cell(ours, "try")["source"] = 'lang = "en"'
        cell(theirs, "try")["source"] = 'lang = "zh-CN"'

    assert verdicts(change) == {"try": ("differing", "code")}


def test_a_formula_may_be_the_same_in_both():
    assert verdicts(put("predict", "$x^2$\n\n---")) == {"predict": ("stale", "both-changed")}


def test_outputs_may_differ_for_they_speak_the_readers_language():
    def change(ours, theirs):
        cell(theirs, "worked")["outputs"] = []

    assert verdicts(change) == {}


def test_white_space_at_the_end_is_no_change():
    assert verdicts(put("predict", "Guess first.  \n", chinese=False)) == {}


def test_an_edition_that_is_not_there_lacks_every_cell(tmp_path):
    course(tmp_path)
    number = len(lesson("en")["cells"])
    LESSON.path(tmp_path, "zh-CN").rename(tmp_path / "away")
    assert counts(status(tmp_path, LESSON))["missing"] == number
    LESSON.path(tmp_path, "en").rename(tmp_path / "away")
    assert status(tmp_path, LESSON) == []


def test_every_verdict_and_reason_is_said_in_both_languages():
    reasons = {s.reason for change in _changes() for s in compare(*editions(change)) if s.reason}
    for lang in ("en", "zh-CN"):
        assert all(say(f"author.why-{reason}", lang) for reason in reasons)
        assert all(say(f"author.verdict-{verdict}", lang) for verdict in VERDICTS)


def _changes():
    marker = next(
        m for m in test_what_differs_has_its_verdict.pytestmark if m.name == "parametrize"
    )
    return [change for change, _ in marker.args[1]]


def test_accepting_stamps_the_named_cell_and_no_other(tmp_path):
    course(tmp_path)
    for name in ("predict", "misleads-read"):
        edit(LESSON.path(tmp_path, "en"), lambda nb, n=name: cell(nb, n).update(source="New text."))
    assert accept(tmp_path, LESSON, ["predict"]) == (1, [])
    bad = [s.cell for s in status(tmp_path, LESSON) if s.verdict != "aligned"]
    assert bad == ["misleads-read"]
    assert accept(tmp_path, LESSON) == (1, [])
    assert counts(status(tmp_path, LESSON))["stale"] == 0


def test_accepting_twice_changes_nothing(tmp_path):
    course(tmp_path)
    before = LESSON.path(tmp_path, "zh-CN").read_bytes()
    assert accept(tmp_path, LESSON) == (0, [])
    assert LESSON.path(tmp_path, "zh-CN").read_bytes() == before


def test_a_first_comparison_can_be_accepted(tmp_path):
    course(tmp_path)
    path = LESSON.path(tmp_path, "zh-CN")
    edit(path, lambda nb: cell(nb, "objectives")["metadata"]["kdcourse"].pop("renders"))
    assert accept(tmp_path, LESSON, ["objectives"]) == (1, [])
    kept = cell(read(path), "objectives")["metadata"]["kdcourse"]
    assert kept["objectives"] == ["growth", "concentration"], "the other facts stay"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda nb: cell(nb, "predict").update(source="Guess first."), "predict"),
        (lambda nb: cell(nb, "predict").update(source="Guess, please."), "predict"),
        (lambda nb: nb["cells"].append(markdown("more", "更多")), "more"),
        (lambda nb: nb["cells"].pop(3), "predict"),
        (lambda nb: cell(nb, "try").update(source="8"), "try"),
    ],
)
def test_what_is_not_a_translation_cannot_be_accepted(tmp_path, change, name):
    course(tmp_path)
    path = LESSON.path(tmp_path, "zh-CN")
    edit(path, change)
    before = path.read_bytes()
    number, refused = accept(tmp_path, LESSON)
    assert number == 0
    assert [s.cell for s in refused] == [name]
    assert path.read_bytes() == before


def test_cells_are_named_beside_their_notebook(tmp_path):
    course(tmp_path)
    assert chosen_cells(tmp_path, []) == [(LESSON, None), (SOLUTION, None)]
    assert chosen_cells(tmp_path, ["1.1:predict", "1.1:try"]) == [(LESSON, {"predict", "try"})]
    assert chosen_cells(tmp_path, ["1.1:predict", "notebooks"]) == [(LESSON, None)]
    assert chosen_cells(tmp_path, ["1.1:q1"]) == [(SOLUTION, {"q1"})]
    with pytest.raises(KitError, match="nothing"):
        chosen_cells(tmp_path, ["1.1:nothing"])


def test_stamps_are_readable_in_the_file(tmp_path):
    course(tmp_path)
    stored = json.loads(LESSON.path(tmp_path, "zh-CN").read_text(encoding="utf-8"))
    stamped = cell(stored, "predict")["metadata"]["kdcourse"]["renders"]
    assert set(stamped) == {"en", "self"}
    assert "renders" not in json.dumps(cell(stored, "try"))


def test_a_code_cell_only_one_edition_has_is_not_untranslated():
    def change(ours, theirs):
        theirs["cells"].append(code("more", "1"))

    assert verdicts(change) == {"more": ("extra", "extra")}
