"""Promise: a build gives the same bytes however it is run, and is whole or not there at all."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from kdcourse.cli import run
from kdcourse.texts import KitError
from kdcourse.world import build as building
from kdcourse.world import exports
from kdcourse.world.build import build
from kdcourse.world.exports import PartFile
from kdcourse.world.files import checksum, read
from kdcourse.world.standing import unfinished
from kdcourse.world.stream import deaf, in_order
from kdcourse.world.tables import to_csv
from kdcourse.world.verify import examine
from tests.conftest import plain_environment
from tests.data_samples import DECLARED, PARCELS, declared_here, eighths, export, samples, thirds

FORMATS = ("csv", "parquet", "xlsx")


@pytest.fixture
def three_tables(tmp_path_factory):
    with declared_here(tmp_path_factory.mktemp("declared")):
        yield


def sums(folder):
    """Return the checksum of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the same bytes ---------------------------------------------------------------------------


@pytest.mark.usefixtures("three_tables")
@pytest.mark.parametrize("form", FORMATS)
def test_where_blocks_end_makes_no_difference(tmp_path, form, monkeypatch):
    monkeypatch.setattr(exports, "GROUP_ROWS", 64)
    build(thirds, 3, tmp_path / "thirds", form)
    built = build(eighths, 8, tmp_path / "eighths", form)
    assert sums(tmp_path / "thirds") == sums(tmp_path / "eighths")
    assert built.rows == {"cities": 3, "customers": 60, "shipments": PARCELS}


@pytest.mark.usefixtures("three_tables")
def test_csv_in_blocks_is_csv_at_once(tmp_path):
    build(thirds, 3, tmp_path, "csv")
    for name, frame in samples().items():
        path = tmp_path / "lanyan" / f"{name}.csv"
        assert path.read_text(encoding="utf-8") == to_csv(name, frame)


@pytest.mark.usefixtures("three_tables")
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_built_is_read_back(tmp_path, form):
    build(thirds, 3, tmp_path, form)
    for name, frame in samples().items():
        pd.testing.assert_frame_equal(read(tmp_path, name), frame)


@pytest.mark.usefixtures("three_tables")
def test_parquet_keeps_rows_in_groups_of_one_size_and_names_no_library_but_its_own(
    tmp_path, monkeypatch
):
    import pyarrow.parquet as pq

    monkeypatch.setattr(exports, "GROUP_ROWS", 64)
    build(thirds, 3, tmp_path, "parquet")
    about = pq.ParquetFile(tmp_path / "lanyan" / "shipments.parquet").metadata
    groups = [about.row_group(number).num_rows for number in range(about.num_row_groups)]
    assert groups == [64, 64, 64, PARCELS - 3 * 64]
    assert about.metadata is None
    assert about.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.usefixtures("three_tables")
def test_excel_holds_no_hour_at_which_it_was_made(tmp_path):
    build(thirds, 3, tmp_path, "xlsx")
    with zipfile.ZipFile(tmp_path / "lanyan" / "shipments.xlsx") as book:
        assert {entry.date_time[0] for entry in book.infolist()} == {1980}
        assert b"2024-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_the_number_of_processes_makes_no_difference(tmp_path):
    for jobs in (1, 2):
        arguments = ["--customers", "10020", "--months", "1", "--seed", "8", "--jobs", str(jobs)]
        assert run(["data", "build", "--out", str(tmp_path / f"of-{jobs}"), *arguments]) == 0
    assert sums(tmp_path / "of-1") == sums(tmp_path / "of-2")


# --- several processes ------------------------------------------------------------------------


def begin(folder, block):
    """Leave a mark that work on a block began."""
    (Path(folder) / str(block)).touch()
    return block


def test_results_come_in_order_and_only_a_few_ahead(tmp_path):
    for taken, block in enumerate(in_order(partial(begin, str(tmp_path)), 12, 2)):
        assert block == taken
        time.sleep(0.02)
        assert len(list(tmp_path.iterdir())) <= taken + 1 + 2
    assert taken == 11


def refuse(block):
    raise KitError("data.jobs", value=block, high=1)


def die(block):
    os._exit(9)


def test_a_fault_in_another_process_arrives_as_its_sentence():
    with pytest.raises(KitError, match="--jobs 0"):
        list(in_order(refuse, 3, 2))


def test_a_process_that_is_ended_from_outside_is_said():
    with pytest.raises(KitError, match="memory"):
        list(in_order(die, 3, 2))


