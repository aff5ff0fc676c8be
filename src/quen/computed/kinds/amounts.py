"""What sum and average share: exact arithmetic in millionths. Not a kind itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.kinds.events import EventKind, Question, of_series
from quen.segments.aggregates.amounts import SumAndCount, millionths, millionths_sql
from quen.segments.kept import Fold
from quen.segments.measure import SCALE


class Amounts(EventKind):
    gives = "number"
    keeps = "amounts"
    recent = "recent amounts"

    @staticmethod
    @abstractmethod
    def value(total: int, count: int) -> Any:
        """Of the sum in millionths and how many numbers there were."""

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        return of_series(millionths(question.property), SumAndCount(self.value), question.window, zone)

    def result(self, question: Question) -> str:
        amount = millionths_sql(question.property)
        return f"(toString(ifNull(sum({amount}), 0)), count({amount}))"

    def of_sql(self, operand: Question, result: Any, now: int) -> Any:
        total, count = result or (0, 0)
        return self.value(int(total), int(count))


def number(in_millionths: int) -> int | float:
    """A whole number where it is one that JSON can hold."""
    whole, rest = divmod(in_millionths, SCALE)
    return whole if not rest and abs(whole) < 2**53 else in_millionths / SCALE
