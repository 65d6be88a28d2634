"""``import kdcourse`` is instant, and opens to exactly what a lesson calls."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import kdcourse
from kdcourse.practice import lessons
from kdcourse.texts import KitError, language, speaking

ROOT = Path(kdcourse.__file__).resolve().parent.parent


def run(code: str) -> str:
    """Run code in a fresh interpreter; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=ROOT,
        timeout=60,
    )
    return done.stdout


def test_importing_the_kit_loads_nothing_heavy_and_takes_no_time():
    heavy = "pandas numpy matplotlib ipywidgets IPython jupyterlab nbformat typer"
    code = (
        "import sys, time; start = time.perf_counter(); import kdcourse;"
        "print(time.perf_counter() - start);"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    runs = [run(code).splitlines() for _ in range(3)]
    assert {loaded for _, loaded in runs} == {"[]"}
    # The fastest of three: what slows the others down is the machine's other work.
    assert min(float(seconds) for seconds, _ in runs) < 0.08


def test_the_door_opens_to_every_name_it_announces():
    for name in kdcourse.__all__:
        assert getattr(kdcourse, name) is not None
        assert name in dir(kdcourse)
    assert callable(kdcourse.lesson)
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        kdcourse.chek  # noqa: B018


def test_submodules_do_not_hide_the_names_of_the_door():
    # A submodule called like a function would replace it as soon as anyone imports it.
    for module in kdcourse._DOOR.values():
        import_module(module)
    for name, module in kdcourse._DOOR.items():
        assert getattr(kdcourse, name) is getattr(import_module(module), name)


def test_the_version_is_the_project_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert kdcourse.__version__ == project["version"]


@pytest.fixture
def two_lessons(monkeypatch, tmp_path):
    for lang in ("en", "zh-CN"):
        for name in ("00-start-here", "1-industry/1.1-parcel-market", "1-industry/case-china"):
            path = tmp_path / "notebooks" / lang / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    monkeypatch.setattr(lessons, "course_root", lambda: tmp_path)


def test_a_lesson_begins_without_a_word_and_in_its_language(two_lessons, capsys):
    with speaking("en"):
        assert lessons.lesson("1.1", lang="zh-CN") is None
        assert language() == "zh-CN"
        lessons.lesson("case-china")
        assert language() == "en"
    assert capsys.readouterr() == ("", "")


def test_beginning_a_lesson_forgets_earlier_tries(two_lessons, monkeypatch):
    from checks_sample import load

    from kdcourse.checks import catalogue, session

    monkeypatch.setattr(catalogue, "MODULES", {"9.9": "checks_sample"})
    monkeypatch.setattr(session, "load", load)
    session.begin()
    session.check("9.9.q1", 3)
    with speaking("en"):
        lessons.lesson("1.1")
        with pytest.raises(KitError, match="Try it first"):
            session.solution("9.9.q1")


def test_a_wrong_lesson_or_language_gets_a_sentence_and_changes_nothing(two_lessons):
    with speaking("en"):
        with pytest.raises(KitError, match=r'"1\.2".*There are: 00-start-here, 1\.1, case-china'):
            lessons.lesson("1.2", lang="zh-CN")
        with pytest.raises(KitError, match='"fr" is not a language'):
            lessons.lesson("1.1", lang="fr")
        assert language() == "en"


def test_in_a_notebook_a_fault_is_one_sentence():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=str(ROOT))
    errors = []

    def collect(message):
        if message["msg_type"] == "error":
            errors.append(message["content"]["traceback"])

    try:
        for code in ("import kdcourse\nkdcourse.quiz('0.0')", "kdcourse.check(3, '1.1.q1')"):
            client.execute_interactive(code, timeout=60, output_hook=collect)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert errors == [
        ['There is no quiz "0.0".'],
        [
            "The question's number comes first, in quotation marks, then your answer:"
            ' check("1.1.q1", answer).'
        ],
    ]
