"""Notebooks that have had bad luck, and files that are no notebooks at all."""

from __future__ import annotations

import json

from attacks.book import Book, first
from attacks.case import RIGHT, WRONG, Case, broken, code, harmless, lucky


def _old_format() -> bytes:
    nb = Book().nb
    cells = [
        {"cell_type": cell["cell_type"], "metadata": cell["metadata"], "input": cell["source"]}
        for cell in nb["cells"]
        if cell["cell_type"] == "code"
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": nb["metadata"]}
    return json.dumps(old | {"worksheets": [{"cells": cells}]}).encode()


def _without(*keys: str) -> bytes:
    book = Book()
    for key in keys:
        del book.nb[key]
    return book.raw()


def _retyped(cell_id: str, kind: str) -> bytes:
    book = Book()
    book.cell(cell_id)["cell_type"] = kind
    return book.raw()


def _loud() -> bytes:
    book = Book()
    text = [{"output_type": "stream", "name": "stdout", "text": "光[,]" * 10_000_000}]
    book.cell("q1-answer")["outputs"] = text
    return book.raw()


def _thousands() -> bytes:
    book = Book()
    for number in range(5_000):
        book.nb["cells"].append(
            {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": f"x = {number}"}
        )
    return book.raw()


def _forged_metadata() -> bytes:
    book = Book().put("q1-answer", WRONG)
    for cell in book.nb["cells"]:
        if cell["metadata"].get("nbgrader"):
            cell["metadata"]["nbgrader"]["points"] = 1_000
    book.nb["metadata"]["kdcourse"] |= {"points": 99, "outcome": "correct", "lang": ["en"]}
    return book.raw()


def _other_kernel() -> bytes:
    book = Book()
    book.nb["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    return book.raw()


def _renamed_ids() -> bytes:
    book = Book()
    for number, cell in enumerate(book.nb["cells"]):
        cell["id"] = f"{number}"
        cell["metadata"].pop("nbgrader", None)
    return book.raw()


def _odd_types() -> bytes:
    book = Book()
    book.nb["cells"] += [None, 3, [], {"cell_type": ["code"], "source": {}}, {"cell_type": "code"}]
    book.nb["cells"].append({"cell_type": "code", "source": [1, None, "x = 1"], "metadata": []})
    book.nb["metadata"]["kernelspec"] = "python"
    return book.raw()


def _windows() -> bytes:
    return b"\xef\xbb\xbf" + Book().put("q1-answer", RIGHT.replace("\n", "\r\n")).raw()


def _handed_another() -> bytes:
    book = Book().put("q1-answer", RIGHT.replace("growth =", "mine ="))
    return book.put("q1-check", 'check("1.1.q1", mine)').raw()


def _sure_of_itself() -> bytes:
    return Book().put("q1-answer", WRONG).put("q1-check", "2").raw()


NOTHING = {f"q{number}": "not_attempted" for number in range(2, 6)}
EDITED = 'check("1.1.q1", 42)'

UNLUCKY: list[Case] = [
    Case("nothing done", lambda: Book(solved=False).raw(), "not_attempted", NOTHING),
    broken("empty file", b"", "empty-file"),
    broken("cut off", Book().raw()[:5000], "not-json"),
    broken("a picture", b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not-text"),
    broken("JSON, but no notebook", b'{"cells": 7}', "no-notebook"),
    broken("a list", b"[]", "no-notebook"),
    broken("brackets without end", b"[" * 1_000_000, "not-json"),
    broken("too many cells", b'{"cells": [' + b"{}," * 20_000 + b"{}]}", "too-many-cells"),
    lucky("no nbformat", lambda: _without("nbformat", "nbformat_minor")),
    lucky("no metadata", lambda: _without("metadata")),
    lucky("version 3", _old_format, "old-format"),
    lucky("BOM and Windows line ends", _windows),
    lucky("duplicated ids", lambda: Book().twice("q1-answer").raw(), "copied"),
    lucky("copied question", lambda: Book().twice("q1-answer").twice("q1-check").raw(), "copied"),
    lucky("missing check", lambda: Book().drop("q1-check").raw(), "check-missing"),
    Case(
        "missing answer",
        lambda: Book().drop("q1-answer").raw(),
        "not_attempted",
        notes=("answer-missing",),
    ),
    lucky("missing set-up", lambda: Book().drop("setup").raw(), "no-setup"),
    lucky("answer retyped as text", lambda: _retyped("q1-answer", "markdown"), "retyped"),
    lucky("check retyped as raw", lambda: _retyped("q1-check", "raw"), "retyped"),
    lucky("edited check", lambda: Book().put("q1-check", EDITED).raw(), "check-edited"),
    Case("check that passes by itself", _sure_of_itself, "incorrect", notes=("check-edited",)),
    lucky(
        "split answer",
        lambda: Book().before("q1-answer", "rows = load('market_share')").raw(),
    ),
    lucky("no ids at all", _renamed_ids),
    lucky("another variable handed to check", _handed_another, "check-edited"),
    lucky("other kernel", _other_kernel, "other-kernel"),
    lucky("cells of odd types", _odd_types),
    Case("half a character in the code", lambda: first("growth = '\ud800'"), "error"),
    Case("zero byte in the code", lambda: first("growth = '\x00'"), ("error", "incorrect")),
    lucky("60 MB of outputs", _loud),
    lucky("5,000 cells", _thousands),
    Case("forged metadata and points", _forged_metadata, "incorrect"),
    code("syntax error", "growth = (", "error", "SyntaxError"),
    code("input()", "growth = input('growth? ')", "error"),
    harmless("magics", "%matplotlib inline\n%timeit -n1 -r1 pass\n%config"),
    harmless("cell magic", "%%time\nx = 1"),
    harmless("widgets", "import ipywidgets as w\nw.interact(lambda a: a, a=(0, 9))\nw.Button()"),
    harmless("figures", "import matplotlib.pyplot as p\nfor _ in range(30): p.figure()\np.show()"),
    harmless("awaiting", "import asyncio\nawait asyncio.sleep(0.01)"),
    harmless(
        "locale, time zone and options changed",
        "import os, time, locale, warnings, decimal, gc, numpy as np\n"
        "os.environ.update(TZ='Asia/Shanghai', LANG='de_DE'); time.tzset()\n"
        "locale.setlocale(locale.LC_ALL, 'C'); os.chdir('/'); gc.disable()\n"
        "pd.set_option('display.precision', 1); np.set_printoptions(precision=1)\n"
        "warnings.simplefilter('ignore'); decimal.getcontext().prec = 2",
    ),
    harmless("warnings", "import warnings; warnings.warn('!' * 1000)"),
]
