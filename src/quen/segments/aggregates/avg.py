"""`avg`: the average of a number property; never holds without a number."""

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
from quen.segments.measure import SCALE, Measure, parse_measure
from quen.segments.window import Window


class Average(Aggregate):
    name = "avg"
    order = 21
    label = {"en": "average", "vi": "giá trị trung bình của"}

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyMeasure:
        check_measure_fields(spec, place, "property")
        return PropertyMeasure(parse_property(spec, place), parse_measure(spec, place))

    def to_json(self, operand: PropertyMeasure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: PropertyMeasure, window: Window, zone: ZoneInfo) -> Fold:
        measure = operand.measure
        low, high = measure.bounds(SCALE)

        def test(total: int, count: int) -> bool:
            # Nothing is divided: total ÷ count is compared with low as total with low × count.
            return count > 0 and Measure(measure.op, low * count, high * count).test()(total)

        return series(millionths(operand.property), SumAndCount(test), window, window.limits(zone))

    def keeps(self, operand: PropertyMeasure, window: Window) -> dict[str, Any] | None:
        return keeps(operand.property, window)

    def holds_on_nothing(self, operand: PropertyMeasure, zone: ZoneInfo) -> bool:
        return False

    def having(self, operand: PropertyMeasure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        amount = millionths_sql(operand.property)
        total, many = of_rows("sum", amount, when), of_rows("count", amount, when)
        condition = operand.measure.sql(f"ifNull({total}, 0)", lambda bound: f"{wide(bound)} * {many}", SCALE)
        return f"({many} > 0 AND {condition})"

    def words(self, operand: PropertyMeasure, language: str) -> str:
        return amount_words(self.label, operand, language)


def _mean(op: str, value: float) -> dict[str, Any]:
    return {**BOUGHT, "avg": {"property": "total", "op": op, "value": value}}


CASES = (
    Case("an average of nothing is none", _mean("lt", 1), False, (bought(1),)),
    Case("an average", _mean("eq", 1.5), True, (bought(1, total=1), bought(2, total=2))),
)
AGGREGATE = Average()
