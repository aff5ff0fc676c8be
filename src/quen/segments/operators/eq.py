"""`eq`: equal to a text, number or truth value, or a list with an element that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column
from quen.segments.grammar import Place, scalar
from quen.segments.operators.base import Example, Filter, Operator, Test
from quen.segments.values import Equality


class Eq(Operator):
    name = "eq"
    order = 10
    label = {"en": "is", "vi": "là"}
    opposite = "ne"
    operand = "value"
    of_values = True
    examples: ClassVar[tuple[Example, ...]] = (
        ({"value": "Hà Nội"}, "Hà Nội", True),
        ({"value": "Hà Nội"}, "hà nội", False),
        ({"value": "Hà Nội"}, None, False),
        ({"value": 1.5}, "1.5", True),
        ({"value": "1.5"}, 1.5, True),
        ({"value": "007"}, "7", False),
        ({"value": 7}, "007", True),
        ({"value": True}, "true", True),
        ({"value": "true"}, True, True),
        ({"value": True}, 1, False),
        ({"value": 1}, True, False),
        ({"value": "a"}, ["b", "a"], True),
        ({"value": "a"}, ["b", "aa"], False),
        ({"value": 2}, [1, "2.0"], True),
        ({"value": "a"}, [["a"]], False),
        ({"value": "a"}, [], False),
        ({"value": "it's \\ `{x:String}` \n"}, "it's \\ `{x:String}` \n", True),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        return scalar(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        return Equality.to([operand])

    def filter(self, path: str, operand: Any, zone: ZoneInfo) -> Filter:
        passes = super().filter(path, operand, zone)
        if "." in path or not isinstance(operand, str):
            return passes
        same = self.test(operand, zone)(operand)  # not so of `ne`

        def compared(properties: Mapping[str, Any]) -> bool:
            # Nearly every value is a text too: at once, without the steps between.
            value = properties.get(path)
            return (value == operand) is same if value.__class__ is str else passes(properties)

        return compared

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return column.equals(Equality.to([operand]))

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.value(operand, language)}"


OPERATOR = Eq()
