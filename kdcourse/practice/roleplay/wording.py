"""A role play in words: its text for reading without widgets, and its debrief as text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from kdcourse.practice.roleplay.debrief import Debrief, Judged
from kdcourse.practice.roleplay.reading import meter_names, skills
from kdcourse.practice.roleplay.rules import State, readings
from kdcourse.practice.roleplay.scenario import FULL, Move, Scenario
from kdcourse.practice.roleplay.session import Play
from kdcourse.texts import pick, say

#: A move that leaves the others this far behind is worth a word.
_AHEAD = 5.0


def as_text(play: Play) -> str:
    """Return the conversation so far and what can be said next."""
    its = play.scenario
    head = [say("roleplay.title", title=pick(its.title)), pick(its.situation), pick(its.task)]
    talk = [line(play, who, text) for who, text in play.script()]
    return "\n".join([*head, "", *talk, "", *_next(play)])


def line(play: Play, who: str, text: Mapping[str, str]) -> str:
    """Return one line of the conversation with its speaker."""
    if who == "story":
        return pick(text)
    speaker = say("roleplay.you") if who == "learner" else customer(play.scenario)
    return say("roleplay.line", speaker=speaker, text=pick(text))


def customer(scenario: Scenario) -> str:
    """Return what the customer is called."""
    return pick(scenario.customer)


def meters_text(scenario: Scenario, state: State, before: State | None = None) -> str:
    """Return the meters, with what has changed since ``before``."""
    old = readings(scenario, before) if before else {}
    parts = []
    for name, value in readings(scenario, state).items():
        change = value - old.get(name, value)
        moved = say("roleplay.moved", change=signed(change)) if change else ""
        meter = pick(meter_names()[name])
        parts.append(say("roleplay.meter", name=meter, value=value, full=FULL, moved=moved))
    return say("roleplay.comma").join(parts)


def signed(change: float) -> str:
    """Write a change with its sign; a true minus is read out as one."""
    return f"+{change:g}" if change > 0 else f"−{-change:g}"


def skills_text(move: Move) -> str:
    """Return the skills of a move."""
    known = skills()
    return say("roleplay.comma").join(pick(known[skill]) for skill in move.skills)


def verdict(debrief: Debrief) -> str:
    """Return how it ended, in one line."""
    play = debrief.play
    ending = pick(play.scenario.endings[play.state.ending].title)
    return say("roleplay.verdict", ending=ending, score=f"{play.score:g}", full=FULL)


def judged_lines(number: int, judged: Judged) -> list[str]:
    """Return what is said of one move: first the move, then what it did."""
    its = judged.step.move
    head = say("roleplay.move", number=number, text=pick(its.text), skills=skills_text(its))
    names = meter_names()
    moved = [
        say("roleplay.change", name=pick(names[name]), change=signed(change))
        for name, change in judged.changes.items()
    ]
    lines = [say("roleplay.comma").join(moved)] if moved else []
    lines += [say("roleplay.learned", fact=pick(fact.text)) for fact in judged.learned]
    if judged.better:
        lines.append(
            say(
                "roleplay.cost", before=f"{judged.before:g}", after=f"{judged.after:g}",
                cost=f"{judged.cost:g}", better=pick(judged.better.text),
            )
        )  # fmt: skip
    elif judged.ahead >= _AHEAD:
        lines.append(say("roleplay.won", ahead=f"{judged.ahead:g}", best=f"{judged.after:g}"))
    return [head, *lines]


def sections(debrief: Debrief) -> list[tuple[str, list[str]]]:
    """Return the parts of a debrief after its verdict: a heading and lines each."""
    play = debrief.play
    known = skills()
    used = [
        say("roleplay.used", name=pick(known[name]), times=times)
        for name, times in debrief.skills.items()
    ]
    found = [pick(fact.text) for fact in debrief.found]
    missed = [
        say("roleplay.hidden" if fact.hidden else "roleplay.missed", fact=pick(fact.text))
        for fact in debrief.missed
    ]
    facts = say("roleplay.facts", found=len(found), all=len(play.scenario.facts))
    model = debrief.model
    parts = [
        (facts, [*found, *missed]),
        (say("roleplay.skills"), [say("roleplay.comma").join(used)]),
        (say("roleplay.crm"), [pick(change.text) for change in play.changes]),
        (
            say("roleplay.model", score=f"{model.score:g}"),
            [line(model, who, text) for who, text in model.script()],
        ),
    ]
    return [(heading, lines) for heading, lines in parts if lines]


def debrief_text(debrief: Debrief) -> str:
    """Return a debrief as plain text."""
    lines = [verdict(debrief), "", say("roleplay.moves")]
    for number, judged in enumerate(debrief.moves, 1):
        head, *rest = judged_lines(number, judged)
        lines += [head, *(f"   {part}" for part in rest)]
    for heading, items in sections(debrief):
        lines += ["", heading, *(f"- {part}" for part in items)]
    return "\n".join(lines)


def debrief_html(debrief: Debrief, figure: str = "") -> str:
    """Return a debrief as HTML.

    Args:
        debrief: The debrief.
        figure: HTML of its figure, where it stands with the words.
    """
    moves = []
    for number, judged in enumerate(debrief.moves, 1):
        head, *rest = judged_lines(number, judged)
        body = "".join(f"<div>{escape(part)}</div>" for part in rest)
        moves.append(f'<div style="margin: 6px 0"><strong>{escape(head)}</strong>{body}</div>')
    html = [f"<p><strong>{escape(verdict(debrief))}</strong></p>{figure}"]
    html.append(f"<h4>{escape(say('roleplay.moves'))}</h4>{''.join(moves)}")
    *parts, model = sections(debrief)
    html += [f"<h4>{escape(heading)}</h4>{_listed(items)}" for heading, items in parts]
    # The longest part, and the one to read last.
    heading, items = model
    html.append(f"<details><summary>{escape(heading)}</summary>{_listed(items)}</details>")
    return "".join(html)


def _listed(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _next(play: Play) -> list[str]:
    """Return what can be said next, or how it ended."""
    state = play.state
    if play.over:
        ending = pick(play.scenario.endings[state.ending].title)
        return [say("roleplay.verdict", ending=ending, score=f"{play.score:g}", full=FULL)]
    lines = [meters_text(play.scenario, state), say("roleplay.choose")]
    return lines + [
        say("roleplay.option", number=number, move=move.id, text=pick(move.text))
        for number, move in enumerate(play.options, 1)
    ]
