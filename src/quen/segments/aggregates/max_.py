"""`max`: the largest value of a number property."""

from __future__ import annotations

from quen.segments.aggregates.extremes import Extreme
from quen.segments.cases import BOUGHT, Case, bought


class Largest(Extreme):
    name = "max"
    order = 23
    label = {"en": "largest", "vi": "giá trị lớn nhất của"}
    choose = max


_HIGH = {**BOUGHT, "max": {"property": "total", "op": "lt", "value": 10}}
CASES = (
    Case("the largest", _HIGH, False, (bought(1, total=2), bought(2, total="10"))),
    Case("of nothing there is none", _HIGH, False),
)
AGGREGATE = Largest()
