"""A simulation in words: its text for reading without widgets, and what came of a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kdcourse.practice.simulations.result import Filling, Result
from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import Outcome, Settings, Spec
from kdcourse.texts import pick, say
from kdcourse.world.tables import display_names


def as_text(simulation: Simulation) -> str:
    """Return what is asked, what can be decided, and what came of it so far."""
    spec = simulation.spec
    head = [say("simulation.title", title=pick(spec.title)), pick(spec.situation), pick(spec.task)]
    lines = [*head, "", say("simulation.controls"), *controls_lines(spec)]
    if simulation.result is None:
        call = say("simulation.how", name=next(iter(spec.controls)), value=_example(spec))
        return "\n".join([*lines, "", call])
    if len(simulation.results) > 1:
        lines += ["", *tries_lines(simulation)]
    return "\n".join([*lines, "", result_text(simulation.result)])


def controls_lines(spec: Spec) -> list[str]:
    """Return a line for each control: what it is, what it can be, what it is today."""
    lines = []
    for control in spec.controls.values():
        if control.options:
            range_ = ", ".join(control.options)
        else:
            range_ = say("simulation.range", low=f"{control.low:g}", high=f"{control.high:g}")
        lines.append(
            say(
                "simulation.control", id=control.id, name=pick(control.name), range=range_,
                today=control.shown(control.today),
            )
        )  # fmt: skip
    return lines


def decided(spec: Spec, settings: Settings) -> str:
    """Return how settings differ from what the carrier does today."""
    changed = [
        say("simulation.set", name=pick(control.name), value=control.shown(settings[name]))
        for name, control in spec.controls.items()
        if settings[name] != control.today
    ]
    return say("simulation.comma").join(changed) if changed else say("simulation.as-today")


def tries_lines(simulation: Simulation) -> list[str]:
    """Return a line for each decision so far: what it was, and the first outcome."""
    return [
        say("simulation.try", number=number, decided=words, outcome=name, value=value)
        for number, words, name, value in tries(simulation)
    ]


def tries(simulation: Simulation) -> list[tuple[int, str, str, str]]:
    """Return each decision so far: number, what it was, the first outcome and what it came to."""
    spec = simulation.spec
    first = next(iter(spec.outcomes.values()))
    return [
        (
            number, decided(spec, settings), pick(first.name),
            first.shown(result[first.id] - result.today[first.id], signed=True),
        )
        for number, (settings, result) in enumerate(
            zip(simulation.decisions, simulation.results, strict=True), 1
        )
    ]  # fmt: skip


def outcome_line(outcome: Outcome, result: Result) -> str:
    """Return one outcome with its difference from doing nothing."""
    now, today = result.now[outcome.id], result.today[outcome.id]
    return say(
        "simulation.outcome", name=pick(outcome.name), now=outcome.shown(now),
        change=outcome.shown(now - today, signed=True), today=outcome.shown(today),
    )  # fmt: skip


def judgement(outcome: Outcome, result: Result) -> str:
    """Return whether an outcome is better, worse or the same as without the decision."""
    now, today = result.now[outcome.id], result.today[outcome.id]
    if outcome.shown(now) == outcome.shown(today):
        return say("simulation.same")
    return say("simulation.better" if outcome.better * (now - today) > 0 else "simulation.worse")


def headline(result: Result) -> str:
    """Return the result in a sentence: the first outcome, and whether it is better."""
    first = next(iter(result.spec.outcomes.values()))
    line = outcome_line(first, result)
    line = line[:1].upper() + line[1:]
    return say("simulation.headline", line=line, judgement=judgement(first, result))


def remarks(result: Result) -> list[str]:
    """Return what is worth a sentence about a result, then what it counts and where it misleads."""
    spec = result.spec
    said = [note(spec, name, fields) for name, fields in result.notes]
    said.append(say("simulation.cost", text=pick(spec.cost)))
    said.append(say("simulation.limitation", text=pick(spec.limitation)))
    return said


def note(spec: Spec, name: str, fillings: Mapping[str, Filling]) -> str:
    """Return one of the sentences of a simulation."""
    words = {key: _filled(spec, filling) for key, filling in fillings.items()}
    return pick(spec.notes[name]).format(**words)


def _filled(spec: Spec, filling: Filling) -> str:
    if isinstance(filling, str):
        return filling
    match filling:
        case (str() as outcome, float() as value):
            return spec.outcomes[outcome].shown(value)
    known = display_names("cities", "city")
    cities = [known[str(city)] for city in filling]
    return say("simulation.and").join(cities) or say("simulation.none")


def assumptions(spec: Spec) -> list[str]:
    """Return the numbers that a simulation assumes."""
    return [
        say("simulation.assumption", value=f"{value:g}", what=pick(what))
        for value, what in spec.assumptions.values()
    ]


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: bool = True) -> str:
    """Return a table; all columns but the first are numbers, unless said otherwise."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = ""
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
    kind = ' class="numbers"' if numbers else ""
    return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def result_text(result: Result) -> str:
    """Return a result as plain text."""
    spec = result.spec
    lines = [say("simulation.decided", decided=decided(spec, result.settings)), headline(result)]
    lines += [f"- {outcome_line(outcome, result)}" for outcome in [*spec.outcomes.values()][1:]]
    return "\n".join([*lines, *remarks(result)])


def _example(spec: Spec) -> str:
    control = next(iter(spec.controls.values()))
    other = next(stop for stop in control.stops if stop != control.today)
    return f'"{other}"' if isinstance(other, str) else f"{other:g}"
