"""Rules, histories and instants with what must come out, run on SQL and live alike."""

from __future__ import annotations

import random
from typing import Any

import pytest

from quen.segments.aggregates import AGGREGATES, CASES
from quen.segments.cases import Case
from quen.segments.conditions import KINDS
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import (
    NOON,
    Follower,
    Person,
    compiled,
    live_members,
    person,
    sql_members,
    store_people,
)

HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = NOON - 12 * HOUR  # 2026-07-01 00:00 in Asia/Ho_Chi_Minh


def order(ago: int, **properties: Any) -> tuple[str, int, dict[str, Any]]:
    return "Order Completed", NOON - ago, properties


BOUGHT: dict[str, Any] = {"event": "Order Completed"}
OWN = [(kind.key, case) for kind in KINDS.values() for case in kind.cases]
OWN += [(str(next(iter(set(case.rule) & AGGREGATES.keys()))), case) for case in CASES]


@pytest.mark.parametrize("case", [case for _, case in OWN], ids=[f"{key}: {case.says}" for key, case in OWN])
def test_what_a_part_says_by_example(case: Case) -> None:
    who = person(case.traits, [(event, NOON - ago, properties) for event, ago, properties in case.events])
    store_people([who])
    rule = parse_rule(case.rule)
    assert (sql_members(rule, NOON, [who]) == {who.id}) is case.holds, "sql"
    turned, beside = parse_rule({"not": case.rule}), parse_rule({"all": [case.rule, {"not": {"event": "Never Seen"}}]})
    assert (sql_members(turned, NOON, [who]) != {who.id}) is case.holds, "sql, turned round"
    assert (sql_members(beside, NOON, [who]) == {who.id}) is case.holds, "sql, beside what else is asked of events"
    assert (live_members(rule, NOON, [who]) == {who.id}) is case.holds, "live"
    backwards = Person(who.id, who.traits, who.facts[::-1])
    assert (live_members(rule, NOON, [backwards]) == {who.id}) is case.holds, "live, in another order of arrival"


def test_every_part_says_by_example_what_it_means() -> None:
    said = {key for key, _ in OWN}
    assert KINDS.keys() - said == {"segment"}  # which needs another rule: test_a_segment_in_a_rule
    assert AGGREGATES.keys() <= said


def test_a_sequence_comes_true_to_the_millisecond_and_what_is_late_takes_it_back() -> None:
    rule = parse_rule({"sequence": [{"event": "Product Added"}, {**BOUGHT, "not": True}], "within": "3d"})
    who = person({}, [("Product Added", NOON, {}), ("Order Completed", NOON + 3 * DAY - 1, {})])
    added, bought = who.facts
    follower = Follower(compiled({1: rule}), who)
    follower.apply([added], NOON)
    assert follower.due_at == NOON + 3 * DAY
    assert follower.wake(NOON + 3 * DAY - 1) == []
    assert [(c.entered, c.at) for c in follower.wake(NOON + 5 * DAY)] == [(True, NOON + 3 * DAY)]
    changes = follower.apply([bought], NOON + 6 * DAY)  # happened in time, told late
    assert [(c.entered, c.at) for c in changes] == [(False, NOON + 6 * DAY)]
    assert follower.due_at is None
    store_people([who])
    assert sql_members(rule, NOON + 6 * DAY, [who]) == set()


def test_a_sequence_keeps_little() -> None:
    pair = {"sequence": [{"event": "Product Added"}, BOUGHT], "within": "3d"}
    left = {"sequence": [{"event": "Product Added"}, {**BOUGHT, "not": True}], "within": "3d"}
    who = person({}, [order(0)] + [("Product Added", NOON - n * HOUR, {}) for n in range(1, 500)])
    done, open_ = Follower(compiled({1: parse_rule(pair)}), who), Follower(compiled({1: parse_rule(left)}), who)
    done.apply(who.facts, NOON)
    assert done.state.atoms == {1: [True, []]}  # nothing can take it back
    open_.apply(who.facts[::-1], NOON)
    assert open_.is_in()
    assert len(open_.blob or b"") < 1_500


@pytest.mark.parametrize("more", [{}, {"in_last": "12h"}, {"in_last": "5d"}], ids=["for ever", "in 12h", "in 5d"])
@pytest.mark.parametrize("rare", [0, 3, 40])
def test_a_sequence_over_a_long_history_is_exact(more: dict[str, str], rare: int) -> None:
    """Hundreds of events, most of them the first step, in order: folding them loses nothing that decides."""
    dice = random.Random(rare)
    names = [*["A"] * 400, *["B"] * rare, *["C"] * 20]
    dice.shuffle(names)
    who = person({}, [(name, NOON - 30 * DAY + at * 90 * 60_000, {}) for at, name in enumerate(names)])
    store_people([who])
    absent = {"sequence": [{"event": "A"}, {"event": "B", "not": True}], "within": "3d"}
    three = {"sequence": [{"event": "A"}, {"event": "B", "not": True}, {"event": "C"}, {"event": "B", "not": True}]}
    for rule in (parse_rule({**absent, **more}), parse_rule({**three, "within": "2d", **more})):
        follower = Follower(compiled({1: rule}), who)
        for index, fact in enumerate(who.facts):
            follower.apply([fact], fact.time)
            if index % 60 == 59:
                assert follower.is_in() is (sql_members(rule, fact.time, [who]) == {who.id}), index
        assert len(follower.blob or b"") < 1_500
        for later in (NOON, NOON + DAY, NOON + 3 * DAY, NOON + 9 * DAY):
            follower.wake(later)
            assert follower.is_in() is (sql_members(rule, later, [who]) == {who.id})


