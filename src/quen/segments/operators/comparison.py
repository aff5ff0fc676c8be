"""What the four comparisons of numbers share. Not an operator itself."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds, literal
from quen.segments.grammar import N_, Place, number
from quen.segments.moments import read_when
from quen.segments.operators.base import Filter, Operator, Test
from quen.segments.values import as_number

_EXACT = 1 << 53  # whole numbers up to this are the same as floats
_FUNCTIONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Comparison(Operator):
    """Compares as numbers; a value that is not a number never holds."""

    symbol: ClassVar[str]
    operand = "number"

    def parse_value(self, value: Any, place: Place) -> Any:
        if isinstance(value, str) and read_when(value) is not None:
            raise place.error(N_('a number is needed; for dates use the operators "before" and "after"'))
        return number(value, place)

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        compare, bound = _FUNCTIONS[self.symbol], float(operand)

        def compared(value: Any) -> bool:
            if (kind := value.__class__) is int or kind is float:
                return compare(float(value), bound)
            found = as_number(value)
            return found is not None and compare(found, bound)

        return compared

    def filter(self, path: str, operand: Any, zone: ZoneInfo) -> Filter:
        passes = super().filter(path, operand, zone)
        if "." in path:
            return passes
        compare, bound = _FUNCTIONS[self.symbol], float(operand)

        def compared(properties: Mapping[str, Any]) -> bool:
            # Nearly every value is a plain number, and nearly every event is asked: at once, without the steps between.
            value = properties.get(path)
            if value.__class__ is float or (value.__class__ is int and -_EXACT <= value <= _EXACT):
                return compare(value, bound)
            return passes(properties)

        return compared

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return holds(f"{column.number} {self.symbol} {literal(operand)}")

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.number(operand, language)}"
