"""Each notebook finds its owner, each oddity a sentence, and nobody is harmed."""

import io
import json
import os
import stat
import sys
import unicodedata
import zipfile

import pytest
from grading_samples import (
    ANNA,
    CLASS,
    FILE,
    LI_NA,
    OLE,
    answered,
    exercise,
    handed_out,
    plain,
    put,
)

from kdcourse.grading import intake
from kdcourse.grading.intake import MOST_NOTEBOOK
from kdcourse.grading.recognise import contents
from kdcourse.grading.roster import Learner, Roster
from kdcourse.grading.submissions import collect
from kdcourse.texts import KitError

GOOD = answered(plain("en"), q1="growth = 1")
VERSIONS = {"1.1": [exercise().version]}


def zipped(files):
    """Return a ZIP; a value may be (how the entry is to be, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def sorted_out(place, roster=CLASS, assignments=("1.1",), versions=None, **options):
    return collect(place, roster, assignments, versions, **options)


def owners(collected):
    return {str(one.path): one.learner for one in collected.counted}


def said(collected):
    return [str(fault) for fault in collected.faults]


def test_nbgraders_layout(tmp_path):
    for who in ("anna", "li-na"):
        put(tmp_path / who / "1.1" / FILE, handed_out(CLASS.learners[who]))
    found = sorted_out(tmp_path)
    assert owners(found) == {f"anna/1.1/{FILE}": "anna", f"li-na/1.1/{FILE}": "li-na"}
    assert said(found) == []


@pytest.mark.parametrize(
    "name",
    ["anna.ipynb", "1.1-anna.ipynb", "anna_1.1-parcel-market (2).ipynb", "Anna Berg 1.1.ipynb",
     "berg-anna.ipynb", "BERG ANNA.IPYNB", "homework of anna berg.ipynb"],
)  # fmt: skip
def test_a_flat_folder_by_id_or_name(tmp_path, name):
    put(tmp_path / name, GOOD)
    assert owners(sorted_out(tmp_path)) == {name: "anna"}


def test_a_flat_folder_without_a_roster(tmp_path):
    put(tmp_path / "1.1-parcel-market-anna.ipynb", GOOD)
    put(tmp_path / "bo.ipynb", answered(GOOD, q2="market = 2"))
    put(tmp_path / "cy" / "homework.ipynb", answered(GOOD, q2="market = 3"))
    assert sorted(owners(sorted_out(tmp_path, Roster())).values()) == ["anna", "bo", "cy"]


def test_a_renamed_notebook_is_recognised_by_what_is_in_it(tmp_path):
    put(tmp_path / "Untitled7.ipynb", handed_out(LI_NA))
    found = sorted_out(tmp_path, assignments=("1.1", "2.4"))
    assert owners(found) == {"Untitled7.ipynb": "li-na"}
    assert found.counted[0].assignment == "1.1"


def test_without_its_note_a_notebook_is_recognised_by_its_checks(tmp_path):
    bare = json.loads(GOOD)
    bare["metadata"].pop("kdcourse")
    put(tmp_path / "anna" / "x.ipynb", json.dumps(bare))
    (found,) = sorted_out(tmp_path, assignments=("1.1", "2.4")).counted
    assert (found.learner, found.assignment) == ("anna", "1.1")


@pytest.mark.parametrize(
    ("name", "who"),
    [
        (f"Anna Berg_4711_assignsubmission_file_/{FILE}", "anna"),
        (f"Anna Berg_4711_assignsubmission_file_{FILE}", "anna"),
        (f"李娜_4712_assignsubmission_file_/sub folder/{FILE}", "li-na"),
        (f"Group A-Ole O'Hara_99_assignsubmission_file_/{FILE}", "Group A-Ole O'Hara"),
        (f"Ole O'Hara_99_assignsubmission_file_/{FILE}", "ole"),
    ],
)
def test_the_download_of_moodle(tmp_path, name, who):
    archive = put(tmp_path / "CRM-Exercise 1-4242.zip", zipped({name: GOOD}))
    (found,) = sorted_out(archive).counted
    assert found.learner == who
    # The same, unpacked by the instructor.
    zipfile.ZipFile(archive).extractall(tmp_path / "unpacked")
    assert sorted_out(tmp_path / "unpacked").counted[0].learner == who


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("bergannna_901_70001_homework.ipynb", "anna"),  # the user id, whatever the name
        ("berganna_5_70001_1.1-parcel-market.ipynb", "anna"),
        ("berganna_LATE_5_70001_1.1-parcel-market.ipynb", "anna"),
        ("_902_70002_1.1-parcel-market.ipynb", "li-na"),
        ("oharaole_5_70003_untitled_2.ipynb", "ole"),
    ],
)
def test_the_download_of_canvas(tmp_path, name, who):
    archive = put(tmp_path / "submissions.zip", zipped({name: GOOD}))
    assert sorted_out(archive).counted[0].learner == who


def test_of_several_tries_on_canvas_the_last_number_counts(tmp_path):
    names = ["berganna_901_7_x.ipynb", "berganna_901_9_x-10.ipynb", "berganna_901_8_x-2.ipynb"]
    tries = {name: answered(GOOD, q2=f"market = {name!r}") for name in names}
    found = sorted_out(put(tmp_path / "submissions.zip", zipped(tries)))
    assert found.counted[0].path.name == "berganna_901_9_x-10.ipynb"
    assert len(found.superseded) == 2


def test_a_learners_zip_inside_the_platforms(tmp_path):
    inner = zipped(
        {f"handout/anna/1.1/{FILE}": handed_out(ANNA), "handout/anna/1.1/datasets/a.csv": b""}
    )
    outer = zipped({"Anna Berg_1_assignsubmission_file_/1.1.zip": inner})
    (found,) = sorted_out(put(tmp_path / "m.zip", outer)).counted
    assert found.learner == "anna"


def test_of_two_notebooks_the_latest_counts_and_both_are_kept(tmp_path):
    old = put(tmp_path / "anna" / "1.1" / "first.ipynb", GOOD)
    new = put(tmp_path / "anna" / "1.1" / "a-second.ipynb", answered(GOOD, q2="market = 2"))
    os.utime(old, (1_000_000, 1_000_000))
    os.utime(new, (2_000_000, 2_000_000))
    found = sorted_out(tmp_path)
    assert found.counted[0].path.name == "a-second.ipynb"
    assert [one.path.name for one in found.superseded] == ["first.ipynb"]
    (sentence,) = said(found)
    assert "several notebooks" in sentence
    assert "first.ipynb" in sentence


# --- oddities, each a sentence


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("anna/1.1/x.ipynb", handed_out(OLE), "given to ole"),
        ("stranger/1.1/x.ipynb", GOOD, '"stranger" is not on the roster'),
        ("anna/2.4/x.ipynb", GOOD, "named after exercise 2.4, but it is 1.1"),
        ("anna/1.1/x.ipynb", GOOD.replace(b'"lesson": "1.1"', b'"lesson": "3.3"'), "exercise 3.3"),
        ("anna/1.1/x.ipynb", GOOD.replace(b'"exercise"', b'"lesson"'), "notebook of lesson"),
        ("anna/x.ipynb", b"{}", "not one of the exercises"),
        (FILE, GOOD, "say whose it is"),
        ("anna/x.zip", b"PK\x03\x04 torn", "not a whole ZIP"),
        ("anna/x.zip", zipped({"../../anna.ipynb": GOOD}), "leads out of the archive"),
        ("anna/x.zip", zipped({"/etc/anna.ipynb": GOOD}), "leads out of the archive"),
        ("anna/x.zip", zipped({"C:\\anna.ipynb": GOOD}), "leads out of the archive"),
        ("anna/x.zip", zipped({"y.zip": zipped({"z.zip": zipped({"a": GOOD})})}), "ZIP in a ZIP"),
    ],
)  # fmt: skip
def test_an_oddity_is_told_and_the_neighbour_counts(tmp_path, name, data, sentence):
    put(tmp_path / "li-na" / "1.1" / FILE, handed_out(LI_NA))
    put(tmp_path / name, data)
    found = sorted_out(tmp_path, assignments=("1.1", "2.4"))
    assert any(sentence in line for line in said(found)), said(found)
    assert "li-na" in owners(found).values()
    assert len(said(found)) == 1


def test_a_notebook_that_says_nothing_is_taken_for_the_only_exercise(tmp_path):
    put(tmp_path / "anna" / "broken.ipynb", b'{"cells": [')
    found = sorted_out(tmp_path)
    assert found.counted[0].key == ("anna", "1.1")
    assert "taken for 1.1" in said(found)[0]


def test_an_older_release_and_none_at_all_are_told(tmp_path):
    put(tmp_path / "anna" / "1.1" / FILE, handed_out(ANNA))
    put(tmp_path / "ole" / "1.1" / FILE, plain("en"))
    told = said(sorted_out(tmp_path, versions={"1.1": [exercise().version, "newer"]}))
    assert any("anna worked in an older release" in line for line in told)
    assert any("ole worked in a notebook that was not the one handed out" in line for line in told)
    told = said(sorted_out(tmp_path, versions={"1.1": ["newer"]}))
    assert any("anna worked in a release that this folder does not know" in line for line in told)
    assert len(said(sorted_out(tmp_path, versions=VERSIONS))) == 1


def test_the_same_file_from_two_learners_is_told(tmp_path):
    put(tmp_path / "anna" / "1.1" / FILE, GOOD)
    put(tmp_path / "ole" / "1.1" / FILE, GOOD)
    assert said(sorted_out(tmp_path)) == ["The same file, byte for byte, came from: anna, ole."]


def test_a_clock_that_was_wrong_is_told(tmp_path):
    put(tmp_path / "anna" / "1.1" / FILE, GOOD)
    assert "dated in the future" in said(sorted_out(tmp_path, now=1000.0))[0]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
def test_links_and_pipes_are_left_out(tmp_path):
    secret = put(tmp_path / "elsewhere" / "x.ipynb", handed_out(OLE))
    inbox = tmp_path / "in"
    put(inbox / "li-na" / "1.1" / FILE, handed_out(LI_NA))
    (inbox / "anna").mkdir()
    (inbox / "anna" / "1.1.ipynb").symlink_to(secret)
    (inbox / "ole").symlink_to(secret.parent)
    os.mkfifo(inbox / "pipe.ipynb")
    found = sorted_out(inbox)
    assert list(owners(found).values()) == ["li-na"]
    assert len([line for line in said(found) if "is a link" in line]) == 2
    assert len([line for line in said(found) if "not an ordinary file" in line]) == 1


def test_a_link_in_an_archive_is_left_out(tmp_path):
    link = zipfile.ZipInfo("anna.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = put(tmp_path / "x.zip", zipped({link: b"/etc/passwd"}))
    assert "is a link" in said(sorted_out(archive))[0]


def test_a_bomb_ends_where_the_limit_is(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MOST_NOTEBOOK", 1 << 20)
    bomb = zipped({"anna/1.1/x.ipynb": bytes(50 << 20), "li-na/1.1/x.ipynb": handed_out(LI_NA)})
    assert len(bomb) < 1 << 20
    found = sorted_out(put(tmp_path / "x.zip", bomb))
    assert list(owners(found).values()) == ["li-na"]
    assert "holds more than 1 MiB" in said(found)[0]
    assert MOST_NOTEBOOK == 128 << 20


def test_many_small_bombs_share_one_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(
        intake._Budget, "__init__", lambda self: vars(self).update(left=3 << 20, entries=99)
    )
    bombs = {f"l{number}/1.1/x.ipynb": bytes(1 << 20) + bytes([number]) for number in range(9)}
    sizes = []
    found = sorted_out(
        put(tmp_path / "x.zip", zipped(bombs)),
        Roster(),
        keep=lambda digest, data: sizes.append(len(data)),
    )
    assert sum(sizes) <= 3 << 20
    assert len(said(found)) >= 6


def test_an_archive_of_very_many_files_is_read_up_to_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MOST_ENTRIES", 5)
    monkeypatch.setattr(
        intake._Budget, "__init__", lambda self: vars(self).update(left=1 << 30, entries=5)
    )
    many = {f"{number}.txt": b"" for number in range(6)}
    assert "more than 5 files" in said(sorted_out(put(tmp_path / "x.zip", zipped(many))))[0]


def test_a_notebook_too_large_in_a_folder_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MOST_NOTEBOOK", 1 << 20)
    put(tmp_path / "anna" / "1.1" / FILE, bytes((1 << 20) + 1))
    assert "holds more than 1 MiB" in said(sorted_out(tmp_path))[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows fewer names")
@pytest.mark.parametrize(
    "name",
    [
        "x" * 249 + ".ipynb",
        "作" * 83 + ".ipynb",
        "a b\tc\n.ipynb",
        "\u202egnp.ipynb",
        "'; drop--.ipynb",
    ],
)
def test_any_file_name_is_borne(tmp_path, name):
    put(tmp_path / "anna" / "1.1" / name, GOOD)
    found = sorted_out(tmp_path)
    assert [one.learner for one in found.counted] == ["anna"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs names that are no text")
def test_a_name_that_is_no_text_is_borne(tmp_path):
    folder = os.fsencode(tmp_path) + b"/b\xff\xfe"
    os.makedirs(folder + b"/1.1")  # noqa: PTH103 - a path in bytes
    with open(folder + b"/1.1/x.ipynb", "wb") as file:  # noqa: PTH123 - a path in bytes
        file.write(GOOD)
    found = sorted_out(tmp_path, Roster())
    found.counted[0].learner.encode("utf-8")


def test_accents_in_either_spelling_name_the_same_person(tmp_path):
    roster = Roster({"zoë": Learner("zoë", "Zoë", "en")})
    put(tmp_path / unicodedata.normalize("NFD", "zoë") / "1.1" / FILE, GOOD)
    assert list(owners(sorted_out(tmp_path, roster)).values()) == ["zoë"]


def test_chinese_names_from_an_old_windows_zip_are_read(tmp_path):
    raw = zipped({"XXXX/1.1/x.ipynb": GOOD}).replace(b"XXXX", "李娜".encode("gbk"))
    assert list(owners(sorted_out(put(tmp_path / "x.zip", raw))).values()) == ["li-na"]


@pytest.mark.parametrize(
    "change", [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n")]
)
def test_marks_and_line_ends_of_windows_do_not_matter(tmp_path, change):
    raw = json.dumps(json.loads(handed_out(ANNA)), indent=1).encode()
    assert contents(change(raw)) == contents(raw)
    assert contents(raw).learner == "anna"


def test_a_note_inside_an_output_is_not_believed():
    whole = json.loads(handed_out(ANNA))
    forged = json.dumps({"kdcourse": {"lesson": "9.9", "release": {"learner": "ole"}}})
    whole["cells"][2]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [forged]}]
    assert contents(json.dumps(whole).encode()).learner == "anna"


def test_deep_nesting_is_borne():
    deep = b'{"kdcourse": ' + b'{"lesson":[' * 3000
    assert contents(deep).lesson == ""


def test_editors_left_overs_are_no_submissions(tmp_path):
    put(tmp_path / "anna" / "1.1" / ".ipynb_checkpoints" / FILE, GOOD)
    put(tmp_path / "anna" / "1.1" / "notes.txt", b"")
    archive = zipped({f"__MACOSX/anna/1.1/._{FILE}": b"x", f"anna/1.1/._{FILE}": b"x"})
    put(tmp_path / "more.zip", archive)
    with pytest.raises(KitError, match="no notebook in"):
        sorted_out(tmp_path)


def test_places_that_are_not_there_or_empty_are_a_sentence(tmp_path):
    with pytest.raises(KitError, match="There is no"):
        sorted_out(tmp_path / "none")
    with pytest.raises(KitError, match="no notebook in"):
        sorted_out(tmp_path)
    with pytest.raises(KitError, match="neither a folder"):
        sorted_out(put(tmp_path / "x.txt", b""))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_harms_no_neighbour(tmp_path):
    put(tmp_path / "li-na" / "1.1" / FILE, handed_out(LI_NA))
    put(tmp_path / "anna" / "1.1" / FILE, GOOD).parent.chmod(0)
    found = sorted_out(tmp_path)
    assert list(owners(found).values()) == ["li-na"]
    assert "cannot be read" in said(found)[0]
