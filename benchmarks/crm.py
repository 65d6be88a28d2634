"""How fast the CRM answers when it is full: a world of 100,000 accounts, every operation timed.

Run from the project's root::

    python benchmarks/crm.py                         # some ten minutes, most of it filling
    python benchmarks/crm.py --file /tmp/large.db    # fills it once, then measures again and again
    python benchmarks/crm.py --quick                 # a world of 2,000, less than a minute

What is done at a desk (one customer, one list) is to answer in 0.2 s, a report over all customers
and a question to the warehouse in 1 s; runs over all customers (tags, flows, grades) are made once
a day and have no limit, nor have questions that read every parcel with its order. Each figure is
the median of several goes, in wall time; beside it the processor's own time, which other work on
the machine disturbs less. Beside some stands what the same answer takes
elsewhere: in pandas with all tables in memory already, or in sqlite3 without an index.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402

from kdcourse import crm  # noqa: E402
from kdcourse.world.world import World  # noqa: E402

SEED = 7
LIMITS = {"desk": 0.2, "report": 1.0, "warehouse": 1.0}
GOES = {"desk": 5, "report": 3, "warehouse": 5, "run": 1}


@dataclass(frozen=True)
class Entry:
    """One thing that is timed.

    Attributes:
        kind: ``desk``, ``report``, ``warehouse`` or ``run``.
        name: As it is printed.
        work: What is timed.
        peer: The same elsewhere; None if there is nothing comparable.
        where: Where that is.
    """

    kind: str
    name: str
    work: Callable[[], Any]
    peer: Callable[[], Any] | None = None
    where: str = ""


class Subject:
    """The CRM under test, with the customers and cases on which operations are tried."""

    def __init__(self, c: Any) -> None:
        self.c = c
        c.user("admin")
        self.customer, self.name, self.phone = c.rows(
            "SELECT c.customer_id, c.name, c.phone FROM customers AS c JOIN shipments AS s "
            "USING (customer_id) WHERE c.phone IS NOT NULL "
            "GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )[0]
        self.waybill = c.rows(
            "SELECT waybill_no FROM shipments WHERE customer_id = :i LIMIT 1", i=self.customer
        )[0][0]
        self.lead = c.rows("SELECT lead_id FROM leads WHERE stage = 'contacted' LIMIT 1")[0][0]
        self.turn = 0

    @cached_property
    def warehouse(self) -> Any:
        """The warehouse, built when it is first asked for."""
        return crm.warehouse.build(self.c)

    @cached_property
    def shipments(self) -> pd.DataFrame:
        """All parcels in memory, joined to what views ask for: a head start for pandas."""
        frame = self.c.query(
            "SELECT s.*, c.market_type AS market, p.family, o.region FROM shipments AS s "
            "JOIN customers AS c USING (customer_id) JOIN products AS p USING (product_id) "
            "JOIN cities AS o ON o.city = s.origin"
        )
        frame["accepted_at"] = pd.to_datetime(frame["accepted_at"])
        return frame

    def plain(self, sql: str, *values: object) -> list[Any]:
        """Ask the file itself by sqlite3, without rights or masks."""
        with closing(sqlite3.connect(self.c.path)) as db:
            return db.execute(sql, values).fetchall()

    def another(self) -> int:
        """Return a number that differs each time, so that an edit really changes something."""
        self.turn += 1
        return self.turn


def entries(it: Subject) -> list[Entry]:
    """Return all that is timed, in the order of the table."""
    return [
        *customer_file(it), *desks(it), *outreach(it), *insight(it), *reports(it), *warehouse(it),
        *runs(it),
    ]  # fmt: skip


def customer_file(it: Subject) -> list[Entry]:
    """Return operations of the customer file and of protection."""
    c = it.c
    by_name = "SELECT * FROM customers WHERE +name LIKE ?"
    return [
        Entry("desk", "find a customer by number", lambda: crm.search(c, it.customer)),
        Entry("desk", "find by telephone", lambda: crm.search(c, it.phone)),
        Entry(
            "desk", "find by the end of a telephone number", lambda: crm.search(c, it.phone[-4:]),
            lambda: it.plain("SELECT * FROM customers WHERE phone LIKE ?", f"%{it.phone[-4:]}"),
            "sqlite3, no index",
        ),
        Entry(
            "desk", "find by a part of a name", lambda: crm.search(c, it.name[:2]),
            lambda: it.plain(by_name, f"%{it.name[:2]}%"), "sqlite3, no index",
        ),
        Entry(
            "desk", "360° card of the busiest customer", lambda: crm.card(c, it.customer),
            lambda: it.shipments[it.shipments["customer_id"] == it.customer],
            "pandas, parcels alone",
        ),
        Entry("desk", "card, masked", masked(it, lambda: crm.card(c, it.customer))),
        Entry(
            "desk", "change an address",
            lambda: crm.update_customer(c, it.customer, address=f"测试路{it.another()}号"),
        ),
        Entry("desk", "note on a customer", lambda: crm.note(c, it.customer, f"{it.another()}")),
        Entry("desk", "history of a customer", lambda: crm.history(c, "customers", it.customer)),
        Entry(
            "desk", "may this customer be written to",
            lambda: crm.may_contact(c, it.customer, "marketing", "email"),
        ),
        Entry("run", "all who may be written to", lambda: crm.contactable(c, "marketing", "email")),
    ]  # fmt: skip


def masked(it: Subject, work: Callable[[], Any]) -> Callable[[], Any]:
    """Return the work as done by somebody who sees personal data masked."""

    def as_agent() -> Any:
        it.c.user("agent")
        try:
            return work()
        finally:
            it.c.user("admin")

    return as_agent


def desks(it: Subject) -> list[Entry]:
    """Return operations of the sales, service and tracking desks."""
    c = it.c
    return [
        Entry("desk", "sales board", lambda: crm.pipeline.board(c)),
        Entry("desk", "deals that are stuck", lambda: crm.pipeline.stuck(c)),
        Entry("desk", "one deal", lambda: crm.pipeline.lead(c, it.lead)),
        Entry("desk", "life of an order", lambda: crm.tracking.order_life(c, it.waybill)),
        Entry("desk", "parcels that stand still", lambda: crm.tracking.stuck_parcels(c)),
        Entry("desk", "tickets that are stuck", lambda: crm.tracking.stuck_tickets(c)),
        Entry("desk", "queue of complaints", lambda: crm.complaints.queue(c)),
        Entry("desk", "alerts that are open", lambda: crm.early_warning.open_alerts(c)),
        Entry("desk", "receive a complaint", lambda: complain(it)),
    ]


def complain(it: Subject) -> Any:
    """Receive a complaint."""
    return crm.complaints.receive(
        it.c,
        it.customer,
        channel="phone",
        contact=it.phone,
        category="late",
        content=f"第{it.another()}次来电",
    )


def outreach(it: Subject) -> list[Entry]:
    """Return operations on tags, messages, surveys and calls."""
    c = it.c
    crm.tags.house_tags(c)
    hours = ["queue", "hour"]
    return [
        Entry("desk", "tags of a customer", lambda: tags_of(it)),
        Entry("desk", "flow log of a customer", lambda: crm.flows.flow_log(c, "", it.customer)),
        Entry("desk", "one message into the outbox", lambda: queue_one(it)),
        Entry("desk", "call report by hour", lambda: crm.call_centre.call_report(c, hours)),
        Entry("desk", "staff by Erlang C", lambda: crm.call_centre.staffing(c, "consult")),
        Entry("desk", "a simulated day", lambda: crm.call_day.simulate_day(200, 180, 14)),
        Entry("run", "frame of a survey", lambda: crm.surveys.frame(c)),
        Entry("run", "stratified sample of 100", lambda: crm.surveys.draw_sample(c, 100)),
        Entry("run", "key customers to be asked", lambda: crm.surveys.key_customers_due(c)),
        Entry("run", "list for care calls", lambda: crm.call_centre.call_list(c, "care")),
    ]


def tags_of(it: Subject) -> Any:
    """Return the tags of the customer, put on if they never were."""
    if not it.c.rows("SELECT count(*) FROM tag_runs")[0][0]:
        crm.tags.apply_tags(it.c)
    return crm.tags.tags_of(it.c, it.customer)


def queue_one(it: Subject) -> Any:
    """Put one service message into the outbox."""
    return crm.outbox.queue(
        it.c, [it.customer], "service", "app", "x", f"{it.another()}", source="benchmark"
    )


def insight(it: Subject) -> list[Entry]:
    """Return behaviour analyses."""
    c = it.c
    return [
        Entry("run", "profile table", lambda: crm.profiles.profile_table(c)),
        Entry("run", "ten top paths", lambda: crm.paths.top_paths(c)),
        Entry("run", "transition matrix", lambda: crm.paths.transition_matrix(c)),
        Entry("run", "intent list", lambda: crm.paths.intent_list(c)),
        Entry(
            "run", "conversion by channel and campaign", lambda: crm.conversion.conversion_grid(c)
        ),
        Entry("run", "cohorts", lambda: crm.staying.cohorts(c)),
        Entry("run", "survival by market", lambda: crm.staying.survival(c, "market")),
        Entry("run", "causes of leaving", lambda: crm.staying.leaving_causes(c)),
    ]


def warehouse(it: Subject) -> list[Entry]:
    """Return questions to the warehouse, some with pandas beside them."""
    whole = ["parcels", "revenue", "on_time"]
    memory = "pandas, in memory"

    def asked(*by: str) -> Any:
        return crm.olap.view(it.warehouse, by, whole)

    def sums(*keys: Any) -> pd.DataFrame:
        found = it.shipments.groupby(list(keys))
        return found.agg(parcels=("fee", "size"), revenue=("fee", "sum"))

    def when() -> Any:
        return it.shipments["accepted_at"].dt

    return [
        Entry(
            "warehouse", "month by market", lambda: asked("month", "market").table(),
            lambda: sums(when().strftime("%Y-%m"), "market"), memory,
        ),
        Entry(
            "warehouse", "rolled up to years",
            lambda: asked("quarter", "market").roll_up("date").table(),
            lambda: sums(when().year, "market"), memory,
        ),
        Entry(
            "warehouse", "drilled down to days",
            lambda: asked("month", "market").drill_down("date").table(),
            lambda: sums(when().normalize(), "market"), memory,
        ),
        Entry(
            "warehouse", "slice of 2025, pivot by market",
            lambda: asked("quarter", "market").slice("year", 2025).pivot("market").table(),
        ),
        Entry(
            "warehouse", "dice: the east, two families",
            lambda: asked("month", "product")
            .dice(origin_region="east", family=["inter_city", "same_city"]).table(),
        ),
        Entry(
            "warehouse", "customers who sent, by quarter",
            lambda: crm.olap.view(it.warehouse, "quarter", "customers").table(),
            lambda: it.shipments.groupby(when().to_period("Q"))["customer_id"].nunique(), memory,
        ),
        Entry(
            "warehouse", "every customer", lambda: asked("customer").table(),
            lambda: sums("customer_id"), memory,
        ),
        Entry(
            "warehouse", "all measures by year",
            lambda: crm.olap.view(it.warehouse, "year", crm.olap.measures()).table(),
        ),
        Entry("run", "build the warehouse, reconciled", lambda: crm.warehouse.build(it.c).close()),
    ]  # fmt: skip


def reports(it: Subject) -> list[Entry]:
    """Return reports over all customers."""
    c = it.c
    crm.grading.adopt(c, crm.grading.regrade(c).run_id)
    year = c.today - timedelta(days=364)
    return [
        Entry("report", "report by grade, a year", lambda: crm.reports.grade_report(c)),
        Entry("report", "… held against the tables", lambda: crm.reports.reconciliation(c)),
        Entry("report", "report by market", lambda: crm.customer_report(c)),
        Entry("report", "baskets of 90 days", lambda: crm.analysis.basket(c)),
        Entry("report", "baskets of a year", lambda: crm.analysis.basket(c, start=year)),
        Entry("run", "preferences of a year", lambda: crm.analysis.preferences(c, "channel")),
    ]


def runs(it: Subject) -> list[Entry]:
    """Return what is run over all customers, once a day or less."""
    c = it.c
    crm.flows.save_house_flows(c)
    day = c.today - timedelta(days=1)
    return [
        Entry("run", "all tags on all customers", lambda: crm.tags.apply_tags(c)),
        Entry("run", "an audience by tags", lambda: crm.tags.audience(c, ["regular"], ["silent"])),
        Entry("run", "all flows for a day", lambda: crm.flows.run_flows(c, day)),
        Entry("run", "all rules for a day, dry", lambda: dry_run(it)),
        Entry("run", "grade all customers", lambda: crm.grading.regrade(c)),
    ]  # fmt: skip


def dry_run(it: Subject) -> Any:
    """Try the house's rules."""
    crm.automation.save_house_rules(it.c)
    return crm.automation.dry_run(it.c)


