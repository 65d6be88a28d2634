"""Verdicts in the reader's language: from plain data to sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcourse.checks.verdict import Finding, Outcome, Verdict
from kdcourse.texts import content, language, pick, say

SYMBOLS = {
    Outcome.CORRECT: "✓",
    Outcome.PARTLY_CORRECT: "◐",
    Outcome.INCORRECT: "✗",
    Outcome.NOT_ATTEMPTED: "○",
    Outcome.CANNOT_BE_CHECKED: "?",
}

_JUDGED = (Outcome.CORRECT, Outcome.PARTLY_CORRECT, Outcome.INCORRECT)


def heading(verdict: Verdict) -> str:
    """Return the outcome in words, with the points if the answer was judged."""
    word = "complete" if verdict.self_assessed else "correct"
    name = word if verdict.outcome is Outcome.CORRECT else str(verdict.outcome)
    if verdict.self_assessed and verdict.outcome in (Outcome.PARTLY_CORRECT, Outcome.INCORRECT):
        name = "incomplete"
    text = say(f"check.{name}")
    if verdict.outcome not in _JUDGED:
        return text
    points = say("check.points", points=f"{verdict.points:g}", of=f"{verdict.max_points:g}")
    return f"{text} · {points}"


def sentences(verdict: Verdict, words: Mapping[str, Any]) -> list[str]:
    """Return what the verdict says beyond its heading; code stands between backticks.

    Args:
        verdict: What was found.
        words: The texts of the question, which hold the messages of its slips.
    """
    said = [_sentence(finding, verdict.answer, words) for finding in verdict.findings]
    if verdict.outcome in (Outcome.PARTLY_CORRECT, Outcome.INCORRECT):
        said.append(say("check.stuck", id=verdict.question))
    if verdict.self_assessed and verdict.outcome is Outcome.CORRECT:
        said.append(say("check.assess-yourself"))
    return said


def rubric(verdict: Verdict, words: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the criteria of a complete written answer, each with its levels from low to high."""
    if not verdict.self_assessed or verdict.outcome is not Outcome.CORRECT:
        return []
    return [
        (pick(criterion["name"]), [pick(level) for level in criterion["levels"]])
        for criterion in words.get("rubric", [])
    ]


def _sentence(finding: Finding, answer: str, words: Mapping[str, Any]) -> str:
    kind, _, name = finding.key.partition(".")
    if kind == "slips":
        return pick(words["slips"][name])
    # A call's arguments stand in parentheses already.
    parts = (part if part.startswith("(") else f'["{part}"]' for part in finding.where)
    path = answer + "".join(parts)
    fields = {field: _said(value, words) for field, value in finding.fields.items()}
    return pick(content("messages/check")[finding.key]).format(name=path, **fields)


def _said(value: object, words: Mapping[str, Any]) -> object:
    """Return a field of a finding in the reader's language."""
    if isinstance(value, dict) and "option" in value:
        text = words.get("options", {}).get(value["option"])
        return f'"{value["option"]}"' + (f" ({pick(text)})" if text else "")
    if isinstance(value, dict):
        inner = {field: _said(part, words) for field, part in value.get("fields", {}).items()}
        return say(value["say"], **inner)
    if isinstance(value, list):
        comma = "、" if language() == "zh-CN" else ", "
        return comma.join(str(_said(part, words)) for part in value)
    return value
