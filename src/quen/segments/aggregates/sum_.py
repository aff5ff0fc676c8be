"""`sum`: of a number property; 0 for nobody's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.amounts import (
    PropertyMeasure,
    SumAndCount,
    amount_words,
    keeps,
    millionths,
    millionths_sql,
    wide,
)
from quen.segments.aggregates.base import Aggregate, check_measure_fields, of_rows, parse_property
from quen.segments.aggregates.series import series
from quen.segments.cases import BOUGHT, Case, bought
from quen.segments.columns import TRUE
from quen.segments.grammar import Place
from quen.segments.kept import Fold
from quen.segments.measure import SCALE, parse_measure
from quen.segments.window import Window


class Sum(Aggregate):
    name = "sum"
    order = 20
    label = {"en": "sum of", "vi": "tổng của"}

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyMeasure:
        check_measure_fields(spec, place, "property")
        return PropertyMeasure(parse_property(spec, place), parse_measure(spec, place))

    def to_json(self, operand: PropertyMeasure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: PropertyMeasure, window: Window, zone: ZoneInfo) -> Fold:
        test = operand.measure.test(SCALE)
        reducer = SumAndCount(lambda total, count: test(total), operand.measure.breaks(SCALE))
        return series(millionths(operand.property), reducer, window, window.limits(zone))

    def keeps(self, operand: PropertyMeasure, window: Window) -> dict[str, Any] | None:
        return keeps(operand.property, window)

    def holds_on_nothing(self, operand: PropertyMeasure, zone: ZoneInfo) -> bool:
        return operand.measure.test(SCALE)(0)

    def having(self, operand: PropertyMeasure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        total = f"ifNull({of_rows('sum', millionths_sql(operand.property), when)}, 0)"
        return operand.measure.sql(total, wide, SCALE)

    def words(self, operand: PropertyMeasure, language: str) -> str:
        return amount_words(self.label, operand, language)


def _sum(op: str, value: float) -> dict[str, Any]:
    return {**BOUGHT, "sum": {"property": "total", "op": op, "value": value}}


_LARGE = (bought(1, total=10**17 + 1), bought(2, total=-(10**17)), bought(3, total=1))
_ODD = (bought(1, total=1), bought(2, total="một"), bought(3, total=True), bought(4, total=1e300))
CASES = (
    Case("nothing sums to 0", _sum("lt", 1), True),
    Case("tenths sum exactly", _sum("eq", 0.3), True, (bought(1, total=0.1), bought(2, total=0.2))),
    Case("texts that are numbers are summed", _sum("eq", 3), True, (bought(1, total="1.5"), bought(2, total=1.5))),
    Case("of large numbers what a float holds of them", _sum("eq", 1), True, _LARGE),
    Case("what is no number is not summed", _sum("eq", 1), True, _ODD),
)
AGGREGATE = Sum()
