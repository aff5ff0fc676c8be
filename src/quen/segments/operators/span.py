"""What `in_last` and `in_next` share: a span of time that moves with the clock. Not an operator itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column, holds
from quen.segments.grammar import Place, duration, duration_text, required
from quen.segments.moments import FOREVER, bound_at, crossings, read_when
from quen.segments.operators.base import MovingOperator, Watch


class Span(MovingOperator):
    """The value (the whole day, for a bare date) overlaps the span from `now - back` to `now + ahead`."""

    operand = "span"
    fields = ("within",)
    back: ClassVar[int]  # 1: the span lies behind now, 0: ahead

    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        return duration(required(spec, "within", place), place["within"])

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {"within": duration_text(operand)}

    def watch(self, operand: Any, zone: ZoneInfo) -> Watch:
        behind, ahead = (operand, 0) if self.back else (0, operand)

        def watched(value: Any, now: int) -> tuple[bool, int]:
            when = read_when(value)
            if when is None:
                return False, FOREVER
            low, high = bound_at(now - behind, zone), bound_at(now + ahead, zone)
            truth = when.start <= high.at(when) and when.end > low.at(when)
            entries = crossings(when.start, zone) if when.wall else [when.start]
            exits = crossings(when.end, zone) if when.wall else [when.end]
            flips = [at - ahead for at in entries] + [at + behind for at in exits]
            return truth, min((at for at in flips if at > now), default=FOREVER)

        return watched

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        behind, ahead = (operand, 0) if self.back else (0, operand)
        low, high = bound_at(now - behind, zone), bound_at(now + ahead, zone)
        wall = holds(f"{column.wall_start} <= {high.wall} AND {column.wall_end} > {low.wall}")
        at = holds(f"{column.instant} <= {high.instant} AND {column.instant} > {low.instant}")
        return f"({wall} OR {at})"

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.stretch(operand, language)}"
