"""Automated marketing: save rules, try them without sending, run them for a day, read the log.

Before anything is queued, each customer's consent, address, the rule's own pause and the house's
limit a week are looked at; who is left out stands in the log with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from kdcourse.crm.database import sql
from kdcourse.crm.facts import facts_sql
from kdcourse.crm.fields import a_day
from kdcourse.crm.protection import contactable
from kdcourse.crm.rules import Rule, house_rules, read_rule
from kdcourse.texts import KitError, content, say

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: Consent is no matter of a channel; this one needs no address.
_ANY_CHANNEL = "app"


def save_rule(crm: Crm, name: str, text: str) -> Rule:
    """Save a rule, or a new version of it, and switch it on.

    Args:
        crm: The CRM.
        name: What it is called.
        text: As :mod:`kdcourse.crm.rules` reads it.

    Raises:
        KitError: The rule is faulty or would pester people, or the user may not.
    """
    rule = read_rule(name, text)
    with crm.transaction() as db:
        db.execute(
            "INSERT INTO automation_rules VALUES (?, ?, 1, ?, ?) ON CONFLICT (rule) DO UPDATE SET "
            "text = excluded.text, is_on = 1, saved_at = excluded.saved_at, "
            "saved_by = excluded.saved_by",
            (name, text, crm.now, crm.user().name),
        )
    return rule


def save_house_rules(crm: Crm) -> pd.DataFrame:
    """Save the house's rules that aren't there yet; return all rules."""
    known = {row[0] for row in crm.rows("SELECT rule FROM automation_rules")}
    with crm.transaction():
        for name, text in house_rules().items():
            if name not in known:
                save_rule(crm, name, text)
    return saved_rules(crm)


def switch(crm: Crm, name: str, on: bool) -> None:
    """Switch a rule on or off.

    Raises:
        KitError: There is no such rule, or the user may not.
    """
    with crm.transaction() as db:
        done = db.execute(
            "UPDATE automation_rules SET is_on = ? WHERE rule = ?", (int(on), name)
        ).rowcount
    if not done:
        raise _no_rule(crm, name)


def saved_rules(crm: Crm) -> pd.DataFrame:
    """Return every rule: name, text, whether it is on, who saved it when."""
    found = crm.query("SELECT * FROM automation_rules ORDER BY rule")
    found["is_on"] = found["is_on"].astype(bool)
    return found


def dry_run(
    crm: Crm, rules: str | Rule | Sequence[str | Rule] | None = None, on: str | date | None = None
) -> pd.DataFrame:
    """Say what rules would do on a day, and write nothing.

    Args:
        crm: The CRM.
        rules: Names of saved rules or rules read by ``read_rule``; default all that are on.
        on: The day; default the CRM's.

    Returns:
        One row per rule and customer it means: ``rule``, ``customer_id``, ``action``, ``channel``
        and ``outcome`` (``sent``, ``no_consent``, ``no_address``, ``paused`` or ``cap``).

    Raises:
        KitError: No such rule, or the day lies ahead.
    """
    import pandas as pd

    day = _day(crm, on)
    rows = list(_decide(crm, _rules(crm, rules), day))
    columns = ["rule", "customer_id", "action", "channel", "outcome"]
    return pd.DataFrame(rows, columns=columns)


def run(
    crm: Crm, on: str | date | None = None, rules: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Run rules for a day: queue their messages in ``outbox`` and write ``automation_log``.

    Run again for the same day, a rule does nothing more: a customer is looked at once a day.

    Args:
        crm: The CRM.
        on: The day; default the CRM's. Runs go forward: no day before the last run.
        rules: Names of saved rules; default all that are on.

    Returns:
        The rows written, as :func:`dry_run` gives them.

    Raises:
        KitError: No such rule, the day lies ahead or before the last run, or the user may not.
    """
    import pandas as pd

    day = _day(crm, on)
    with crm.transaction() as db:
        last = crm.rows("SELECT max(run_on) FROM automation_log")[0][0]
        if last is not None and day < last:
            raise KitError("crm_desks.run-back", day=day, last=last)
        chosen = {rule.name: rule for rule in _rules(crm, rules)}
        seen = set(
            crm.rows("SELECT rule, customer_id FROM automation_log WHERE run_on = :day", day=day)
        )
        rows = [row for row in _decide(crm, list(chosen.values()), day) if row[:2] not in seen]
        db.executemany(
            "INSERT INTO automation_log VALUES (?, ?, ?, ?, ?, ?)", [(day, *row) for row in rows]
        )
        db.executemany(
            "INSERT INTO outbox (customer_id, source, purpose, channel, subject, body, queued_on, "
            "state, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
            [
                (
                    customer, f"rule:{name}", chosen[name].purpose, channel,
                    say("crm_desks.subject"), chosen[name].message, day, crm.now,
                )
                for name, customer, _, channel, outcome in rows
                if outcome == "sent"
            ],
        )  # fmt: skip
    columns = ["rule", "customer_id", "action", "channel", "outcome"]
    return pd.DataFrame(rows, columns=columns)


