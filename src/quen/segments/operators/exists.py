"""`exists`: there is a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments.columns import Column
from quen.segments.grammar import Place
from quen.segments.operators.base import Example, Operator, Test


class Exists(Operator):
    name = "exists"
    order = 40
    label = {"en": "has a value", "vi": "có giá trị"}
    opposite = "missing"
    operand = "none"
    fields = ()
    whole = True
    examples: ClassVar[tuple[Example, ...]] = (
        ({}, "", True),
        ({}, False, True),
        ({}, [], True),
        ({}, {"a": 1}, True),
        ({}, {}, False),
        ({}, {"a": None}, False),
        ({}, None, False),
    )

    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        return None

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {}

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        return lambda value: value is not None

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return column.present

    def words(self, operand: Any, language: str) -> str:
        return self.label[language]


OPERATOR = Exists()
