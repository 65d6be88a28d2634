"""Sales moves by legal steps alone, writes what each move means, and finds what stands still."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from crm_sample import raw, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.texts import KitError, content, speaking

STAGES = content("crm/pipeline")["stages"]
OPEN = [name for name, told in STAGES.items() if "days" in told]
#: What each move needs, filled in rightly.
FILLED = {
    "new": {},
    "contacted": {"note": "interested"},
    "proposal": {"product_id": "standard", "discount": 0.1},
    "won": {
        "duties_us": "daily_pickup",
        "duties_customer": "least_volume",
        "follow_up_on": "2026-03-01",
        "buying_type": "extrinsic",
    },
    "lost": {"lost_reason": "price"},
}


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "agent") as opened:
        yield opened


def a_lead(c, stage="new"):
    """Return a lead of our own in a stage; what is known of the firm is one of the world's."""
    [(number, other)] = raw(c, "SELECT count(*), min(lead_id) FROM leads")
    lead = f"L9{number:06d}"
    told = "name, source_method, city, industry, size_band, monthly_parcels, goods_type"
    with c.trusted(), c.transaction() as db:
        db.execute(
            f"INSERT INTO leads (lead_id, created_on, stage, owner_agent_id, {told}) "
            f"SELECT ?, ?, 'new', owner_agent_id, {told} FROM leads WHERE lead_id = ?",
            (lead, str(c.today), other),
        )
    for step in {"new": [], "contacted": ["contacted"]}.get(stage, ["contacted", "proposal"]):
        crm.pipeline.move(c, lead, step, **FILLED[step])
    return lead


def test_a_lead_is_won_step_by_step_and_becomes_a_customer(own):
    lead = a_lead(own, "proposal")
    revised = crm.pipeline.revise(own, lead, feedback="price_too_high", discount=0.2)
    assert revised.versions == 2
    won = crm.pipeline.move(own, lead, "won", **FILLED["won"])
    assert (won.stage, won.then) == ("won", ())
    [(parcels, fee)] = raw(
        own,
        "SELECT l.monthly_parcels, p.base_fee FROM leads l, products p "
        "WHERE l.lead_id = ? AND p.product_id = 'standard'",
        lead,
    )
    assert won.monthly_value == pytest.approx(parcels * fee * 0.8, abs=0.01)
    assert raw(own, "SELECT version, feedback FROM proposals WHERE deal_id = ?", won.deal_id) == [
        (1, "price_too_high"),
        (2, "accepted"),
    ]
    card = crm.card(own, won.customer_id)
    assert card.name == won.name
    [(stage, signed, customer)] = raw(
        own, "SELECT stage, signed_on, customer_id FROM deals WHERE deal_id = ?", won.deal_id
    )
    assert (stage, signed, customer) == ("signed", "2025-12-31", won.customer_id)
    kinds = list(crm.pipeline.history(own, lead)["kind"])
    assert kinds.count("move") == 3
    assert kinds.count("call") >= 1


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_jump_is_refused_with_what_may_come(own, lang):
    lead = a_lead(own)
    with speaking(lang), pytest.raises(KitError) as fault:
        crm.pipeline.move(own, lead, "won", **FILLED["won"])
    assert lead in str(fault.value)
    assert ("(contacted), " if lang == "en" else "（contacted）、") in str(fault.value)
    assert crm.pipeline.lead(own, lead).stage == "new"


@pytest.mark.parametrize(
    ("to", "fields", "said"),
    [
        ("contacted", {}, "note (interested"),
        ("contacted", {"note": "shouted"}, "wants_quote"),
        ("contacted", {"note": "interested", "duration_min": 0}, "from 1"),
        ("contacted", {"note": "interested", "discuont": 1}, "discuont"),
        ("lost", {"lost_reason": ""}, "lost_reason"),
        ("wonn", {}, "Stages: new"),
    ],
)
def test_a_move_with_a_gap_or_a_slip_changes_nothing(own, to, fields, said):
    lead = a_lead(own)
    before = raw(own, "SELECT * FROM leads"), raw(own, "SELECT count(*) FROM lead_contacts")
    with pytest.raises(KitError, match=said.replace("(", r"\(")):
        crm.pipeline.move(own, lead, to, **fields)
    assert (
        raw(own, "SELECT * FROM leads"),
        raw(own, "SELECT count(*) FROM lead_contacts"),
    ) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"product_id": "rocket"}, "same_city"),
        ({"discount": 0.9}, "0 to 0.5"),
        ({"discount": "much"}, "much"),
        ({"discount": float("nan")}, "nan"),
    ],
)
def test_a_proposal_names_a_product_and_a_discount_that_there_is(own, changed, said):
    lead = a_lead(own, "contacted")
    with pytest.raises(KitError, match=said):
        crm.pipeline.move(own, lead, "proposal", **{**FILLED["proposal"], **changed})
    assert raw(own, "SELECT count(*) FROM deals WHERE lead_id = ?", lead) == [(0,)]


