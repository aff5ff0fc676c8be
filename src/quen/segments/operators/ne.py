"""`ne`: anything but equal; holds where the value is missing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.columns import Column, negate
from quen.segments.operators.base import Test
from quen.segments.operators.eq import Eq
from quen.segments.values import Equality


class Ne(Eq):
    name = "ne"
    order = 11
    label = {"en": "is not", "vi": "không phải là"}
    opposite = "eq"
    examples = (
        ({"value": "x"}, "x", False),
        ({"value": "x"}, "y", True),
        ({"value": "x"}, None, True),
        ({"value": 1}, "1", False),
        ({"value": "x"}, ["y", "x"], False),
        ({"value": "x"}, ["y"], True),
    )

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        equal = Equality.to([operand])
        return lambda value: not equal(value)

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return negate(super().sql(operand, column, now, zone))


OPERATOR = Ne()
