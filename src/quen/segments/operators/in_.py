"""`in`: equal to any of a list, or a list with an element that is."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column
from quen.segments.grammar import MAX_LIST, N_, Place, scalar
from quen.segments.operators.base import Example, Operator, Test
from quen.segments.values import Equality


class In(Operator):
    name = "in"
    order = 12
    label = {"en": "is one of", "vi": "là một trong"}
    opposite = "not_in"
    operand = "list"
    of_values = True
    examples: ClassVar[tuple[Example, ...]] = (
        ({"value": ["a", 5, True]}, "a", True),
        ({"value": ["a", 5, True]}, "5", True),
        ({"value": ["a", 5, True]}, 5.0, True),
        ({"value": ["a", 5, True]}, "true", True),
        ({"value": ["a", 5, True]}, "b", False),
        ({"value": ["a", 5, True]}, None, False),
        ({"value": ["a", 5, True]}, ["x", "5"], True),
        ({"value": ["a", 5, True]}, ["x", 6, False], False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        if not isinstance(value, list) or not value:
            raise place.error(N_("a list with at least one value is needed"))
        if len(value) > MAX_LIST:
            raise place.error(N_("at most {most} values"), most=MAX_LIST)
        seen: dict[tuple[type, Any], Any] = {}
        for index, item in enumerate(value):
            parsed = scalar(item, place[index])
            seen.setdefault((type(parsed), parsed), parsed)
        return tuple(sorted(seen.values(), key=lambda item: (type(item).__name__, item)))

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {"value": list(operand)}

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        return Equality.to(operand)

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return column.equals(Equality.to(operand))

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.listing(operand, language)}"


OPERATOR = In()
