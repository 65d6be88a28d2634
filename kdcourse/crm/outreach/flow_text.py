"""The text of a marketing flow: read it, find every slip, and make sure that it pesters nobody.

A flow is TOML: who comes in (``enter``), and steps that send, wait or ask. Examples stand in
``content/crm/flows``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from kdcourse.crm.conditions import Condition
from kdcourse.crm.facts import condition
from kdcourse.crm.outreach.outbox import check_text
from kdcourse.texts import LANGUAGES, KitError, content, pick
from kdcourse.world.declarations import table

#: The step after the last.
END = "end"
_KINDS = {"send": {"subject", "body", "then"}, "wait": {"then"}, "ask": {"yes", "no"}}
_TOP = {"purpose", "enter", "again_days", "first", "name", "steps"}
#: The house's limit is so many messages in this time, days.
_WEEK = 7
_LONGEST_WAIT = 365


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        kind: ``"send"``, ``"wait"`` or ``"ask"``.
        then: Outcome -> the step that follows; a step that sends or waits has one, ``""``.
        channel: Of a step that sends.
        subject: The same.
        body: The same.
        days: Of a step that waits.
        asks: Of a step that asks.
    """

    kind: str
    then: Mapping[str, str]
    channel: str = ""
    subject: str = ""
    body: str = ""
    days: int = 0
    asks: Condition | None = None


@dataclass(frozen=True)
class Flow:
    """A flow that holds together.

    Attributes:
        name: Its code.
        purpose: What its messages are for.
        enter: Who comes in.
        again_days: Nobody comes in a second time within so many days.
        first: The first step.
        steps: All steps by their names.
    """

    name: str
    purpose: str
    enter: Condition
    again_days: int
    first: str
    steps: Mapping[str, Step]


def read_flow(name: str, text: str) -> Flow:
    """Read a flow.

    Args:
        name: Its code.
        text: TOML.

    Raises:
        KitError: It is no TOML, a part is missing, unknown or leads nowhere, a step is never
            reached, a loop never waits, or somebody could get more messages in a week than the
            house allows; names the place.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise KitError("crm_data.flow-toml", flow=name, reason=fault) from fault
    _only(name, "", raw, _TOP)
    for key in ("purpose", "enter", "first", "steps"):
        if not raw.get(key) or not str(raw[key]).strip():
            raise KitError("crm_data.flow-missing", flow=name, step=name, key=key)
    if not isinstance(raw["steps"], dict):
        raise KitError("crm_data.flow-missing", flow=name, step=name, key="steps")
    purposes = [*table("consents").column("purpose").values, *content("crm/consent")["contract"]]
    _one_of(name, name, "purpose", raw["purpose"], purposes)
    again = _days(name, name, "again_days", raw.get("again_days", 365))
    steps = {key: _step(name, key, step) for key, step in raw["steps"].items()}
    for key, step in {name: Step("", {"": raw["first"]}), **steps}.items():
        for target in step.then.values():
            _one_of(name, key, "then", target, [*steps, END])
    flow = Flow(
        name, raw["purpose"], condition(str(raw["enter"]), name), again, raw["first"], steps
    )
    _all_reached(flow)
    _loops_wait(flow)
    if flow.purpose not in content("crm/consent")["contract"]:
        _not_too_often(flow)
    return flow


@cache
def house_flows() -> Mapping[str, str]:
    """Return the house's flows, text by name."""
    folder = files("kdcourse") / "content" / "crm" / "flows"
    texts = {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    return dict(sorted(texts.items()))


def _step(flow: str, key: str, raw: Any) -> Step:
    kinds = [kind for kind in _KINDS if isinstance(raw, dict) and kind in raw]
    if len(kinds) != 1 or key == END:
        raise KitError("crm_data.flow-kind", flow=flow, step=key)
    kind = kinds[0]
    _only(flow, key, raw, {kind, *_KINDS[kind]})
    for needed in _KINDS[kind]:
        if not raw.get(needed):
            raise KitError("crm_data.flow-missing", flow=flow, step=key, key=needed)
    where = f"{flow}.{key}"
    if kind == "ask":
        asks = condition(str(raw["ask"]), where)
        return Step(kind, {"yes": raw["yes"], "no": raw["no"]}, asks=asks)
    then = {"": raw["then"]}
    if kind == "wait":
        return Step(kind, then, days=_days(flow, key, "wait", raw["wait"]))
    _one_of(flow, key, "send", raw["send"], list(table("channels").column("channel").values))
    subject, body = (_words(flow, key, raw[part]) for part in ("subject", "body"))
    check_text(subject, where)
    check_text(body, where)
    return Step(kind, then, channel=raw["send"], subject=subject, body=body)


def _words(flow: str, step: str, value: Any) -> str:
    """Return a text, in the language spoken now if it has several."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == set(LANGUAGES):
        return pick(value)
    raise KitError("crm_data.flow-words", flow=flow, step=step, languages=", ".join(LANGUAGES))


def _days(flow: str, step: str, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST_WAIT:
        raise KitError("crm_data.flow-days", flow=flow, step=step, key=key, most=_LONGEST_WAIT)
    return value


def _only(flow: str, step: str, raw: Mapping[str, Any], known: set[str]) -> None:
    for key in raw:
        if key not in known:
            near = get_close_matches(key, known, 3, 0.5) or sorted(known)
            raise KitError(
                "crm_data.flow-key", flow=flow, step=step or flow, key=key, known=", ".join(near)
            )


def _one_of(flow: str, step: str, key: str, value: Any, known: list[str]) -> None:
    if value not in known:
        near = get_close_matches(str(value), known, 3, 0.5) or known
        raise KitError(
            "crm_data.flow-value", flow=flow, step=step, key=key, value=value, known=", ".join(near)
        )


def _all_reached(flow: Flow) -> None:
    seen, open_ = {END}, [flow.first]
    while open_:
        if (key := open_.pop()) not in seen:
            seen.add(key)
            open_.extend(flow.steps[key].then.values())
    if lost := [key for key in flow.steps if key not in seen]:
        raise KitError("crm_data.flow-unreached", flow=flow.name, steps=", ".join(lost))


def _loops_wait(flow: Flow) -> None:
    """Refuse a loop without a wait in it: it would turn for ever on one day."""
    done: set[str] = set()

    def walk(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            loop = " > ".join([*path[path.index(key) :], key])
            raise KitError("crm_data.flow-loop", flow=flow.name, loop=loop)
        if key == END or key in done or flow.steps[key].kind == "wait":
            return
        for target in flow.steps[key].then.values():
            walk(target, (*path, key))
        done.add(key)

    for key in flow.steps:
        walk(key, ())


def _not_too_often(flow: Flow) -> None:
    """Refuse a flow by which one person could get more messages within a week than allowed."""
    limit = content("crm/automation")["limits"]["per_week"]
    known: dict[tuple[str, int], int] = {}

    def most(key: str, days: int) -> int:
        """Return the most messages from a step on while ``days`` of the week are left."""
        if key == END or days <= 0:
            return 0
        if (key, days) not in known:
            step = flow.steps[key]
            later = max(most(target, days - step.days) for target in step.then.values())
            known[key, days] = later + (step.kind == "send")
        return known[key, days]

    worst = max((most(key, _WEEK), key) for key in flow.steps)
    if worst[0] > limit:
        raise KitError(
            "crm_data.flow-often", flow=flow.name, step=worst[1], number=worst[0], limit=limit
        )
