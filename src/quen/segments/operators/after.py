"""`after`: a date or time after another; after a bare date means after the whole of that day."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds
from quen.segments.grammar import Place
from quen.segments.moments import bound_end, date_text, read_when
from quen.segments.operators.base import Operator, Test


class After(Operator):
    name = "after"
    order = 51
    label = {"en": "is after", "vi": "sau"}
    operand = "date"
    examples = (
        ({"value": "2026-01-01"}, "2026-01-02", True),
        ({"value": "2026-01-01"}, "2026-01-01", False),
        ({"value": "2026-01-01"}, "2026-01-01T17:00:00Z", True),
        ({"value": "2026-01-01"}, "2026-01-01T16:59:59.999Z", False),
        ({"value": "2026-01-01"}, 1700000000, False),
        ({"value": "2026-01-01"}, "2026-01-01T23:59:59+07:00", False),
        ({"value": "2026-01-01"}, None, False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        return date_text(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        bound = bound_end(operand, zone)

        def later(value: Any) -> bool:
            when = read_when(value)
            return when is not None and when.start >= bound.at(when)

        return later

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        bound = bound_end(operand, zone)
        return f"({holds(f'{column.wall_start} >= {bound.wall}')} OR {holds(f'{column.instant} >= {bound.instant}')})"

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.date(operand)}"


OPERATOR = After()