def test_the_follow_up_lies_ahead(own):
    lead = a_lead(own, "proposal")
    with pytest.raises(KitError, match="2025-12-31"):
        crm.pipeline.move(own, lead, "won", **{**FILLED["won"], "follow_up_on": "2025-12-31"})
    assert crm.pipeline.lead(own, lead).stage == "proposal"


def test_a_lost_lead_may_be_called_again_and_why_it_was_lost_is_remembered(own):
    lead = a_lead(own, "proposal")
    crm.pipeline.move(own, lead, "lost", lost_reason="rival")
    assert raw(own, "SELECT stage FROM deals WHERE lead_id = ?", lead) == [("lost",)]
    again = crm.pipeline.move(own, lead, "contacted", note="wants_quote")
    assert again.then == ("proposal", "lost")
    kept = crm.history(own, "leads", lead)
    assert "rival" in set(kept["old"])
    proposed = crm.pipeline.move(own, lead, "proposal", product_id="economy", discount=0)
    assert proposed.versions == 2
    assert raw(own, "SELECT stage FROM deals WHERE lead_id = ?", lead) == [("open",)]


def test_two_who_move_one_lead_notice_each_other(own):
    lead = a_lead(own)
    seen = crm.pipeline.lead(own, lead).version
    with crm.open(own.path) as other:
        crm.pipeline.move(other, lead, "lost", seen=seen, lost_reason="no_need")
    with pytest.raises(KitError, match="changed by agent"):
        crm.pipeline.move(own, lead, "lost", seen=seen, lost_reason="price")
    assert raw(own, "SELECT lost_reason FROM leads WHERE lead_id = ?", lead) == [("no_need",)]


def test_a_role_without_the_right_is_refused_and_logged(own):
    lead = a_lead(own)
    own.user("analyst")
    with pytest.raises(KitError, match="analyst"):
        crm.pipeline.move(own, lead, "contacted", note="interested")
    assert raw(own, "SELECT allowed FROM access_log WHERE role = 'analyst'") == [(0,)]
    assert raw(own, "SELECT stage FROM leads WHERE lead_id = ?", lead) == [("new",)]


# --- the board and the stuck list ---------------------------------------------------------------


def reference(c):
    """Return open leads with the days in their stage, reckoned from the tables by pandas."""
    today = pd.Timestamp(c.today)
    leads = pd.DataFrame(raw(c, "SELECT lead_id, stage, created_on FROM leads"))
    leads.columns = ["lead_id", "stage", "created_on"]
    leads = leads[leads["stage"].isin(OPEN)].set_index("lead_id")
    first = pd.DataFrame(raw(c, "SELECT lead_id, min(at) FROM lead_contacts GROUP BY 1"))
    deals = dict(raw(c, "SELECT lead_id, opened_on FROM deals"))
    moves = dict(raw(c, "SELECT key, max(at) FROM changes WHERE table_name = 'leads' "
                        'AND "column" = \'stage\' GROUP BY key'))  # fmt: skip
    called = dict(first.to_numpy().tolist())
    days = {}
    for lead, stage, created in leads.reset_index().to_numpy().tolist():
        told = {"contacted": called.get(lead), "proposal": deals.get(lead)}.get(stage)
        since = moves.get(lead) or told or created
        days[lead] = (today - pd.Timestamp(since[:10])).days
    return leads["stage"], days


