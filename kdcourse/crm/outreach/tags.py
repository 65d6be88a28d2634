"""Tags: rules that put customers into groups; every version and every run kept, drift between runs.

A rule is a condition on facts (:mod:`kdcourse.crm.facts`). Customers who are persons are tagged
only if they agreed to profiling; what is known of a firm is no personal data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.facts import condition, facts_sql
from kdcourse.crm.protection import contactable
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

#: Who agreed to profiling is no matter of a channel; this one needs no address.
_ANY_CHANNEL = "app"


def house_tags(crm: Crm) -> pd.DataFrame:
    """Save the house's tags (``content/crm/tags.toml``) that aren't saved yet; return all rules."""
    known = {row[0] for row in crm.rows("SELECT tag FROM tags")}
    with crm.transaction():
        for tag, declared in content("crm/tags")["tags"].items():
            if tag not in known:
                define_tag(crm, tag, declared["rule"], declared["dimension"])
    return tag_rules(crm)


def define_tag(crm: Crm, tag: str, rule: str, dimension: str = "behaviour") -> int:
    """Save a tag's rule and return its version; an unchanged rule keeps its version.

    Args:
        crm: The CRM.
        tag: Its code: small letters, digits and ``_``.
        rule: A condition on facts, e.g. ``days_silent >= 60 and parcels_year >= 3``.
        dimension: A dimension of ``content/crm/tags.toml``.

    Raises:
        KitError: The rule can't be read, the code or the dimension isn't one, or the user may not.
    """
    dimensions = content("crm/tags")["dimensions"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", tag):
        raise KitError("crm_data.tag-code", tag=tag)
    if dimension not in dimensions:
        raise KitError("crm_data.tag-dimension", dimension=dimension, known=", ".join(dimensions))
    read = condition(rule, tag)
    if not read.text.strip():
        raise KitError("crm_data.tag-empty", tag=tag)
    with crm.transaction() as db:
        last = crm.rows(
            "SELECT version, dimension, rule FROM tags WHERE tag = :tag "
            "ORDER BY version DESC LIMIT 1",
            tag=tag,
        )
        if last and last[0][1:] == (dimension, read.text):
            return int(last[0][0])
        version = last[0][0] + 1 if last else 1
        db.execute(
            "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?)",
            (tag, version, dimension, read.text, crm.now, crm.user().name),
        )
    return int(version)


def tag_rules(crm: Crm, *, history: bool = False) -> pd.DataFrame:
    """Return the rules of all tags, the present version of each or, with ``history``, all."""
    return crm.query("tag_history" if history else "tag_rules")


def apply_tags(crm: Crm, as_of: date | str | None = None) -> pd.DataFrame:
    """Put all tags on anew, by their present rules, and keep the result as a run of its own.

    Args:
        crm: The CRM.
        as_of: The day whose facts count; default today. An earlier one shows how the tags would
            have stood then.

    Returns:
        One row per tag: ``tag``, ``version``, ``customers``, ``share`` of those who may be tagged.

    Raises:
        KitError: There is no tag, the day is none or lies ahead, or the user may not.
    """
    day = as_of_day(crm, as_of)
    rules = {
        tag: (version, condition(rule, tag))
        for tag, version, rule in crm.rows("SELECT tag, version, rule FROM (" + _PRESENT + ")")
    }
    if not rules:
        raise KitError("crm_data.no-tags")
    used = {fact for _, read in rules.values() for fact in read.facts}
    with crm.transaction() as db:
        run = db.execute(
            "INSERT INTO tag_runs (as_of, ran_at, ran_by) VALUES (?, ?, ?) RETURNING run_id",
            (day, crm.now, crm.user().name),
        ).fetchone()[0]
        # The facts are reckoned once for all tags, in the name of the house: a tag tells a marketer
        # that somebody complained, the complaint stays with the desk.
        with crm.trusted():
            _may_be_tagged(crm, db)
            db.execute(
                f"CREATE TEMP TABLE tag_facts AS SELECT f.* FROM ({facts_sql(used)}) AS f"
                " JOIN temp.taggable USING (customer_id)",
                {"as_of": day},
            )
            total = db.execute("SELECT count(*) FROM temp.tag_facts").fetchone()[0]
            for tag, (version, read) in rules.items():
                number = db.execute(
                    "INSERT INTO main.customer_tags SELECT :run, :tag, customer_id "
                    f"FROM temp.tag_facts WHERE {read.sql}",
                    {"run": run, "tag": tag, **read.values},
                ).rowcount
                db.execute(
                    "INSERT INTO tag_counts VALUES (?, ?, ?, ?)", (run, tag, version, number)
                )
            db.execute("DROP TABLE temp.tag_facts")
            db.execute("DROP TABLE temp.taggable")
    result = crm.query(
        "SELECT tag, version, customers FROM tag_counts WHERE run_id = :run ORDER BY tag", run=run
    )
    result["share"] = (result["customers"] / max(total, 1)).round(4)
    return result


def tagged(crm: Crm, tag: str, as_of: date | str | None = None) -> list[str]:
    """Return the numbers of the customers who have a tag, by the last run as of a day.

    Args:
        crm: The CRM.
        tag: A tag.
        as_of: Day of the run; default the latest.

    Raises:
        KitError: The tag or the run isn't there.
    """
    run = run_of(crm, as_of)
    _known(crm, tag, run)
    found = crm.rows(
        "SELECT customer_id FROM customer_tags WHERE run_id = :run AND tag = :tag ORDER BY 1",
        run=run,
        tag=tag,
    )
    return [row[0] for row in found]


def tags_of(crm: Crm, customer_id: str) -> list[str]:
    """Return the tags of one customer, by the latest run."""
    found = crm.rows(
        "SELECT tag FROM customer_tags WHERE customer_id = :id AND run_id = :run ORDER BY tag",
        id=customer_id,
        run=run_of(crm),
    )
    return [row[0] for row in found]


def audience(
    crm: Crm,
    have: Sequence[str],
    lack: Sequence[str] = (),
    *,
    purpose: str = "marketing",
    channel: str = "email",
) -> list[str]:
    """Return who has all of some tags, none of others, and may be contacted for a purpose.

    Args:
        crm: The CRM.
        have: Tags they must have.
        lack: Tags they must not have.
        purpose: What for; see :func:`kdcourse.crm.protection.may_contact`.
        channel: By which channel.

    Raises:
        KitError: No such tag, purpose or channel, or no run yet.
    """
    if not have:
        raise KitError("crm_data.audience-empty")
    chosen = set(contactable(crm, purpose, channel))
    for tag in have:
        chosen &= set(tagged(crm, tag))
    for tag in lack:
        chosen -= set(tagged(crm, tag))
    return sorted(chosen)


def drift(crm: Crm, before: date | str, after: date | str | None = None) -> pd.DataFrame:
    """Compare two runs: how far each group has moved.

    Args:
        crm: The CRM.
        before: Day of the earlier run.
        after: Day of the later one; default the latest run.

    Returns:
        One row per tag: customers ``before`` and ``after``, how many ``stayed``, ``joined`` and
        ``left``, ``overlap`` (stayed as a share of all who had it in either run; Jaccard 1901), and
        ``same_rule``: a changed rule is no drift of customers.

    Raises:
        KitError: One of the runs isn't there.
    """
    result = crm.query("tag_drift", first=run_of(crm, before), second=run_of(crm, after))
    result["same_rule"] = result["same_rule"].astype(bool)
    return result


def run_of(crm: Crm, as_of: date | str | None = None) -> int:
    """Return the number of the last run as of a day, of the latest by default.

    Raises:
        KitError: There is none.
    """
    day = "" if as_of is None else as_of_day(crm, as_of)
    found = crm.rows(
        "SELECT max(run_id) FROM tag_runs WHERE :day = '' OR as_of = :day", day=day
    )[0][0]  # fmt: skip
    if found is None:
        runs = [row[0] for row in crm.rows("SELECT DISTINCT as_of FROM tag_runs ORDER BY 1")]
        raise KitError("crm_data.no-run", day=day or crm.today, runs=", ".join(runs) or "–")
    return int(found)


def as_of_day(crm: Crm, as_of: date | str | None) -> str:
    """Return a day that isn't in the future as text, today by default.

    Raises:
        KitError: It is no day, or lies ahead.
    """
    try:
        day = crm.today if as_of is None else date.fromisoformat(str(as_of)[:10])
    except ValueError:
        raise KitError("crm_data.no-day", day=as_of) from None
    if day > crm.today:
        raise KitError("crm_data.future-day", day=day, today=crm.today)
    return day.isoformat()


#: The last version of every tag.
_PRESENT = "SELECT tag, max(version) AS version, dimension, rule FROM tags GROUP BY tag"


def _may_be_tagged(crm: Crm, db: Any) -> None:
    """Lay down who may be tagged: firms, and persons who agreed to profiling."""
    db.execute("CREATE TEMP TABLE taggable (customer_id TEXT PRIMARY KEY)")
    agreed = contactable(crm, "profiling", _ANY_CHANNEL)
    db.executemany("INSERT INTO temp.taggable VALUES (?)", ((one,) for one in agreed))
    db.execute(
        "INSERT OR IGNORE INTO temp.taggable SELECT customer_id FROM main.customers "
        "WHERE legal_kind NOT IN ('individual', 'household')"
    )


def _known(crm: Crm, tag: str, run: int) -> None:
    known = [row[0] for row in crm.rows("SELECT tag FROM tag_counts WHERE run_id = :r", r=run)]
    if tag not in known:
        raise KitError("crm_data.no-tag", tag=tag, known=", ".join(known))
