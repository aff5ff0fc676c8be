"""`max`: the largest value of a number property."""

from __future__ import annotations

from quen.segments.aggregates.extremes import Extreme


class Largest(Extreme):
    name = "max"
    order = 23
    label = {"en": "largest", "vi": "lớn nhất"}
    choose = max


AGGREGATE = Largest()
