"""Printing what the course covers: a table by module and mode, then concepts one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from kdcourse.authoring.coverage import Coverage, Taught, coverage, plain
from kdcourse.authoring.syllabus import MODES, TOPICS, modules, topics
from kdcourse.texts import KitError, pick, say


def show(root: Path, module: str = "", mode: str = "", *, todo: bool, as_json: bool) -> None:
    """Print the coverage of the course.

    Args:
        root: The course's root.
        module: Only concepts of this module, ``"1"``.
        mode: Only concepts that ask for this mode, ``"DA"``; they are judged by it alone.
        todo: List what is missing instead of what is there.
        as_json: Print everything as JSON; the choices above don't hold then.

    Raises:
        KitError: There is no such module or mode.
    """
    if module and module not in modules():
        raise KitError("coverage.no-module", module=module, known=", ".join(modules()))
    if mode and mode not in MODES:
        raise KitError("coverage.no-mode", mode=mode, known=", ".join(MODES))
    found = coverage(root)
    if as_json:
        typer.echo(json.dumps(plain(found), ensure_ascii=False, indent=1))
        return
    chosen = [
        taught
        for taught in found.concepts.values()
        if module in ("", taught.concept.module) and (not mode or mode in taught.concept.modes)
    ]
    _print_table(chosen)
    for line in _missing(chosen, mode) if todo else _present(chosen, mode):
        typer.echo(line)
    if not module and not mode:
        for line in _topics(found, todo):
            typer.echo(line)
    for cell, tag in found.unknown:
        typer.echo(say("coverage.unknown-tag", cell=cell, tag=tag), err=True)


def _print_table(chosen: Sequence[Taught]) -> None:
    from rich.console import Console
    from rich.table import Table

    heads = [say(f"coverage.column-{name}") for name in ("module", "concepts", "parts")]
    table = Table(box=None, padding=(0, 2, 0, 0), show_footer=False)
    for number, head in enumerate([*heads, *MODES]):
        table.add_column(head, justify="left" if number == 0 else "right", no_wrap=True)
    present = {taught.concept.module for taught in chosen}
    for module, (_, names) in modules().items():
        if module in present:
            own = [taught for taught in chosen if taught.concept.module == module]
            table.add_row(f"{module} {pick(names)}", *_row(own))
    if len(present) > 1:
        table.add_row(say("coverage.total"), *_row(chosen))
    Console(markup=False, highlight=False).print(table)
    typer.echo(say("coverage.legend"))


def _row(chosen: Sequence[Taught]) -> Iterator[str]:
    yield f"{sum(taught.complete for taught in chosen)}/{len(chosen)}"
    parts = sum(len(taught.concept.parts) for taught in chosen)
    yield f"{parts - sum(len(taught.lacking_parts) for taught in chosen)}/{parts}"
    for mode in MODES:
        asked = [taught for taught in chosen if mode in taught.concept.modes]
        yield f"{sum(mode not in taught.lacking_modes for taught in asked)}/{len(asked)}"


def _present(chosen: Sequence[Taught], mode: str) -> Iterator[str]:
    for taught in chosen:
        if taught.cells:
            cells = {cell.partition(":")[0] for each in taught.cells.values() for cell in each}
            line = say(
                "coverage.taught",
                id=taught.concept.id,
                name=taught.concept.name,
                modes=" ".join(taught.modes),
                lessons=", ".join(sorted(cells)),
            )
            lacks = _lacks(taught, mode)
            yield line + (f"; {say('coverage.lacks', what=lacks)}" if lacks else "")


def _missing(chosen: Sequence[Taught], mode: str) -> Iterator[str]:
    lines = [
        say(
            "coverage.missing",
            id=taught.concept.id,
            name=taught.concept.name,
            what=say("coverage.lacks", what=lacks),
            lesson=taught.concept.lesson,
        )
        for taught in chosen
        if (lacks := _lacks(taught, mode))
    ]
    yield from lines or [say("coverage.nothing-missing")]


def _lacks(taught: Taught, mode: str) -> str:
    modes = [each for each in taught.lacking_modes if mode in ("", each)]
    parts = [] if mode else taught.lacking_parts
    found = [say("coverage.mode-lacking", modes=" ".join(modes))] if modes else []
    found += [say("coverage.parts-lacking", parts="、".join(parts))] if parts else []
    return "; ".join(found)


def _topics(found: Coverage, todo: bool) -> Iterator[str]:
    for letter, kind in TOPICS.items():
        listed = topics(letter)
        musts = [name for name, entry in listed.items() if entry.get("minimum")]
        yield say(
            f"coverage.{kind}",
            covered=sum(name in found.topics for name in listed),
            all=len(listed),
            **(
                {"must": sum(n in found.topics for n in musts), "musts": len(musts)}
                if musts
                else {}
            ),
        )
        for name, entry in listed.items():
            if (name in found.topics) != todo:
                yield f"  {say('coverage.topic', id=name, name=pick(entry))}"
