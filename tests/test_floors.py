"""The package is a house: each floor knows only those below it, and no room is unused."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kdcourse"

#: From the ground up. Rooms on one floor do not see each other.
FLOORS = [
    ["atomic", "bar", "texts", "course"],
    ["refusals"],
    ["world"],
    ["data"],
    ["metrics"],
    ["plots"],
    ["crm"],
    ["progress"],
    ["checks"],
    ["practice"],
    ["grading"],
    ["authoring", "workspace"],
    ["cli", "__init__", "__main__"],
]
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
#: These know each other: the course's places and its words are one foundation.
TOGETHER = {"texts", "course", "cli", "__init__", "__main__"}


def modules():
    """Return every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


MODULES = modules()


def imports(source, name, is_package):
    """Return the modules of the package that a source imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                own = name.split(".")
                drop = node.level - is_package
                base = ".".join([*own[: len(own) - drop], *filter(None, [base])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return {module for module in found if module in MODULES}


def imported(name):
    path = MODULES[name]
    return imports(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def may_import(one, other):
    if room(one) == room(other) or (room(one) in TOGETHER and room(other) in TOGETHER):
        return HEIGHT[room(one)] >= HEIGHT[room(other)]
    # The package itself is imported with each of its modules; that costs and binds nothing.
    return HEIGHT[room(one)] > HEIGHT[room(other)]


def test_every_module_has_a_floor():
    assert {room(name) for name in MODULES} <= set(HEIGHT)


@pytest.mark.parametrize("name", MODULES)
def test_nobody_imports_upward(name):
    known = imported(name) | named(name)
    upward = sorted(other for other in known if not may_import(name, other))
    assert upward == []


def named(name):
    """Return the modules that a module names as text, to import when they are first used."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return words & set(MODULES) - {"kdcourse"}


def test_no_module_is_left_over():
    """From the command line or the learner's door one gets everywhere."""
    reached, waiting = set(), {"kdcourse", "kdcourse.__main__"}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        parents = {name.rpartition(".")[0]} - {""}
        waiting |= (imported(name) | named(name) | parents) - reached
    assert sorted(set(MODULES) - reached) == []


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("import kdcourse.cli", "kdcourse.world", {"kdcourse.cli"}),
        ("from kdcourse.cli import run", "kdcourse.world", {"kdcourse.cli"}),
        ("from kdcourse import cli", "kdcourse.world", {"kdcourse.cli", "kdcourse"}),
        ("from . import cli", "kdcourse.texts", {"kdcourse.cli", "kdcourse"}),
        ("def f():\n    from .cli import run", "kdcourse.texts", {"kdcourse.cli"}),
        ("import json", "kdcourse.texts", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(source, name, found):
    assert imports(source, name, False) == found


def test_the_floors_forbid_what_they_should():
    assert may_import("kdcourse.plots", "kdcourse.world.world")
    assert not may_import("kdcourse.world.world", "kdcourse.plots")
    assert not may_import("kdcourse.authoring.build", "kdcourse.workspace.sync")
    assert not may_import("kdcourse.data", "kdcourse")


def test_the_first_line_of_each_module_says_what_it_is_for():
    for name, path in MODULES.items():
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert doc.splitlines()[:1], name
