"""What the smallest and the largest share. Not an aggregate itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.amounts import PropertyMeasure, amount_words
from quen.segments.aggregates.base import Aggregate, check_measure_fields, of_rows, parse_property
from quen.segments.aggregates.series import Either, Entry, series
from quen.segments.columns import TRUE, Column, holds, literal
from quen.segments.grammar import Place
from quen.segments.kept import Fold
from quen.segments.measure import parse_measure
from quen.segments.values import as_number, reader
from quen.segments.window import Window


class Extreme(Aggregate):
    """Never holds without a number."""

    choose: Callable[..., Any]

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyMeasure:
        check_measure_fields(spec, place, "property")
        return PropertyMeasure(parse_property(spec, place), parse_measure(spec, place))

    def to_json(self, operand: PropertyMeasure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: PropertyMeasure, window: Window, zone: ZoneInfo) -> Fold:
        read = reader(operand.property)
        reducer = Chosen(type(self).choose, operand.measure.test())
        return series(lambda properties: as_number(read(properties)), reducer, window, window.limits(zone))

    def keeps(self, operand: PropertyMeasure, window: Window) -> dict[str, Any] | None:
        if window.span:
            return {"keeps": "recent numbers", "property": operand.property}
        return {"keeps": self.name, "property": operand.property, **window.to_json()}

    def holds_on_nothing(self, operand: PropertyMeasure, zone: ZoneInfo) -> bool:
        return False

    def having(self, operand: PropertyMeasure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        number = Column("properties", operand.property).number
        return holds(operand.measure.sql(of_rows(self.name, number, when), lambda n: f"toFloat64({literal(n)})"))

    def words(self, operand: PropertyMeasure, language: str) -> str:
        return amount_words(self.label, operand, language)


class Chosen(Either):
    """Result: the number so far, or None; without one nothing holds."""

    def __init__(self, choose: Callable[..., Any], test: Callable[[float], Any], nothing: Any = False) -> None:
        self._choose, self._test, self._nothing = choose, test, nothing

    def start(self) -> float | None:
        return None

    def of(self, entries: list[Entry]) -> float | None:
        return float(self._choose([entry[2] for entry in entries])) if entries else None

    def step(self, result: float | None, entry: Entry) -> float:
        return float(entry[2]) if result is None else float(self._choose(result, entry[2]))

    def leave(self, result: float | None, entries: list[Entry], left: int) -> float | None:
        return self.of(entries[left:]) if float(entries[left - 1][2]) == result else result

    def combine(self, one: float | None, other: float | None) -> float | None:
        given = [number for number in (one, other) if number is not None]
        return self._choose(given) if given else None

    def unite(self, one: float | None, other: float | None) -> float | None:
        return self.combine(one, other)

    def test(self, result: float | None) -> Any:
        return self._nothing if result is None else self._test(result)
