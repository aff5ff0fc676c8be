"""`between`: a number or a date from one bound to another, both included."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds, literal
from quen.segments.grammar import N_, Place, number, pair
from quen.segments.moments import bound_end, bound_start, date_text, read_when
from quen.segments.operators.base import Operator, Test
from quen.segments.values import as_number


class Between(Operator):
    name = "between"
    order = 24
    label = {"en": "is between", "vi": "nằm trong khoảng từ"}
    operand = "range"
    examples = (
        ({"value": [1, 5]}, 1, True),
        ({"value": [1, 5]}, "5", True),
        ({"value": [1, 5]}, 5.1, False),
        ({"value": [1, 5]}, None, False),
        ({"value": ["2026-01-01", "2026-06-30"]}, "2026-06-30", True),
        ({"value": ["2026-01-01", "2026-06-30"]}, "2026-06-30T23:59:59", True),
        ({"value": ["2026-01-01", "2026-06-30"]}, "2026-06-30T17:00:00Z", False),
        ({"value": ["2026-01-01", "2026-06-30"]}, "2025-12-31T17:00:00Z", True),
        ({"value": ["2026-01-01", "2026-06-30"]}, "soon", False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        low, high = pair(value, place)
        if isinstance(low, str) and read_when(low) is not None:
            low, high = date_text(low, place[0]), date_text(high, place[1])
            if bound_start(low, _UTC).instant >= bound_end(high, _UTC).instant:
                raise place.error(N_("the second date is before the first"))
            return low, high
        low, high = number(low, place[0]), number(high, place[1])
        if low > high:
            raise place.error(N_("the second number is below the first"))
        return low, high

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {"value": list(operand)}

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        low, high = operand
        if isinstance(low, str):
            start, end = bound_start(low, zone), bound_end(high, zone)

            def dated(value: Any) -> bool:
                when = read_when(value)
                return when is not None and start.at(when) <= when.start < end.at(when)

            return dated

        def numbered(value: Any) -> bool:
            found = as_number(value)
            return found is not None and low <= found <= high

        return numbered

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        low, high = operand
        if isinstance(low, str):
            start, end = bound_start(low, zone), bound_end(high, zone)
            wall, at = column.wall_start, column.instant
            return (
                f"({holds(f'{wall} >= {start.wall} AND {wall} < {end.wall}')}"
                f" OR {holds(f'{at} >= {start.instant} AND {at} < {end.instant}')})"
            )
        return holds(f"{column.number} >= {literal(low)} AND {column.number} <= {literal(high)}")

    def words(self, operand: Any, language: str) -> str:
        low, high = operand
        ends = [words.date(end) if isinstance(end, str) else words.number(end, language) for end in (low, high)]
        return f"{self.label[language]} " + {"en": " and ", "vi": " đến "}[language].join(ends)


_UTC = ZoneInfo("UTC")
OPERATOR = Between()
