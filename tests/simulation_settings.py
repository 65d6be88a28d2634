"""Shared by the tests of the simulations: one decision each that differs from today."""

from __future__ import annotations

from kdcourse.practice.simulations.spec import SIMULATIONS

#: Simulation -> settings that change something.
OTHER = {
    "staffing": {"early": 1, "late": 1},
    "empowerment": {"limit": 0},
    "retention-budget": {"rule": "large", "budget": 20_000},
    "pricing": {"high": 0.05},
    "promise": {"hours": 48},
    "membership": {"high": 0.0},
    "early-warning": {"threshold": 0.2, "least": 30},
    "complaint-queue": {"order": "grade"},
    "marketing-mix": {"phone": 0.0},
    "branch": {"calls": 3},
}
assert set(OTHER) == set(SIMULATIONS)
