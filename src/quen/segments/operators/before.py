"""`before`: a date or time before another."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds
from quen.segments.grammar import Place
from quen.segments.moments import bound_start, date_text, read_when
from quen.segments.operators.base import Operator, Test


class Before(Operator):
    name = "before"
    order = 50
    label = {"en": "is before", "vi": "trước"}
    operand = "date"
    examples = (
        ({"value": "2026-01-01"}, "2025-12-31", True),
        ({"value": "2026-01-01"}, "2026-01-01", False),
        ({"value": "2026-01-01"}, "2025-12-31T16:59:59Z", True),
        ({"value": "2026-01-01"}, "2025-12-31T17:00:00Z", False),
        ({"value": "2026-01-01"}, 1700000000, True),
        ({"value": "2026-01-01T09:00:00Z"}, "2026-01-01T15:59", True),
        ({"value": "2026-01-01"}, "2025-02-30", False),
        ({"value": "2026-01-01"}, None, False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        return date_text(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        bound = bound_start(operand, zone)

        def earlier(value: Any) -> bool:
            when = read_when(value)
            return when is not None and when.start < bound.at(when)

        return earlier

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        bound = bound_start(operand, zone)
        return f"({holds(f'{column.wall_start} < {bound.wall}')} OR {holds(f'{column.instant} < {bound.instant}')})"

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.date(operand)}"


OPERATOR = Before()
