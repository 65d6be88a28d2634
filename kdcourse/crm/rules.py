"""A rule of automated marketing: read from its text, every fault named with its place.

A rule is a few lines of TOML: ``trigger``, ``condition``, ``action``, ``channel``, ``message``, and
how soon the same customer may get it again. What would pester people is refused before it runs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from kdcourse.crm.conditions import Condition
from kdcourse.crm.facts import condition
from kdcourse.texts import LANGUAGES, KitError, content, pick

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_NEEDS = ("trigger", "action", "channel", "message")
_MAY = ("condition", "again_days", "times_a_day")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
#: A rule that says nothing of it writes to the same customer again after so many days.
_AGAIN = 30


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        name: What it is called.
        text: As it was written.
        trigger: When it looks at a customer.
        condition: Whom of those it means.
        action: What for: ``promotion``, ``care`` or ``service_news``.
        channel: How.
        message: What is sent.
        again_days: After how many days the same customer may get it again.
    """

    name: str
    text: str
    trigger: str
    condition: Condition
    action: str
    channel: str
    message: str
    again_days: int

    @property
    def purpose(self) -> str:
        """The purpose to which the customer must have agreed."""
        purposes: Mapping[str, str] = content("crm/automation")["actions"]
        return purposes[self.action]


def read_rule(name: str, text: str) -> Rule:
    """Read a rule.

    Args:
        name: What it is called: small letters, digits, hyphens.
        text: TOML.

    Raises:
        KitError: It can't be read, something is missing or unknown, or it would write to the same
            person too often; names the place.
    """
    if not _NAME.fullmatch(name):
        raise KitError("crm_desks.rule-name", rule=name)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _not_toml(name, text, str(fault)) from fault
    known = content("crm/automation")
    for field in told:
        if field not in (*_NEEDS, *_MAY):
            near = get_close_matches(field, (*_NEEDS, *_MAY), 1) or (*_NEEDS, *_MAY)
            raise KitError(
                "crm_desks.rule-field",
                rule=name, field=field, line=_line(text, field), known=", ".join(near),
            )  # fmt: skip
    if lacking := [field for field in _NEEDS if not told.get(field)]:
        raise KitError("crm_desks.rule-lacks", rule=name, fields=", ".join(lacking))
    codes = {
        "trigger": known["triggers"],
        "action": known["actions"],
        "channel": known["channels"],
    }
    for field, allowed in codes.items():
        if told[field] not in allowed:
            raise KitError(
                "crm_desks.rule-code",
                rule=name, field=field, value=told[field], line=_line(text, field),
                known=", ".join(allowed),
            )  # fmt: skip
    again = _whole(name, text, told, "again_days", _AGAIN)
    times = _whole(name, text, told, "times_a_day", 1)
    _refuse_pestering(name, times, again, known["limits"]["per_week"])
    wanted = told.get("condition", "")
    if not isinstance(wanted, str):
        raise KitError("crm_desks.rule-text", rule=name, line=_line(text, "condition"))
    return Rule(
        name, text, told["trigger"], condition(wanted, name), told["action"], told["channel"],
        _message(name, text, told["message"]), again,
    )  # fmt: skip


def house_rules() -> Mapping[str, str]:
    """Return the rules that the house suggests: name to text."""
    rules: Mapping[str, Mapping[str, Any]] = content("crm/automation")["rules"]
    return {
        name: "\n".join(
            f"{field} = {_quoted(pick(value) if isinstance(value, dict) else value)}"
            for field, value in rule.items()
        )
        for name, rule in rules.items()
    }


def _refuse_pestering(name: str, times: int, again: int, per_week: int) -> None:
    """Refuse a rule that by itself may write to one person more often than the house allows."""
    a_week = times * (7 if again == 0 else -(-7 // again))
    if times > 1:
        raise KitError("crm_desks.rule-times", rule=name, times=times, limit=per_week)
    if a_week > per_week:
        raise KitError("crm_desks.rule-often", rule=name, week=a_week, limit=per_week, days=again)


def _message(name: str, text: str, told: object) -> str:
    if isinstance(told, dict) and set(told) == set(LANGUAGES):
        return str(pick(told))
    if isinstance(told, str) and told.strip():
        return told.strip()
    raise KitError("crm_desks.rule-message", rule=name, line=_line(text, "message"))


def _whole(name: str, text: str, told: Mapping[str, Any], field: str, otherwise: int) -> int:
    value = told.get(field, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 3660:
        raise KitError(
            "crm_desks.rule-number", rule=name, field=field, value=value, line=_line(text, field)
        )
    return value


def _line(text: str, field: str) -> int:
    """Return the line on which a field is set, 1 if it can't be found."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\"?{re.escape(field)}\"?\s*[.=]", line):
            return number
    return 1


def _not_toml(name: str, text: str, said: str) -> KitError:
    lines = text.splitlines() or [""]
    found = _PLACE.search(said)
    number = int(found[1]) if found and found[1] else len(lines)
    column = int(found[2]) if found and found[2] else len(lines[-1]) + 1
    near = lines[min(number, len(lines)) - 1].strip()[:60]
    return KitError("crm_desks.rule-toml", rule=name, line=number, column=column, near=near)


def _quoted(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
