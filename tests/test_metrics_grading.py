"""Grades by hand, by SQL's own rank, and by the CRM."""

import sqlite3

import pandas as pd
import pytest

from kdcourse.metrics.grading import grades, percent_rank, scores

CUTS = {"A": 80, "B": 60, "C": 40, "D": 0}


def test_ranks_of_eleven_are_steps_of_ten():
    parcels = pd.Series([45, 3, 21, 1, 19, 20, 37, 4, 9, 1, 3])
    assert percent_rank(parcels).tolist() == [100, 20, 80, 0, 60, 70, 90, 40, 50, 0, 20]


def test_where_low_is_good_the_longest_silence_has_none():
    silent = pd.Series([5, 21, 110])
    assert percent_rank(silent, low_is_good=True).tolist() == [100, 50, 0]


def test_a_customer_alone_has_rank_0():
    assert percent_rank(pd.Series([7.0])).tolist() == [0]


def test_ranks_are_those_of_sql():
    values = [3.5, 1.0, 3.5, 8.25, 0.0, 1.0, 1.0]
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (place INTEGER, value REAL)")
    database.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    found = database.execute(
        "SELECT 100 * percent_rank() OVER (ORDER BY value) FROM t ORDER BY place"
    ).fetchall()
    assert percent_rank(pd.Series(values)).tolist() == pytest.approx([row[0] for row in found])


def test_a_score_is_the_weighted_sum_of_ranks():
    ranks = pd.DataFrame({"parcels": [100.0, 40.0], "revenue": [100.0, 30.0], "silent": [90.0, 0]})
    weights = {"parcels": 0.3, "revenue": 0.4, "silent": 0.3}
    assert scores(ranks, weights).tolist() == [97, 24]


def test_a_grade_begins_at_its_cut():
    score = pd.Series([100, 80, 79.999999, 60, 40, 39.9, 0])
    assert grades(score, CUTS).tolist() == ["A", "A", "B", "B", "C", "D", "D"]
