"""RFM: scores by boundaries, at their exact instants; groups that leave nobody out."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quen.computed.kinds.rfm import KIND
from quen.computed.rfm import Boundaries, Orders
from quen.computed.rfm_groups import DEFAULT, MEANINGS, NAMES, group_of, in_order, parse_groups
from quen.segments.facts import Fact
from quen.segments.grammar import DAY, Place, RuleError
from quen.segments.measure import SCALE

THRESHOLDS = {"recency": ["30d", "60d", "90d", "180d"], "frequency": [2, 3, 5, 8], "monetary": [100, 200, 500, 1000]}
SPEC = {"event": "Order Completed", "scoring": "thresholds", "thresholds": THRESHOLDS}
ascending = st.lists(st.integers(1, 40), min_size=1, max_size=4).map(lambda values: tuple(sorted(values)))


def told(orders: list[tuple[int, int]], now: int, span: int, by: Boundaries) -> tuple[int, int, int] | None:
    """r, f, m as the words say them. `orders`: (time, amount)."""
    counted = [(time, amount) for time, amount in orders if now - span < time <= now]
    if not counted:
        return None
    age, spent = now - max(time for time, _ in counted), sum(amount for _, amount in counted)
    return (
        1 + sum(age < oldest for oldest in by.recency),
        1 + sum(len(counted) >= least for least in by.frequency),
        1 + sum(spent >= least for least in by.monetary),
    )


@settings(max_examples=300)
@given(
    st.builds(Boundaries, ascending, ascending, ascending),
    st.integers(1, 40),
    # (when it arrived, when it happened, amount, who of two)
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60), st.integers(0, 20), st.integers(0, 1)), max_size=12),
    st.integers(0, 50),
    st.integers(0, 40),
)
def test_late_out_of_order_and_merged(
    by: Boundaries, span: int, history: list[tuple[int, int, int, int]], joined: int, after: int
) -> None:
    exact = Boundaries(by.recency, by.frequency, tuple(least * SCALE for least in by.monetary))
    fold = Orders("total", span, exact, DEFAULT)
    states: list[Any] = [None, None]
    orders: list[list[tuple[int, int]]] = [[], []]
    whole, now = False, 0
    for number, (arrived, time, amount, who) in enumerate(sorted(history, key=lambda each: each[0])):
        now = arrived
        if now >= joined and not whole and states[0] and states[1]:
            states, orders, whole = [fold.merge(*states), None], [orders[0] + orders[1], []], True
        who = 0 if whole else who
        states[who] = fold.add(states[who], Fact("A", {"total": str(amount)}, time, number), now)
        orders[who].append((time, amount))
    for state, mine in zip(states, orders, strict=True):
        value, until = fold.truth(state, now)
        for later in range(now, now + after):
            scores = told(mine, later, span, by)
            found = fold.truth(state, later)[0]
            assert (found and (found["r"], found["f"], found["m"])) == scores
            assert later >= until or found == value


def test_recency_falls_at_the_exact_instant() -> None:
    fold = KIND.follows(KIND.parse(SPEC, Place()), None)[0].fold  # type: ignore[arg-type]
    state = fold.add(None, Fact("Order Completed", {"total": 250}, 0, 1), 0)
    seen, now = [], 0
    while now < 365 * DAY:
        value, now = fold.truth(state, now)
        seen.append((value["r"], value["f"], value["m"], now // DAY))
    assert seen == [(5, 1, 3, 30), (4, 1, 3, 60), (3, 1, 3, 90), (2, 1, 3, 180), (1, 1, 3, 365)]
    assert fold.truth(state, 365 * DAY - 1)[0] == {"r": 1, "f": 1, "m": 3, "score": 5, "group": "lost"}
    assert fold.truth(state, 365 * DAY)[0] is None


def test_without_boundaries_there_are_no_scores() -> None:
    fold = KIND.follows(KIND.parse({"event": "Order Completed"}, Place()), None)[0].fold  # type: ignore[arg-type]
    assert fold.truth(fold.add(None, Fact("Order Completed", {"total": 5}, 0, 1), 0), 1)[0] is None


def test_every_combination_is_in_exactly_one_group() -> None:
    for r, f, m in product(range(1, 6), repeat=3):
        assert sum(row.holds(r, f, m) for row in DEFAULT) == 1
    assert set(in_order(DEFAULT)) == set(NAMES) == set(MEANINGS)
    assert len(NAMES) == 11
    assert group_of(DEFAULT, 5, 5, 5) == "champions"
    assert group_of(DEFAULT, 1, 5, 5) == "cannot_lose"
    assert group_of(DEFAULT, 5, 1, 1) == "new"
    assert group_of(DEFAULT, 1, 1, 1) == "lost"


@given(st.data())
def test_a_table_with_a_hole_or_an_overlap_is_refused(data: st.DataObject) -> None:
    rows = [row.to_json() for row in DEFAULT]
    assert parse_groups(rows, Place()) == DEFAULT
    at = data.draw(st.integers(0, len(rows) - 1))
    side = data.draw(st.sampled_from(["r", "f", "m"]))
    changed = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)).map(sorted))
    if changed == rows[at][side]:
        return
    with pytest.raises(RuleError):
        parse_groups([*rows[:at], {**rows[at], side: changed}, *rows[at + 1 :]], Place())


def test_the_spec_is_checked_where_it_is_wrong() -> None:
    made = {"recency": [DAY], "frequency": [2, 2, 3], "monetary": [1.5], "at": 5, "people": 9}
    groups = [{"group": "Mua rồi"}]
    for spec in (SPEC, {"event": ["B", "A"], "property": "o.total", "boundaries": made, "groups": groups}):
        parsed = KIND.parse(spec, Place())
        assert KIND.parse(KIND.to_json(parsed), Place()) == parsed
    assert KIND.to_json(KIND.parse({"event": "A", "boundaries": made}, Place()))["boundaries"] == made

    def thresholds(**changed: Any) -> dict[str, Any]:
        return {**SPEC, "thresholds": {**THRESHOLDS, **changed}}

    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "$"),
        ({"event": "A", "within": "x"}, "$.within"),
        ({"event": "A", "scoring": "dice"}, "$.scoring"),
        ({"event": "A", "scoring": "thresholds"}, "$"),
        (thresholds(recency=["30d"]), "$.thresholds.recency"),
        (thresholds(recency=["30d", "20d", "90d", "180d"]), "$.thresholds.recency[1]"),
        (thresholds(frequency=[1, 2, 2.5, 3]), "$.thresholds.frequency[2]"),
        (thresholds(monetary=[1, 2, "x", 3]), "$.thresholds.monetary[2]"),
        ({"event": "A", "groups": []}, "$.groups"),
        ({"event": "A", "groups": [{"group": "a", "r": [1, 4]}]}, "$.groups"),
        ({"event": "A", "groups": [{"group": "a"}, {"group": "b", "m": [5, 5]}]}, "$.groups[1]"),
        ({"event": "A", "groups": [{"group": "a", "r": [0, 5]}]}, "$.groups[0].r"),
        ({"event": "A", "boundaries": {"recency": "x"}}, "$.boundaries.recency"),
    ]
    for case, path in cases:
        with pytest.raises(RuleError) as wrong:
            KIND.parse(case, Place())
        assert wrong.value.details["path"] == path
