"""A case goes by its process alone, its log is complete, and who waits by grade has a floor."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from crm_sample import raw, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.process import AGAIN, covers, process
from kdcourse.crm.queues import serve
from kdcourse.texts import KitError, content, speaking

DECLARED = content("crm/complaints")
#: What a step is filled in with when all is right.
FILLED = {
    "confirm": {"category": "damaged", "note": "called"},
    "apologise": {"note": "called"},
    "analyse": {"root_cause": "handling", "responsible_dept": "transport", "note": "photo_seen"},
    "propose": {"offer_kind": "damage", "offer": 8},
    "carry_out": {"agreed": 1},
    "judge": {"category": "damaged", "responsible_dept": "transport"},
    "treat": {"root_cause": "handling", "offer_kind": "damage", "offer": 8, "agreed": 1},
    "feed_back": {"note": "called", "satisfaction": 4},
    "file": {"satisfied": 1},
    "reopen": {"content": "又坏了"},
}
SEVEN = ["confirm", "apologise", "analyse", "propose", "carry_out", "feed_back", "file"]
FIVE = ["judge", "treat", "feed_back", "file"]
RANK = {"A": 1, "B": 2, "C": 3, "D": 4}
desk = crm.complaints


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path, "agent") as opened:
        yield opened


def receive(c, **changed):
    [(customer,)] = raw(c, "SELECT min(customer_id) FROM customers WHERE phone IS NOT NULL")
    told = {"channel": "phone", "content": "杯子碎了", "category": "damaged", **changed}
    return desk.receive(c, customer, **told)


def test_a_field_is_suggested_once_even_if_it_is_asked_for_and_allowed(own):
    case = receive(own)
    with pytest.raises(KitError) as refusal:
        desk.step(own, case.complaint_id, "confirm", weather="rain")
    assert "Did you mean category, note?" in str(refusal.value)


def take(c, case, *steps):
    for step in steps:
        case = desk.step(c, case.complaint_id, step, **FILLED[step])
    return case


def steps_of(c, case):
    found = raw(
        c, "SELECT step FROM complaint_steps WHERE complaint_id = ? ORDER BY seq", case.complaint_id
    )
    return [step for (step,) in found]


# --- the process, without a database -------------------------------------------------------------


@pytest.mark.parametrize("name", DECLARED["process"])
@pytest.mark.parametrize("suggestion", [False, True])
def test_every_step_can_be_reached_and_leads_on(name, suggestion):
    way = process(name, suggestion)
    reached = {"receive"}
    for _ in way.steps:
        reached |= {then for step in reached for then in way.next(step)}
    assert reached == set(way.steps)
    assert all(step.then for step in way.steps.values())
    fields = {field for step in way.steps.values() for field in (*step.needs, *step.may)}
    assert fields <= set(DECLARED["fields"])


def test_the_seven_and_the_five_steps_are_those_of_the_decks():
    seven, five = process("seven"), process("five")
    assert seven.legal(["receive", *SEVEN[:-1]])
    assert len(SEVEN) == 7, "receive to feed back are seven, filing comes on top"
    assert [step for step in five.steps if step != AGAIN] == ["receive", *FIVE]
    both = [step for steps in covers().values() for step in steps]
    assert both == [step for step in seven.steps if step != AGAIN], "five cover seven, in order"


def test_nobody_apologises_for_a_suggestion():
    way = process("seven", suggestion=True)
    assert "apologise" not in way.steps
    assert way.next("confirm") == ("analyse",)
    assert "root_cause" not in way.steps["analyse"].needs


def test_steps_left_out_are_found_round_by_round():
    way = process("seven")
    short = ["receive", "confirm", "analyse", "propose", "carry_out", "feed_back"]
    assert way.left_out(short) == ("apologise",)
    assert way.left_out([*short, "reopen", "propose"]) == ("apologise", "analyse")
    assert way.left_out(["receive", *SEVEN]) == ()


# --- the life of a case --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "steps"), [("seven", SEVEN), ("five", FIVE)])
def test_a_case_goes_from_receipt_to_the_archive(own, name, steps):
    case = receive(own, process=name)
    assert case.step == "receive"
    case = take(own, case, *steps)
    assert case.step == "file"
    assert steps_of(own, case) == ["receive", *steps]
    row = own.query("SELECT * FROM complaints WHERE complaint_id = :n", n=case.complaint_id).iloc[0]
    assert row["text_code"] == "T00"
    assert row["compensation"] == 8
    assert row["compensation_kind"] == "damage"
    assert row["responsible_dept"] == "transport"
    assert row["root_cause"] == "handling"
    assert row["satisfaction"] == 4
    assert row[["first_response_at", "confirmed_at", "apologised_at", "closed_at"]].notna().all()
    log = desk.log(own, case.complaint_id)
    assert log[["at", "event", "what", "who", "dept"]].notna().all(axis=None)
    assert desk.audit(own, case.complaint_id).empty
    assert case.complaint_id not in set(desk.queue(own)["complaint_id"])


def test_a_suggestion_is_worked_without_apology_or_offer(own):
    case = receive(own, suggestion=True)
    case = desk.step(own, case.complaint_id, "confirm", **FILLED["confirm"])
    assert case.then == ("analyse",)
    case = desk.step(own, case.complaint_id, "analyse", responsible_dept="it", note="staff_asked")
    for step in ("propose", "carry_out"):
        case = desk.step(own, case.complaint_id, step)
    case = desk.step(own, case.complaint_id, "feed_back", note="wrote")
    assert desk.step(own, case.complaint_id, "file").step == "file"
    assert desk.audit(own, case.complaint_id).empty


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("step", ["apologise", "carry_out", "file", "reopen", "judge", "nonsense"])
def test_a_step_out_of_turn_is_refused_with_the_one_that_comes(own, step, lang):
    case = receive(own)
    with speaking(lang), pytest.raises(KitError, match="confirm") as fault:
        desk.step(own, case.complaint_id, step, **FILLED.get(step, {}))
    assert case.complaint_id in str(fault.value)
    assert steps_of(own, case) == ["receive"]


@pytest.mark.parametrize("step", ["confirm", "apologise", "analyse", "propose"])
def test_a_step_says_which_field_it_lacks(own, step):
    case = take(own, receive(own), *SEVEN[: SEVEN.index(step)])
    for field in process("seven").steps[step].needs:
        given = {name: value for name, value in FILLED[step].items() if name != field}
        with pytest.raises(KitError, match=f"still needs: {field}"):
            desk.step(own, case.complaint_id, step, **given)
    assert desk.case(own, case.complaint_id).step == case.step


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"channel": "pigeon"}, "call_centre"),
        ({"category": "weather"}, "damaged"),
        ({"content": "  "}, "content"),
        ({"claim": -1}, "from 0"),
        ({"waybill_no": "LY000000000000"}, "isn't one of"),
        ({"process": "nine"}, "seven, five"),
        ({"at": "2026-06-01 09:00"}, "2025-12-31"),
        ({"at": "noon"}, "noon"),
    ],
)
def test_a_complaint_with_a_slip_is_not_taken_in(own, changed, said):
    before = raw(own, "SELECT count(*) FROM complaints")
    with pytest.raises(KitError, match=said):
        receive(own, **changed)
    assert raw(own, "SELECT count(*) FROM complaints") == before


def test_a_loss_and_a_large_claim_are_urgent(own):
    def priority(**changed):
        number = receive(own, **changed).complaint_id
        return raw(own, "SELECT priority FROM complaints WHERE complaint_id = ?", number)

    assert priority() == [("normal",)]
    assert priority(category="lost") == [("urgent",)]
    assert priority(claim=DECLARED["limits"]["urgent_claim"]) == [("urgent",)]


def test_an_offer_above_the_agents_limit_needs_approval(own):
    case = take(own, receive(own), *SEVEN[:3])
    much = case.limit + 1
    with pytest.raises(KitError, match="Ask a supervisor"):
        desk.step(own, case.complaint_id, "propose", offer_kind="damage", offer=much)
    with pytest.raises(KitError, match="can't approve"):
        desk.approve(own, case.complaint_id, much)
    assert raw(own, "SELECT role, action FROM access_log WHERE allowed = 0") == [
        ("agent", "approve")
    ]
    own.user("supervisor")
    desk.approve(own, case.complaint_id, much)
    own.user("agent")
    done = desk.step(own, case.complaint_id, "propose", offer_kind="damage", offer=much)
    assert done.offer == much


def test_without_agreement_nothing_is_carried_out_and_without_content_nothing_filed(own):
    case = take(own, receive(own), *SEVEN[:4])
    with pytest.raises(KitError, match="hasn't agreed"):
        desk.step(own, case.complaint_id, "carry_out", agreed=0)
    better = desk.step(own, case.complaint_id, "propose", offer_kind="damage", offer=9)
    case = take(own, better, "carry_out", "feed_back")
    with pytest.raises(KitError, match="isn't content"):
        desk.step(own, case.complaint_id, "file", satisfied=0)
    own.user("supervisor")
    assert desk.step(own, case.complaint_id, "file", satisfied=0).step == "file"


def test_five_steps_treat_again_until_the_customer_agrees(own):
    case = take(own, receive(own, process="five"), "judge")
    case = desk.step(own, case.complaint_id, "treat", **{**FILLED["treat"], "agreed": 0})
    with pytest.raises(KitError, match="hasn't agreed"):
        desk.step(own, case.complaint_id, "feed_back", note="called")
    case = take(own, case, "treat", "feed_back")
    assert steps_of(own, case) == ["receive", "judge", "treat", "treat", "feed_back"]


def test_a_reopened_case_is_open_again_and_starts_its_offer_anew(own):
    case = take(own, receive(own), *SEVEN)
    case = take(own, case, "reopen")
    assert (case.then, case.offer) == (("analyse",), None)
    assert case.complaint_id in set(desk.queue(own)["complaint_id"])
    [(kept,)] = raw(
        own, "SELECT content FROM complaint_cases WHERE complaint_id = ?", case.complaint_id
    )
    assert "杯子碎了" in kept
    assert "又坏了" in kept
    case = take(own, case, *SEVEN[2:])
    assert case.step == "file"
    assert raw(
        own, "SELECT reopened FROM complaints WHERE complaint_id = ?", case.complaint_id
    ) == [(1,)]


def test_two_who_work_one_case_notice_each_other(own):
    case = receive(own)
    with crm.open(own.path) as other:
        desk.step(other, case.complaint_id, "confirm", seen=case.version, **FILLED["confirm"])
    with pytest.raises(KitError, match="changed by agent"):
        desk.step(own, case.complaint_id, "confirm", seen=case.version, **FILLED["confirm"])
    assert steps_of(own, case) == ["receive", "confirm"]


def test_an_open_case_of_the_world_is_taken_on_where_it_stands(own):
    queue = desk.queue(own)
    for number, step in queue[["complaint_id", "step"]].head(3).itertuples(index=False):
        case = desk.case(own, number)
        assert case.step == step
        went = take(own, case, case.then[0])
        assert went.step == case.then[0]


# --- hand-over -----------------------------------------------------------------------------------


def test_a_hand_over_waits_is_taken_up_and_comes_back(own):
    case = take(own, receive(own), "confirm", "apologise")
    number = case.complaint_id
    with pytest.raises(KitError, match="Say why"):
        desk.pass_on(own, number, "transport", why=" ")
    with pytest.raises(KitError, match="management"):
        desk.pass_on(own, number, "kitchen", why="?")
    desk.pass_on(own, number, "transport", why="哪一段损坏的？")
    with pytest.raises(KitError, match="nobody there has taken it up"):
        take(own, case, "analyse")
    assert desk.queue(own, dept="transport")["waits"].all()
    own.advance(1)
    desk.take_up(own, number)
    with pytest.raises(KitError, match="nothing to take up"):
        desk.take_up(own, number)
    case = take(own, case, "analyse")
    assert case.dept == "service"
    [(dept, passed, taken)] = raw(
        own,
        "SELECT dept, passed_at, taken_at FROM complaint_steps "
        "WHERE complaint_id = ? AND step = 'analyse'",
        number,
    )
    assert (dept, passed, taken) == ("transport", "2025-12-31 09:00", "2026-01-01 09:00")
    told = list(desk.log(own, number)[["event", "what"]].itertuples(index=False, name=None))
    assert told[2:] == [
        ("step", "apologise"),
        ("pass", "service → transport"),
        ("take", "transport"),
        ("step", "analyse"),
        ("pass", "transport → service"),
        ("take", "service"),
    ]


def test_what_is_for_customer_service_is_not_done_elsewhere(own):
    case = take(own, receive(own), *SEVEN[:3])
    desk.pass_on(own, case.complaint_id, "transport", why="看一下")
    desk.take_up(own, case.complaint_id)
    with pytest.raises(KitError, match="Take it back first"):
        take(own, case, "propose")
    desk.pass_on(own, case.complaint_id, "service", why="收回")
    desk.take_up(own, case.complaint_id)
    assert take(own, case, "propose").step == "propose"
    with pytest.raises(KitError, match="already"):
        desk.pass_on(own, case.complaint_id, "service", why="收回")
    case = take(own, case, "carry_out", "feed_back")
    with pytest.raises(KitError, match="is over"):
        desk.pass_on(own, case.complaint_id, "transport", why="晚了")


#: A try: a step, or passing on, or taking up; whether its fields are filled in.
TRIES = st.lists(
    st.tuples(st.sampled_from([*FILLED, "pass:transport", "pass:service", "take"]), st.booleans()),
    max_size=14,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tries=TRIES, name=st.sampled_from(["seven", "five"]), helpful=st.booleans())
def test_whatever_is_tried_the_log_stays_legal_and_explains_the_state(own, tries, name, helpful):
    case = receive(own, process=name)
    number, way = case.complaint_id, case.process
    for what, complete in tries:
        now = desk.case(own, number)
        if helpful and what in FILLED and complete:
            what = now.then[0]
        try:
            if what == "take":
                desk.take_up(own, number)
            elif what.startswith("pass:"):
                desk.pass_on(own, number, what[5:], why="看一下" if complete else "")
            else:
                desk.step(own, number, what, **(FILLED[what] if complete else {}))
        except KitError:
            assert desk.case(own, number) == now, "a refusal changes nothing"
    now, steps = desk.case(own, number), steps_of(own, case)
    assert way.legal(steps)
    assert now.step == steps[-1]
    log = desk.log(own, number)
    assert list(log["at"]) == sorted(log["at"])
    assert log[["at", "event", "what", "who", "dept"]].notna().all(axis=None)
    passes = log[log["event"] == "pass"]["what"].str.split(" → ")
    assert all(one[1] == two[0] for one, two in pairwise(passes)), "from where it lay"
    takes = log[log["event"] == "take"]["what"]
    assert len(takes) <= len(passes)
    assert now.dept == (passes.iloc[-1][1] if len(passes) else "service")
    told = raw(own, "SELECT closed_at FROM complaints WHERE complaint_id = ?", number)
    assert (told[0][0] is not None) == ("feed_back" in steps)


# --- the audit -----------------------------------------------------------------------------------


def test_the_audit_of_the_worlds_cases_equals_the_reference(own):
    steps = pd.DataFrame(
        raw(own, "SELECT complaint_id, step, note_code, dept, passed_at, taken_at "
                 "FROM complaint_steps"),
        columns=["complaint_id", "step", "note", "dept", "passed_at", "taken_at"],
    )  # fmt: skip
    cases = own.query("SELECT * FROM complaints WHERE closed_at IS NOT NULL")
    expected = set()
    for case in cases.itertuples():
        mine = steps[steps["complaint_id"] == case.complaint_id]
        needed = [
            s for s in process("seven", bool(case.is_suggestion)).steps if s not in ("file", AGAIN)
        ]
        expected |= {(case.complaint_id, "record", s) for s in needed if s not in set(mine["step"])}
        noted = mine["step"].isin(["receive", "confirm", "apologise", "analyse", "feed_back"])
        silent = mine[noted & mine["note"].isna()]
        expected |= {(case.complaint_id, "record", f"{s}: note") for s in silent["step"]}
        hours = pd.Timestamp(case.first_response_at) - pd.Timestamp(case.received_at)
        if hours > pd.Timedelta(hours=DECLARED["limits"]["answer_hours"]):
            expected.add((case.complaint_id, "in_time", "first_response"))
        waits = pd.to_datetime(mine["taken_at"]) - pd.to_datetime(mine["passed_at"])
        slow = mine[waits > pd.Timedelta(hours=DECLARED["limits"]["hand_over_hours"])]
        expected |= {(case.complaint_id, "in_time", f"hand_over: {d}") for d in slow["dept"]}
    found = desk.audit(own)
    mine = found[found["principle"].isin(["record", "in_time"]) & (found["what"] != "closed")]
    assert set(mine[["complaint_id", "principle", "what"]].itertuples(index=False, name=None)) == (
        expected
    )
    assert expected


# --- who is first --------------------------------------------------------------------------------

JOBS = st.lists(
    st.tuples(st.floats(0, 200, allow_nan=False), st.integers(1, 4)), min_size=1, max_size=60
)


@given(jobs=JOBS, hours=st.floats(0.1, 20), desks=st.integers(1, 3), floor=st.floats(0, 100))
def test_next_is_who_has_waited_past_the_floor_else_the_highest_grade(jobs, hours, desks, floor):
    arrivals, ranks = [a for a, _ in jobs], [r for _, r in jobs]
    served = serve(arrivals, ranks, hours, desks, floor)
    assert sorted(one.job for one in served) == list(range(len(jobs)))
    left = set(range(len(jobs)))
    for one in served:
        waiting = [job for job in left if arrivals[job] <= one.begun]
        late = [job for job in waiting if one.begun - arrivals[job] >= floor]
        if late:
            right = min(late, key=lambda job: (arrivals[job], job))
        else:
            right = min(waiting, key=lambda job: (ranks[job], arrivals[job], job))
        assert one.job == right
        left.discard(one.job)
    for start in [one.begun for one in served]:
        busy = sum(start - hours + 1e-9 < one.begun <= start for one in served)
        assert busy <= desks


def test_a_queue_served_by_hand():
    # One desk, two hours each: B comes first, then D, then A; the floor is five hours.
    arrivals, ranks = [0.0, 0.5, 1.0, 3.9, 5.9], [2, 4, 1, 1, 1]
    by_grade = [one.job for one in serve(arrivals, ranks, 2)]
    assert by_grade == [0, 2, 3, 4, 1]
    with_floor = serve(arrivals, ranks, 2, floor=5)
    assert [one.job for one in with_floor] == [0, 2, 3, 1, 4]
    assert [one.by_floor for one in with_floor] == [False, False, False, True, False]


@pytest.fixture
def graded(own):
    own.user("supervisor")
    crm.grading.regrade(own, adopt=True)
    return own


def test_a_run_serves_as_the_policy_says_and_the_floor_is_kept(graded):
    floor = 1500
    by_grade = crm.priority.run_queue(graded, "grade_first", days=700, hours_each=500)
    floored = crm.priority.run_queue(
        graded, crm.priority.policy("grade_with_floor", floor_hours=floor), days=700, hours_each=500
    )
    assert set(by_grade["complaint_id"]) == set(floored["complaint_id"])
    assert floored["by_floor"].any()
    for run, limit in ((by_grade, None), (floored, floor)):
        came, rank = pd.to_datetime(run["received_at"]), run["grade"].map(RANK)
        for place, row in run.iterrows():
            waiting = run.index[(run.index > place) & (came <= row["begun_at"])]
            waited = (row["begun_at"] - came) / pd.Timedelta(hours=1)
            if limit is not None and waited[place] >= limit:
                assert (came[waiting] >= came[place]).all()
            else:
                assert (rank[waiting] >= rank[place]).all()
                assert limit is None or (waited[waiting] < limit).all()
    assert list(by_grade["place"]) == list(range(1, len(by_grade) + 1))
    told = crm.priority.by_grade(by_grade)
    assert told.loc["all", "number"] == len(by_grade)
    assert told.loc["all", "broken"] == (by_grade["waited_h"] > by_grade["promise_h"]).sum()


def test_a_policy_without_a_floor_is_tried_but_never_put_in_force(graded):
    with pytest.raises(KitError, match="has no floor"):
        crm.priority.set_policy(graded, "grade_first")
    with pytest.raises(KitError, match="first_come"):
        crm.priority.run_queue(graded, "loudest")
    with pytest.raises(KitError, match="-1"):
        crm.priority.set_policy(graded, "grade_first", floor_hours=-1)
    crm.priority.set_policy(graded, "grade_first", floor_hours=12)
    assert crm.priority.policy_in_force(graded).floor_hours == 12
    graded.user("agent")
    with pytest.raises(KitError, match="agent"):
        crm.priority.set_policy(graded, "first_come")


def test_the_desk_serves_long_waits_first_then_by_grade(graded):
    fresh = receive(graded)
    order = crm.priority.service_order(graded)
    floor = crm.priority.policy_in_force(graded).floor_hours
    late = order["waited_h"] >= floor
    assert list(late) == sorted(late, reverse=True)
    assert list(order[late]["since"]) == sorted(order[late]["since"])
    assert fresh.complaint_id in set(order[~late]["complaint_id"])


def test_without_grades_the_queue_says_how_to_get_them(own):
    with pytest.raises(KitError, match="regrade"):
        crm.priority.run_queue(own)


def test_a_day_is_dispatched_by_grade_and_broken_promises_are_named(graded):
    day, per_hour = "2025-11-12", 0.05
    run = crm.priority.dispatch(graded, day, "grade_first", per_hour=per_hour, keep=True)
    parcels = {w for (w,) in raw(graded, "SELECT waybill_no FROM shipments "
                                         "WHERE date(accepted_at) = ?", day)}  # fmt: skip
    assert set(run["waybill_no"]) == parcels
    hours = dict(raw(graded, "SELECT product_id, sum(usual_hours) FROM standards "
                             "WHERE step > 2 GROUP BY 1"))  # fmt: skip
    product = dict(raw(graded, "SELECT waybill_no, product_id FROM shipments"))
    begun = pd.to_datetime(run["accepted_at"]) + pd.to_timedelta(run["waited_h"], unit="h")
    after = pd.to_timedelta(run["waybill_no"].map(product).map(hours), unit="h")
    late = (begun + after).dt.floor("min") > pd.to_datetime(run["promised_at"])
    assert list(run["broken"]) == list(late)
    assert late.any()
    assert not late.all()
    kept = raw(graded, "SELECT waybill_no, in_time FROM dispatches ORDER BY place")
    assert kept == list(zip(run["waybill_no"], (~run["broken"]).astype(int), strict=True))
    with pytest.raises(KitError, match="2030-01-01"):
        crm.priority.dispatch(graded, "2030-01-01")
    for per_hour in (0, -1, float("nan")):
        with pytest.raises(KitError, match="per_hour"):
            crm.priority.dispatch(graded, day, per_hour=per_hour)