@pytest.mark.usefixtures("three_tables")
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_number_of_blocks(tmp_path, form, monkeypatch):
    monkeypatch.setattr(exports, "GROUP_ROWS", 2000)
    one = pd.concat([samples()["shipments"]] * 10, ignore_index=True)

    def peak(blocks):
        tracemalloc.start()
        build(lambda block: {"shipments": one}, blocks, tmp_path / str(blocks), form)
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    peak(2)  # what is imported on the way counts once
    assert peak(24) < 1.3 * peak(4)


# --- whole or not at all ----------------------------------------------------------------------


@pytest.mark.usefixtures("three_tables")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path, form, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    class Full(PartFile):
        def __init__(self, path):
            super().__init__(path)
            if "shipments" in path.name:
                self.finish()
                self._file = Path("/dev/full").open("wb")  # noqa: SIM115

    monkeypatch.setattr(building, "PartFile", Full)
    with pytest.raises(KitError, match="disk is full") as fault:
        build(thirds, 3, tmp_path, form)
    assert f"shipments.{form}" in str(fault.value)
    del fault
    gc.collect()  # what libraries do when they are cleaned up is not to be heard
    assert sums(tmp_path) == {}


@pytest.mark.usefixtures("three_tables")
def test_too_little_room_is_said_before_the_disk_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(building.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(KitError, match="GB"):
        build(thirds, 3, tmp_path)
    assert sums(tmp_path) == {}


@pytest.mark.usefixtures("three_tables")
def test_a_fault_while_building_leaves_the_earlier_build(tmp_path):
    build(thirds, 3, tmp_path)
    before = sums(tmp_path)

    def torn(block):
        if block == 2:
            raise KeyboardInterrupt
        return thirds(block)

    with pytest.raises(KeyboardInterrupt):
        build(torn, 3, tmp_path, "parquet", force=True)
    assert sums(tmp_path) == before


@pytest.mark.usefixtures("three_tables")
def test_more_rows_than_a_sheet_holds_are_said_and_not_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 100)
    with pytest.raises(KitError, match=r"shipments has more than the 100 rows"):
        build(thirds, 3, tmp_path, "xlsx")
    assert sums(tmp_path) == {}


@pytest.mark.usefixtures("three_tables")
def test_interrupted_while_names_are_taken_the_next_build_heals_it(tmp_path, monkeypatch):
    build(thirds, 3, tmp_path)
    taken = []

    def replace(part, path):
        taken.append(path)
        if len(taken) == 3:
            raise PermissionError(13, "in use", str(path))
        Path(part).rename(path)

    monkeypatch.setattr(building.os, "replace", replace)
    with pytest.raises(KitError, match="have it open"):
        build(lambda block: thirds(2 - block), 3, tmp_path, force=True)
    monkeypatch.undo()
    assert any("interrupted" in fault for fault in examine(tmp_path).faults)
    build(eighths, 8, tmp_path, force=True)
    assert examine(tmp_path).faults == []
    build(thirds, 3, tmp_path / "fresh")
    fresh = sums(tmp_path / "fresh")
    assert {path: is_sum for path, is_sum in sums(tmp_path).items() if path in fresh} == fresh


SLOW = """
import sys, time
from pathlib import Path
from kdcourse.world.build import build
from tests.data_samples import declared_here, thirds

def slow(block):
    if block:
        print("begun", flush=True)
        time.sleep(60)
    return thirds(block)

folder = Path(sys.argv[1])
with declared_here(folder / "declared"):
    build(slow, 3, folder / "out")
"""


@pytest.mark.usefixtures("three_tables")
def test_killed_it_leaves_only_parts_that_are_recognised(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=plain_environment(),
    )
    assert process.stdout.readline() == b"begun\n"
    process.kill()
    process.wait()
    out = tmp_path / "out"
    assert [path for path in sums(out) if not path.endswith(".part")] == []
    assert {path.name for path in unfinished(out)} > {"checksums.json.part", "shipments.csv.part"}
    assert all("interrupted" in fault for fault in examine(out).faults)
    built = build(thirds, 3, out)
    assert built.cleared
    assert examine(out).faults == []


def test_ctrl_c_is_said_and_the_folder_is_as_before(tmp_path):
    arguments = ["--customers", "400000", "--months", "24", "--jobs", "2", "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "kdcourse", "data", "build", *arguments],
        stderr=subprocess.PIPE,
        env=plain_environment(),
        start_new_session=True,
    )
    while not unfinished(tmp_path):
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the build
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.decode().startswith("Interrupted.")
    assert "Traceback" not in said.decode()
    assert sums(tmp_path) == {}


