"""Random computed traits over random histories, orders of arrival and clocks: SQL, live and the naive oracle agree."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.computed import sql
from quen.computed.definitions import ComputedTrait, parse_computed
from quen.events.store import event_store
from quen.profiles.state import NewValue
from quen.segments.definitions import ComputedDef, SegmentDef, atom_specs
from quen.segments.facts import Fact
from quen.segments.live import Program
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, ZONE, Follower, Person, store_people
from tests.properties.computed_oracle import value
from tests.properties.segment_oracle import DAY
from tests.properties.test_segments import SPANS, clocks, filter_lists, follow, histories, make_person, merged, windows

KINDS = ("count", "sum", "avg", "min", "max", "first", "last", "most_frequent", "distinct", "days_since")
names = st.one_of(st.sampled_from(["A", "B"]), st.just(["A", "B"]))


def specs(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    about = st.just({"kind": kind} if kind in ("count", "days_since") else {"kind": kind, "property": "n"})
    return merged(about, names.map(lambda event: {"event": event}), windows, filter_lists)


any_spec = st.sampled_from(KINDS).flatmap(specs)


def trait(spec: Mapping[str, Any], name: str = "x") -> ComputedTrait:
    return parse_computed(name, "X", spec)


def program_of(traits: list[ComputedTrait], rules: Mapping[int, Any] | None = None) -> Program:
    parsed = {id_: parse_rule(rule) for id_, rule in (rules or {}).items()}
    keys = dict.fromkeys(key for rule in parsed.values() for key in atom_specs(rule))
    keys |= dict.fromkeys(key for each in traits for key in each.atom_specs(ZONE))
    numbers = {key: number for number, key in enumerate(keys, 1)}
    return Program.compile(
        [SegmentDef(id_, rule, numbers) for id_, rule in parsed.items()],
        ZONE,
        [ComputedDef(1_000 + n, each.name, each.live, numbers) for n, each in enumerate(traits)],
    )


def live(who: Person, name: str = "x") -> Any:
    return who.traits.get("computed", {}).get(name)


def agree(spec: dict[str, Any], who: Person, now: int, everything: list[Fact] | None = None) -> None:
    expected = value(spec, who.facts if everything is None else everything, now, ZONE)
    assert live(who) == expected, ("live", now - NOON)
    found = sql.values(trait(spec), [who.id], event_store(), now, ZONE)
    assert found == {who.id: expected}, ("sql", now - NOON)
    assert isinstance(found[who.id], bool) is isinstance(live(who), bool)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), history=histories, clock=clocks)
def test_a_value_in_sql_live_and_oracle(kind: str, data: st.DataObject, history: list[Any], clock: list[int]) -> None:
    spec = data.draw(specs(kind))
    who, arrivals = make_person(history, {})
    follower = Follower(program_of([trait(spec)]), who)
    now = follow(follower, who, arrivals, NOON - 4 * DAY)
    store_people([who])
    agree(spec, who, now)
    for later in sorted(now + abs(step) for step in clock):
        follower.wake(later)
        agree(spec, who, later)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), history=histories)
def test_a_value_changes_at_the_very_instant(kind: str, data: st.DataObject, history: list[Any]) -> None:
    """Until the instant that is due nothing changes, and what changes is told with that instant."""
    spec = data.draw(specs(kind))
    who, arrivals = make_person(history, {})
    follower = Follower(program_of([trait(spec)]), who)
    now = follow(follower, who, arrivals, NOON - 4 * DAY)
    for _ in range(60):
        due, current = follower.due_at, live(who)
        assert current == value(spec, who.facts, now, ZONE)
        edges = {f.time + span for f in who.facts for span in (0, 1, *SPANS.values())}
        edges |= {f.time + n * DAY for f in who.facts for n in range(1, 12)}
        end = due if due is not None else now + 10 * DAY
        for edge in sorted(e for e in edges | {end - 1} if now <= e < end):
            assert current == value(spec, who.facts, edge, ZONE), (edge - now, end - now)
        if due is None or due > NOON + 20 * DAY:
            return
        who.valued = ()
        follower.wake(due - 1)
        assert who.valued == ()
        follower.wake(due)
        now = due
        assert all(new.at == due and new.value == live(who) for new in who.valued)


@settings(max_examples=60, deadline=None)
@given(any_spec, histories, st.lists(st.booleans(), min_size=10, max_size=10))
def test_arriving_at_once_or_one_by_one_is_the_same(
    spec: dict[str, Any], history: list[Any], shuffle: list[bool]
) -> None:
    who, _ = make_person(history, {})
    other = Person(who.id, {}, who.facts)
    now = NOON + DAY
    facts = [f for f, first in zip(who.facts, shuffle, strict=False) if first]
    facts += [f for f, first in zip(who.facts, shuffle, strict=False) if not first]
    program = program_of([trait(spec)])
    at_once, one_by_one = Follower(program, who), Follower(program, other)
    at_once.apply(who.facts, now)
    for fact in facts:
        one_by_one.apply([fact], now)
    one_by_one.apply([], now)
    assert live(who) == live(other)
    assert at_once.due_at == one_by_one.due_at


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_spec, histories, histories)
def test_two_who_become_one(spec: dict[str, Any], history: list[Any], other_history: list[Any]) -> None:
    who, arrivals = make_person(history, {})
    other, other_arrivals = make_person(other_history, {})
    program = program_of([trait(spec)])
    mine, theirs = Follower(program, who), Follower(program, other)
    now = max(follow(mine, who, arrivals, NOON - 4 * DAY), follow(theirs, other, other_arrivals, NOON - 4 * DAY), NOON)
    state = program.merge(mine.state, theirs.state)
    program.evaluate_all(state, who, now)
    mine.blob = program.encode(state)
    store_people([who, other], {other.id: who.id})
    agree(spec, who, now, who.facts + other.facts)
    mine.wake(now + DAY)
    agree(spec, who, now + DAY, who.facts + other.facts)


@settings(max_examples=60, deadline=None)
@given(specs("count"), histories, st.integers(1, 3), clocks)
def test_a_segment_over_a_computed_trait_enters_and_leaves_with_it(
    spec: dict[str, Any], history: list[Any], least: int, clock: list[int]
) -> None:
    who, arrivals = make_person(history, {})
    rule = {"trait": "computed.x", "op": "gte", "value": least}
    follower = Follower(program_of([trait(spec)], {1: rule, 2: {"not": {"segment": "1"}}}), who)
    now = follow(follower, who, arrivals, NOON - 4 * DAY)
    for later in [now, *sorted(now + abs(step) for step in clock)]:
        follower.wake(later)
        assert follower.is_in(1) is (value(spec, who.facts, later, ZONE) >= least)
        assert follower.is_in(2) is not follower.is_in(1)
    moved = [new.at for new in who.valued]
    assert all(change.at in moved for change in follower.changes if change.segment_id == 1)


@given(any_spec)
def test_the_canonical_form_is_the_same_trait(spec: dict[str, Any]) -> None:
    found = trait(spec)
    assert trait(found.spec).spec == found.spec
    assert found.words("vi")
    assert found.words("en")


def test_an_orders_count_falls_exactly_three_days_after() -> None:
    who, _ = make_person([("A", 0, 0, {})], {})
    program = program_of(
        [trait({"kind": "count", "event": "A", "within": "3d"})], {1: {"trait": "computed.x", "op": "gt", "value": 0}}
    )
    follower = Follower(program, who)
    follower.apply(who.facts, NOON)
    assert (live(who), follower.is_in(), follower.due_at) == (1, True, NOON + 3 * DAY)
    changes = follower.wake(NOON + 9 * DAY)
    assert [(c.entered, c.at) for c in changes] == [(False, NOON + 3 * DAY)]
    assert who.valued == (NewValue("x", 1, NOON), NewValue("x", 0, NOON + 3 * DAY))


@pytest.mark.parametrize("window", [{}, {"within": "30d"}])
def test_a_list_has_the_hundred_values_that_came_first_however_they_arrive(window: dict[str, str]) -> None:
    dice = Random(5)
    who, _ = make_person([("A", dice.randrange(10 * DAY), 0, {"n": f"v{n % 150}"}) for n in range(400)], {})
    spec = {"kind": "distinct", "event": "A", "property": "n", **window}
    program = program_of([trait(spec)])
    arriving = dice.sample(who.facts, len(who.facts))
    halves = [Follower(program, Person(who.id, {}, who.facts)) for _ in range(2)]
    for index, fact in enumerate(arriving):
        halves[index % 2].apply([fact], NOON)
    state = program.merge(halves[0].state, halves[1].state)
    program.evaluate_all(state, who, NOON)
    assert len(live(who)) == 100
    store_people([who])
    agree(spec, who, NOON)


def test_a_count_within_a_window_ends_at_ten_thousand() -> None:
    who, _ = make_person([("A", n, 0, {}) for n in range(10_050)], {})
    spec = {"kind": "count", "event": "A", "within": "1d"}
    follower = Follower(program_of([trait(spec)]), who)
    follower.apply(who.facts, NOON)
    store_people([who])
    assert live(who) == 10_000
    assert sql.values(trait(spec), [who.id], event_store(), NOON, ZONE) == {who.id: 10_000}
    follower.wake(NOON + DAY - 5_000)
    assert live(who) == 5_000
