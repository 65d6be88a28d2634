"""The rule on sums in prose: what stands left of a sign of equality makes what stands right."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator

from kdcourse.authoring import markdown
from kdcourse.authoring.lint.rules import Finding, Subject, found, rule

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TERM = rf"\(*\s*(?:{_NUMBER})%?[²³]?\s*\)*"
#: A sum and its result. What has letters or several signs of equality in it isn't looked at.
_SUM = re.compile(
    rf"(?<![\w.,²³=+×·/÷*^(−–-])(?P<sum>\(*{_TERM}(?:\s*[+−–×·*/÷-]\s*{_TERM})+)\s*="
    rf"\s*(?P<sign>[−-]?)(?P<result>{_NUMBER})(?P<percent>%?)(?![\w²³])(?!\s*[+×·*/÷−])"
)
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", ",": "", "²": "**2", "³": "**3"}
)
_OPERATIONS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@rule("sums")
def sums_come_out(subject: Subject) -> Iterator[Finding]:
    """Who works a sum with a pencil must get what the text gets."""
    for cell in subject.prose_cells:
        for words in markdown.passages(cell["source"]):
            for written, right in wrong_sums(words):
                yield found("sums-wrong", cell, sum=written, right=f"{right:,.6g}")


def wrong_sums(words: str) -> Iterator[tuple[str, float]]:
    """Yield each sum that doesn't make what the text says, to its last digit; and what it makes."""
    for match in _SUM.finditer(words):
        value = _worked_out(match["sum"])
        said = float(match["sign"].replace("−", "-") + match["result"].replace(",", ""))
        if value is None:
            continue
        if match["percent"] and "%" not in match["sum"]:
            value *= 100
        elif not match["percent"] and "%" in match["sum"]:
            continue
        last_digit = 10.0 ** -len(match["result"].partition(".")[2])
        if abs(value - said) > last_digit / 2 * 1.000001:
            yield match[0], value


def _worked_out(written: str) -> float | None:
    """Return what a sum makes, None if it can't be worked out."""
    try:
        tree = ast.parse(written.translate(_SIGNS).replace("%", "").strip(), mode="eval")
        return _value(tree.body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _value(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("no sum")
