"""Random rules over random histories, orders of arrival and clocks: SQL, live and the naive oracle agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.segments.rules import Rule, describe, parse_rule
from tests.conformance.segment_world import NOON, ZONE, Follower, Person, compiled, person, sql_members, store_people
from tests.properties.segment_oracle import DAY, holds

MINUTE = 60_000
SPANS = {"15m": 15 * MINUTE, "6h": 360 * MINUTE, "1d": DAY, "2d": 2 * DAY}
# Few, and close to each other: what matters are the edges.
offsets = st.one_of(
    st.sampled_from([0, 1, -1, DAY, DAY - 1, DAY + 1, 2 * DAY, 15 * MINUTE, 6 * 60 * MINUTE, 6 * 60 * MINUTE + 1]),
    st.integers(-MINUTE, 3 * DAY),
)
values = st.one_of(
    st.sampled_from([0, 1, 2, 5, -3, 1.5, 0.1, 0.2]),
    st.sampled_from(["1.5", "5", "x", "y", True, False, None, ["x", 5], [], "true"]),
)
numeric_ops = st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"])


def measures(whole: bool) -> st.SearchStrategy[dict[str, Any]]:
    number = st.integers(0, 4) if whole else st.sampled_from([0, 1, 2, 1.5, 0.3, 3, -1, 7])
    plain = st.fixed_dictionaries({"op": numeric_ops, "value": number})
    between = st.tuples(number, number).map(lambda two: {"op": "between", "value": sorted(two)})
    return st.one_of(plain, between)


value_tests = st.one_of(
    st.fixed_dictionaries({"op": numeric_ops.filter(lambda op: op[:2] in ("gt", "lt")), "value": st.integers(-1, 5)}),
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["eq", "ne", "contains"]),
            "value": st.sampled_from([1, 5, 1.5, "x", "5", "true", True]),
        }
    ),
    st.fixed_dictionaries(
        {"op": st.sampled_from(["in", "not_in"]), "value": st.lists(st.sampled_from([1, "x", "5", True]), min_size=1)}
    ),
    st.fixed_dictionaries({"op": st.sampled_from(["exists", "missing"])}),
)


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda dicts: {key: value for each in dicts for key, value in each.items()})


names = st.sampled_from(["n", "s"])
filters = merged(st.fixed_dictionaries({"property": names}), value_tests)
filter_lists = st.one_of(
    st.just({}),
    st.lists(
        st.one_of(
            filters,
            st.lists(filters, min_size=1, max_size=2).map(lambda items: {"any": items}),
            filters.map(lambda item: {"not": item}),
        ),
        max_size=2,
    ).map(lambda items: {"where": items} if items else {}),
)
windows: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from(list(SPANS)).map(lambda span: {"within": span}),
    st.sampled_from(list(SPANS)).map(lambda span: {"within": span}),
    st.sampled_from([("2026-06-29", "2026-06-30"), ("2026-06-30", "2026-07-01"), ("2026-07-01", "2026-07-02")]).map(
        lambda days: {"between": list(days)}
    ),
    st.just({}),
)
KINDS = ("once", "count", "sum", "avg", "min", "max", "distinct", "first", "last")


def aggregate(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    if kind == "once":
        return st.just({})
    if kind == "count":
        return measures(whole=True).map(lambda spec: {"count": spec})
    tests = value_tests if kind in ("first", "last") else measures(kind == "distinct")
    return merged(st.just({"property": "n"}), tests).map(lambda spec: {kind: spec})


def did(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return merged(st.sampled_from(["A", "B"]).map(lambda name: {"event": name}), aggregate(kind), windows, filter_lists)


single = st.sampled_from(KINDS).flatmap(did)
names_of_events = st.sampled_from(["A", "A", "B", "C"]).map(lambda name: {"event": name})
gaps = st.one_of(st.just({}), st.sampled_from(list(SPANS)).map(lambda span: {"within": span}))
filtered = st.one_of(st.just({}), st.just({}), filters.map(lambda item: {"where": [item]}))
absent = merged(names_of_events, filtered).map(lambda step: {**step, "not": True})
later_steps = merged(names_of_events, gaps, filtered)


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    steps = [draw(merged(names_of_events, filtered))]
    for _ in range(draw(st.integers(0, 2))):
        steps += [*draw(st.lists(absent, max_size=1)), draw(later_steps)]
    if len(steps) == 1 or draw(st.booleans()):
        steps += [{**draw(absent), **draw(gaps)} for _ in range(draw(st.integers(1, 2)))]
    whole = {"sequence": steps, "within": draw(st.sampled_from(list(SPANS)))}
    return whole | draw(st.sampled_from([{}, {}, {"in_last": "6h"}, {"in_last": "1d"}]))


events = st.one_of(single, single, sequences())
dated = st.fixed_dictionaries(
    {"trait": st.just("d"), "op": st.sampled_from(["in_last", "in_next"]), "within": st.sampled_from(list(SPANS))}
)
days = st.sampled_from(
    ["1988-02-29", "1990-02-28", "1990-03-01", "1990-07-01", "1990-07-03", "2001-06-30", "1990-12-31"]
)
returning = st.fixed_dictionaries(
    {"trait": st.just("b"), "op": st.just("anniversary"), "within": st.sampled_from(["0d", "1d", "2d", "242d"])}
)
marked = st.sampled_from(
    [
        {"consent": "ads"},
        {"consent": "ads.mail"},
        {"list": "7"},
        {"list": "77"},
        {"reachable": "email"},
        {"reachable": "sms"},
    ]
)
about = st.one_of(
    dated, returning, marked, merged(st.sampled_from(["t", "o.t"]).map(lambda name: {"trait": name}), value_tests)
)
conditions = st.one_of(events, events, about, about)
rules = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
        inner.map(lambda item: {"not": item}),
    ),
    max_leaves=5,
)
properties = st.fixed_dictionaries({"n": values, "s": values})
# (name, how long before NOON it happened, how long after that it arrived, properties)
happenings = st.tuples(
    st.sampled_from(["A", "A", "A", "B", "C"]),
    offsets,
    st.one_of(st.just(0), st.integers(-2 * MINUTE, 2 * DAY)),
    properties,
)
histories = st.lists(happenings, max_size=10)
addresses = st.sampled_from([None, "a@x.vn", "b@x.vn", "tại nhà", "+84912345678", 5, ["a@x.vn"]])
traits = st.fixed_dictionaries(
    {
        "t": values,
        "o": st.one_of(st.none(), values.map(lambda value: {"t": value, "u": 1})),
        "b": st.one_of(st.none(), days),
        "d": offsets.map(lambda ago: datetime.fromtimestamp((NOON - ago) // 1000, UTC).strftime("%FT%TZ")),
        "email": addresses,
        "phone": addresses,
        "quen:address:email": addresses,
        "quen:suppressed:email": st.sampled_from([None, "a@x.vn", "b@x.vn"]),
        "quen:consent:ads": st.sampled_from([None, True, False]),
        "quen:consent:ads.mail": st.sampled_from([None, True, False]),
        "quen:list:7": st.sampled_from([None, True]),
        "quen:list:77": st.sampled_from([None, True]),
    }
)
clocks = st.lists(st.one_of(offsets, st.integers(0, 5 * DAY)), max_size=3)


def make_person(history: list[Any], traits: dict[str, Any]) -> tuple[Person, list[tuple[int, int]]]:
    """A person, and (arrival, index of the fact) in the order of arrival."""
    who = person(
        {name: value for name, value in traits.items() if value is not None},
        [(name, NOON - ago, props) for name, ago, late, props in history],
    )
    arrivals = sorted((NOON - ago + late, index) for index, (_, ago, late, _) in enumerate(history))
    return who, arrivals


def follow(follower: Follower, who: Person, arrivals: list[tuple[int, int]], start: int) -> int:
    """Let everything arrive, each at its time; the clock at the end."""
    now = start
    follower.apply([], now)
    for arrival, index in arrivals:
        now = max(now, arrival)
        follower.apply([who.facts[index]], now)
    return now


def agree(rule: dict[str, Any], follower: Follower, who: Person, now: int) -> None:
    expected = holds(rule, who.traits, who.facts, now, ZONE)
    assert follower.is_in() is expected, ("live", now - NOON, follower.state)
    assert (who.id in sql_members(parse_rule(rule), now, [who])) is expected, ("sql", now - NOON)


@pytest.mark.parametrize("kind", [*KINDS, "sequence"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), history=histories, clock=clocks)
def test_one_condition_in_sql_live_and_oracle(
    kind: str, data: st.DataObject, history: list[Any], clock: list[int]
) -> None:
    all_agree(data.draw(sequences() if kind == "sequence" else did(kind)), history, {}, clock)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules, histories, traits, clocks)
def test_any_rule_in_sql_live_and_oracle(
    rule: dict[str, Any], history: list[Any], traits: dict[str, Any], clock: list[int]
) -> None:
    all_agree(rule, history, traits, clock)


def all_agree(rule: dict[str, Any], history: list[Any], traits: dict[str, Any], clock: list[int]) -> None:
    who, arrivals = make_person(history, traits)
    follower = Follower(compiled({1: parse_rule(rule)}), who)
    now = follow(follower, who, arrivals, NOON - 4 * DAY)
    store_people([who])
    agree(rule, follower, who, now)
    for later in sorted(now + abs(step) for step in clock):
        follower.wake(later)
        agree(rule, follower, who, later)


@pytest.mark.parametrize("kind", [*KINDS, "sequence"])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), history=histories)
def test_flips_of_one_condition_are_exact(kind: str, data: st.DataObject, history: list[Any]) -> None:
    flips_are_exact(data.draw(sequences() if kind == "sequence" else did(kind)), history, {})


@settings(max_examples=100, deadline=None)
@given(rules, histories, traits)
def test_flips_of_any_rule_are_exact(rule: dict[str, Any], history: list[Any], traits: dict[str, Any]) -> None:
    flips_are_exact(rule, history, traits)


def flips_are_exact(rule: dict[str, Any], history: list[Any], traits: dict[str, Any]) -> None:
    """Until the instant that is due nothing changes; each change by time is at its very millisecond."""
    who, arrivals = make_person(history, traits)
    follower = Follower(compiled({1: parse_rule(rule)}), who)
    now = follow(follower, who, arrivals, NOON - 4 * DAY)
    for _ in range(200):
        due = follower.due_at
        truth = follower.is_in()
        assert truth is holds(rule, who.traits, who.facts, now, ZONE)
        # The places where something could change, were it not said to be due.
        edges = {f.time + span for f in who.facts for span in (0, 1, *SPANS.values())}
        edges |= {edge + span for edge in edges for span in SPANS.values()}  # of sequences: wait, then leave
        edges |= {NOON + 12 * 3_600_000 + n * DAY for n in range(-5, 5)}  # midnights
        end = due if due is not None else now + 10 * DAY
        for edge in sorted(e for e in edges | {end - 1} if now <= e < end):
            assert truth is holds(rule, who.traits, who.facts, edge, ZONE), (edge - now, end - now)
        if due is None or due > NOON + 20 * DAY:  # anniversaries return every year
            return
        assert due > now
        assert follower.wake(due - 1) == []
        changes = follower.wake(due)
        now = due
        assert all(change.at == due for change in changes)
    raise AssertionError("it never comes to rest")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules, histories, traits, traits, st.sets(st.integers(0, 11)))
def test_traits_that_change_between_events(
    rule: dict[str, Any], history: list[Any], before: dict[str, Any], after: dict[str, Any], which: set[int]
) -> None:
    """Half of the history comes with the traits as they were, then some of them change, then comes the rest."""
    who, arrivals = make_person(history, before)
    follower = Follower(compiled({1: parse_rule(rule)}), who)
    half = len(arrivals) // 2
    now = follow(follower, who, arrivals[:half], NOON - 4 * DAY)
    changed = [name for index, name in enumerate(after) if index in which]
    for name in changed:
        who.traits.pop(name, None)
        if after[name] is not None:
            who.traits[name] = after[name]
    now = max([now, *(at for at, _ in arrivals[half:])])
    follower.apply([who.facts[index] for _, index in arrivals[half:]], now, changed)
    store_people([who])
    agree(rule, follower, who, now)
    follower.wake(now + DAY)
    agree(rule, follower, who, now + DAY)


@settings(max_examples=100, deadline=None)
@given(rules, histories, traits, st.lists(st.booleans(), min_size=10, max_size=10))
def test_arriving_at_once_or_one_by_one_is_the_same(
    rule: dict[str, Any], history: list[Any], traits: dict[str, Any], shuffle: list[bool]
) -> None:
    who, _ = make_person(history, traits)
    now = NOON + DAY
    facts = [f for f, first in zip(who.facts, shuffle, strict=False) if first]
    facts += [f for f, first in zip(who.facts, shuffle, strict=False) if not first]
    program = compiled({1: parse_rule(rule)})
    at_once, one_by_one = Follower(program, who), Follower(program, who)
    at_once.apply(who.facts, now)
    for fact in facts:
        one_by_one.apply([fact], now)
    one_by_one.apply([], now)
    assert at_once.is_in() is one_by_one.is_in()
    assert at_once.due_at == one_by_one.due_at


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules, histories, histories, traits)
def test_two_who_become_one(
    rule: dict[str, Any], history: list[Any], other_history: list[Any], traits: dict[str, Any]
) -> None:
    who, arrivals = make_person(history, traits)
    other, other_arrivals = make_person(other_history, {"t": "gone"})
    program = compiled({1: parse_rule(rule)})
    mine, theirs = Follower(program, who), Follower(program, other)
    now = max(follow(mine, who, arrivals, NOON - 4 * DAY), follow(theirs, other, other_arrivals, NOON - 4 * DAY), NOON)
    state = program.merge(mine.state, theirs.state)
    program.evaluate_all(state, who, now)
    mine.blob = program.encode(state)
    store_people([who, other], {other.id: who.id})
    both = Person(who.id, who.traits, who.facts + other.facts)
    agree(rule, mine, both, now)
    later = now + DAY
    mine.wake(later)
    agree(rule, mine, both, later)


@given(rules)
def test_the_canonical_form_is_the_same_rule(rule: dict[str, Any]) -> None:
    parsed = parse_rule(rule)
    again = parse_rule(parsed.json)
    assert isinstance(again, Rule)
    assert again.json == parsed.json
    assert again.hash == parsed.hash
    assert describe(parsed, "vi")
    assert describe(parsed, "en")