def test_ctrl_c_that_another_thread_takes_waits_until_processes_are_started():
    ending = threading.Event()
    other = threading.Thread(target=ending.wait, daemon=True)
    other.start()
    started = False
    with pytest.raises(KeyboardInterrupt), deaf():  # noqa: PT012
        signal.pthread_kill(other.ident, signal.SIGINT)
        time.sleep(0.05)
        started = True
    ending.set()
    assert started


# --- what stands there already ----------------------------------------------------------------


@pytest.mark.usefixtures("three_tables")
def test_an_earlier_build_is_replaced_only_when_told_to(tmp_path):
    build(thirds, 3, tmp_path, "csv")
    before = sums(tmp_path)
    with pytest.raises(KitError, match="--force"):
        build(thirds, 3, tmp_path, "parquet")
    assert sums(tmp_path) == before
    build(thirds, 3, tmp_path, "parquet", force=True)
    assert {path.suffix for path in (tmp_path / "lanyan").iterdir()} == {".parquet"}
    assert examine(tmp_path).faults == []


@pytest.mark.usefixtures("three_tables")
@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_somebody_elses_is_never_replaced(tmp_path, force):
    (tmp_path / "lanyan").mkdir()
    export(tmp_path / "lanyan")
    before = sums(tmp_path)
    with pytest.raises(KitError, match=r"shipments\.csv"):
        build(thirds, 3, tmp_path, force=force)
    assert sums(tmp_path) == before


@pytest.mark.usefixtures("three_tables")
def test_a_table_that_was_changed_after_its_build_is_never_replaced(tmp_path):
    build(thirds, 3, tmp_path)
    path = tmp_path / "lanyan" / "customers.csv"
    path.write_text(path.read_text(encoding="utf-8") + "mine", encoding="utf-8")
    with pytest.raises(KitError, match=r"customers\.csv"):
        build(thirds, 3, tmp_path, force=True)


@pytest.mark.usefixtures("three_tables")
def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "notes.part").write_text("mine")
    (tmp_path / "thesis.csv").write_text("mine")
    build(thirds, 3, tmp_path)
    build(thirds, 3, tmp_path, force=True)
    assert (tmp_path / "notes.part").read_text() == "mine"
    assert (tmp_path / "thesis.csv").read_text() == "mine"


@pytest.mark.usefixtures("three_tables")
def test_checksums_of_nobodys_delete_nothing(tmp_path):
    """A checksum file is data from anywhere: it may name files that are not tables."""
    victim = tmp_path / "victim.csv"
    victim.write_text("mine")
    (tmp_path / "out").mkdir()
    sums_ = f'{{"../victim.csv": "{checksum(victim)}"}}'
    (tmp_path / "out" / "checksums.json").write_text(sums_)
    build(thirds, 3, tmp_path / "out", force=True)
    assert victim.read_text() == "mine"


# --- the command ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--customers", "-5"], "customers = -5"),
        (["--customers", "900000000"], "customers = 900000000"),
        (["--months", "0"], "months = 0"),
        (["--jobs", "0"], "--jobs 0"),
        (["--jobs", "100000"], "--jobs 100000"),
        (["--format", "ods"], '"ods"'),
    ],
)
def test_absurd_sizes_are_a_sentence(tmp_path, capsys, arguments, says):
    assert run(["data", "build", "--out", str(tmp_path / "new"), *arguments]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_file_where_the_folder_should_be(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("mine")
    for out in (file, file / "below"):
        assert run(["data", "build", "--out", str(out), "--customers", "20"]) == 1
        assert str(file) in capsys.readouterr().err
    assert file.read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for a folder nobody can write to")
def test_a_folder_that_cannot_be_written_to(capsys):
    assert run(["data", "build", "--out", "/proc/kdcourse", "--customers", "20"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_world_elsewhere_holds_the_published_tables_too(tmp_path, capsys):
    options = ["--seed", "5", "--customers", "50", "--months", "3"]
    assert run(["data", "build", "--out", str(tmp_path), *options]) == 0
    assert (tmp_path / "industry" / "sources.csv").is_file()
    assert run(["data", "verify", str(tmp_path)]) == 0
    assert "no fault" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--seed", "3"], ["--format", "csv"], ["--force"]])
def test_the_courses_own_data_take_no_options(capsys, options):
    assert run(["data", "build", *options]) == 1
    assert options[0] in capsys.readouterr().err


def test_the_samples_are_as_they_declare(three_tables, tmp_path):
    build(thirds, 3, tmp_path)
    report = examine(tmp_path)
    assert (report.tables, report.faults, report.notes) == (sorted(DECLARED), [], [])
