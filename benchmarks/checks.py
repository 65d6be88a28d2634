"""How long a learner waits for a verdict: kdcourse beside a check written by hand with pandas.

Run from the project's root::

    python benchmarks/checks.py

Ratios say more than seconds: both sides are measured in the same run, on the same machine, and the
best of several runs is what neither side lost to other work.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

#: What a teacher writes into a plain cell instead.
PEER = "pandas.testing.assert_series_equal"
RUNS = 9


def main() -> None:
    """Measure and print."""
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, best of {RUNS} runs\n")
    plain, with_kit, used = imports(
        "import pandas",
        "import pandas, kdcourse",
        "import pandas; from kdcourse import check, hint, lesson, load, quiz",
    )
    print(f"{'import pandas':45} {plain * 1000:8.1f} ms")
    for label, seconds in (("and kdcourse", with_kit), ("and what a set-up cell imports", used)):
        print(f"... {label:41} {seconds * 1000:8.1f} ms   + {(seconds - plain) * 1000:.1f} ms")
    print()

    from kdcourse.checks.catalogue import MODULES, find_exercise
    from kdcourse.checks.session import Session
    from kdcourse.data import load

    load("market_share")  # a set-up cell has done that
    load("shipments")
    by_hand = min(timed(peer()) for _ in range(RUNS))
    print(f"{PEER:45} {by_hand * 1000:8.2f} ms")
    for name in MODULES:
        exercise = find_exercise(name)
        for question in exercise.questions:
            given = question.expect(load) if question.expect else {}
            question_id = f"{name}.{question.name}"
            first, later = [], []
            for _ in range(RUNS):
                session = Session(load)
                first.append(timed(lambda s=session, q=question_id, g=given: repr(s.check(q, g))))
                later.append(timed(lambda s=session, q=question_id, g=given: repr(s.check(q, g))))
            print(line(f'first check("{question_id}", {question.answer})', min(first), by_hand))
            print(line("later", min(later), by_hand))


def peer() -> Callable[[], object]:
    """Return a check by hand of exercise 1.1, question 1, as in a plain cell."""
    import pandas as pd

    from kdcourse.data import load

    def growth() -> pd.Series[Any]:
        total = load("market_share").groupby("year")["parcels_10k"].sum()
        return (total.pct_change() * 100).dropna()

    given = growth()

    def check() -> None:
        pd.testing.assert_series_equal(growth(), given, check_names=False, atol=0.06)

    return check


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def line(label: str, seconds: float, peer_seconds: float) -> str:
    """Return a result with its ratio to the peer."""
    return f"{label:45} {seconds * 1000:8.2f} ms   x {seconds / peer_seconds:.1f}"


def imports(*codes: str) -> list[float]:
    """Return how many seconds each code takes in a new process, bytecode compiled before.

    They take turns, so that a busy moment of the machine slows down all of them.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    seconds: list[list[float]] = []
    for _ in range(RUNS + 1):
        seconds.append([])
        for code in codes:
            timing = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
            done = subprocess.run(
                [sys.executable, "-c", timing],
                env=kept,
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            seconds[-1].append(float(done.stdout))
    return [min(times) for times in zip(*seconds[1:], strict=True)]


if __name__ == "__main__":
    main()
