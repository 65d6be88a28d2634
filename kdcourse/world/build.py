"""Build a folder of data of any size in constant memory, whole or not at all.

Every file grows under its name with ``.part`` behind it. Only when all are complete do they take
their names, the checksums last: while one ``.part`` lies there, the folder is unfinished.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import pickle
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from kdcourse.course import course_root
from kdcourse.texts import KitError
from kdcourse.world.declarations import tables
from kdcourse.world.dictionary import dictionary
from kdcourse.world.exports import PartFile, Writer, format_named
from kdcourse.world.files import CHECKSUMS, checksum, read
from kdcourse.world.standing import PAGES, PASSING, earlier_builds, part_of, remove, unfinished
from kdcourse.world.stream import in_order

#: Gives the tables' rows of a block; the small tables come with block 0. It can be sent to another
#: process. A mapping that makes rows only when they are asked for needs the least memory.
Producer = Callable[[int], Mapping[str, pd.DataFrame]]

#: More processes than any machine has cores are a slip of the keyboard.
MOST_JOBS = 256


@dataclass
class Built:
    """What was built.

    Attributes:
        rows: Table -> its number of rows.
        cleared: What an interrupted build had left and this one has cleared away.
    """

    rows: dict[str, int] = field(default_factory=dict)
    cleared: list[Path] = field(default_factory=list)


def build(
    producer: Producer,
    blocks: int,
    folder: Path,
    form: str = "csv",
    *,
    jobs: int = 1,
    force: bool = False,
    step: Callable[[int, int], object] = lambda block, rows: None,
) -> Built:
    """Build the tables of a producer and the published ones in ``folder``.

    Args:
        producer: Makes the rows of a block.
        blocks: How many there are.
        folder: Where to; made if it isn't there.
        form: ``csv``, ``parquet`` or ``xlsx``.
        jobs: Processes that make blocks. The files are the same for any number.
        force: Replace an earlier build. Files of anybody else's are never replaced.
        step: Called after each block with the blocks done and the rows so far.

    Returns:
        What was built.

    Raises:
        KitError: The folder can't be written to or holds other files; the disk is full; too many
            rows for the format. The folder then holds what it held before.
    """
    if not 1 <= jobs <= MOST_JOBS:
        raise KitError("data.jobs", value=jobs, high=MOST_JOBS)
    kind = format_named(form)
    with _explained(folder):
        earlier, built = earlier_builds(folder, kind.suffix, force), Built()
        for remains in (*earlier.remains, *unfinished(folder)):
            built.cleared.append(remains)
            remove(remains)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Laid down first, it marks the folder as unfinished until it is renamed, as the last.
            part_of(folder / CHECKSUMS).write_bytes(b"{}\n")
            paths = _write_parts(producer, blocks, folder, form, jobs, step, built)
            sums = {path: checksum(part_of(folder / path)) for path in paths if path not in PAGES}
            text = json.dumps(dict(sorted(sums.items())), indent=1) + "\n"
            part_of(folder / CHECKSUMS).write_bytes(text.encode())
        except BaseException:
            for part in unfinished(folder):
                remove(part)
            raise
        # Interrupted from here on, the parts stay: they tell the next build what is whose.
        for path in paths:
            _take_place(folder / path)
        for replaced in earlier.tables - {folder / path for path in paths}:
            replaced.unlink()
        _take_place(folder / CHECKSUMS)
    return built


def _write_parts(
    producer: Producer,
    blocks: int,
    folder: Path,
    form: str,
    jobs: int,
    step: Callable[[int, int], object],
    built: Built,
) -> list[str]:
    """Write all files as parts and return their paths inside ``folder``, without the checksums."""
    kind = format_named(form)
    passing = folder / PASSING
    passing.mkdir(mode=0o700)  # what lies there is trusted
    paths = {name: t.path.with_suffix(f".{kind.suffix}").as_posix() for name, t in tables().items()}
    files: dict[str, PartFile] = {}
    writers: dict[str, Writer] = {}

    def add(name: str, rows: int, block: Any) -> None:
        with _explained(folder / paths[name]):
            if name not in writers:
                files[name] = PartFile(part_of(folder / paths[name]))
                writers[name] = kind.writer(name, files[name], passing)
            writers[name].add(block)
        built.rows[name] = built.rows.get(name, 0) + rows

    try:
        with closing(_made(producer, blocks, form, jobs, passing)) as results:
            for done, block in enumerate(results, start=1):
                for name, rows, packed in block:
                    add(name, rows, packed)
                step(done, sum(built.rows.values()))
                written = sum(file.tell() for file in files.values())
                _leave_room(folder, written / done * (blocks - done))
        for name, frame in _published():
            add(name, len(frame), kind.pack(name, frame))
        for name, writer in writers.items():
            with _explained(folder / paths[name]):
                writer.close()
                files[name].finish()
    except BaseException:
        for file in files.values():
            file.give_up()
        raise
    for page, lang in PAGES.items():
        part_of(folder / page).write_bytes(dictionary(lang).encode("utf-8"))
    passing.rmdir()
    return [*(paths[name] for name in writers), *PAGES]


#: The tables of a block: name, number of rows, and rows packed for the format.
_Block = Iterator[tuple[str, int, Any]]


def _made(
    producer: Producer, blocks: int, form: str, jobs: int, passing: Path
) -> Generator[_Block]:
    """Yield the blocks in order, each table when it is asked for."""
    if min(jobs, blocks) == 1:
        for block in range(blocks):
            yield _packed(producer, form, block)
        return
    # Through files, not through pipes: a pipe would fill this process with what waits its turn.
    lay_down = partial(_laid_down, producer, form, passing)
    with closing(in_order(lay_down, blocks, jobs)) as results:
        for path in results:
            yield _taken_up(path)


def _packed(producer: Producer, form: str, block: int) -> _Block:
    # What made the block before refers to itself, and would wait for Python to look for such.
    gc.collect()
    pack = format_named(form).pack
    for name, rows in producer(block).items():
        yield name, len(rows), pack(name, rows)


def _laid_down(producer: Producer, form: str, passing: Path, block: int) -> Path:
    path = passing / str(block)
    with path.open("wb") as file:
        for table in _packed(producer, form, block):
            pickle.dump(table, file, pickle.HIGHEST_PROTOCOL)
    return path


def _taken_up(path: Path) -> _Block:
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                break
    path.unlink()


def _published() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of the real industry: the same in every world, but a world needs them."""
    datasets = course_root() / "datasets"
    for name, declared in tables().items():
        if declared.folder == "industry":
            yield name, read(datasets, name)


def _leave_room(folder: Path, needed: float) -> None:
    """Stop early if what is still to come won't fit: a full disk harms others, too."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise KitError("data.too-little-room", path=folder, needed=needed / 1e9, free=free / 1e9)


def _take_place(path: Path) -> None:
    os.replace(part_of(path), path)  # noqa: PTH105 - the one call that swaps on every platform


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write ``path`` into a sentence."""
    try:
        yield
    except OSError as refusal:
        if refusal.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise KitError("data.no-space", path=path) from refusal
        raise KitError(
            "data.not-writable", path=refusal.filename or path, reason=refusal.strerror or refusal
        ) from refusal
