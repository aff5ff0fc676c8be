"""`sum`: of a number property; 0 for nobody's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.amounts import (
    PropertyMeasure,
    SumAndCount,
    amount_words,
    millionths,
    millionths_sql,
    wide,
)
from quen.segments.aggregates.base import Aggregate, Fold, check_measure_fields, of_rows, parse_property
from quen.segments.aggregates.series import series
from quen.segments.columns import TRUE
from quen.segments.grammar import Place
from quen.segments.measure import SCALE, parse_measure
from quen.segments.window import Window


class Sum(Aggregate):
    name = "sum"
    order = 20
    label = {"en": "total", "vi": "tổng"}

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyMeasure:
        check_measure_fields(spec, place, "property")
        return PropertyMeasure(parse_property(spec, place), parse_measure(spec, place))

    def to_json(self, operand: PropertyMeasure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: PropertyMeasure, window: Window, zone: ZoneInfo) -> Fold:
        test = operand.measure.test(SCALE)
        reducer = SumAndCount(lambda total, count: test(total))
        return series(millionths(operand.property), reducer, window, window.limits(zone))

    def holds_on_nothing(self, operand: PropertyMeasure, zone: ZoneInfo) -> bool:
        return operand.measure.test(SCALE)(0)

    def having(self, operand: PropertyMeasure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        total = f"ifNull({of_rows('sum', millionths_sql(operand.property), when)}, 0)"
        return operand.measure.sql(total, wide, SCALE)

    def words(self, operand: PropertyMeasure, language: str) -> str:
        return amount_words(self.label, operand, language)


AGGREGATE = Sum()
