"""What tests of the service desk share: worlds, moments as numbers, and least squares."""

import numpy as np

from kdcourse.world.effects import Effects
from kdcourse.world.world import World

SEEDS = range(5)


def averages(estimate, effects=None, customers=3000):
    """Return the mean over five worlds of what ``estimate`` finds in the tables of each."""
    found = [estimate(World(seed, customers, effects=effects or Effects())) for seed in SEEDS]
    return {name: np.mean([each[name] for each in found]) for name in found[0]}


def least_squares(outcome, *regressors):
    """Coefficients of a linear regression; it has a constant, which is left out."""
    x = np.column_stack([np.ones(len(outcome)), *regressors]).astype(float)
    return np.linalg.lstsq(x, np.asarray(outcome, float), rcond=None)[0][1:]


def hours(later, earlier):
    """Hours between two columns of moments."""
    return (later - earlier).dt.total_seconds() / 3600


def month_of(moments):
    """Month of the world, 0 for January 2024."""
    return (moments.dt.year - 2024) * 12 + moments.dt.month - 1


def training(world):
    """Day and hours of the course in service skills by agent."""
    trainings = world.tables["trainings"]
    return trainings[trainings["course"] == "service_skills"].set_index("agent_id")


def taught(world, rows, moment):
    """Tens of hours of that course that the agent of each row had had by then."""
    course = training(world).reindex(rows["agent_id"])
    had = (course["held_on"] < rows[moment].to_numpy()).to_numpy()
    return np.where(had, course["hours"].fillna(0).to_numpy(), 0.0) / 10
