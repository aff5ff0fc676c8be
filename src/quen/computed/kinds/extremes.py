"""What the smallest and the largest share. Not a kind itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.computed.kinds.events import EventKind, Question, of_series, whole_if_so
from quen.segments.aggregates.extremes import Chosen
from quen.segments.columns import Column
from quen.segments.kept import Fold
from quen.segments.values import as_number, reader


class Extreme(EventKind):
    gives = "number"
    choose: ClassVar[Callable[..., Any]]

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        read = reader(question.property)
        reducer = Chosen(type(self).choose, whole_if_so, None)
        return of_series(lambda properties: as_number(read(properties)), reducer, question.window, zone)

    def result(self, question: Question) -> str:
        return f"{self.name}({Column('properties', question.property).number})"

    def of_sql(self, operand: Question, result: Any, now: int) -> int | float | None:
        return None if result is None else whole_if_so(float(result))
