"""Conditions of a rule, written as in pandas' ``query`` and turned into SQL with parameters.

``days_silent >= 60 and market in ("enterprise", "cross_border")``: names of facts, numbers, texts,
comparisons, arithmetic, ``and or not in``. Nothing else is understood, so a rule can't call a
function, reach another table or change one.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from kdcourse.texts import KitError

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


@dataclass(frozen=True)
class Condition:
    """A condition as SQL.

    Attributes:
        text: As it was written.
        sql: The same in SQL, with ``:c0``, ``:c1`` … for its constants.
        values: Those constants by name.
        facts: Names of the facts it asks for.
    """

    text: str
    sql: str
    values: Mapping[str, float | str]
    facts: frozenset[str]


def read_condition(text: str, facts: Mapping[str, tuple[str, ...]], where: str) -> Condition:
    """Read a condition.

    Args:
        text: As the trainee wrote it; an empty one always holds.
        facts: Names that may stand in it, each with the codes that it can have (none: a number).
        where: What it belongs to, for the sentence.

    Raises:
        KitError: It can't be read, names an unknown fact, or compares with a code that there isn't;
            names the place.
    """
    if not text.strip():
        return Condition(text, "1", {}, frozenset())
    flat = " ".join(text.split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on a backslash, which is refused anyway
            tree = ast.parse(flat, mode="eval").body
    # A text of nothing but brackets ends Python's parser by its depth or its memory.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        # Where the text ends too early, Python names no place: it is the end.
        column = min(getattr(fault, "offset", 0) or len(flat), len(flat))
        near = flat[column - 1 :][:20] if column < len(flat) else flat[-20:]
        raise KitError(
            "crm_desks.condition-syntax",
            rule=where, text=flat, column=column, near=near,
        ) from fault  # fmt: skip
    writer = _Writer(flat, facts, where)
    try:
        sql = writer.truth(tree)
    except RecursionError as fault:
        raise writer.fault(tree) from fault
    return Condition(flat, sql, writer.values, frozenset(writer.used))


class _Writer:
    """Writes the SQL of one condition and gathers its constants."""

    def __init__(self, text: str, facts: Mapping[str, tuple[str, ...]], where: str) -> None:
        self.text, self.facts, self.where = text, facts, where
        self.values: dict[str, float | str] = {}
        self.used: set[str] = set()

    def truth(self, node: ast.expr) -> str:
        """Return the SQL of what is true or not."""
        match node:
            case ast.BoolOp(op=op, values=values):
                word = " AND " if isinstance(op, ast.And) else " OR "
                return "(" + word.join(self.truth(value) for value in values) + ")"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(NOT {self.truth(operand)})"
            case ast.Compare(left=left, ops=ops, comparators=others):
                pairs = zip([left, *others], ops, others, strict=False)
                return "(" + " AND ".join(self._compare(*pair) for pair in pairs) + ")"
            case ast.Name(id=name) if not self.facts.get(name, ("",)):
                # A flag by itself: ``is_member and parcels_90d > 3``.
                return f"({self._value(node)} <> 0)"
        raise self.fault(node)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        codes = self._codes(left) or self._codes(right)
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List | ast.Set) or not right.elts:
                raise self.fault(right)
            listed = ", ".join(self._operand(entry, codes) for entry in right.elts)
            negated = "NOT " if isinstance(op, ast.NotIn) else ""
            return f"{self._operand(left, codes)} {negated}IN ({listed})"
        sign = _COMPARE.get(type(op))
        if sign is None or (codes and sign not in ("=", "<>")):
            raise self.fault(left)
        return f"{self._operand(left, codes)} {sign} {self._operand(right, codes)}"

    def _codes(self, node: ast.expr) -> tuple[str, ...]:
        return self.facts.get(node.id, ()) if isinstance(node, ast.Name) else ()

    def _operand(self, node: ast.expr, codes: tuple[str, ...]) -> str:
        """Write one side of a comparison; beside a fact with codes it must be one of them."""
        if not codes or isinstance(node, ast.Name):
            return self._value(node)
        value = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(value, str):
            raise self.fault(node)
        if value not in codes:
            raise KitError(
                "crm_desks.condition-code",
                rule=self.where, value=value, column=self._column(node), codes=", ".join(codes),
            )  # fmt: skip
        return self._constant(value)

    def _value(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                if name not in self.facts:
                    near = get_close_matches(name, self.facts, n=3, cutoff=0.5) or self.facts
                    raise KitError(
                        "crm_desks.condition-fact",
                        rule=self.where, name=name, column=self._column(node),
                        known=", ".join(near),
                    )  # fmt: skip
                self.used.add(name)
                return f'"{name}"'
            case ast.Constant(value=bool(value)):
                return self._constant(int(value))
            case ast.Constant(value=int(value) | float(value)):
                return self._constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self._value(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return f"({self._value(left)} {_ARITHMETIC[type(op)]} {self._value(right)})"
        raise self.fault(node)

    def _constant(self, value: float | str) -> str:
        name = f"c{len(self.values)}"
        # SQLite's integers end at 64 bits; beyond, a number is a float like any other.
        huge = isinstance(value, int) and abs(value) >= 2**63
        self.values[name] = _as_float(value) if huge else value
        return f":{name}"

    def _column(self, node: ast.expr) -> int:
        # Python counts in bytes; a reader counts characters, of which a Chinese one has three.
        return len(self.text.encode()[: node.col_offset].decode()) + 1

    def fault(self, node: ast.expr) -> KitError:
        """Return the sentence for a part that isn't understood."""
        part = ast.get_source_segment(self.text, node) or self.text
        return KitError(
            "crm_desks.condition-part",
            rule=self.where, part=part[:40], column=self._column(node),
        )  # fmt: skip


def _as_float(value: float | str) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")
