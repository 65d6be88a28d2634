"""What of a notebook is learnt by doing: the role plays and simulations that its cells show."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kdcourse.progress.results import DoingResult, Results
from kdcourse.texts import KitError, pick

#: What the learner calls, which is what the journal calls its events.
KINDS = ("play", "simulate")


class Doing(NamedTuple):
    """A role play or a simulation: ``"play"`` or ``"simulate"``, and its name."""

    kind: str
    name: str


def doings(cells: Sequence[Mapping[str, Any]]) -> tuple[Doing, ...]:
    """Return what the code cells of a notebook show, each once, in order.

    A conversation that a cell leads itself, ``play("3.4.price-talk").choose([...])``, is read and
    not done.
    """
    codes = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return tuple(dict.fromkeys(found for code in codes for found in _shown(code)))


def went(doing: Doing, results: Results) -> list[DoingResult]:
    """Return how it went, for each day of the world that it was done on."""
    return [
        result
        for (kind, label), result in results.doings.items()
        if kind == doing.kind and label.partition("#")[0] == doing.name
    ]


def is_done(doing: Doing, results: Results) -> bool:
    """Say whether a role play came to an end, or whether all rounds of a simulation were played."""
    every = went(doing, results)
    if doing.kind == "play":
        return any(result.ends for result in every)
    return any(result.steps >= _rounds(doing.name) for result in every)


def title(doing: Doing) -> str:
    """Return its title, in the language spoken now; its name if it is there no longer."""
    from kdcourse.practice.roleplay.reading import load_scenario
    from kdcourse.practice.simulations.spec import load_spec

    try:
        its = load_scenario(doing.name) if doing.kind == "play" else load_spec(doing.name)
    except KitError:
        return doing.name
    return pick(its.title)


def _rounds(name: str) -> int:
    from kdcourse.practice.simulations.spec import load_spec

    try:
        return load_spec(name).rounds
    except KitError:
        return 1


def _shown(code: str) -> Iterator[Doing]:
    """Yield what the last line of a cell shows, called there or given a name above."""
    try:
        lines = ast.parse(code).body
    except SyntaxError:  # a magic, such as %%sql
        return
    last = lines[-1] if lines else None
    value = last.value if isinstance(last, ast.Expr) else None
    if isinstance(value, ast.Name):
        given = [
            line.value
            for line in lines
            if isinstance(line, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == value.id for t in line.targets)
        ]
        value = given[-1] if given else None
    match value:
        case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str() as name), *_]):
            if kind in KINDS:
                yield Doing(kind, name)
