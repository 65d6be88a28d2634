"""The stored outputs are compared, strictly: one changed word in an output fails the run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from author_samples import code, notebook, printed, shown

from kdcourse.authoring.notebook import write

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def compared(tmp_path):
    def run(*cells):
        write(tmp_path / "a.ipynb", notebook("en", list(cells)))
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "tests.nbval_fast", "--nbval"),
                *("--nbval-sanitize-with", PROJECT / "tests" / "nbval_sanitize.cfg"),
                *("-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path / "a.ipynb"),
            ],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout

    return run


def test_outputs_are_compared_where_no_numbers_are_stored(compared):
    address = shown(code("c", "print(object())"), printed("<object object at 0x7f0000000000>\n"))
    said = compared(
        shown(code("same", "print('as stored')"), printed("as stored\n")),
        shown(code("other", "print('now')"), printed("then\n")),
        code("new", "print('nothing was stored')"),
        address,
    )
    assert "2 failed, 2 passed" in said
    for number in (1, 2):
        assert f"a.ipynb::Cell {number} " in said
