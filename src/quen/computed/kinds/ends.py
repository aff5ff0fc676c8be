"""What first and last share: the value of a property in the earliest or latest event that has one. Not a kind itself.

A value is a text, a number, or true or false; lists and objects are none. Of two events at one instant the one stored
later is the later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.computed.kinds.events import MAX_TEXT, EventKind, Question, of_series, whole_if_so
from quen.segments.aggregates.ends import AtTheEnd
from quen.segments.columns import Column
from quen.segments.kept import Fold
from quen.segments.values import reader

_TYPES = ("Bool", "Int64", "UInt64", "Float64")


class End(EventKind):
    gives = "value"
    latest: ClassVar[bool]

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        read = reader(question.property)

        def extract(properties: Mapping[str, Any]) -> Any:
            return scalar(read(properties))

        return of_series(extract, AtTheEnd(self.latest, None), question.window, zone)

    def result(self, question: Question) -> str:
        column = Column("properties", question.property)
        text = f"substringUTF8({column.string}, 1, {MAX_TEXT})"
        each = [text, *(column.typed(kind) for kind in _TYPES)]
        there = " OR ".join(f"isNotNull({item})" for item in each)
        return f"arg{'Max' if self.latest else 'Min'}If(({', '.join(each)}), (time, id), {there})"

    def of_sql(self, operand: Question, result: Any, now: int) -> Any:
        for value in result or ():
            if value is not None:
                return scalar(value)
        return None


def scalar(value: Any) -> Any:
    """A value as it is shown; None for lists and objects."""
    kind = value.__class__
    if kind is str:
        return value[:MAX_TEXT]
    if kind is float:
        return whole_if_so(value)
    return value if kind is int or kind is bool else None
