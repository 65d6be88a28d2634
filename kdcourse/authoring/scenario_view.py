"""What an author sees of a scenario at the command line: faults, players, picture, a try."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from kdcourse.authoring.scenario_graph import draw
from kdcourse.authoring.scenario_lint import lint
from kdcourse.authoring.scenario_states import Examined
from kdcourse.practice.roleplay.players import Outcome
from kdcourse.practice.roleplay.reading import load_scenario, scenario_names
from kdcourse.practice.roleplay.scenario import Scenario
from kdcourse.practice.roleplay.session import Play
from kdcourse.practice.roleplay.wording import as_text, line, meters_text
from kdcourse.texts import KitError, pick, say, speaking


def show(names: Sequence[str], to: Path | None, lang: str) -> bool:
    """Print what is to be said of scenarios, and draw them; say whether nothing is to be mended.

    Args:
        names: Which; none means all.
        to: The folder to draw into; None draws nothing.
        lang: Language of the pictures; empty for the one spoken now.
    """
    faults = 0
    for name in names or scenario_names():
        try:
            its = Examined(load_scenario(name))
        except KitError as unreadable:
            typer.echo(str(unreadable))
            faults += 1
            continue
        found = lint(its)
        _summary(its)
        for fault in found:
            typer.echo(f"  {fault}")
        if to:
            typer.echo(say("scenario.drawn", path=_draw(its.scenario, to, lang)))
        faults += len(found)
    typer.echo(say("scenario.faults" if faults else "scenario.clean", number=faults))
    return not faults


def try_out(name: str) -> None:
    """Play a scenario at the terminal, by number."""
    its = Play(load_scenario(name))
    typer.echo(as_text(its))
    while not its.over:
        given = typer.prompt(say("scenario.choose-number"), default="", show_default=False)
        options = its.options
        if not given.strip():
            return
        if not given.isdigit() or not 1 <= int(given) <= len(options):
            continue
        told = len(its.script())
        its.make(options[int(given) - 1].id)
        for who, text in its.script()[told:]:
            typer.echo(line(its, who, text))
        typer.echo(meters_text(its.scenario, its.state, its.states[-2]))
        for number, move in enumerate(its.options, 1):
            typer.echo(say("roleplay.option", number=number, move=move.id, text=pick(move.text)))
    typer.echo(f"\n{its.debrief()!r}")


def _draw(scenario: Scenario, to: Path, lang: str) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    path = to / f"{scenario.name}{f'.{lang}' if lang else ''}.svg"
    if lang:
        with speaking(lang):
            picture = draw(scenario)
    else:
        picture = draw(scenario)
    path.write_text(picture, encoding="utf-8")
    return path


def _summary(its: Examined) -> None:
    scenario = its.scenario
    starts = [start for start, _ in its.atlas.starts]
    typer.echo(
        say(
            "scenario.summary", name=scenario.name, scenes=len(scenario.scenes),
            moves=len(scenario.moves), ends=len(scenario.endings), states=len(its.atlas.states),
            least=min(its.atlas.lengths(longest=False)[start] for start in starts),
            most=max(its.atlas.lengths(longest=True)[start] for start in starts),
            best=f"{its.highest:.0f}",
        )
    )  # fmt: skip
    if not its.atlas.loop:
        for player, outcome in its.outcomes.items():
            typer.echo(_player(player, outcome))


def _player(player: str, outcome: Outcome) -> str:
    plays = sum(outcome.endings.values())
    shares = [
        say("scenario.share", ending=ending or "–", share=f"{count / plays:.1%}")
        for ending, count in sorted(outcome.endings.items(), key=lambda pair: -pair[1])
    ]
    score = f"{outcome.scores.mean():.0f}"
    endings = say("roleplay.comma").join(shares)
    return say(f"scenario.player-{player}", score=score, endings=endings)
