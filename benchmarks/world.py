"""How fast tables are made: the simulated carrier beside the usual makers of invented data.

Run from the project's root, with the packages of the tests::

    python benchmarks/world.py            # some minutes
    python benchmarks/world.py --quick    # less than one

Every maker produces rows with the columns of the table ``shipments`` and writes them as Parquet, in
a process of its own and in the same run. What it imports is not counted as time, but as memory. A
rate is rows per second of processor time, so that other work on the machine, or a library that uses
several cores by itself, doesn't blur it. The floor draws every column at random with NumPy: nothing
depends on anything, and nothing that makes tables can be much faster.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SEED = 7
FORMAT = "parquet"


def main() -> None:
    """Measure everything, each in a new process, and print a table."""
    options = arguments()
    if options.one:
        print(json.dumps(measured(options.one, options.scale)))
        return
    scale = 0.1 if options.quick else 1.0
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, columns of shipments\n")
    print(f"{'':42} {'rows':>11} {'rows/s/core':>12} {'peak MB':>8} {'x Faker':>8} {'x floor':>8}")
    found = {}
    for name, (_, package, *_) in MAKERS.items():
        if not package or importlib.util.find_spec(package):
            found[name] = in_a_process(name, scale)
    rates = {name: done["rows"] / done["seconds"] for name, done in found.items()}
    for name, (label, *_) in MAKERS.items():
        if name in found:
            beside = [f"{rates[name] / rates[peer]:8.2f}" for peer in ("faker", "floor")]
            rows, peak = found[name]["rows"], found[name]["peak"]
            print(f"{label:42} {rows:11,} {rates[name]:12,.0f} {peak:8.0f}", *beside)
        else:
            print(f"{label:42} {'not installed':>11}")
    print()
    for jobs in (1, 2):
        built(jobs, scale)


def arguments() -> Any:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=float, default=1.0, help=argparse.SUPPRESS)
    return parser.parse_args()


def in_a_process(name: str, scale: float) -> dict[str, Any]:
    """Run one maker in a process of its own."""
    command = [sys.executable, __file__, "--one", name, "--scale", str(scale)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(name: str, scale: float) -> dict[str, float]:
    """Let a maker work; return rows, seconds of processor time and the memory of the process."""
    _, _, rows, prepare = MAKERS[name]
    with tempfile.TemporaryDirectory() as folder:
        work = prepare(max(1, int(rows * scale)), Path(folder))
        start = time.process_time()
        made = work()
        seconds = time.process_time() - start
    # Kilobytes on Linux, bytes on macOS.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"rows": made, "seconds": seconds, "peak": peak}


# --- peers ------------------------------------------------------------------------------------


def columns() -> list[Any]:
    """Return the declared columns of the table."""
    from kdcourse.world.declarations import table

    return list(table("shipments").columns)


def codes(column: Any) -> list[str]:
    """Return the codes of a column; some places for one that refers to a table."""
    from kdcourse.world.declarations import display_names

    known = list(display_names("shipments", column.name, "en"))
    return known or [f"{number:07}" for number in range(1000)]


def store(rows: list[dict[str, Any]] | dict[str, Any], folder: Path) -> int:
    """Write rows as Parquet, as the build does."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    frame.to_parquet(folder / "shipments.parquet", compression="zstd", index=False)
    return len(frame)


def faker_by_row(rows: int, folder: Path) -> Callable[[], int]:
    """Make each cell of each row with Faker, as its manual shows."""
    from faker import Faker

    fake = Faker("zh_CN")
    fake.seed_instance(SEED)
    makers = _by_type(
        text=lambda column: partial(fake.numerify, "LY############"),
        category=lambda column: partial(fake.random_element, codes(column)),
        number=lambda column: partial(fake.pyfloat, min_value=0.1, max_value=90, right_digits=2),
        integer=lambda column: partial(fake.pyint, min_value=1, max_value=99),
        time=lambda column: partial(fake.date_time_between, "-2y", "now"),
        flag=lambda column: fake.pybool,
    )
    return lambda: store([{n: make() for n, make in makers.items()} for _ in range(rows)], folder)


def mimesis_by_row(rows: int, folder: Path) -> Callable[[], int]:
    """Make each cell of each row with mimesis."""
    from mimesis import Generic, Locale

    fake = Generic(Locale.ZH, seed=SEED)
    makers = _by_type(
        text=lambda column: partial(fake.code.pin, "LY############"),
        category=lambda column: partial(fake.random.choice, codes(column)),
        number=lambda column: partial(fake.numeric.float_number, 0.1, 90.0, 2),
        integer=lambda column: partial(fake.numeric.integer_number, 1, 99),
        time=lambda column: partial(fake.datetime.datetime, 2024, 2025),
        flag=lambda column: fake.development.boolean,
    )
    return lambda: store([{n: make() for n, make in makers.items()} for _ in range(rows)], folder)


def faker_vocabulary(rows: int, folder: Path) -> Callable[[], int]:
    """Make a thousand of each kind with Faker, then let NumPy choose among them."""
    import numpy as np
    from faker import Faker

    fake, luck = Faker("zh_CN"), np.random.default_rng(SEED)
    fake.seed_instance(SEED)
    words = {
        "text": [fake.numerify("LY############") for _ in range(1000)],
        "time": np.array(
            [fake.date_time_between("-2y", "now") for _ in range(1000)], "datetime64[m]"
        ).astype("datetime64[us]"),
    }

    def column(about: Any) -> Any:
        if about.type == "category":
            return np.array(codes(about))[luck.integers(0, len(codes(about)), rows)]
        if about.type == "text" or about.type in ("time", "date"):
            kind = "text" if about.type == "text" else "time"
            return np.array(words[kind])[luck.integers(0, 1000, rows)]
        return _drawn(about, luck, rows)

    return lambda: store({about.name: column(about) for about in columns()}, folder)