def timed(work: Callable[[], Any], goes: int) -> tuple[float, float]:
    """Return the medians of several goes, seconds of the wall's and of the processor's clock.

    The first go warms up and isn't counted.
    """
    if goes > 1:
        work()
    walls, processors = [], []
    for _ in range(goes):
        begin, spent = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - begin)
        processors.append(time.process_time() - spent)
    return statistics.median(walls), statistics.median(processors)


def main() -> None:
    """Fill a CRM or open one that is full, measure everything, and print a table."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "crm.db"
        begin = time.perf_counter()
        is_new = not path.exists()
        # A file that is there keeps the world it was made from.
        world = World(seed=SEED, customers=2000 if options.quick else options.customers)
        c = crm.open(path, world if is_new else None)
        took = time.perf_counter() - begin
        print(f"Python {sys.version.split()[0]}, {c.setting('customers')} accounts, ", end="")
        size = path.stat().st_size / 1e6
        print(f"{'filled' if is_new else 'opened'} in {took:.0f} s, {size:.0f} MB")
        report(Subject(c), options.only)
        c.close()


def report(it: Subject, only: str) -> None:
    """Time all entries, or those of one kind, and print them."""
    print(f"\n{'':44} {'s':>8} {'cpu, s':>8} {'limit':>6}  {'peer, s':>8}")
    slow = []
    for entry in entries(it):
        if only and entry.kind != only:
            continue
        took, spent = timed(entry.work, GOES[entry.kind])
        limit = LIMITS.get(entry.kind)
        beside = ""
        if entry.peer:
            beside = f"{timed(entry.peer, 3)[0]:8.3f}  {entry.where}"
        print(f"{entry.name:44} {took:8.3f} {spent:8.3f} {limit or '':>6}  {beside}", flush=True)
        if limit and took > limit:
            slow.append(entry.name)
    print("\nOver the limit: " + (", ".join(slow) or "nothing"))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--file", type=Path, help="keep the filled CRM here, or take it from here")
    parser.add_argument("--customers", type=int, default=100_000, help="accounts of the world")
    parser.add_argument("--only", choices=[*GOES], default="")
    parser.add_argument("--quick", action="store_true", help="a small world, to see that it runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
