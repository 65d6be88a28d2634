"""What this installation of the kit is: its version, its needs, and how to mend it."""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple


class Kit(NamedTuple):
    """What the kit says about itself.

    Attributes:
        version: Its version.
        python: The versions of Python it runs on, e.g. ``">=3.11"``.
        requires: Its requirements in the form of PEP 508, with those of its extras.
    """

    version: str
    python: str
    requires: tuple[str, ...]


@cache
def kit() -> Kit:
    """Return what is installed; in a clone not installed yet, what ``pyproject.toml`` says."""
    try:
        about = metadata("kdcourse")
    except PackageNotFoundError:
        path = Path(__file__).resolve().parents[2] / "pyproject.toml"
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        return Kit(project["version"], project["requires-python"], tuple(project["dependencies"]))
    requires = tuple(about.get_all("Requires-Dist") or ())
    return Kit(about["Version"], about["Requires-Python"], requires)


def pip_install(*what: str) -> str:
    """Return the command that installs ``what`` into the Python that runs now."""
    quoted = " ".join(f'"{one}"' for one in what)
    return f'"{Path(sys.executable)}" -m pip install {quoted}'