def sdv_sampler(rows: int, folder: Path) -> Callable[[], int]:
    """Fit SDV's Gaussian copula to rows of ours and sample from it."""
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    from kdcourse.world.world import World

    real = World(customers=200, months=6).load("shipments")
    synthesizer = GaussianCopulaSynthesizer(Metadata.detect_from_dataframe(real))
    synthesizer.fit(real)
    return lambda: store(synthesizer.sample(rows), folder)


def floor(rows: int, folder: Path) -> Callable[[], int]:
    """Draw every column at random with NumPy."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    luck = np.random.default_rng(SEED)

    def column(about: Any) -> Any:
        if about.type == "category":
            named = pa.array(codes(about))
            places = pa.array(luck.integers(0, len(named), rows, dtype=np.int32))
            return pa.DictionaryArray.from_arrays(places, named).cast(pa.string())
        if about.type == "text":
            digits = luck.integers(ord("0"), ord("9") + 1, (rows, 14), dtype=np.uint8)
            ends = np.arange(0, 14 * (rows + 1), 14, dtype=np.int32)
            return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(digits))
        return pa.array(_drawn(about, luck, rows))

    def work() -> int:
        table = pa.table({about.name: column(about) for about in columns()})
        pq.write_table(table, folder / "shipments.parquet", compression="zstd")
        return rows

    return work


def _by_type(**makers: Callable[[Any], Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    kinds = makers | {"date": makers["time"]}
    return {column.name: kinds[column.type](column) for column in columns()}


def _drawn(column: Any, luck: Any, rows: int) -> Any:
    import numpy as np

    if column.type == "flag":
        return luck.random(rows) < 0.01
    if column.type == "integer":
        return luck.integers(1, 100, rows)
    if column.type == "number":
        return np.round(luck.gamma(2.0, 5.0, rows), 2)
    minutes = luck.integers(0, 2 * 365 * 1440, rows).astype("timedelta64[m]")
    return (np.datetime64("2024-01-01", "m") + minutes).astype("datetime64[us]")


# --- ours -------------------------------------------------------------------------------------


def shipments_alone(customers: int, folder: Path) -> Callable[[], int]:
    """Live through the whole world, but write one of its tables."""
    return _world(customers, folder, lambda tables: {"shipments": tables["shipments"]})


def whole_world(customers: int, folder: Path) -> Callable[[], int]:
    """Make and write all tables of the world."""
    return _world(customers, folder, None)


def _world(customers: int, folder: Path, only: Callable[[Any], Any] | None) -> Callable[[], int]:
    from kdcourse.world.build import build
    from kdcourse.world.exports import format_named
    from kdcourse.world.story import blocks
    from kdcourse.world.world import World, block_tables

    format_named(FORMAT)  # imports what writes it
    number = blocks(customers)
    world = World(SEED, customers)

    def one_table(block: int) -> Any:
        part = World(SEED, customers)
        part.stories = [part.story(block)]
        return only(part.tables) if only else {}

    producer = one_table if only else partial(block_tables, world)

    def work() -> int:
        rows = build(producer, number, folder / "world", FORMAT).rows
        return sum(rows.values()) if not only else rows["shipments"]

    return work


def built(jobs: int, scale: float) -> None:
    """Run the command as a reader would and print time and the memory of all its processes."""
    import psutil

    customers = str(int(100_000 * scale))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kdcourse", "data", "build", "--out", folder + "/world"]
        command += ["--customers", customers, "--format", FORMAT, "--jobs", str(jobs)]
        start = time.perf_counter()
        process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        said, _ = process.communicate()
        watcher.join()
        seconds = time.perf_counter() - start
    print(f"data build, {int(customers):,} customers, --jobs {jobs}: {seconds:.1f} s,", end=" ")
    print(f"{peak[0]:.0f} MB in all processes; {said.split(' written')[0].strip()}", flush=True)


def _watch(process: Any, peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_sizes(process)) / 1e6)
        time.sleep(0.1)


def _sizes(process: Any) -> Iterator[float]:
    import psutil

    try:
        for each in (process, *process.children(recursive=True)):
            # Shared libraries lie in memory once.
            yield each.memory_info().rss - each.memory_info().shared
    except psutil.Error:
        return


#: Name -> label, package it needs, rows (of ours: customers), what prepares it.
MAKERS: dict[str, tuple[str, str, int, Callable[[int, Path], Callable[[], int]]]] = {
    "faker": ("Faker, row by row", "faker", 20_000, faker_by_row),
    "floor": ("floor: NumPy draws", "", 2_000_000, floor),
    "mimesis": ("mimesis, row by row", "mimesis", 40_000, mimesis_by_row),
    "vocabulary": ("Faker, vocabulary drawn from by NumPy", "faker", 1_000_000, faker_vocabulary),
    "sdv": ("SDV, Gaussian copula, sampling", "sdv", 100_000, sdv_sampler),
    "shipments": ("kdcourse, shipments of the causal world", "", 40_000, shipments_alone),
    "world": ("kdcourse, all tables of the causal world", "", 40_000, whole_world),
}


if __name__ == "__main__":
    main()
