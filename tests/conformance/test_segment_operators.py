"""Every operator means the same in SQL and live: its own examples, as a trait and as a property of an event."""

from __future__ import annotations

from typing import Any

import pytest

from quen.segments.operators import OPERATORS
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, Person, live_members, person, sql_members, store_people

VALUES: list[Any] = [
    *("Hà Nội", "ha noi", "", " 5", "5", "5.0", "+5", "-5", "1e3", "1e400", "0x10", "NaN", "true", "false", "null"),
    *(0, 1, -1, 5, 5.0, 5.5, -0.0, 0.1, 1e-7, 1e14, 1e15, 1e300, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30),
    *(True, False, None, [], [None], [1, 2], ["5", 5], ["a", "true"], [True, 1.5, "x"], [[5]], [{"a": 5}], [0.1]),
    *({}, {"a": 1}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": [{}]}),
    *("2026-06-30", "2026-07-01", "2026-07-01T05:00:00Z", "2026-07-01 12:00", "2026-07-01T12:00:00.5+07:00"),
    *("2026-02-30", "2024-02-29", "1990-07-03", "1899-01-01", "2026-7-1", "2026-07-01T25:00:00Z", 1782882000),
    *(1782882000000, 1782882000.5, "quote ' and \\ and `tick` {p:String}", "line\nbreak\ttab", "🎉 Đặng", "a" * 300),
]
OPERANDS: list[tuple[str, dict[str, Any]]] = [
    *((op, {"value": v}) for op in ("eq", "ne", "contains") for v in ("5", 5, "true", True, 0.1, 5.5, "Hà Nội", "a")),
    *((op, {"value": ["5", "x", 5.5, False, "2026-06-30"]}) for op in ("in", "not_in")),
    *((op, {"value": v}) for op in ("gt", "gte", "lt", "lte") for v in (5, 0, -1, 0.1, 9007199254740993)),
    *(("between", {"value": v}) for v in ([0, 5], [-1.5, 0.1], ["2026-06-30", "2026-07-01"])),
    *(("starts_with", {"value": v}) for v in ("5", "-", "2026", "quote '", "tru", "🎉")),
    *(("matches", {"value": v}) for v in ("^5", "[0-9]{3}", "(?i)HÀ", "\\\\", "^$", "\\.", "b.t")),
    *(
        (op, {"value": v})
        for op in ("before", "after")
        for v in ("2026-07-01", "2026-07-01T12:00", "2026-07-01T05:00:00Z")
    ),
    *((op, {"within": w}) for op in ("in_last", "in_next") for w in ("1h", "1d", "30d", "3660d")),
    *(("anniversary", {"within": w}) for w in ("0d", "2d", "365d", "300d")),
    *(("exists", {}), ("missing", {})),
]


def _told(people: list[Person], chosen: set[int]) -> list[Any]:
    return [p.traits.get("v") for p in people if p.id in chosen]


@pytest.mark.parametrize("op", OPERATORS)
def test_its_examples(op: str) -> None:
    operator = OPERATORS[op]
    assert operator.examples, "an operator says by examples what it means"
    for fields, value, expected in operator.examples:
        who = person({"v": value} if value is not None else {}, [("Seen", NOON - 1, {"v": value})])
        store_people([who])
        rule = parse_rule({"trait": "v", "op": op, **fields})
        assert (sql_members(rule, NOON, [who]) == {who.id}) is expected, ("sql", fields, value)
        assert (live_members(rule, NOON, [who]) == {who.id}) is expected, ("live", fields, value)
        if not operator.moving:
            filtered = parse_rule({"event": "Seen", "where": [{"property": "v", "op": op, **fields}]})
            assert (sql_members(filtered, NOON, [who]) == {who.id}) is expected, ("sql where", fields, value)
            assert (live_members(filtered, NOON, [who]) == {who.id}) is expected, ("live where", fields, value)


def test_any_operator_on_any_value() -> None:
    people = [person({"v": value} if value is not None else {}) for value in VALUES]
    people += [person({"v": {"deep": {"er": value}}}) for value in VALUES if value is not None]
    people += [person({"v.deep": {"er": "5"}, "w": 1}), person({"v.deep.er": 5, "we ird`'\\.x": "5"})]
    store_people(people)
    for path in ("v", "v.deep.er", "we ird`'\\.x"):
        for op, fields in OPERANDS:
            rule = parse_rule({"trait": path, "op": op, **fields})
            by_sql, by_live = sql_members(rule, NOON, people), live_members(rule, NOON, people)
            assert by_sql == by_live, (
                rule.json,
                "only SQL",
                _told(people, by_sql - by_live),
                "only live",
                _told(people, by_live - by_sql),
            )
