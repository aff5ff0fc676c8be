"""Windows with more in them than is looked ahead: what leaves and starts one by one is what the naive oracle says."""

from __future__ import annotations

import random
from typing import Any

import pytest

from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, ZONE, Follower, Person, compiled, person
from tests.properties.computed_oracle import value
from tests.properties.segment_oracle import DAY, holds
from tests.properties.test_computed import live, program_of, trait

HOUR = 3_600_000
ASKED: list[dict[str, Any]] = [
    {"sum": {"property": "n", "op": "gt", "value": 60}},
    {"avg": {"property": "n", "op": "lte", "value": 1.5}},
    {"min": {"property": "n", "op": "gt", "value": -1}},
    {"max": {"property": "n", "op": "eq", "value": 5}},
    {"distinct": {"property": "n", "op": "gte", "value": 4}},
    {"first": {"property": "n", "op": "eq", "value": 1}},
    {"last": {"property": "n", "op": "gte", "value": 1}},
    {"count": {"op": "between", "value": [20, 40]}},
]
KINDS = ("count", "sum", "avg", "min", "max", "first", "last", "most_frequent", "distinct")


def busy(seed: int) -> Person:
    """120 events in five days, half of them in steps in which some coincide, the last ahead of NOON."""
    dice = random.Random(seed)
    ago = (dice.choice([dice.randrange(-HOUR, 5 * DAY), dice.randrange(60) * 2 * HOUR]) for _ in range(120))
    times = sorted(NOON - each for each in ago)
    return person({}, [("A", time, {"n": dice.choice([0, 0, 0, 1, 1, 2, 1.5, -1, 5, "x"])}) for time in times])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("asked", ASKED, ids=[next(iter(asked)) for asked in ASKED])
def test_a_condition(asked: dict[str, Any], seed: int) -> None:
    rule, who = {"event": "A", **asked, "within": "2d"}, busy(seed)
    follower = Follower(compiled({1: parse_rule(rule)}), who)
    for fact in who.facts:
        now = min(fact.time, NOON)
        follower.wake(now - 1)
        follower.apply([fact], now)
        known = [f for f in who.facts if f.id <= fact.id]
        assert follower.is_in() is holds(rule, {}, known, now, ZONE)
    while (due := follower.due_at) is not None:
        assert follower.is_in() is holds(rule, {}, who.facts, due - 1, ZONE)
        follower.wake(due)
        assert follower.is_in() is holds(rule, {}, who.facts, due, ZONE)
    assert follower.is_in() is holds(rule, {}, [], NOON, ZONE)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_a_computed_trait(kind: str, seed: int) -> None:
    spec = {"kind": kind, "event": "A", "within": "2d"} | ({} if kind == "count" else {"property": "n"})
    who = busy(seed)
    follower = Follower(program_of([trait(spec)]), who)
    for fact in who.facts:
        now = min(fact.time, NOON)
        follower.wake(now - 1)
        follower.apply([fact], now)
        assert live(who) == value(spec, [f for f in who.facts if f.id <= fact.id], now, ZONE)
    while (due := follower.due_at) is not None:
        assert live(who) == value(spec, who.facts, due - 1, ZONE)
        follower.wake(due)
        assert live(who) == value(spec, who.facts, due, ZONE)
    assert live(who) == value(spec, [], NOON, ZONE)
