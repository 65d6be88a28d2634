"""Grading a class: running what was handed in behind locks, and judging what it comes to."""
