"""`count`: how many such events. Nobody's is 0."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.kinds.events import EVENT, WHERE, WINDOW, EventKind, Question
from quen.segments.aggregates.times import LatestTimes, Total
from quen.segments.grammar import MAX_WINDOW_COUNT
from quen.segments.kept import Fold


class Count(EventKind):
    name = "count"
    order = 10
    label = {"en": "How many times", "vi": "Bao nhiêu lần"}
    help = {
        "en": "How many such events there are; 0 without any. Within a moving window it counts up to 10,000.",
        "vi": "Số sự kiện như thế; không có sự kiện nào là 0. Trong khoảng thời gian di động đếm tới 10.000.",
    }
    phrase = {"en": "number of times {events} happened", "vi": "số lần {events}"}
    gives = "number"
    keeps = "times"
    recent = "moments"
    fields = (EVENT, WINDOW, WHERE)

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        if question.window.span:
            return LatestTimes(_itself, MAX_WINDOW_COUNT, question.window.span)
        return Total(_itself, question.window.limits(zone))

    def result(self, question: Question) -> str:
        return f"least(count(), {MAX_WINDOW_COUNT})" if question.window.span else "count()"

    def of_sql(self, operand: Question, result: Any, now: int) -> int:
        return int(result or 0)


def _itself(count: int) -> int:
    return count


KIND = Count()
