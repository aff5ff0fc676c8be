"""`distinct`: how many different values of a property, told apart by their text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.amounts import PropertyMeasure
from quen.segments.aggregates.base import Aggregate, check_measure_fields, of_rows, parse_property
from quen.segments.aggregates.series import Entry, Moving, Reducer, Running, Sliding
from quen.segments.cases import BOUGHT, Case, bought
from quen.segments.columns import TRUE, Column, literal
from quen.segments.grammar import MAX_LIST, N_, Place
from quen.segments.kept import Fold
from quen.segments.measure import parse_measure
from quen.segments.values import as_text, reader
from quen.segments.window import Window

_LONG = 24


class Distinct(Aggregate):
    name = "distinct"
    order = 24
    label = {"en": "number of different", "vi": "số giá trị khác nhau của"}
    operators = "count"

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyMeasure:
        check_measure_fields(spec, place, "property")
        measure = parse_measure(spec, place, whole=True)
        if measure.high > MAX_LIST:
            raise place["value"].error(N_("at most {most}"), most=MAX_LIST)
        return PropertyMeasure(parse_property(spec, place), measure)

    def to_json(self, operand: PropertyMeasure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: PropertyMeasure, window: Window, zone: ZoneInfo) -> Fold:
        extract, test = _key_of(operand.property), operand.measure.test()
        if window.span:
            return Moving(extract, _Tally(test), window.span)
        return Running(extract, _Keys(test, int(operand.measure.high) + 1), window.limits(zone))

    def holds_on_nothing(self, operand: PropertyMeasure, zone: ZoneInfo) -> bool:
        return operand.measure.test()(0)

    def having(self, operand: PropertyMeasure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        return operand.measure.sql(of_rows("uniqExact", Column("properties", operand.property).text, when), literal)

    def words(self, operand: PropertyMeasure, language: str) -> str:
        said = operand.measure.words(language)
        if language == "en":
            values = "value" if operand.measure.high == 1 and operand.measure.op != "between" else "different values"
            return f" with {said} {values} of {operand.property}"
        return f" với {said} giá trị khác nhau của {operand.property}"


def _key_of(path: str) -> Callable[[Mapping[str, Any]], str | None]:
    read = reader(path)

    def extract(properties: Mapping[str, Any]) -> str | None:
        text = as_text(read(properties))
        if text is None or len(text) <= _LONG:
            return text
        # Long texts are kept by a digest, marked so that no short text can be taken for one.
        return "\0" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    return extract


class _Tally(Sliding):
    """Result: key → how often."""

    def __init__(self, test: Callable[[Any], bool]) -> None:
        self._test = test

    def of(self, entries: list[Entry]) -> Counter[str]:
        return Counter([entry[2] for entry in entries])

    def step(self, result: Counter[str], entry: Entry) -> Counter[str]:
        result[entry[2]] += 1
        return result

    def leave(self, result: Counter[str], entries: list[Entry], left: int) -> Counter[str]:
        key = entries[left - 1][2]
        result[key] -= 1
        if not result[key]:
            del result[key]
        return result

    def test(self, result: Counter[str]) -> bool:
        return self._test(len(result))


class _Keys(Reducer):
    """Result: the different keys, no more of them than can decide."""

    def __init__(self, test: Callable[[Any], bool], keep: int) -> None:
        self._test, self._keep = test, keep

    def start(self) -> list[str]:
        return []

    def step(self, result: list[str], entry: Entry) -> list[str]:
        if len(result) < self._keep and entry[2] not in result:
            result.append(entry[2])
        return result

    def combine(self, one: list[str], other: list[str]) -> list[str]:
        return list(dict.fromkeys(one + other))[: self._keep]

    def test(self, result: list[str]) -> bool:
        return self._test(len(result))


def _kinds(count: int) -> dict[str, Any]:
    return {**BOUGHT, "distinct": {"property": "sku", "op": "eq", "value": count}}


_TWO = (bought(1, sku="a"), bought(2, sku="b"), bought(3, sku="a"), bought(4))
CASES = (
    Case("different values", _kinds(2), True, _TWO),
    Case('1 and "1" are one value', _kinds(1), True, (bought(1, sku=1), bought(2, sku="1"), bought(3, sku=1.0))),
)
AGGREGATE = Distinct()