def test_a_segment_in_a_rule() -> None:
    buyers, others = parse_rule({**BOUGHT, "within": "1d"}), parse_rule({"not": {"segment": "1"}})
    who, new = person({}, [order(HOUR)]), person({})
    store_people([who, new])
    program = compiled({2: others, 1: buyers})  # in any order
    follower = Follower(program, who)
    follower.apply(who.facts, NOON)
    assert (follower.is_in(1), follower.is_in(2)) == (True, False)
    assert sql_members(others, NOON, [who, new], {1: buyers}) == {new.id}
    flip = NOON - HOUR + DAY
    assert follower.due_at == flip
    assert [(c.segment_id, c.entered, c.at) for c in follower.wake(flip)] == [(1, False, flip), (2, True, flip)]
    assert sql_members(others, flip, [who, new], {1: buyers}) == {who.id, new.id}


def test_a_lasting_share_of_people() -> None:
    people = [person() for _ in range(2_000)]
    store_people(people)
    rule = parse_rule({"sample": {"percent": 10, "salt": "it's"}})
    chosen = sql_members(rule, NOON, people)
    assert chosen == live_members(rule, NOON, people)
    assert 130 < len(chosen) < 270
    other = parse_rule({"sample": {"percent": 10, "salt": "other"}})
    assert sql_members(other, NOON, people) != chosen
    assert sql_members(parse_rule({"sample": {"percent": 100, "salt": "x"}}), NOON, people) == {p.id for p in people}
    assert sql_members(parse_rule({"sample": {"percent": 0, "salt": "x"}}), NOON, people) == set()


def test_anniversaries_flip_at_the_midnights_of_the_workspace() -> None:
    who = person({"birthday": "1990-07-08"})
    store_people([who])
    rule = parse_rule({"trait": "birthday", "op": "anniversary", "within": "2d"})
    follower = Follower(compiled({1: rule}), who)
    follower.apply([], NOON)
    enters, leaves = MIDNIGHT + 5 * DAY, MIDNIGHT + 8 * DAY
    for instant, expected in ((enters - 1, False), (enters, True), (leaves - 1, True), (leaves, False)):
        follower.wake(instant)
        assert follower.is_in() is expected
        assert (sql_members(rule, instant, [who]) == {who.id}) is expected
    assert [(c.entered, c.at) for c in follower.changes] == [(True, enters), (False, leaves)]


def test_flips_missed_in_a_downtime_come_in_order_at_their_own_instants() -> None:
    who = person({}, [order(0), order(-2 * DAY)])
    rule = parse_rule({**BOUGHT, "within": "1d"})
    follower = Follower(compiled({1: rule}), who)
    follower.apply(who.facts, NOON)
    changes = follower.wake(NOON + 30 * DAY)
    assert [(c.entered, c.at - NOON) for c in changes] == [(False, DAY), (True, 2 * DAY), (False, 3 * DAY)]


def test_a_changed_trait_does_not_rewrite_what_time_did_before() -> None:
    """The flip that was due before the batch happens first, then what the batch brought."""
    who = person({"vip": True}, [order(0)])
    rules = {1: parse_rule({**BOUGHT, "within": "1d"}), 2: parse_rule({"trait": "vip", "op": "eq", "value": True})}
    follower = Follower(compiled(rules), who)
    follower.apply(who.facts, NOON)
    who.traits = {}
    changes = follower.apply([], NOON + 5 * DAY, ["vip"])
    assert [(c.segment_id, c.entered, c.at - NOON) for c in changes] == [(1, False, DAY), (2, False, 5 * DAY)]


def test_what_no_segment_asks_about_is_not_kept() -> None:
    who = person({}, [("Page Viewed", NOON, {"a": 1})] * 50)
    program = compiled({1: parse_rule(BOUGHT)})
    follower = Follower(program, who)
    follower.apply(who.facts, NOON)
    assert "Page Viewed" not in program.events and not program.depends_on(["city"])
    assert follower.state.atoms == {}
    assert len(follower.blob or b"") <= 24


def test_at_least_k_keeps_k() -> None:
    who = person({}, [order(n) for n in range(500)])
    follower = Follower(compiled({1: parse_rule({**BOUGHT, "count": {"op": "gte", "value": 3}, "within": "30d"})}), who)
    for fact in who.facts:
        follower.apply([fact], NOON)
    assert follower.state.atoms == {1: [NOON - 2, NOON - 1, NOON]}
    assert follower.due_at == NOON - 2 + 30 * DAY


def test_segments_that_are_gone_leave_nothing_behind() -> None:
    who = person({}, [order(0)])
    follower = Follower(compiled({1: parse_rule(BOUGHT), 2: parse_rule({**BOUGHT, "within": "1d"})}), who)
    follower.apply(who.facts, NOON)
    follower.program = compiled({3: parse_rule({"trait": "x", "op": "missing"})})
    assert follower.state.members == set()
    assert follower.state.atoms == {}
    assert follower.due_at == NOON + DAY, "nothing was opened yet"
    assert follower.wake(NOON + DAY) == []
    assert follower.due_at is None
    assert isinstance(who, Person)
