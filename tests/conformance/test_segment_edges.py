"""Numbers at the end of what can be asked (0, equal bounds), followed event by event: live is what SQL says."""

from __future__ import annotations

from typing import Any

import pytest

from quen.segments.aggregates.times import LatestTimes
from quen.segments.facts import Fact
from quen.segments.kept import Asker
from quen.segments.measure import Measure
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, Follower, compiled, person, sql_members, store_people

HOUR = 3_600_000
DAY = 24 * HOUR
WINDOWS: tuple[dict[str, Any], ...] = ({"within": "3d"}, {}, {"between": ["2026-06-29", "2026-06-29"]})
LATER = (0, 2 * HOUR, DAY, 2 * DAY, 3 * DAY - HOUR)
PLAIN = [(op, 0) for op in ("gte", "gt", "lte", "lt", "eq", "ne")]
RANGES = [("between", [0, 0]), ("between", [0, 2]), ("between", [2, 2])]
ASKED: list[dict[str, Any]] = [
    *({"count": {"op": op, "value": value}} for op, value in [*PLAIN, *RANGES]),
    *(
        {kind: {"property": "n", "op": op, "value": value}}
        for kind in ("sum", "avg", "min", "max", "distinct")
        for op, value in [*PLAIN, *RANGES]
    ),
    *({kind: {"property": "n", "op": "between", "value": [0, 0]}} for kind in ("first", "last")),
    *({kind: {"property": "n", "op": op}} for kind in ("first", "last") for op in ("exists", "missing")),
]


@pytest.mark.parametrize("asked", ASKED, ids=[str(asked) for asked in ASKED])
def test_numbers_at_the_end_of_what_can_be_asked(asked: dict[str, Any]) -> None:
    facts = [
        ("Bought", NOON - ago, {} if n is None else {"n": n})
        for ago, n in ((4 * DAY, 0), (2 * DAY, 0), (2 * DAY, 2), (DAY, -2), (DAY, None), (HOUR, 0), (-HOUR, 1))
    ]
    who = person({}, facts)
    store_people([who])
    rules = {n: parse_rule({"event": "Bought", **asked, **window}) for n, window in enumerate(WINDOWS, 1)}
    expected = {
        (n, later): bool(sql_members(rule, NOON + later, [who])) for n, rule in rules.items() for later in LATER
    }
    for order in (who.facts, who.facts[::-1]):
        follower = Follower(compiled(rules), who)
        follower.apply([], NOON - 5 * DAY)
        for fact in order:
            follower.apply([fact], fact.time if order is who.facts and fact.time < NOON else NOON)
        for later in LATER:
            follower.wake(NOON + later)
            assert [follower.is_in(n) for n in rules] == [expected[n, later] for n in rules], (later, follower.state)


def test_an_empty_list_that_an_older_quen_left_takes_events() -> None:
    fold = LatestTimes(Measure("gte", 0, 0).test(), 1, DAY)
    series = fold.together([Asker(fold, 0)])
    kept: list[int] | None = []
    for n in range(3):
        kept = series.add(kept, Fact("A", {}, NOON + n), NOON + n)
    assert kept == [NOON + 2]
