"""What sum and average share: exact arithmetic in millionths. Not an aggregate itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from quen.segments.aggregates.series import Either, Entry
from quen.segments.columns import Column
from quen.segments.grammar import MAX_NUMBER
from quen.segments.measure import AMOUNT_LABELS, SCALE, Measure
from quen.segments.values import as_number, reader
from quen.segments.window import Window


class PropertyMeasure(msgspec.Struct, frozen=True):
    """A property, and the comparison of what it aggregates to."""

    property: str
    measure: Measure

    def to_json(self) -> dict[str, Any]:
        return {"property": self.property, **self.measure.to_json()}


def millionths(path: str) -> Callable[[Mapping[str, Any]], int | None]:
    """The amount of an event; what is no number, or beyond 10^18, is none."""
    read = reader(path)

    def extract(properties: Mapping[str, Any]) -> int | None:
        found = as_number(read(properties))
        return round(found * SCALE) if found is not None and abs(found) <= MAX_NUMBER else None

    return extract


def millionths_sql(path: str) -> str:
    column = Column("properties", path)
    number, whole = column.number, column.typed("Int64")
    other = f"toInt128(round(if(abs({number}) <= {int(MAX_NUMBER)}, {number}, NULL) * {SCALE}))"
    # Whole numbers that a float counts in millionths exactly, which is most: nothing need be rounded.
    return f"if(abs({whole}) <= {2**53 // SCALE}, toInt128({whole}) * {SCALE}, {other})"


def wide(value: int | float) -> str:
    return f"toInt128('{int(value)}')"


class SumAndCount(Either):
    """Result: `[sum in millionths, how many]`; its level is the sum."""

    def __init__(self, test: Callable[[int, int], Any], breaks: Sequence[int] | None = None) -> None:
        self._test, self.breaks = test, breaks

    def start(self) -> list[int]:
        return [0, 0]

    def of(self, entries: list[Entry]) -> list[int]:
        return [sum([entry[2] for entry in entries]), len(entries)]

    def step(self, result: list[int], entry: Entry) -> list[int]:
        result[0] += entry[2]
        result[1] += 1
        return result

    def leave(self, result: list[int], entries: list[Entry], left: int) -> list[int]:
        result[0] -= entries[left - 1][2]
        result[1] -= 1
        return result

    def combine(self, one: list[int], other: list[int]) -> list[int]:
        return [one[0] + other[0], one[1] + other[1]]

    def test(self, result: list[int]) -> Any:
        return self._test(result[0], result[1])

    def level(self, result: list[int]) -> int:
        return result[0]

    def unite(self, one: list[int], other: list[int]) -> list[int]:
        return one if one[1] > other[1] else other


def keeps(path: str, window: Window) -> dict[str, Any]:
    """What sums and averages of a property keep."""
    if window.span:
        return {"keeps": "recent amounts", "property": path}
    return {"keeps": "amounts", "property": path, **window.to_json()}


def amount_words(label: Mapping[str, str], operand: PropertyMeasure, language: str) -> str:
    said = operand.measure.words(language, AMOUNT_LABELS)
    if language == "en":
        return f" with the {label['en']} {operand.property} {said}"
    return f" với {label['vi']} {operand.property} {said}"
