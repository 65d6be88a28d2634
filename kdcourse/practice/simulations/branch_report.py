"""The board report of the branch: what was decided, what came of it, and what others did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kdcourse.practice.simulations.branch import (
    STRATEGIES,
    Years,
    lived,
    strategy,
    turns,
)
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.wording import decided, html_table, note
from kdcourse.texts import content, pick, say

if TYPE_CHECKING:
    import pandas as pd

_SPEC = load_spec("branch")
_MONTHS = 3
#: Outcomes by which strategies are compared.
_COMPARED = ("worth", "net", "book", "customers", "on_time", "complaints")


@dataclass(frozen=True, eq=False)
class Report:
    """A branch looked back on.

    Attributes:
        decisions: What was decided, by quarter.
        seed: Whose luck it met.
        own: What came of it.
        others: What the reference strategies would have come to, by name.
    """

    decisions: Sequence[Settings]
    seed: int
    own: Years
    others: dict[str, Years]

    @property
    def months(self) -> pd.DataFrame:
        """The monthly figures."""
        return self.own.months()

    @property
    def comparison(self) -> pd.DataFrame:
        """The outcomes of the own and the reference strategies, a row each."""
        import pandas as pd

        rows = {name: years.outcomes for name, years in self._everybody.items()}
        return pd.DataFrame(rows).T[list(_COMPARED)].rename_axis("strategy")

    def lines(self) -> list[str]:
        """Return the report in sentences."""
        return [self._verdict(), "", *self._quarters(), "", *self._strategies(), "", *self._ahead()]

    def _verdict(self) -> str:
        worth = self.own.outcomes["worth"]
        gain = worth - self.others["today"].outcomes["worth"]
        beaten = [name for name, years in self.others.items() if years.outcomes["worth"] < worth]
        shown = _SPEC.outcomes["worth"].shown
        return say(
            "simulation.board", worth=shown(worth), gain=shown(gain, signed=True),
            beaten=len(beaten), all=len(self.others), seed=self.seed,
        )  # fmt: skip

    def _quarters(self) -> list[str]:
        today = self.others["today"].net
        lines = [say("simulation.board-quarters")]
        for number, settings in enumerate(self.decisions):
            months = slice(_MONTHS * number, _MONTHS * (number + 1))
            net = float(self.own.net[months].sum())
            turn = turns(self.seed)[number]
            lines.append(
                say(
                    "simulation.board-quarter", number=number + 1, decided=decided(_SPEC, settings),
                    net=_SPEC.outcomes["net"].shown(net),
                    change=_SPEC.outcomes["net"].shown(net - float(today[months].sum()), True),
                    spent=_SPEC.outcomes["budget"].shown(float(self.own.measures[number])),
                    event=note(_SPEC, turn.note, turn.fields),
                )
            )  # fmt: skip
        return lines

    def _strategies(self) -> list[str]:
        lines = [say("simulation.board-others")]
        for name, years in self._everybody.items():
            parts = [
                say(
                    "simulation.set", name=pick(_SPEC.outcomes[part].name),
                    value=_SPEC.outcomes[part].shown(years.outcomes[part]),
                )
                for part in _COMPARED
            ]  # fmt: skip
            joined = say("simulation.comma").join(parts)
            lines.append(say("simulation.board-other", name=strategy_name(name), parts=joined))
        return lines

    def _ahead(self) -> list[str]:
        """Return what the end leaves to the next manager, and where the report misleads."""
        own, today = self.own.outcomes, self.others["today"].outcomes
        now, ahead = own["net"] - today["net"], own["book"] - today["book"]
        kinds = {(True, True): "both", (True, False): "milked", (False, True): "invested"}
        key = kinds.get((now > 0, ahead > 0), "neither")
        return [
            say(
                f"simulation.board-{key}", net=_SPEC.outcomes["net"].shown(now, True),
                book=_SPEC.outcomes["book"].shown(ahead, True),
            ),
            say("simulation.limitation", text=pick(_SPEC.limitation)),
        ]  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        quarters = self._quarters()
        items = "".join(f"<li>{escape(line)}</li>" for line in quarters[1:])
        heads = ["", *(_SPEC.outcomes[part].label for part in _COMPARED)]
        rows = [
            [
                strategy_name(name),
                *(_SPEC.outcomes[part].number(years.outcomes[part]) for part in _COMPARED),
            ]
            for name, years in self._everybody.items()
        ]
        ahead = "".join(f"<p>{escape(line)}</p>" for line in self._ahead())
        return (
            f"<p><strong>{escape(self._verdict())}</strong></p><h4>{escape(quarters[0])}</h4>"
            f"<ul>{items}</ul><h4>{escape(say('simulation.board-others'))}</h4>"
            f"{html_table(heads, rows)}{ahead}"
        )

    @property
    def _everybody(self) -> dict[str, Years]:
        return {"you": self.own, **self.others}


def report(decisions: Sequence[Settings], seed: int) -> Report:
    """Look back on a branch."""
    others = {name: lived(strategy(name, len(decisions)), seed) for name in STRATEGIES}
    return Report(decisions, seed, lived(decisions, seed), others)


def strategy_name(name: str) -> str:
    """Return what a strategy is called; ``"you"`` is the learner's."""
    if name == "you":
        return say("simulation.you")
    return pick(content("simulations/branch")["strategy"][name]["name"])
