"""`contains`: a text with this in it, or a list with an element equal to it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, any_of, holds, quote
from quen.segments.grammar import Place, scalar
from quen.segments.operators.base import Operator, Test
from quen.segments.values import Equality, as_text


class Contains(Operator):
    name = "contains"
    order = 30
    label = {"en": "contains", "vi": "chứa"}
    operand = "value"
    examples = (
        ({"value": "Nội"}, "Hà Nội", True),
        ({"value": "nội"}, "Hà Nội", False),
        ({"value": "vip"}, ["new", "vip"], True),
        ({"value": "vi"}, ["new", "vip"], False),
        ({"value": 2}, ["1", "2"], True),
        ({"value": 2}, [1, 2], True),
        ({"value": "2"}, [1, 2.0, "x", True], True),
        ({"value": True}, ["true"], True),
        ({"value": "90"}, 84901, True),
        ({"value": "x"}, None, False),
        ({"value": "x"}, [["x"]], False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        return scalar(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        needle, equal = as_text(operand), Equality.to([operand])

        def contained(value: Any) -> bool:
            if isinstance(value, list):
                return equal(value)
            found = as_text(value)
            return found is not None and needle is not None and needle in found

        return contained

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        needle, listed = as_text(operand), column.list_holds(Equality.to([operand]))
        if needle is None:
            return listed
        return any_of([holds(f"position({column.text}, {quote(needle)}) > 0"), listed])

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.value(operand, language)}"


OPERATOR = Contains()
