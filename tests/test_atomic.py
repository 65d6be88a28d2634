"""Promise: a file is written whole or not at all, whoever of the kit writes it."""

import os
from pathlib import Path

import pandas as pd
import pytest

from kdcourse.atomic import write_atomically
from kdcourse.authoring import notebook
from kdcourse.workspace import files as workspace_files
from kdcourse.world import files as world_files
from tests.data_samples import declared_here

NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def a_table(folder):
    with declared_here(folder / "declared"):
        world_files.write({"cities": pd.DataFrame({"city": ["PEK"]})}, folder)
    return folder / "lanyan" / "cities.csv"


def a_notebook(folder):
    notebook.write(folder / "a.ipynb", NOTEBOOK)
    return folder / "a.ipynb"


def a_file_of_the_workspace(folder):
    workspace_files.write_atomically(folder / "a.txt", b"new")
    return folder / "a.txt"


def test_the_folders_that_lead_there_are_made(tmp_path):
    write_atomically(tmp_path / "one" / "two" / "file", b"new")
    assert (tmp_path / "one" / "two" / "file").read_bytes() == b"new"


def test_a_crash_on_the_way_leaves_the_old_content_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def crash(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="space"):
        write_atomically(path, b"new")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"file": b"old"}


def test_what_a_killed_run_left_is_used_up(tmp_path, monkeypatch):
    path = tmp_path / "file"
    with monkeypatch.context() as killed:
        killed.setattr(os, "replace", lambda *_: None)
        killed.setattr(Path, "unlink", lambda *_, **__: None)
        write_atomically(path, b"half")
    (left,) = tmp_path.iterdir()
    assert left != path
    write_atomically(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("write", [a_table, a_notebook, a_file_of_the_workspace])
def test_all_of_the_kit_write_so(tmp_path, monkeypatch, write):
    swapped = []
    swap = os.replace

    def replace(draft, path):
        swapped.append(Path(path))
        swap(draft, path)

    monkeypatch.setattr(os, "replace", replace)
    assert write(tmp_path) in swapped
