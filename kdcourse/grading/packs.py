"""What one learner gets for one exercise: a ZIP with the notebook, their own data and a manifest.

Unpacked in the learner's course folder, it becomes a small workspace inside it: the mark lets
``load`` find the data beside the notebook, and the links to the lesson still lead there. The same
content makes the same bytes.
"""

from __future__ import annotations

import io
import json
import stat
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.checks.truth import SEALED, sealed
from kdcourse.course import WORKSPACE_MARK, course_root
from kdcourse.grading.places import as_json
from kdcourse.grading.roster import Learner, safe_name
from kdcourse.world.files import write

if TYPE_CHECKING:
    import pandas as pd

#: Makes the tables of a seed.
Maker = Callable[[int], Mapping[str, "pd.DataFrame"]]

#: Where a pack unpacks to; three folders deep, as the links in an exercise expect.
HANDOUT = "handout"
#: What a ZIP writes for a file without a time.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Exercise:
    """An exercise as it is handed out.

    Attributes:
        assignment: ``"1.1"``.
        name: The notebook's file name.
        notebooks: Language → the file.
        version: Stands for the content of all editions.
    """

    assignment: str
    name: str
    notebooks: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """Twelve digits that change with any edition."""
        whole = sha256()
        for lang in sorted(self.notebooks):
            whole.update(sha256(lang.encode() + self.notebooks[lang]).digest())
        return whole.hexdigest()[:12]


def folder_of(learner: Learner, assignment: str) -> str:
    """Return the folder that a pack unpacks to, with slashes."""
    return f"{HANDOUT}/{safe_name(learner.id)}/{assignment}"


def pack(learner: Learner, exercise: Exercise, seed: int, make: Maker) -> bytes:
    """Return the ZIP for one learner; it tells neither the seed nor anything of other learners."""
    files = {exercise.name: stamped(exercise, learner)}
    for path, data in _data(make(seed)).items():
        files[f"datasets/{path}"] = data
    files[f"datasets/{SEALED}"] = sealed(seed)
    about = {
        "format": 1,
        "learner": learner.id,
        "assignment": exercise.assignment,
        "language": learner.language,
        "release": exercise.version,
        "files": {path: sha256(data).hexdigest() for path, data in sorted(files.items())},
    }
    files[f"{WORKSPACE_MARK}/release.json"] = as_json(about)
    files[f"{WORKSPACE_MARK}/.gitignore"] = b"*\n"
    return _zip({f"{folder_of(learner, exercise.assignment)}/{p}": d for p, d in files.items()})


def stamped(exercise: Exercise, learner: Learner) -> bytes:
    """Return the notebook with a note of what it is and to whom it was given.

    The note lets a renamed notebook find its owner. It proves nothing, for anyone can edit it.
    """
    notebook = json.loads(exercise.notebooks[learner.language])
    notebook["metadata"].setdefault("kdcourse", {})["release"] = {
        "assignment": exercise.assignment,
        "learner": learner.id,
        "version": exercise.version,
    }
    return as_json(notebook)


def _data(tables: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """Return the files of a world, published tables included, by their path in ``datasets``."""
    published = course_root() / "datasets" / "industry"
    with tempfile.TemporaryDirectory(prefix="kdcourse-release-") as made:
        folder = Path(made)
        (folder / "industry").mkdir()
        for path in sorted(published.glob("*.csv")):
            (folder / "industry" / path.name).write_bytes(path.read_bytes())
        # The checksums cover the published tables that are there already.
        write(tables, folder)
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _zip(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the permissions below are read on any system
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[path])
    return whole.getvalue()
