"""`min`: the smallest value of a number property."""

from __future__ import annotations

from quen.segments.aggregates.extremes import Extreme


class Smallest(Extreme):
    name = "min"
    order = 22
    label = {"en": "smallest", "vi": "nhỏ nhất"}
    choose = min


AGGREGATE = Smallest()
