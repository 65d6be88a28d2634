"""What a judge may know and no table tells: the truth behind the data that a loader gives.

A grader makes its worlds from seeds and asks the world. The learner's own data come without a seed:
theirs are the course's, or they were handed out with the truth sealed beside them. On a world that
the grader made, nothing sealed lies where the learner's process can read, and no seed either.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import pandas as pd

from kdcourse.course import course_root
from kdcourse.data import FolderLoader, Loader, data_folder, folder_of
from kdcourse.texts import KitError
from kdcourse.world.effects import Effects
from kdcourse.world.files import stored_checksums
from kdcourse.world.records import branch
from kdcourse.world.streams import Streams
from kdcourse.world.tables import table
from kdcourse.world.world import DEFAULT

#: Beside the tables of a world that was handed out. It keeps nobody out who wants to know how their
#: own world ends; it keeps them from stumbling over it.
SEALED = "sealed.json"
_TABLE = "branch_prospects"


class KnowingLoader(FolderLoader):
    """A loader that also knows the seed of its world: a grader's, never a learner's.

    Args:
        folder: The tables of the world.
        seed: From which they were made.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder)
        self.seed = seed


def branch_truth(load: Loader) -> pd.DataFrame:
    """Return what would come of each prospect of case 2 in the world of some data.

    Args:
        load: Gives the data.

    Raises:
        KitError: They are neither the course's nor handed out by it.
    """
    if isinstance(load, KnowingLoader):
        return _of_seed(load.seed)
    folder = folder_of(load) or data_folder()
    if (folder / SEALED).is_file():
        return _opened(folder / SEALED)
    path, course = table(_TABLE).path.as_posix(), course_root() / "datasets"
    own = stored_checksums(folder).get(path)
    if own is None or own != stored_checksums(course).get(path):
        raise KitError("check.no-truth", folder=folder)
    return _of_seed(DEFAULT["seed"])


def sealed(seed: int) -> bytes:
    """Return what to lay beside the tables of a world that is handed out, under :data:`SEALED`."""
    text = _of_seed(seed).to_csv(index=False, float_format="%.6f", lineterminator="\n")
    packed = b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
    return (json.dumps({_TABLE: packed}, indent=1) + "\n").encode()


def _of_seed(seed: int) -> pd.DataFrame:
    return branch.outcomes(Streams(seed), Effects())


def _opened(path: Path) -> pd.DataFrame:
    try:
        packed = json.loads(path.read_text(encoding="utf-8"))[_TABLE]
        return pd.read_csv(BytesIO(zlib.decompress(b64decode(packed, validate=True))))
    except (OSError, ValueError, KeyError, TypeError, zlib.error) as fault:
        raise KitError("check.truth-damaged", path=path) from fault
