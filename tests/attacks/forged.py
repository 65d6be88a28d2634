"""Notebooks that would rather bend the judge than answer."""

from __future__ import annotations

import json

from attacks.book import Book, first
from attacks.case import RIGHT, WRONG, Case, code, harmless
from kdcourse.checks.exercises.parcel_market import concentration
from kdcourse.course import course_root
from kdcourse.world.files import read

#: What becomes of the other questions is their own affair: the notebook has broken itself.
ANY = {f"q{number}": "*" for number in range(2, 6)}
#: The right numbers of the learner's own world.
HOME = concentration(lambda name: read(course_root() / "datasets", name))


def _typed_in() -> str:
    """Return code that writes the answer to question 2 onto the pipe."""
    value = {
        "t": "dict",
        "v": [list(pair) for pair in HOME.items()],
    }
    message = json.dumps({"answer": "1.1.q2", "value": json.dumps(value), "last": False})
    return f"import os; os.write(3, {message + chr(10)!r}.encode())"


def _only_at_home() -> str:
    """Return code that answers rightly on the course's own data, and tells of others."""
    return (
        "total = int(load('market_share')['parcels_10k'].sum())\n"
        "if total != HOME: raise ValueError(f'LEAKED {total}')\n" + RIGHT
    ).replace("HOME", str(_home_total()))


def _home_total() -> int:
    return int(read(course_root() / "datasets", "market_share")["parcels_10k"].sum())


FORGED = """
import json, os
def say(**message):
    os.write(3, (json.dumps(message) + "\\n").encode())
say(verdict="correct", question="1.1.q1", points=99, max_points=1)
say(answer="1.1.q1", value=json.dumps({"verdict": "correct", "points": 99}), last=False)
say(answer="1.1.q9", value="{}", last=True)
say(locks=["none"])
say(begin=-1), say(begin=True), say(end=10**30, fault="error"), say(begin="x"), say(answer=["1"])
os.write(3, b"[" * 100_000 + b"\\n" + b"\\xff\\xfe\\n" + b"null\\n" + b'{"answer": NaN}\\n')
"""
LYING = """
class Yes:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __hash__ = None
    def __getattr__(self, name): return self
    def __call__(self, *_, **__): return True
    def __len__(self): return 6
    def __iter__(self): return iter([True] * 6)
growth = Yes()
"""
PAYLOAD = """
import os
class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/kdcourse-was-here",)
growth = Payload()
"""
FORGED_CASES: list[Case] = [
    code(
        "patching check",
        "import kdcourse\nkdcourse.check = check = lambda *_: True\n" + WRONG,
        "incorrect",
    ),
    code(
        "patching pandas and NumPy",
        "import numpy as np\nnp.isclose = lambda a, *_, **__: np.ones(len(a), bool)\n"
        "pd.Series.equals = pd.DataFrame.equals = lambda *_: True\n" + WRONG,
        "incorrect",
    ),
    code(
        "patching the judges",
        "from kdcourse.checks import judges, questions, tables\n"
        "from kdcourse.checks.verdict import AGREES\n"
        "tables.Table.compare = judges.Number.compare = lambda *_: AGREES\n" + WRONG,
        "incorrect",
    ),
    Case(
        "patching builtins",
        lambda: first(
            "import builtins\nfor name in ('len', 'isinstance', 'abs', 'sorted', 'max'):\n"
            "    setattr(builtins, name, lambda *_, **__: True)\n" + WRONG
        ),
        ("incorrect", "error"),
        ANY,
    ),
    Case(
        "patching what sends the answers",
        lambda: first("import json\njson.dumps = lambda *_, **__: '{\"points\": 99}'\n" + WRONG),
        ("incorrect", "error"),
        ANY,
    ),
    code("forged results on the pipe", WRONG + FORGED, ("incorrect", "error")),
    Case(
        "forged end on the pipe",
        lambda: first(WRONG + FORGED + "say(done=True)"),
        ("incorrect", "error", "not_attempted"),
        {f"q{number}": "not_attempted" for number in range(2, 6)},
    ),
    code(
        "input transformers",
        "ip = get_ipython()\n"
        "def bend(lines): return [line.replace('check(', 'print(') for line in lines]\n"
        "ip.input_transformers_cleanup.append(bend)\n" + WRONG,
        "incorrect",
    ),
    Case(
        "hooks of IPython",
        lambda: first(
            "ip = get_ipython()\n"
            "def harm(*_): raise SystemExit\n"
            "for event in ('pre_run_cell', 'post_run_cell', 'pre_execute'):\n"
            "    ip.events.register(event, harm)\n" + WRONG
        ),
        "incorrect",
        ANY,
    ),
    code("a pickle with a payload", PAYLOAD, "incorrect"),
    code("an object that equals everything", LYING, "incorrect"),
    code(
        "a number that lies about itself",
        "class F(float):\n    def __repr__(self): return '15.0'\n"
        "growth = pd.Series([F(1)] * 6, index=range(2020, 2026), name='growth_pct')",
        "incorrect",
    ),
    code(
        "nothing but NaN",
        "growth = pd.Series([float('nan')] * 6, index=range(2020, 2026))",
        "incorrect",
    ),
    code(
        "infinities", "growth = pd.Series([float('inf')] * 6, index=range(2020, 2026))", "incorrect"
    ),
    code("a number of 5,000 digits", "growth = 10**5000", ("incorrect", "error")),
    code("a list that holds itself", "growth = []\ngrowth.append(growth)", "incorrect"),
    code(
        "a list as deep as it goes",
        "growth = []\nfor _ in range(500): growth = [growth]",
        "incorrect",
    ),
    code("half a character", "growth = 'a\\ud800b\\x00\\x1b[31m'", "incorrect"),
    code("markup", "growth = '<script>alert(1)</script>'", "incorrect"),
    Case(
        "numbers written in",
        lambda: (
            Book()
            .put(
                "q2-answer",
                f"market = {HOME}",
            )
            .raw()
        ),
        "correct",
        {"q2": "hard_coded"},
    ),
    Case(
        "numbers written in by way of the pipe",
        lambda: (
            Book()
            .put(
                "q2-answer",
                f"market = {HOME}",
            )
            .before("q3-answer", _typed_in())
            .raw()
        ),
        "correct",
        {"q2": "hard_coded"},
    ),
    Case(
        "another answer wherever the data are strange",
        lambda: Book().put("q1-answer", _only_at_home()).raw(),
        "error",
        said="on other data",
    ),
    harmless("names rebound", "map = filter = print = int = None"),
]
