"""A notebook has one form on disk, and is read as what it says."""

import json

import pytest
from author_samples import LESSON, code, lesson, markdown, notebook, shown

from kdcourse.authoring.notebook import (
    canonical,
    code_fingerprint,
    fingerprint,
    parse,
    read,
    write,
)
from kdcourse.authoring.trees import Place, chosen
from kdcourse.texts import KitError


def test_the_canonical_form_is_a_fixed_point(tmp_path):
    path = tmp_path / "a.ipynb"
    assert write(path, lesson("zh-CN"))
    assert not write(path, read(path)), "writing what was read changes nothing"
    raw = path.read_text(encoding="utf-8")
    assert raw == json.dumps(json.loads(raw), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "快递市场" in raw


def test_what_editors_and_kernels_leave_behind_is_dropped():
    clean = notebook("en", [shown(code("a", "1\n2"))])
    messy = json.loads(json.dumps(clean))
    messy["metadata"]["widgets"] = {"state": {}}
    messy["metadata"]["language_info"] = {"name": "python", "version": "3.12"}
    cell = messy["cells"][0]
    cell["execution_count"] = 7
    cell["metadata"] = {"execution": {"iopub": "2026"}, "editable": True, "tags": [], "scrolled": 1}
    assert canonical(messy) == canonical(clean)


def test_views_of_widgets_are_dropped_and_their_words_stay():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a1"}, "text/plain": "Quiz"}
    output = {"output_type": "execute_result", "data": view, "metadata": {}, "execution_count": 3}
    stored = json.loads(canonical(notebook("en", [shown(code("a", "1"), output)])))
    kept = stored["cells"][0]["outputs"][0]
    assert kept["data"] == {"text/plain": ["Quiz"]}
    assert kept["execution_count"] is None


def test_nbgraders_locks_are_kept():
    cell = markdown("a", "x")
    cell["metadata"] = {"editable": False, "deletable": False}
    assert json.loads(canonical(notebook("en", [cell])))["cells"][0]["metadata"] == cell["metadata"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"nbformat": 4}',
        b"\xff\xfe",
        b'{"nbformat":4,"nbformat_minor":5,"cells":3}',
    ],
)
def test_a_file_that_is_no_notebook_is_named(raw, tmp_path):
    with pytest.raises(KitError, match=r"a\.ipynb"):
        parse(raw, tmp_path / "a.ipynb")


def test_an_older_format_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(KitError, match=r"save it again"):
        parse(b'{"nbformat": 4, "nbformat_minor": 4, "cells": []}', tmp_path / "a.ipynb")


def test_windows_line_ends_and_list_sources_read_the_same(tmp_path):
    one = notebook("en", [markdown("a", "x\ny")])
    two = notebook("en", [markdown("a", ["x\r\n", "y"])])
    raw = [json.dumps(nb).encode("utf-8") for nb in (one, two)]
    assert len({canonical(parse(each, tmp_path)) for each in raw}) == 1


def test_fingerprints_ignore_how_a_text_is_typed_but_not_what_it_says():
    assert fingerprint("cafe\u0301 \n") == fingerprint("caf\u00e9")
    assert fingerprint("a") != fingerprint("b")


def test_stored_outputs_belong_to_code_and_language_only():
    nb = lesson("en")
    before = code_fingerprint(nb)
    nb["cells"][0]["source"] += " More."
    assert code_fingerprint(nb) == before
    nb["cells"][4]["source"] += " "
    assert code_fingerprint(nb) != before
    nb = lesson("en")
    nb["metadata"]["kdcourse"]["lang"] = "zh-CN"
    assert code_fingerprint(nb) != before


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("1.1", True),
        ("1-industry", True),
        ("notebooks", True),
        ("notebooks/zh-CN/1-industry/1.1-parcel-market.ipynb", True),
        ("1-industry/1.1", True),
        ("1", True),
        ("1.10", False),
        ("solutions/1.1", False),
        ("parcel-market", False),
        ("1.1/1-industry", False),
        ("notebooks/1.1", True),
        ("", False),
    ],
)
def test_a_name_means_a_notebook(name, meant):
    assert LESSON.answers_to(name) is meant


def test_an_unknown_name_is_said(tmp_path):
    write(LESSON.path(tmp_path, "en"), lesson("en"))
    assert chosen(tmp_path, ["1.1"]) == [Place("notebooks", LESSON.name)]
    with pytest.raises(KitError, match=r"7\.7"):
        chosen(tmp_path, ["7.7"])
