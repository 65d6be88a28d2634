"""Rules on code cells: short, repeatable, free of words, begun by the set-up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdcourse.authoring.derive import STUB, handed_out
from kdcourse.authoring.lint.rules import Finding, Subject, found, rule
from kdcourse.authoring.notebook import Cell, code_cells, tags

LONGEST_CELL = 12

#: Chance, clocks, the network, the machine: whatever makes two runs differ.
_MODULES = {
    "faker",
    "ftplib",
    "http",
    "httpx",
    "os",
    "random",
    "requests",
    "secrets",
    "smtplib",
    "socket",
    "subprocess",
    "time",
    "urllib",
    "uuid",
}
_CALLS = {
    "default_rng",
    "eval",
    "exec",
    "get_ipython",
    "input",
    "interact",
    "interactive",
    "now",
    "today",
    "utcnow",
}
#: Where a figure or a print takes words that ought to come from ``content/``.
_LABEL_CALLS = {
    "annotate",
    "print",
    "set_title",
    "set_xlabel",
    "set_ylabel",
    "suptitle",
    "text",
    "title",
    "xlabel",
    "ylabel",
}
_LABEL_KEYWORDS = {"caption", "description", "label", "labels", "title", "xlabel", "ylabel"}

#: Their labels are codes in a column, English in both editions.
_CODING_CALLS = {"cut", "qcut"}


@rule("short-cells", "lesson", "exercise", "case")
def cells_short(subject: Subject) -> Iterator[Finding]:
    """A learner can hold a dozen lines in mind."""
    for cell in code_cells(subject.nb):
        lines = [line.strip() for line in cell["source"].splitlines()]
        number = sum(bool(line) and not line.startswith("#") for line in lines)
        if number > LONGEST_CELL:
            yield found("short-cells-long", cell, lines=number, most=LONGEST_CELL)


@rule("repeatable")
def code_repeatable(subject: Subject) -> Iterator[Finding]:
    """What is stored is what every learner sees: no chance, no clock, no network, no magic."""
    for cell in code_cells(subject.nb):
        if any(line.lstrip().startswith(("!", "%")) for line in cell["source"].splitlines()):
            yield found("repeatable-magic", cell)
            continue
        tree = _tree(cell["source"])
        if tree is None:
            yield found("repeatable-syntax", cell)
            continue
        for what in dict.fromkeys(_unrepeatable(tree)):
            yield found("repeatable-call", cell, what=what)


@rule("no-words-in-code")
def no_words_in_code(subject: Subject) -> Iterator[Finding]:
    """Labels inside code are what an edition in another language loses first."""
    for cell in code_cells(subject.nb):
        # What stands in a solution is the learner's own writing, in whatever language.
        source = handed_out(cell).replace(STUB, "")
        if not source.isascii():
            yield found("no-words-in-code-characters", cell)
        for words in dict.fromkeys(_labels(parsed(source))):
            yield found("no-words-in-code-label", cell, words=words)


@rule("setup", "lesson", "exercise", "case")
def setup_first(subject: Subject) -> Iterator[Finding]:
    """The first code cell tells the kit which lesson this is and which language to speak."""
    cells = code_cells(subject.nb)
    if not cells or "setup" not in tags(cells[0]):
        yield found("setup-first", cells[0] if cells else None)
        return
    expected = f'lesson("{subject.facts.get("lesson")}", lang="{subject.lang}")'
    if expected not in cells[0]["source"]:
        yield found("setup-call", cells[0], expected=expected)


def calls(cell: Cell, name: str) -> list[ast.Call]:
    """Return the calls of a plain function ``name`` in a code cell, in order."""
    return [
        node
        for node in ast.walk(parsed(cell["source"]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a cell's code; an empty one if it is not valid Python."""
    return _tree(source) or ast.Module(body=[], type_ignores=[])


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _unrepeatable(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if _forbidden_module(a.name))
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" for a in node.names]
            yield from (name for name in names if _forbidden_module(name))
        elif isinstance(node, ast.Attribute) and node.attr == "random":
            yield ast.unparse(node)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            chance = name.endswith(".sample") and "random_state" not in _keywords(node)
            if name.rpartition(".")[2] in _CALLS or chance:
                yield f"{name}()"


def _forbidden_module(name: str) -> bool:
    return name.partition(".")[0] in _MODULES or name.startswith("numpy.random")


def _keywords(call: ast.Call) -> set[str | None]:
    return {keyword.arg for keyword in call.keywords}


def _labels(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            given = list(node.args) if name in _LABEL_CALLS else []
            if name not in _CODING_CALLS:
                given += [k.value for k in node.keywords if k.arg in _LABEL_KEYWORDS]
            yield from (text for value in given for text in _texts(value) if _is_word(text))


def _texts(value: ast.expr) -> Iterator[str]:
    """Yield the literal text in an argument: a string, an f-string, a list of them."""
    parts: list[ast.expr] = []
    if isinstance(value, ast.JoinedStr):
        parts = value.values
    elif isinstance(value, ast.List | ast.Tuple):
        parts = value.elts
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    for part in parts:
        yield from _texts(part)


def _is_word(text: str) -> bool:
    """Three letters in a row are a word; symbols, units and numbers are not."""
    return any(all(c.isalpha() for c in text[i : i + 3]) for i in range(len(text) - 2))
