"""A CRM of a small world for the tests: made once, copied for each."""

import shutil
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from kdcourse import crm
from kdcourse.world.world import World

WORLD = {"seed": 7, "customers": 150, "months": 24}


@cache
def world():
    return World(**WORLD)


@cache
def _template():
    path = Path(mkdtemp()) / "lanyan.db"
    crm.open(path, world()).close()
    return path


def sample(folder, user="admin"):
    """Open a copy of the sample in a folder of the test's own."""
    path = folder / "lanyan.db"
    shutil.copy(_template(), path)
    opened = crm.open(path)
    opened.user(user)
    return opened


def raw(opened, text, *values):
    """Ask the file itself, past the CRM."""
    with closing(sqlite3.connect(opened.path)) as db:
        return db.execute(text, values).fetchall()