def test_the_stuck_list_and_the_board_equal_the_reference(own):
    a_lead(own, "contacted")
    own.advance(31)
    stages, days = reference(own)
    late = {lead for lead, stage in stages.items() if days[lead] > STAGES[stage]["days"]}
    stuck = crm.pipeline.stuck(own)
    assert set(stuck["lead_id"]) == late
    assert late
    assert dict(zip(stuck["lead_id"], stuck["days"], strict=True)) == {n: days[n] for n in late}
    board = crm.pipeline.board(own)
    assert board["leads"].to_dict() == {s: int((stages == s).sum()) for s in OPEN}
    assert board["stuck"].sum() == len(late)


def test_at_its_limit_a_lead_is_not_stuck_a_day_later_it_is(own):
    lead = a_lead(own, "contacted")
    own.advance(STAGES["contacted"]["days"])
    assert lead not in set(crm.pipeline.stuck(own)["lead_id"])
    own.advance(1)
    assert lead in set(crm.pipeline.stuck(own)["lead_id"])


MOVES = st.lists(st.tuples(st.sampled_from(list(STAGES)), st.booleans()), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_no_sequence_of_moves_leads_to_an_illegal_stage(own, moves):
    lead = a_lead(own)
    path = [crm.pipeline.lead(own, lead).stage]
    known = len(crm.history(own, "leads", lead).query('column == "stage"'))
    for to, complete in moves:
        may = to in STAGES[path[-1]]["then"] and (complete or to == "new")
        try:
            crm.pipeline.move(own, lead, to, **(FILLED[to] if complete else {}))
            assert may
            path.append(to)
        except KitError:
            assert not may
    assert crm.pipeline.lead(own, lead).stage == path[-1]
    told = crm.history(own, "leads", lead).query('column == "stage"')
    fresh = told.iloc[: len(told) - known][::-1]
    moved = list(zip(fresh["old"], fresh["new"], strict=True))
    assert moved == list(pairwise(path)), "the history explains the stage"


# --- the order ------------------------------------------------------------------------------------


def test_the_life_of_an_order_runs_from_placing_to_after_sales(own):
    [(order, waybill)] = raw(
        own,
        "SELECT o.order_id, o.waybill_no FROM orders o JOIN after_sales a USING (waybill_no) "
        "JOIN shipments s USING (waybill_no) WHERE s.delivered_at IS NOT NULL LIMIT 1",
    )
    life = crm.tracking.order_life(own, waybill)
    assert life.equals(crm.tracking.order_life(own, order))
    events = list(life["event"])
    assert events[0] == "placed"
    assert {"accept", "deliver", "promised", "ticket"} <= set(events)
    assert list(life["at"]) == sorted(life["at"])
    with pytest.raises(KitError, match="nothing-like-it"):
        crm.tracking.order_life(own, "nothing-like-it")


def test_stuck_parcels_and_tickets_equal_the_reference(own):
    now = pd.Timestamp(own.advance(1)) + timedelta(hours=9)
    times = content("crm/pipeline")["stuck"]["times_the_standard"]
    standards = {
        (product, step): hours
        for product, step, hours in raw(
            own, "SELECT product_id, step, promised_hours FROM standards"
        )
    }
    late = set()
    for waybill, product, step, at in raw(
        own,
        "SELECT s.waybill_no, s.product_id, max(c.step), max(c.scanned_at) FROM shipments s "
        "JOIN scans c USING (waybill_no) WHERE delivered_at IS NULL AND lost = 0 GROUP BY 1, 2",
    ):
        if (now - pd.Timestamp(at)) / pd.Timedelta(hours=1) > times * standards[product, step + 1]:
            late.add(waybill)
    stuck = crm.tracking.stuck_parcels(own)
    assert set(stuck["waybill_no"]) == late
    own.advance(60)
    assert len(crm.tracking.stuck_parcels(own)) > len(late)
    waiting = {t for (t,) in raw(own, "SELECT ticket_id FROM after_sales WHERE solved_at IS NULL")}
    assert set(crm.tracking.stuck_tickets(own)["ticket_id"]) == waiting


def test_dates_are_read_as_days(own):
    assert crm.pipeline.leads(own)["since"].map(date.fromisoformat).max() <= own.today
