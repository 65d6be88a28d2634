"""The CRM that trainees operate: one SQLite file, made from the simulated carrier.

``crm.open()`` gives it; every operation is a plain function that takes it first. Each name is
looked up when it is first used, so that ``import kdcourse`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Operation -> the module that holds it.
_OPERATIONS = {
    "Crm": "kdcourse.crm.database",
    "open": "kdcourse.crm.opening",
    "restore": "kdcourse.crm.backup",
    # the customer file
    "add_customer": "kdcourse.crm.customers",
    "card": "kdcourse.crm.customer_card",
    "customer_report": "kdcourse.crm.customers",
    "history": "kdcourse.crm.customers",
    "import_customers": "kdcourse.crm.imports",
    "note": "kdcourse.crm.customers",
    "search": "kdcourse.crm.customers",
    "update_customer": "kdcourse.crm.customers",
    # protection
    "account": "kdcourse.crm.vault",
    "apply_retention": "kdcourse.crm.retention",
    "contactable": "kdcourse.crm.protection",
    "due": "kdcourse.crm.retention",
    "forget": "kdcourse.crm.retention",
    "give_consent": "kdcourse.crm.protection",
    "may_contact": "kdcourse.crm.protection",
    "store_account": "kdcourse.crm.vault",
    "withdraw_consent": "kdcourse.crm.protection",
    # SQL
    "ask": "kdcourse.crm.typed_sql",
    # the desks on the screen
    "desk": "kdcourse.crm.desk_view",
}
#: Desk -> the module that holds its operations: ``crm.pipeline.move(c, …)``.
_DESKS = {
    "analysis": "kdcourse.crm.analysis",
    "automation": "kdcourse.crm.automation",
    "complaints": "kdcourse.crm.complaints",
    "early_warning": "kdcourse.crm.early_warning",
    "grading": "kdcourse.crm.grading",
    "pipeline": "kdcourse.crm.pipeline",
    "priority": "kdcourse.crm.priority",
    "reports": "kdcourse.crm.reports",
    "tracking": "kdcourse.crm.tracking",
    # what the data say, and what goes out
    "warehouse": "kdcourse.crm.insight.warehouse",
    "olap": "kdcourse.crm.insight.olap",
    "profiles": "kdcourse.crm.insight.profiles",
    "paths": "kdcourse.crm.insight.paths",
    "conversion": "kdcourse.crm.insight.conversion",
    "staying": "kdcourse.crm.insight.staying",
    "tags": "kdcourse.crm.outreach.tags",
    "flows": "kdcourse.crm.outreach.flows",
    "outbox": "kdcourse.crm.outreach.outbox",
    "questionnaire": "kdcourse.crm.outreach.questionnaire",
    "surveys": "kdcourse.crm.outreach.surveys",
    "survey_analysis": "kdcourse.crm.outreach.survey_analysis",
    "call_centre": "kdcourse.crm.outreach.call_centre",
    "call_day": "kdcourse.crm.outreach.call_day",
}

__all__ = [*_OPERATIONS, *_DESKS]


def __getattr__(name: str) -> Any:
    if name in _DESKS:
        return import_module(_DESKS[name])
    if name not in _OPERATIONS:
        raise AttributeError(f"module 'kdcourse.crm' has no attribute {name!r}")
    return getattr(import_module(_OPERATIONS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
