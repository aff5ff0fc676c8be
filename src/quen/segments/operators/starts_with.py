"""`starts_with`: a text that begins with this."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds, quote
from quen.segments.grammar import Place, text
from quen.segments.operators.base import Operator, Test
from quen.segments.values import as_text


class StartsWith(Operator):
    name = "starts_with"
    order = 31
    label = {"en": "starts with", "vi": "bắt đầu bằng"}
    operand = "text"
    examples = (
        ({"value": "+84"}, "+84901234567", True),
        ({"value": "84"}, 84901234567, True),
        ({"value": "Đà"}, "Đà Nẵng", True),
        ({"value": "đà"}, "Đà Nẵng", False),
        ({"value": "x"}, ["x"], False),
        ({"value": "x"}, None, False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        return text(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        def started(value: Any) -> bool:
            found = as_text(value)
            return found is not None and found.startswith(operand)

        return started

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return holds(f"startsWith({column.text}, {quote(operand)})")

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.value(operand, language)}"


OPERATOR = StartsWith()
