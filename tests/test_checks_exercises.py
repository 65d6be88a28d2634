"""Every exercise of the course can be handed out: nothing that a trial looks for is missing."""

from __future__ import annotations

import pytest

from kdcourse.authoring.trial import SEEDS, try_out
from kdcourse.checks.catalogue import MODULES, find_exercise
from kdcourse.course import course_root


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_missing_on_ten_worlds(name: str):
    trial = try_out(course_root(), name)
    assert [str(gap) for gap in trial.gaps] == []
    assert trial.worlds == 1 + len(SEEDS)
    assert [tried.question for tried in trial.tried] == find_exercise(name).ids
    assert all(tried.solved == trial.worlds for tried in trial.tried)
