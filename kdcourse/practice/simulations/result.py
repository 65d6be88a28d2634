"""What a decision led to, held against what would have happened without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kdcourse.practice.simulations.spec import Settings, Spec
from kdcourse.texts import say

if TYPE_CHECKING:
    import pandas as pd

#: What is filled into a sentence: a text, an outcome with its value, or codes of cities. The last
#: two are put into words when they are read, in the language spoken then.
Filling = str | tuple[str, float] | Sequence[str]
#: A sentence of the simulation's notes, and its fillings.
Note = tuple[str, Mapping[str, Filling]]


@dataclass(frozen=True)
class Series:
    """Something that went on over time, or along a scale.

    Attributes:
        outcome: Which outcome it shows.
        labels: Where each value stands.
        today: Values without a decision; of the same length, or empty.
        now: Values with it.
        per: ``"month"`` if the labels are their numbers; empty if they are said as they are.
    """

    outcome: str
    labels: tuple[str, ...]
    today: tuple[float, ...]
    now: tuple[float, ...]
    per: str = ""

    def named(self, place: int) -> str:
        """Return what stands below a value, in the language spoken now."""
        label = self.labels[place]
        return say(f"simulation.{self.per}", number=label) if self.per else label


@dataclass(frozen=True)
class Result:
    """The consequence of a decision.

    Attributes:
        spec: Of which simulation.
        settings: What was decided; of several rounds the last.
        seed: Whose luck it met.
        today: Outcome -> its value for the same customers if nothing had been decided.
        now: Outcome -> its value with the decision.
        notes: What is worth a sentence.
        series: One outcome in the course of time, if there is any.
        months: Monthly figures as a table, if there are any.
    """

    spec: Spec
    settings: Settings
    seed: int
    today: Mapping[str, float]
    now: Mapping[str, float]
    notes: tuple[Note, ...] = ()
    series: Series | None = field(default=None, repr=False)
    months: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        # NumPy's numbers would be written otherwise than Python's.
        for part in ("today", "now"):
            plain = {name: float(value) for name, value in getattr(self, part).items()}
            object.__setattr__(self, part, plain)

    def __getitem__(self, outcome: str) -> float:
        """Return an outcome with the decision."""
        return self.now[outcome]

    @property
    def difference(self) -> dict[str, float]:
        """What the decision caused: each outcome with it less the one without."""
        return {name: self.now[name] - self.today[name] for name in self.now}

    def frame(self) -> pd.DataFrame:
        """Return the outcomes as a table: ``today``, ``now`` and ``difference`` by outcome."""
        import pandas as pd

        rows = {"today": self.today, "now": self.now, "difference": self.difference}
        return pd.DataFrame(rows).rename_axis("outcome")

    def __repr__(self) -> str:
        from kdcourse.practice.simulations.wording import result_text

        return result_text(self)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        from kdcourse.practice.simulations.picture import chart
        from kdcourse.practice.simulations.wording import result_text

        text = result_text(self)
        return {"text/plain": text, "image/svg+xml": chart(self)}, {"image/svg+xml": {"alt": text}}
