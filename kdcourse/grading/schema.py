"""The tables of the gradebook, for whoever opens it with another program, too."""

from __future__ import annotations

#: Of the form below; a kit that knows only lower ones leaves the file alone.
VERSION = 1

SCHEMA = """
CREATE TABLE handed_in (
    id INTEGER PRIMARY KEY,
    learner TEXT NOT NULL,
    assignment TEXT NOT NULL,
    digest TEXT NOT NULL,
    path TEXT NOT NULL,
    changed REAL NOT NULL,
    counted INTEGER NOT NULL,
    UNIQUE (learner, assignment, digest, path)
);
CREATE TABLE result (
    id INTEGER PRIMARY KEY,
    learner TEXT NOT NULL,
    assignment TEXT NOT NULL,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    lang TEXT NOT NULL,
    notes TEXT NOT NULL,
    locks TEXT NOT NULL,
    seconds REAL NOT NULL,
    UNIQUE (learner, assignment, digest, version)
);
CREATE TABLE question (
    result INTEGER NOT NULL REFERENCES result (id),
    place INTEGER NOT NULL,
    question TEXT NOT NULL,
    outcome TEXT NOT NULL,
    points REAL NOT NULL,
    max_points REAL NOT NULL,
    message TEXT NOT NULL,
    slip TEXT,
    seconds REAL NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (result, place)
);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY,
    learner TEXT NOT NULL,
    assignment TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    points REAL NOT NULL,
    levels TEXT NOT NULL,
    comment TEXT NOT NULL
);
CREATE TABLE memory (name TEXT PRIMARY KEY, content TEXT NOT NULL);
"""

#: The columns of a question, in the order of the unit of work.
QUESTION = (
    "question",
    "outcome",
    "points",
    "max_points",
    "message",
    "slip",
    "seconds",
    "answer",
)
