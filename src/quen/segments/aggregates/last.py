"""`last`: the value of a property in the latest event that has one."""

from __future__ import annotations

from quen.segments.aggregates.ends import End


class Last(End):
    name = "last"
    order = 26
    label = {"en": "latest", "vi": "gần nhất"}
    latest = True


AGGREGATE = Last()
