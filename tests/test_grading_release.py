"""Each learner gets an exercise in their language with data of their own; nothing is lost twice."""

import io
import json
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from grading_samples import ANNA, CLASS, FILE, LI_NA, OLE, exercise, small_world

from kdcourse.course import workspace_of
from kdcourse.data import data_folder, verify
from kdcourse.grading.packs import Exercise, pack
from kdcourse.grading.release import (
    find_exercises,
    read_memory,
    release,
    remembered_roster,
    secret_of,
    worlds_of,
)
from kdcourse.grading.roster import Learner, Roster, read_roster, safe_name
from kdcourse.texts import KitError


def handed(out, **options):
    options = {"roster": CLASS, "exercises": [exercise()], "make": small_world} | options
    exercises, roster = options.pop("exercises"), options.pop("roster")
    return release(exercises, roster, out, **options)


def opened(out, learner):
    return zipfile.ZipFile(out / "learners" / learner / "1.1.zip")


def notebook_of(out, learner):
    return json.loads(opened(out, learner).read(f"handout/{learner}/1.1/{FILE}"))


def changed():
    """The exercise after its author has changed a word."""
    one = exercise()
    notebooks = {lang: raw.replace(b"Persimmon", b"Quince") for lang, raw in one.notebooks.items()}
    return Exercise(one.assignment, one.name, notebooks)


# --- what a learner gets


def test_each_learner_gets_their_language(tmp_path):
    handed(tmp_path)
    for learner in CLASS:
        about = notebook_of(tmp_path, learner.id)["metadata"]["kdcourse"]
        assert about["lang"] == learner.language
        assert about["release"]["learner"] == learner.id


def test_each_learner_has_a_world_of_their_own_and_it_is_the_same_every_time(tmp_path):
    seeds = []
    handed(tmp_path, make=lambda seed: seeds.append(seed) or small_world(seed))
    assert len(set(seeds)) == len(CLASS)
    secret = secret_of(tmp_path / "instructor")
    assert seeds == [worlds_of(secret, one.id, "1.1").own_seed for one in CLASS]
    assert worlds_of(secret, "anna", "1.1").unseen_seed not in seeds
    assert (
        worlds_of(secret, "anna", "1.1").unseen_seed == worlds_of(secret, "ole", "1.1").unseen_seed
    )


def test_unpacked_in_the_course_folder_the_notebook_finds_its_own_data(tmp_path, monkeypatch):
    handed(tmp_path / "class")
    home = tmp_path / "kdcourse-workspace"
    opened(tmp_path / "class", "anna").extractall(home)
    place = home / "handout" / "anna" / "1.1"
    monkeypatch.chdir(place)
    monkeypatch.delenv("KDCOURSE_DATA", raising=False)
    assert workspace_of(place) == place
    assert data_folder() == place / "datasets"
    assert [fault for fault in verify(place / "datasets") if "industry" in fault] == []
    # The links of the exercise lead to the lesson of the folder around it.
    assert (place / "../../../notebooks").resolve() == home / "notebooks"


def test_neither_secret_nor_seed_nor_a_neighbour_is_in_a_pack(tmp_path):
    handed(tmp_path)
    secret = (tmp_path / "instructor" / "secret.key").read_text().strip()
    own = worlds_of(bytes.fromhex(secret), "anna", "1.1")
    whole = b"".join(
        opened(tmp_path, "anna").read(name) for name in opened(tmp_path, "anna").namelist()
    )
    for hidden in (secret, str(own.own_seed), str(own.unseen_seed), "li-na", "李娜"):
        assert hidden.encode() not in whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    os.umask(before := os.umask(0))
    before = os.umask(0)
    try:
        first = secret_of(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert secret_of(tmp_path) == first
    assert len(first) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_damaged_secret_is_not_replaced(tmp_path):
    (tmp_path / "secret.key").write_text("oops")
    with pytest.raises(KitError, match="does not hold the course's secret"):
        secret_of(tmp_path)
    assert (tmp_path / "secret.key").read_text() == "oops"


def test_the_same_content_makes_the_same_bytes():
    first, second = (pack(ANNA, exercise(), 7, small_world) for _ in range(2))
    assert first == second
    names = zipfile.ZipFile(io.BytesIO(first)).namelist()
    assert names == sorted(names)
    assert pack(ANNA, exercise(), 8, small_world) != first


# --- handing out again


def test_the_same_again_changes_nothing(tmp_path):
    assert len(handed(tmp_path).written) == 3
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.zip")}
    report = handed(tmp_path)
    assert (len(report.unchanged), report.written, report.differing) == (3, [], {})
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.zip")} == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exercises": [changed()]}, "version"),
        ({"make": lambda seed: small_world(seed + 1)}, "data"),
        ({"roster": Roster({"anna": Learner("anna", "Anna Berg", "zh-CN")})}, "language"),
    ],
)
def test_a_change_is_named_and_what_was_handed_out_stays(tmp_path, change, why):
    handed(tmp_path)
    before = (tmp_path / "learners/anna/1.1.zip").read_bytes()
    report = handed(tmp_path, **change)
    assert report.differing["learners/anna/1.1.zip"] == [why]
    assert (tmp_path / "learners/anna/1.1.zip").read_bytes() == before
    assert read_memory(tmp_path)["versions"]["1.1"] == [exercise().version]


