"""What several test modules share: a small course of our own and a learner's folder to fill."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from kdcourse import texts

# How long an example takes says more of the machine than of the code.
settings.register_profile("course", deadline=None)
settings.load_profile("course")

#: Runs the command line on the course named first, as if it were the one installed.
ON_COURSE = """
import sys
from pathlib import Path
from kdcourse import course
root = Path(sys.argv.pop(1))
course.course_root = lambda: root
from kdcourse.__main__ import main
main()
"""


@dataclass
class SmallCourse:
    """A course of four notebooks and a data file, laid out as the real one."""

    root: Path

    def notebook(self, path: str, *sources: str, outputs: object = ()) -> Path:
        """Write a notebook of code cells; ``path`` without ``.ipynb``."""
        cells = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{number}",
                "metadata": {},
                "outputs": list(outputs),  # type: ignore[call-overload]
                "source": [source],
            }
            for number, source in enumerate(sources)
        ]
        file = self.root / f"{path}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(notebook_text(cells), encoding="utf-8")
        return file

    def data(self, text: str) -> Path:
        """Write the data file and its checksum."""
        file = self.root / "datasets" / "lanyan" / "shipments.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        sums = {"lanyan/shipments.csv": hashlib.sha256(file.read_bytes()).hexdigest()}
        (self.root / "datasets" / "checksums.json").write_text(json.dumps(sums))
        return file


def notebook_text(cells: list[dict[str, object]]) -> str:
    """Return a notebook of ``cells`` as it stands in a file."""
    about = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    book = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.fixture
def small_course(tmp_path: Path) -> SmallCourse:
    course = SmallCourse(tmp_path / "kit")
    for lang in texts.LANGUAGES:
        course.notebook(f"notebooks/{lang}/00-start-here", "1 + 1")
        course.notebook(f"exercises/{lang}/1-industry/1.1-parcel-market", "growth = ...", "check()")
    course.data("waybill,weight\nA1,0.5\n")
    return course


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test starts out speaking English and leaves no language behind."""
    with texts.speaking("en"):
        yield


def on(course: SmallCourse, *arguments: object) -> list[str]:
    """Return the command that runs ``kdcourse`` on a small course."""
    return [sys.executable, "-c", ON_COURSE, str(course.root), *map(str, arguments)]


class Server:
    """``kdcourse start`` in a process of its own, up to the moment it says it is ready."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=plain_environment() | {"PYTHONUNBUFFERED": "1"} | environment,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Ctrl+C" in line:
                break
        addresses = re.findall(r"http://\S+", "".join(self.said))
        assert addresses, "".join(self.said)
        self.url = addresses[0]
        self.base, self.token = re.fullmatch(r"(http://[^/]+)/.*token=(\w+)", self.url).groups()  # type: ignore[union-attr]

    def get(self, path: str, method: str = "GET") -> bytes:
        """Ask the server for ``path`` as its owner."""
        request = urllib.request.Request(self.base + path, method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def stop(self, with_signal: int = signal.SIGINT) -> int:
        """End it as Ctrl+C does; return its exit status and collect what it said last."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        assert self.process.stdout is not None
        self.said += self.process.stdout
        return self.process.wait(timeout=30)


def plain_environment() -> dict[str, str]:
    """Return the environment without what would steer the kit, and with the kit importable."""
    steering = ("LC_", "LANG", "JUPYTER", "KDCOURSE", "PYTHON", "NBGRADER")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(steering)}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[1]), "LANG": "C.UTF-8"}


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that do not outlive the test."""
    servers: list[Server] = []

    def make(command: list[str], **environment: str) -> Server:
        servers.append(Server(command, **environment))
        return servers[-1]

    yield make
    for server in servers:
        server.stop(signal.SIGTERM)
