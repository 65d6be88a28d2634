"""Promise: the data in the clone are the default world, whole, and a fault in them is said."""

import shutil

import pandas as pd
import pytest

from kdcourse.course import course_root
from kdcourse.data import FOLDER_VARIABLE, data_folder, load, verify
from kdcourse.texts import LANGUAGES, KitError
from kdcourse.world import causal_graph
from kdcourse.world.calibration import calibrate, report
from kdcourse.world.files import checksum, invalid, write
from kdcourse.world.tables import tables, to_csv
from kdcourse.world.world import World

DATA = course_root() / "datasets"


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    folder = tmp_path / "datasets"
    shutil.copytree(DATA, folder)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def test_building_again_gives_the_committed_bytes(world, tmp_path):
    shutil.copytree(DATA / "industry", tmp_path / "industry")
    write(world.tables, tmp_path)
    built = {p.relative_to(tmp_path): checksum(p) for p in tmp_path.rglob("*") if p.is_file()}
    committed = {
        p.relative_to(DATA): checksum(p)
        for p in DATA.rglob("*")
        if p.is_file() and not p.name.startswith("README")
    }
    assert built == committed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_causal_graph_is_current(lang):
    path = course_root() / "docs" / f"causes.{lang}.md"
    assert path.read_text(encoding="utf-8") == causal_graph.page(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_calibration_page_is_current(world, lang):
    page = course_root() / "docs" / f"calibration.{lang}.md"
    assert page.read_text(encoding="utf-8") == report(calibrate(world), lang)


def test_no_fault_in_the_committed_data():
    assert verify(DATA) == []
    assert list(invalid(DATA)) == []


def test_loading_gives_the_world_back(world):
    for name, frame in world.tables.items():
        pd.testing.assert_frame_equal(load(name), frame)


def test_what_is_loaded_is_the_readers_own():
    mine = load("products")
    mine["base_fee"] = -1.0
    assert (load("products")["base_fee"] > 0).all()


def test_files_are_written_alike_whatever_the_readers_system():
    for declared in tables().values():
        raw = (DATA / declared.path).read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")


def test_published_tables_are_written_as_they_are_read():
    for name, declared in tables().items():
        if declared.folder == "industry":
            assert to_csv(name, load(name)) == (DATA / declared.path).read_text(encoding="utf-8")


def test_every_published_figure_has_a_source():
    sources = load("sources").set_index("source")
    for name, declared in tables().items():
        if declared.folder == "industry" and name != "sources":
            frame = load(name)
            assert frame["source"].isin(sources.index).all()
            read = sources["read_in"].reindex(frame["source"]).notna().to_numpy()
            if "evidence" in frame:
                assert (read | (frame["evidence"] == "unverified")).all()


def test_a_deleted_file_is_said(copy):
    (copy / "lanyan" / "products.csv").unlink()
    with pytest.raises(KitError, match="kdcourse start"):
        load("products")
    assert any("products.csv" in fault for fault in verify(copy))


def test_a_changed_file_is_said_and_the_others_load(copy):
    path = copy / "lanyan" / "products.csv"
    path.write_text(path.read_text().replace("5.00", "4.00"))
    with pytest.raises(KitError, match="Rename it"):
        load("products")
    assert len(load("cities")) == 10
    assert len(verify(copy)) == 1


def test_missing_checksums_are_said(copy):
    (copy / "checksums.json").unlink()
    with pytest.raises(KitError, match=r"checksums\.json"):
        load("products")


def test_a_file_in_another_encoding_is_said(copy):
    path = copy / "lanyan" / "customers.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    sums = copy / "checksums.json"
    sums.write_text(
        sums.read_text().replace(checksum(DATA / "lanyan/customers.csv"), checksum(path))
    )
    with pytest.raises(KitError, match=r"customers\.csv"):
        load("customers")


def test_inside_a_workspace_its_own_data_are_read(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    (tmp_path / ".kdcourse").mkdir()
    inside = tmp_path / "notebooks" / "en"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert data_folder() == tmp_path / "datasets"
