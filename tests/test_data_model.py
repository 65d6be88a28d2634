"""The page of the data model says of the tables what their declarations say, in both languages.

The drawings are made here: where one is out of date, the test shows the lines that belong there.
"""

import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from kdcourse.world.declarations import GROUPS
from kdcourse.world.effects import causes
from kdcourse.world.tables import table, tables

ROOT = Path(__file__).parents[1]
PAGES = {"en": "data-model.md", "zh-CN": "data-model.zh-CN.md"}
#: The words with which a row of the mapping begins, in the order of PAGES.
FATES = [
    ("→", "→"),
    ("computed from", "自己算："),
    ("CRM:", "CRM："),
    ("with", "随"),
    ("left out:", "不设："),
]
#: What is marked as a name: `orders.fee`, or `orders.*` for the columns of the same name.
NAME = re.compile(r"`([a-z_0-9]+)\.([a-z_0-9]+|\*)`")
DRAWN = re.compile(r"```mermaid\n(.*?)\n```", re.DOTALL)


# --- the drawings -------------------------------------------------------------------------------


def drawing(names):
    """Return the lines of an entity-relationship diagram of ``names`` and what they refer to."""
    lines = ["erDiagram", *(f"  {name}" for name in names if not references(name))]
    for name in names:
        if clean := table(name).clean_of:
            lines.append(f"  {clean} |o..o{{ {name} : clean_of")
        for column, there in references(name):
            one, many = ends(name, column)
            lines.append(f"  {there} {one}--{many} {name} : {column.name}")
    return lines


def ends(name, column):
    """Return both ends of a reference's line: at what it refers to, and at the table itself."""
    there, target = column.refers.split(".")
    if table(there).key != (target,):
        return "}o", "o{"  # the code stands there more than once
    one = "|o" if column.missing else "||"
    return one, "o|" if table(name).key == (column.name,) else "o{"


def references(name):
    """Return the columns of a table that refer to another, each with the other's name."""
    return [(c, c.refers.split(".")[0]) for c in table(name).columns if c.refers]


def overview(areas):
    """Return the lines of a flowchart of areas: (title, names of tables) each."""
    home = {name: number for number, (_, names) in enumerate(areas) for name in names}
    lines = ["flowchart TD"]
    for number, (title, names) in enumerate(areas):
        lines.append(f'  a{number}["{title}<br/>{", ".join(names)}"]')
    seen = dict.fromkeys(
        (number, home[there])
        for number, (_, names) in enumerate(areas)
        for name in names
        for _, there in references(name)
        if home[there] != number
    )
    lines += [f"  a{source} --> a{target}" for source, target in seen]
    clean = dict.fromkeys(
        (home[name], home[table(name).clean_of]) for name in home if table(name).clean_of
    )
    return lines + [f"  a{source} -.-> a{target}" for source, target in clean]


# --- reading the page ---------------------------------------------------------------------------


def text(lang):
    return (ROOT / "docs" / PAGES[lang]).read_text(encoding="utf-8")