# --- deciding ---------------------------------------------------------------------------------

#: Rule, customer, action, channel, outcome.
Decision = tuple[str, str, str, str, str]


def _decide(crm: Crm, rules: list[Rule], day: str) -> Iterator[Decision]:
    """Decide for every customer whom a rule means; rules in the order of their names."""
    with crm.trusted():
        written = Counter(dict(crm.rows("contacts_this_week", day=day)))
        limit = content("crm/automation")["limits"]["per_week"]
        for rule in sorted(rules, key=lambda rule: rule.name):
            agreed = set(contactable(crm, rule.purpose, _ANY_CHANNEL)) & _agreed_by(crm, rule, day)
            reached = set(contactable(crm, rule.purpose, rule.channel))
            paused = _paused(crm, rule, day)
            # News of one's own parcel is not held back because there was advertising before.
            capped = rule.purpose != "service"
            for customer in _meant(crm, rule, day):
                if customer not in agreed:
                    outcome = "no_consent"
                elif customer not in reached:
                    outcome = "no_address"
                elif customer in paused:
                    outcome = "paused"
                elif capped and written[customer] >= limit:
                    outcome = "cap"
                else:
                    outcome = "sent"
                    written[customer] += capped
                yield rule.name, customer, rule.action, rule.channel, outcome


def _meant(crm: Crm, rule: Rule, day: str) -> list[str]:
    """Return the customers for whom the trigger and the condition hold, in order."""
    trigger = sql(content("crm/automation")["triggers"][rule.trigger]["query"])
    if not rule.condition.facts:
        found = crm.rows(f"SELECT customer_id FROM ({trigger}) ORDER BY 1", day=day)
    else:
        found = crm.rows(
            f"SELECT customer_id FROM ({facts_sql(rule.condition.facts)}) "
            f"WHERE customer_id IN ({trigger}) AND {rule.condition.sql} ORDER BY 1",
            day=day,
            as_of=day,
            **rule.condition.values,
        )
    return [row[0] for row in found]


def _agreed_by(crm: Crm, rule: Rule, day: str) -> set[str]:
    """Return who had agreed by a day, which may lie before the CRM's."""
    if rule.purpose not in ("marketing", "survey", "profiling"):
        return {row[0] for row in crm.rows("SELECT customer_id FROM main.customers")}
    found = crm.rows(
        "SELECT customer_id FROM consents WHERE purpose = :purpose AND given_on <= :day",
        purpose=rule.purpose,
        day=day,
    )
    return {row[0] for row in found}


def _paused(crm: Crm, rule: Rule, day: str) -> set[str]:
    """Return who got the rule's message too lately to get it again."""
    found = crm.rows(
        "SELECT customer_id FROM automation_log WHERE rule = :rule AND outcome = 'sent' "
        "AND run_on > date(:day, '-' || :days || ' days') AND run_on < :day",
        rule=rule.name,
        day=day,
        days=rule.again_days,
    )
    return {row[0] for row in found}


def _rules(crm: Crm, rules: str | Rule | Sequence[str | Rule] | None) -> list[Rule]:
    saved = {
        name: (text, on)
        for name, text, on in crm.rows("SELECT rule, text, is_on FROM automation_rules")
    }
    if rules is None:
        return [read_rule(name, text) for name, (text, on) in saved.items() if on]
    chosen = [rules] if isinstance(rules, str | Rule) else list(rules)
    for rule in chosen:
        if isinstance(rule, str) and rule not in saved:
            raise _no_rule(crm, rule)
    return [read_rule(rule, saved[rule][0]) if isinstance(rule, str) else rule for rule in chosen]


def _no_rule(crm: Crm, name: str) -> KitError:
    known = [row[0] for row in crm.rows("SELECT rule FROM automation_rules ORDER BY rule")]
    return KitError("crm_desks.no-rule", rule=name, known=", ".join(known) or "–")


def _day(crm: Crm, on: str | date | None) -> str:
    day = a_day("on", on if on is not None else crm.today)
    if day > str(crm.today):
        raise KitError("crm_desks.run-ahead", day=day, today=crm.today)
    return day
