"""`missing`: there is no value."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.columns import Column, negate
from quen.segments.operators.base import Test
from quen.segments.operators.exists import Exists


class Missing(Exists):
    name = "missing"
    order = 41
    label = {"en": "has no value", "vi": "chưa có giá trị"}
    opposite = "exists"
    examples = (({}, None, True), ({}, {}, True), ({}, "", False), ({}, 0, False))

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        return lambda value: value is None

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return negate(column.present)


OPERATOR = Missing()
