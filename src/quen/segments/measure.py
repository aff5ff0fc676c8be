"""A comparison of a number that was counted or summed: `{"op": "gte", "value": 2}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from quen.segments import words
from quen.segments.grammar import N_, Place, number, pair, required

SCALE = 1_000_000  # sums are exact: amounts are counted in millionths, so the order of adding never matters
_SYMBOLS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
OPS = (*_SYMBOLS, "between")
LABELS: dict[str, words.Text] = {
    "gte": {"en": "at least", "vi": "ít nhất"},
    "eq": {"en": "exactly", "vi": "đúng"},
    "lte": {"en": "at most", "vi": "nhiều nhất"},
    "gt": {"en": "more than", "vi": "hơn"},
    "lt": {"en": "fewer than", "vi": "ít hơn"},
    "ne": {"en": "more or fewer than", "vi": "nhiều hơn hoặc ít hơn"},
    "between": {"en": "between", "vi": "từ"},
}
AMOUNT_LABELS: dict[str, words.Text] = {
    **LABELS,
    "eq": {"en": "exactly", "vi": "đúng bằng"},
    "lte": {"en": "at most", "vi": "không quá"},
    "lt": {"en": "under", "vi": "dưới"},
    "gt": {"en": "over", "vi": "trên"},
    "ne": {"en": "other than", "vi": "khác"},
}


class Measure(msgspec.Struct, frozen=True):
    op: str
    low: int | float
    high: int | float  # the same as low, but for between

    def to_json(self) -> dict[str, Any]:
        return {"op": self.op, "value": [self.low, self.high] if self.op == "between" else self.low}

    def test(self, scale: int = 1) -> Callable[[Any], bool]:
        """A function of a number (of millionths, with scale SCALE)."""
        low, high = self.bounds(scale)
        match self.op:
            case "eq":
                return lambda n: bool(n == low)
            case "ne":
                return lambda n: bool(n != low)
            case "gt":
                return lambda n: bool(n > low)
            case "gte":
                return lambda n: bool(n >= low)
            case "lt":
                return lambda n: bool(n < low)
            case "lte":
                return lambda n: bool(n <= low)
        return lambda n: bool(low <= n <= high)

    def bounds(self, scale: int) -> tuple[int | float, int | float]:
        if scale == 1:
            return self.low, self.high
        return round(self.low * scale), round(self.high * scale)

    def breaks(self, scale: int = 1) -> tuple[int, ...]:
        """The whole numbers (millionths, with scale SCALE) from which on the truth is another than below."""
        low, high = (int(bound) for bound in self.bounds(scale))
        match self.op:
            case "gte" | "lt":
                return (low,)
            case "gt" | "lte":
                return (low + 1,)
            case "eq" | "ne":
                return (low, low + 1)
        return (low, high + 1)

    def sql(self, expression: str, literal: Callable[[int | float], str], scale: int = 1) -> str:
        low, high = self.bounds(scale)
        if self.op == "between":
            return f"({expression} >= {literal(low)} AND {expression} <= {literal(high)})"
        return f"{expression} {_SYMBOLS[self.op]} {literal(low)}"

    def words(self, language: str, labels: Mapping[str, words.Text] = LABELS) -> str:
        said = f"{labels[self.op][language]} {words.number(self.low, language)}"
        if self.op == "between":
            said += {"en": " and ", "vi": " đến "}[language] + words.number(self.high, language)
        return said


def parse_measure(spec: Mapping[str, Any], place: Place, *, whole: bool = False) -> Measure:
    """`whole`: a count, which is a whole number from 0."""
    op = required(spec, "op", place)
    if op not in OPS:
        raise place["op"].error(N_("unknown operator; known here: {known}"), known=", ".join(OPS))
    value = required(spec, "value", place)
    at = place["value"]
    if op == "between":
        low, high = pair(value, at)
        low, high = number(low, at[0]), number(high, at[1])
        if low > high:
            raise at.error(N_("the second number is below the first"))
    else:
        low = high = number(value, at)
    if whole and not (isinstance(low, int) and isinstance(high, int) and low >= 0):
        raise at.error(N_("a whole number from 0 is needed"))
    return Measure(op, low, high)
