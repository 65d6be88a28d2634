"""A preview is one page that needs no network, in the reader's language, figures told in words."""

import re

import pytest
from author_samples import EXERCISE, IMAGE, LESSON, SOLUTION, cell, course, edit, printed
from typer.testing import CliRunner

from kdcourse.authoring import commands
from kdcourse.authoring.preview import page, write
from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, KitError


@pytest.fixture
def root(tmp_path, monkeypatch):
    course(tmp_path)
    monkeypatch.setattr(commands, "course_root", lambda: tmp_path)
    for lang in LANGUAGES:

        def hand_out(nb):
            nb["cells"] = [c for c in nb["cells"] if c["id"] != "notes"]
            cell(nb, "q1-answer")["source"] = "a1 = ..."
            cell(nb, "q1-check")["outputs"] = [printed("not attempted\n")]

        edit(EXERCISE.path(tmp_path, lang), hand_out)
    return tmp_path


def loaded(text):
    """Return what a browser would fetch for a page."""
    tags = re.findall(r"<(?:script|link|iframe|img)\b[^>]*", text)
    inside = re.findall(r"url\(([^)]*)", text) + re.findall(r"@import[^;]*", text)
    addresses = [a for tag in tags for a in re.findall(r"(?:src|href)=\"([^\"]*)", tag)] + inside
    return [address for address in addresses if not re.match(r"['\"]?(data:|#)", address)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_speaks_one_language_and_needs_no_network(root, lang):
    for place in (LESSON, SOLUTION):
        text = page(root, place, lang)
        assert f'<html lang="{lang}">' in text
        assert "<script" not in text
        assert loaded(text) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_course_needs_no_network_and_every_figure_is_told(lang):
    text = page(course_root(), LESSON, lang)
    assert loaded(text) == []
    told = re.findall(r"<img[^>]*alt=\"([^\"]*)", text)
    assert len(told) == len(re.findall(r"<img\b", text)) >= 3
    assert all(len(words) > 20 for words in told)


def test_figures_carry_their_own_words_in_order_whatever_is_in_them(root):
    words = ['Says "less" & <more>', "Second figure"]

    def change(nb):
        cell(nb, "try")["outputs"] = [
            {**IMAGE, "metadata": {"image/png": {"alt": words[0]}}},
            {**IMAGE, "metadata": {"alt": words[1]}},
        ]

    edit(LESSON.path(root, "en"), change)
    text = page(root, LESSON, "en")
    told = re.findall(r"alt=\"([^\"]*)", text)
    assert told == ["Says &quot;less&quot; &amp; &lt;more&gt;", words[1]]


def test_an_exercise_stands_beside_its_solution(root):
    text = page(root, SOLUTION, "zh-CN")
    rows = re.findall(r'<div class="row (\w+)">(.*?)(?=<div class="row|</main>)', text, re.S)
    kinds = [kind for kind, _ in rows]
    assert kinds.count("heads") == 1
    assert kinds.count("differs") == 3
    differing = [row for kind, row in rows if kind == "differs"]
    assert "只在答案里" in differing[0]
    assert "追问基数是什么" in differing[0]
    assert "BEGIN SOLUTION" in differing[1]
    assert "not attempted" in differing[2]


def test_a_solution_that_was_never_built_stands_alone(root):
    EXERCISE.path(root, "en").unlink()
    text = page(root, SOLUTION, "en")
    assert '<body class="alone' in text
    assert "BEGIN SOLUTION" in text


def test_pages_are_written_for_what_is_named(root, tmp_path):
    names = [path.name for path in write(root, ["1.1"], folder=tmp_path / "pages")]
    stem = "1.1-parcel-market"
    assert names == [
        f"{kind}-{stem}.{lang}.html" for kind in ("lesson", "exercise") for lang in LANGUAGES
    ]
    (only,) = write(root, ["exercises/1.1"], "zh-CN", tmp_path / "pages")
    assert only.name == f"exercise-{stem}.zh-CN.html"
    assert only.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("names", "lang", "said"),
    [([], "", "Name what to show"), (["9.9"], "", "9.9"), (["1.1"], "fr", '"fr" is not')],
)
def test_what_cannot_be_shown_is_a_sentence(root, tmp_path, names, lang, said):
    with pytest.raises(KitError, match=said):
        write(root, names, lang, tmp_path / "pages")


def test_what_an_author_types(root, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(commands.typer, "launch", opened.append)
    arguments = ["preview", "notebooks/1.1", "--lang", "en", "--to", str(tmp_path / "p"), "--open"]
    done = CliRunner().invoke(commands.app, arguments)
    path = tmp_path / "p" / "lesson-1.1-parcel-market.en.html"
    assert done.output == f"{path}\n"
    assert opened == [path.as_uri()]