def sections(lang):
    """Return (heading, text below it) of every section, in order."""
    parts = re.split(r"^#+ (.*)$", text(lang), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def areas(lang):
    """Return (title, names of tables, text) of every area."""
    line = re.compile(r"^(?:Tables: |表：)(.*)$", re.MULTILINE)
    found = [(title, line.search(body), body) for title, body in sections(lang)]
    return [(title, re.findall(r"`(\w+)`", m[1]), body) for title, m, body in found if m]


def mapping(lang):
    """Return (syllabus table, its columns, where it went) of every row of the mapping."""
    rows, fates = [], tuple(pair[list(PAGES).index(lang)] for pair in FATES)
    for line in text(lang).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[2].startswith(fates):
            rows.append((cells[0], re.findall(r"`([^`]+)`", cells[1]), cells[2]))
    return rows


def known():
    """Return table -> names of its columns: declared tables and those of the CRM alone."""
    database = sqlite3.connect(":memory:")
    for script in sorted((ROOT / "kdcourse/content/crm/schema").glob("*.sql")):
        database.executescript(script.read_text(encoding="utf-8"))
    query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
    found: dict[str, set[str]] = {}
    for name, column in database.execute(query + " WHERE m.type IN ('table', 'view')"):
        found.setdefault(name, set()).add(column)
    declared = {name: {c.name for c in known.columns} for name, known in tables().items()}
    return found | declared  # what both hold is as declared


# --- promises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", PAGES)
def test_every_table_stands_in_one_area(lang):
    listed = Counter(name for _, names, _ in areas(lang) for name in names)
    assert listed == Counter(tables().keys())


@pytest.mark.parametrize("lang", PAGES)
def test_the_drawings_show_the_references_declared(lang):
    whole = DRAWN.search(text(lang))[1].splitlines()
    assert whole == overview([(title, names) for title, names, _ in areas(lang)])
    for title, names, body in areas(lang):
        assert DRAWN.search(body)[1].splitlines() == drawing(names), title


@pytest.mark.parametrize("lang", PAGES)
def test_every_column_named_exists(lang):
    columns = known()
    named = set(NAME.findall(text(lang)))
    assert len(named) > 200
    missing = {
        f"{name}.{column}"
        for name, column in named
        if column not in columns.get(name, ()) and not (column == "*" and name in columns)
    }
    assert missing == set()


@pytest.mark.parametrize("lang", PAGES)
def test_what_keeps_its_name_has_it_in_every_table_named(lang):
    columns, rows = known(), 0
    for source, names, fate in mapping(lang):
        same = [name for name, column in NAME.findall(fate) if column == "*"]
        rows += bool(same)
        for name in same:
            assert set(names) <= columns[name], (source, name)
    assert rows > 40


def test_both_pages_name_the_same_columns():
    for (title, body), (other_title, other) in zip(*map(sections, PAGES), strict=True):
        assert Counter(NAME.findall(body)) == Counter(NAME.findall(other)), (title, other_title)


def test_both_pages_send_every_column_of_the_syllabus_to_the_same_place():
    english, chinese = map(mapping, PAGES)
    assert len(english) > 120
    for (source, names, fate), (quelle, namen, ort) in zip(english, chinese, strict=True):
        assert (source, names) == (quelle, namen)
        assert any(fate.startswith(one) and ort.startswith(other) for one, other in FATES), fate
        assert Counter(NAME.findall(fate)) == Counter(NAME.findall(ort)), source


@pytest.mark.parametrize("lang", PAGES)
def test_personal_data_are_named_in_their_area_and_nothing_else_is(lang):
    for title, names, body in areas(lang):
        line = re.search(r"^- (?:Personal data|个人信息)(.*)$", body, re.MULTILINE)[1]
        marked = {
            (name, column.name)
            for name in names
            for column in table(name).columns
            if column.nature == "personal"
        }
        if marked:
            assert set(NAME.findall(line)) == marked, title
        else:
            assert re.match(r"[:：] ?(No|没有)", line), title


@pytest.mark.parametrize("lang", PAGES)
def test_files_and_the_warehouse_tables_named_exist(lang):
    paths = re.findall(r"`((?:kdcourse|datasets)/[\w/.]+)`", text(lang))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    star = (ROOT / "kdcourse/content/crm/warehouse/star.sql").read_text(encoding="utf-8")
    named = {
        name for _, _, fate in mapping(lang) for name in re.findall(r"`((?:dim|fact)_\w+)`", fate)
    }
    assert named == set(re.findall(r"CREATE TABLE ((?:dim|fact)_\w+)", star))


@pytest.mark.parametrize("lang", PAGES)
def test_the_effects_asked_for_are_planted_and_the_tests_named_exist(lang):
    body = sections(lang)[-1][1]
    rows = [line.split(" | ") for line in body.splitlines() if "::" in line]
    assert len(rows) == 17
    for asked, effects, found_by in rows:
        named = set(re.findall(r"`([a-z_]+)`", effects))
        assert named <= set(causes()), asked
        tests = re.findall(r"`(\w+\.py)::(\w+)`", found_by)
        assert tests, asked
        for module, test in tests:
            assert f"def {test}(" in (ROOT / "tests" / module).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", PAGES)
def test_the_numbers_of_tables_are_right(lang):
    folders = Counter(declared.folder for declared in tables().values())
    number = re.compile(r"\b(\d+)(?= tables| raw| of a case| of published| 张)")
    opening = text(lang).split("\n## ")[0]
    assert [int(n) for n in number.findall(opening)] == list(map(folders.get, GROUPS))
    readme = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
    assert {int(n) for n in number.findall(readme)} == {folders["lanyan"]}
