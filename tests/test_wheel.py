"""The wheel is the whole course: it opens without the clone it was built from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Server, plain_environment

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds the kit and nothing of the clone."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@pytest.mark.parametrize("part", ["notebooks", "exercises", "solutions", "datasets"])
def test_every_file_of_the_course_travels_in_the_wheel(installed: Path, part: str) -> None:
    def course(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(folder): path for path in files}
        # Checkpoints and the like lie about in an author's clone.
        return {
            name.as_posix(): path.read_bytes()
            for name, path in names.items()
            if not any(step.startswith(".") for step in name.parts)
        }

    shipped = course(installed / "kdcourse" / "_course" / part)
    assert shipped
    assert shipped == course(PROJECT / part)


def test_words_font_and_licences_travel_in_the_wheel(installed: Path, wheel: Path) -> None:
    content = installed / "kdcourse" / "content"
    assert (content / "messages" / "start.toml").is_file()
    assert (content / "fonts" / "NotoSansSC-kdcourse.otf").is_file()
    (licences,) = installed.glob("kdcourse-*.dist-info/licenses")
    assert {"LICENSE", "LICENSE-CONTENT"} <= {path.name for path in licences.iterdir()}
    assert wheel.stat().st_size < 25 * 10**6


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_course_opens_without_the_clone(
    installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Server],
    lang: str,
) -> None:
    monkeypatch.chdir(tmp_path)  # away from the clone, which "-m" would find first
    home = tmp_path / "home"
    command = [sys.executable, "-m", "kdcourse"]
    options = ["--workspace", str(home), "--lang", lang]
    server = serve([*command, "start", "--no-browser", *options], PYTHONPATH=str(installed))
    assert b"jupyter-config-data" in server.get("/lab")
    assert server.get(f"/files/notebooks/{lang}/00-start-here.ipynb")
    assert (home / f"notebooks/{lang}/1-industry/1.1-parcel-market.ipynb").is_file()
    assert server.stop() == 0

    doctor = subprocess.run(
        [*command, "doctor", *options],
        env=plain_environment() | {"PYTHONPATH": str(installed)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