def test_a_file_that_no_release_wrote_is_not_replaced_unasked(tmp_path):
    mine = tmp_path / "learners/anna/1.1.zip"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    assert handed(tmp_path).differing == {"learners/anna/1.1.zip": ["foreign"]}
    assert mine.read_bytes() == b"mine"


def test_replaced_when_asked_and_the_former_is_kept(tmp_path):
    handed(tmp_path)
    before = (tmp_path / "learners/ole/1.1.zip").read_bytes()
    report = handed(tmp_path, exercises=[changed()], replace=True)
    assert len(report.replaced) == 3
    kept = [
        path.read_bytes() for path in tmp_path.rglob("instructor/earlier/*/learners/ole/1.1.zip")
    ]
    assert kept == [before]
    assert read_memory(tmp_path)["versions"]["1.1"] == [exercise().version, changed().version]


def test_whoever_joins_later_gets_theirs_and_whoever_left_is_named(tmp_path):
    handed(tmp_path, roster=Roster({"anna": ANNA, "ole": OLE}))
    report = handed(tmp_path, roster=Roster({"anna": ANNA, "li-na": LI_NA}))
    assert report.written == ["learners/li-na/1.1.zip"]
    assert report.left == ["learners/ole/1.1.zip"]
    assert set(remembered_roster(tmp_path).learners) == {"anna", "li-na", "ole"}


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "learners").write_text("in the way")
    with pytest.raises(KitError, match="cannot be written"):
        handed(tmp_path)


def test_an_exercise_that_is_not_there_is_named():
    with pytest.raises(KitError, match=r"no exercise 9\.9.*1\.1"):
        find_exercises(["9.9"])


# --- the roster


def roster_from(tmp_path, raw):
    path = tmp_path / "roster.csv"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return read_roster(path)


@pytest.mark.parametrize(
    "raw",
    [
        "learner,name,language\nanna,Anna Berg,en\nli-na,李娜,zh-CN\n".encode(),
        "\ufefflearner;name;language\r\nanna;Anna Berg;EN\r\nli-na;李娜;中文\r\n".encode(),
        "学号\t姓名\t语言\nanna\tAnna Berg\t英文\nli-na\t李娜\t中文\n".encode("gb18030"),
        "\n Name , Learner ,Language,\nAnna Berg,anna,english,x\n,,\n李娜 , li-na ,zh\n".encode(),
    ],
    ids=["plain", "excel", "chinese-windows", "untidy"],
)
def test_a_roster_is_read_however_it_was_saved(tmp_path, raw):
    roster = roster_from(tmp_path, raw)
    found = {one.id: (one.name, one.language) for one in roster}
    assert found == {"anna": ("Anna Berg", "en"), "li-na": ("李娜", "zh-CN")}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "names nobody"),
        ("learner,name\n", "names nobody"),
        ("student_number,name\n1,Anna\n", 'no column "learner".*student_number, name'),
        ("learner\nanna\nole\nANNA\n", '"ANNA" twice, in lines 2 and 4'),
        ("learner,name\n,Anna\n", "Line 2 .* no learner id"),
        ("learner,language\nanna,fr\n", 'Line 2 .* "fr".*en or zh-CN'),
        (b"learner\n\xff\xff\xff\n", "not text in UTF-8"),
    ],
)
def test_a_faulty_roster_is_told_by_line(tmp_path, raw, said):
    with pytest.raises(KitError, match=said):
        roster_from(tmp_path, raw)


def test_a_missing_roster_is_a_sentence(tmp_path):
    with pytest.raises(KitError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "text",
    [
        "../../etc",
        "a/b",
        "CON",
        "con",
        "Anna",
        "anna ",
        ".hidden",
        "",
        "李" * 120,
        "x" * 300,
        "a\0b",
    ],
)
def test_any_id_makes_a_harmless_file_name(tmp_path, text):
    name = safe_name(text)
    assert Path(name).name == name
    assert len(name.encode()) <= 100
    (tmp_path / name).write_text("fits")
    assert safe_name("anna") == "anna"
    assert safe_name("李娜") == "李娜"
    assert name not in ("anna", "李娜")


def test_ids_that_some_disks_cannot_tell_apart_get_different_names():
    names = {
        safe_name(text).lower() for text in ("anna", "Anna", "ANNA", "an/na", "an-na", "an na")
    }
    assert len(names) == 6
