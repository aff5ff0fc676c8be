"""`first`: the value of a property in the earliest event that has one."""

from __future__ import annotations

from quen.segments.aggregates.ends import End


class First(End):
    name = "first"
    order = 25
    label = {"en": "first", "vi": "đầu tiên"}
    latest = False


AGGREGATE = First()
