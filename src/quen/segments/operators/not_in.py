"""`not_in`: equal to none of a list; holds where the value is missing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.columns import Column, negate
from quen.segments.operators.base import Test
from quen.segments.operators.in_ import In
from quen.segments.values import Equality


class NotIn(In):
    name = "not_in"
    order = 13
    label = {"en": "is none of", "vi": "không thuộc"}
    opposite = "in"
    examples = (
        ({"value": ["a", 5]}, "a", False),
        ({"value": ["a", 5]}, "5", False),
        ({"value": ["a", 5]}, "b", True),
        ({"value": ["a", 5]}, None, True),
        ({"value": ["a", 5]}, ["b", "5"], False),
    )

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        equal = Equality.to(operand)
        return lambda value: not equal(value)

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return negate(super().sql(operand, column, now, zone))


OPERATOR = NotIn()
