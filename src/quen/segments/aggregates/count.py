"""`count`: how many times. What is kept of it live: times.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.base import Aggregate, check_measure_fields, of_rows
from quen.segments.aggregates.times import LatestTimes, Total
from quen.segments.cases import BOUGHT, DAY, Case, bought
from quen.segments.columns import TRUE, literal
from quen.segments.grammar import MAX_WINDOW_COUNT, N_, Place
from quen.segments.kept import Fold
from quen.segments.measure import LABELS, Measure, parse_measure
from quen.segments.window import Window


class Count(Aggregate):
    name = "count"
    order = 10
    label = {"en": "times", "vi": "lần"}
    operators = "count"

    def parse(self, spec: Mapping[str, Any], place: Place) -> Measure:
        check_measure_fields(spec, place)
        measure = parse_measure(spec, place, whole=True)
        if measure.high > MAX_WINDOW_COUNT:
            raise place["value"].error(N_("at most {most}"), most=MAX_WINDOW_COUNT)
        return measure

    def to_json(self, operand: Measure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: Measure, window: Window, zone: ZoneInfo) -> Fold:
        if window.span:
            keep = int(operand.high) + (operand.op != "gte")
            return LatestTimes(operand.test(), max(1, keep), window.span)
        return Total(operand.test(), window.limits(zone), operand.breaks())

    def keeps(self, operand: Measure, window: Window) -> dict[str, Any] | None:
        return {"keeps": "moments"} if window.span else {"keeps": "times", **window.to_json()}

    def holds_on_nothing(self, operand: Measure, zone: ZoneInfo) -> bool:
        return operand.test()(0)

    def having(self, operand: Measure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        return operand.sql(of_rows("count", "", when), literal)

    def words(self, operand: Measure, language: str) -> str:
        if language == "vi":
            return f" {operand.words(language)} lần"
        if operand.high == 1 and operand.op != "between":
            return f" {LABELS[operand.op][language]} once"
        return f" {operand.words(language)} times"


def _times(op: str, value: int, **window: Any) -> dict[str, Any]:
    return {**BOUGHT, "count": {"op": op, "value": value}, **window}


CASES = (
    Case("not done, by nobody's events", _times("eq", 0, within="3d"), True),
    Case("done before the window", _times("eq", 0, within="3d"), True, (bought(3 * DAY),)),
    Case("done in it", _times("eq", 0, within="3d"), False, (bought(1),)),
    Case("two at one instant are two", _times("gte", 2), True, (bought(5), bought(5))),
    Case("at most", _times("lte", 1, within="2d"), False, (bought(1), bought(DAY))),
    Case("neither fewer nor more", {**BOUGHT, "count": {"op": "between", "value": [2, 3]}}, False, (bought(1),)),
)
AGGREGATE = Count()
