"""Conditions that events decide are told by one pass; what is known of the store need not be asked of its rows."""

from __future__ import annotations

from typing import Any

import pytest

from quen.segments.conditions.base import SqlContext
from quen.segments.rules import parse_rule
from quen.segments.sql import no_rule
from tests.conformance.segment_world import NOON, ZONE

BOUGHT = {"event": "Bought", "count": {"op": "gte", "value": 2}}
CART: dict[str, Any] = {"event": "Added", "within": "3d"}
NEVER = {"event": "Bought", "count": {"op": "eq", "value": 0}, "within": "60d"}
CITY = {"trait": "city", "op": "eq", "value": "Huế"}


def sql(rule: Any, **known: Any) -> str:
    return parse_rule(rule).root.sql(SqlContext(NOON, ZONE, no_rule, **known))


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        ({"all": [CART, NEVER]}, 1),
        ({"any": [BOUGHT, {"not": {"all": [CART, NEVER]}}]}, 1),
        ({"all": [CART, CITY, NEVER, {"any": [BOUGHT, NEVER]}]}, 1),
        ({"any": [{"all": [CITY, CART]}, {"all": [CITY, NEVER]}]}, 2),
        (CITY, 0),
    ],
)
def test_events_are_read_once_for_all_conditions_that_stand_together(rule: Any, passes: int) -> None:
    assert sql(rule).count("FROM events") == passes


def test_what_only_asks_whether_there_is_an_event_counts_none() -> None:
    either = {"any": [{"event": "Bought"}, CART]}
    assert "GROUP BY" not in sql(either)
    assert "GROUP BY" not in sql({"not": either})
    assert "GROUP BY" in sql({"all": [{"event": "Bought"}, CART]})


def test_the_end_of_a_series_reads_objects_only_where_the_value_is_not_of_the_usual_type() -> None:
    latest = {"event": "Bought", "last": {"property": "coupon", "op": "eq", "value": True}}
    usual, rest = sql(latest).split(" UNION ALL ")
    assert "WHERE isNotNull(properties.`coupon`.:`Bool`)" in usual and "^`coupon`" not in usual
    assert "AND properties.`coupon`.:`Bool`.null = 1)" in rest and "^`coupon`" in rest
    assert sql({"all": [latest, CART]}).count("FROM events") == 1


def test_nothing_is_asked_of_rows_that_is_known_of_all() -> None:
    ever = {"event": "Bought"}
    assert "time <=" in sql(ever)
    assert "links_dict" in sql(ever)
    known = sql(ever, latest=NOON, merged=False)
    assert known == "id IN (SELECT profile_id AS person FROM events PREWHERE event = 'Bought')"
    assert "time <=" in sql(ever, latest=NOON + 1)


def test_which_event_was_stored_first_is_read_only_where_it_decides() -> None:
    twice = {"sequence": [{"event": "Bought"}, {"event": "Bought"}], "within": "30d"}
    assert "(at, id, steps)" not in sql(twice)
    assert "(at, id, steps)" in sql({**twice, "sequence": [{"event": "Added"}, {"event": "Bought"}]})
