"""What a simulation asks and shows, read from ``content/simulations``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from kdcourse.texts import KitError, content, language, pick, say

Text = Mapping[str, str]
#: What a control can be set to: a number, or the name of an option.
Value = float | str
Settings = Mapping[str, Value]

#: How often the unit in which a language tells large numbers goes into ten thousand.
_TOLD_IN = {"en": 10.0, "zh-CN": 1.0}

#: Every simulation and the module that computes it, in the order of the course.
SIMULATIONS = {
    "staffing": "kdcourse.practice.simulations.staffing",
    "empowerment": "kdcourse.practice.simulations.empowerment",
    "retention-budget": "kdcourse.practice.simulations.retention_budget",
    "pricing": "kdcourse.practice.simulations.pricing",
    "promise": "kdcourse.practice.simulations.promise",
    "membership": "kdcourse.practice.simulations.membership",
    "early-warning": "kdcourse.practice.simulations.early_warning",
    "complaint-queue": "kdcourse.practice.simulations.complaint_queue",
    "marketing-mix": "kdcourse.practice.simulations.marketing_mix",
    "branch": "kdcourse.practice.simulations.branch",
}


@dataclass(frozen=True)
class Control:
    """One thing to decide.

    Attributes:
        id: Its name in code.
        name: What it is called.
        unit: What a number counts; empty where the name says it.
        form: How a number is written.
        low: Least number allowed.
        high: Greatest number allowed.
        whole: Whether only whole numbers make sense.
        today: What the carrier does today.
        stops: Values that the widget offers.
        options: Words for what can be chosen, where it is no number.
    """

    id: str
    name: Text
    unit: Text
    form: str
    low: float
    high: float
    whole: bool
    today: Value
    stops: tuple[Value, ...]
    options: Mapping[str, Text]

    def read(self, value: object) -> Value:
        """Return a value as the control takes it.

        Raises:
            KitError: It is no number or option, or out of range.
        """
        if self.options:
            if not isinstance(value, str) or value not in self.options:
                raise KitError(
                    "simulation.no-option", control=self.id, value=value,
                    options=", ".join(self.options),
                )  # fmt: skip
            return value
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        # A NaN is on neither side of a limit.
        if not (fits and self.low <= float(value) <= self.high):  # type: ignore[arg-type]
            raise KitError(
                "simulation.out-of-range", control=self.id, value=value,
                low=f"{self.low:g}", high=f"{self.high:g}",
            )  # fmt: skip
        if self.whole and float(value) % 1:  # type: ignore[arg-type]
            raise KitError("simulation.not-whole", control=self.id, value=value)
        return float(value)  # type: ignore[arg-type]

    def shown(self, value: Value) -> str:
        """Write a value in the language spoken now."""
        if isinstance(value, str):
            return pick(self.options[value])
        return self.form.format(value) + (f" {unit}" if (unit := pick(self.unit)) else "")


@dataclass(frozen=True)
class Outcome:
    """One thing that a decision leads to.

    Attributes:
        id: Its name in code.
        name: What it is called.
        unit: What it counts.
        form: How it is written.
        wan: Whether its value counts ten thousands (万), which English tells in thousands.
        better: 1 if more is better, -1 if less is, 0 if it depends.
    """

    id: str
    name: Text
    unit: Text
    form: str
    wan: bool
    better: int

    def shown(self, value: float, signed: bool = False) -> str:
        """Write a value, or a difference with its sign, in the language spoken now."""
        return self.number(value, signed) + (f" {unit}" if (unit := pick(self.unit)) else "")

    @property
    def label(self) -> str:
        """What it is called, with what it counts, for the head of a column."""
        unit = pick(self.unit)
        return pick(self.name) + (say("simulation.unit", unit=unit) if unit else "")

    def number(self, value: float, signed: bool = False) -> str:
        """Write a value without its unit."""
        text = self.form.format(abs(value) * (_TOLD_IN[language()] if self.wan else 1))
        # Rounding may leave nothing of a small one, and there is no such thing as minus nothing.
        nothing = not any(digit in text for digit in "123456789")
        sign = "" if nothing else "−" if value < 0 else "+" if signed else ""
        return f"{sign}{text}"


@dataclass(frozen=True)
class Spec:
    """A simulation as its file declares it.

    Attributes:
        name: Its name, such as ``"empowerment"``.
        lesson: The lesson it belongs to.
        concepts: Ids of the concepts it teaches.
        minutes: How long it takes.
        rounds: Decisions in a row; 1 for what can be tried as often as one likes.
        title: Its title.
        situation: What the learner knows beforehand.
        task: What is to be achieved.
        cost: What the figures count as costs, in a sentence.
        limitation: Where the simulation misleads.
        controls: What can be decided, by id.
        outcomes: What it leads to, by id; the first is the one to judge by.
        monthly: What is shown of each month, by id.
        assumptions: Numbers that nobody has measured, by id, and what they are.
        notes: Sentences that a result may say.
    """

    name: str
    lesson: str
    concepts: tuple[str, ...]
    minutes: int
    rounds: int
    title: Text
    situation: Text
    task: Text
    cost: Text
    limitation: Text
    controls: Mapping[str, Control]
    outcomes: Mapping[str, Outcome]
    monthly: Mapping[str, Outcome]
    assumptions: Mapping[str, tuple[float, Text]]
    notes: Mapping[str, Text]

    @property
    def today(self) -> dict[str, Value]:
        """What the carrier does today."""
        return {name: control.today for name, control in self.controls.items()}

    def read(self, settings: Mapping[str, object], before: Settings | None = None) -> Settings:
        """Return settings for all controls; those not named stay as ``before``, or as today.

        Raises:
            KitError: There is no such control, or it can't be set so.
        """
        known: dict[str, Value] = {**self.today, **(before or {})}
        for name, value in settings.items():
            if name not in self.controls:
                near = get_close_matches(str(name), self.controls, n=1, cutoff=0.6)
                raise KitError(
                    "simulation.no-control", simulation=self.name, control=name,
                    controls=", ".join(near or self.controls),
                )  # fmt: skip
            known[name] = self.controls[name].read(value)
        return known

    def assumed(self, name: str) -> float:
        """Return one assumed number."""
        return self.assumptions[name][0]


def load_spec(name: str) -> Spec:
    """Return the declaration of a simulation.

    Raises:
        KitError: There is no such simulation.
    """
    if not isinstance(name, str) or name not in SIMULATIONS:
        known = get_close_matches(str(name), SIMULATIONS, n=1, cutoff=0.5) or SIMULATIONS
        raise KitError("simulation.unknown", name=name, known=", ".join(known))
    return _load(name)


@cache
def _load(name: str) -> Spec:
    toml = content(f"simulations/{name}")
    shared = content("simulations/costs")
    assumed = {key: shared[key] for key in toml.get("costs", [])} | toml.get("assumption", {})
    texts = {key: toml[key] for key in ("title", "situation", "task", "cost", "limitation")}
    return Spec(
        name=name,
        lesson=toml["lesson"],
        concepts=tuple(toml["concepts"]),
        minutes=toml["minutes"],
        rounds=toml.get("rounds", 1),
        controls={key: _control(key, part) for key, part in toml["control"].items()},
        outcomes={key: _outcome(key, part) for key, part in toml["outcome"].items()},
        monthly={key: _outcome(key, part) for key, part in toml.get("month", {}).items()},
        assumptions={key: (float(part["value"]), part["what"]) for key, part in assumed.items()},
        notes=toml.get("note", {}),
        **texts,
    )


_NOTHING = {"en": "", "zh-CN": ""}


def _control(name: str, part: Mapping[str, Any]) -> Control:
    options = part.get("option", {})
    stops = tuple(options) or tuple(float(stop) for stop in part["stops"])
    today = part["today"] if options else float(part["today"])
    numbers = [stop for stop in stops if isinstance(stop, float)] or [0.0]
    return Control(
        id=name,
        name=part["name"],
        unit=part.get("unit", _NOTHING),
        form=part.get("form", "{:g}"),
        low=float(part.get("low", min(numbers))),
        high=float(part.get("high", max(numbers))),
        whole=part.get("whole", False),
        today=today,
        stops=stops,
        options=options,
    )


def _outcome(name: str, part: Mapping[str, Any]) -> Outcome:
    wan = part.get("wan")
    return Outcome(
        id=name,
        name=part["name"],
        unit=content("messages/simulation")[f"wan-{wan}"] if wan else part.get("unit", _NOTHING),
        form=part.get("form", "{:,.0f}"),
        wan=wan is not None,
        better=part.get("better", 0),
    )
