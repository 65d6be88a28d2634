"""Every kind of answer there is, for declaring a question: one import, one page to read.

=============  ==================================================================
``Number``     a number within a tolerance
``Exact``      one value: a name, a date, one option of a multiple choice
``Chosen``     a set of things: several options of a multiple choice
``Ordering``   things in an order
``Table``      a table or a Series, rows matched by key
``Parts``      several named answers in a dict
``Function``   a function, called on inputs taken from the data
``Figure``     what a figure shows
``Query``      a SQL query on the data
``Database``   the state of a database after the learner worked in it
``Transcript`` a conversation
``Simulation`` a policy, by what it causes
``Targets``    a list of prospects, by what would come of them
``Written``    texts; what can be checked of them
=============  ==================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kdcourse.checks.databases import Database, Query
from kdcourse.checks.figures import Drawn, Figure
from kdcourse.checks.functions import Function
from kdcourse.checks.judges import Chosen, Exact, Judge, Limit, Number, Ordering, Parts
from kdcourse.checks.questions import Exercise, Question
from kdcourse.checks.simulations import Simulation
from kdcourse.checks.tables import Table
from kdcourse.checks.targets import Targets
from kdcourse.checks.transcripts import Transcript
from kdcourse.checks.written import Written

__all__ = [
    "Chosen",
    "Database",
    "Drawn",
    "Exact",
    "Exercise",
    "Figure",
    "Function",
    "Judge",
    "Limit",
    "Number",
    "Ordering",
    "Parts",
    "Query",
    "Question",
    "Simulation",
    "Table",
    "Targets",
    "Transcript",
    "Written",
    "always",
]


def always(answer: Any) -> Callable[[object], Any]:
    """Return ``answer`` as an expression over the data that doesn't depend on them.

    For what no data change: an option, a function, a query, a policy.
    """
    return lambda load: answer
