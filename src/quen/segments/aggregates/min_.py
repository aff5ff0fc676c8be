"""`min`: the smallest value of a number property."""

from __future__ import annotations

from quen.segments.aggregates.extremes import Extreme
from quen.segments.cases import BOUGHT, Case, bought


class Smallest(Extreme):
    name = "min"
    order = 22
    label = {"en": "smallest", "vi": "giá trị nhỏ nhất của"}
    choose = min


_LOW = {**BOUGHT, "min": {"property": "total", "op": "gte", "value": 2}}
CASES = (
    Case("the smallest", _LOW, True, (bought(1, total=2), bought(2, total="10"))),
    Case("of nothing there is none", _LOW, False),
)
AGGREGATE = Smallest()
