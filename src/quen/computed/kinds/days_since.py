"""`days_since`: whole days, of 24 hours, since the last such event; missing without one."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.kinds.base import Answer
from quen.computed.kinds.events import ALWAYS, EVENT, WHERE, WINDOW, EventKind, Question
from quen.segments.aggregates.series import Reducer, Running
from quen.segments.conditions.base import Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import DAY
from quen.segments.kept import Fold


class DaysSince(EventKind):
    name = "days_since"
    order = 40
    label = {"en": "Days since the last", "vi": "Số ngày từ lần gần nhất"}
    help = {
        "en": "Whole days, of 24 hours each, since the last such event; missing without one. It grows by one at the "
        "very second. Its changes are not kept as history.",
        "vi": "Số ngày tròn, mỗi ngày 24 giờ, kể từ sự kiện gần nhất như thế; chưa có sự kiện nào thì để trống. Tăng "
        "một đúng vào giây đó. Các thay đổi không được lưu vào lịch sử.",
    }
    phrase = {"en": "days since the latest {events}", "vi": "số ngày kể từ lần {events} gần nhất"}
    gives = "number"
    keeps = "latest"
    fields = (EVENT, WINDOW, WHERE)
    told = False

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        # Of a moving window too only the latest matters: when it is out, all are.
        limits = ALWAYS if question.window.span else question.window.limits(zone)
        return Running(lambda properties: True, _Latest(), limits)

    def live(self, operand: Question, wiring: Wiring) -> Answer:
        latest, span = super().live(operand, wiring), operand.window.span

        def answer(state: LiveState, person: Person, now: int) -> tuple[int | None, int]:
            last, until = latest(state, person, now)
            if last is None or (span and last <= now - span):
                return None, until
            days = (now - last) // DAY
            until = min(until, last + (days + 1) * DAY)
            return days, min(until, last + span) if span else until

        return answer

    def result(self, question: Question) -> str:
        return "toUnixTimestamp64Milli(max(time))"

    def of_sql(self, operand: Question, result: Any, now: int) -> int | None:
        return None if result is None else (now - int(result)) // DAY


class _Latest(Reducer):
    """Result: the latest time, or None."""

    def start(self) -> int | None:
        return None

    def step(self, result: int | None, entry: list[Any]) -> int:
        time: int = entry[0]
        return time if result is None else max(result, time)

    def combine(self, one: int | None, other: int | None) -> int | None:
        return max((time for time in (one, other) if time is not None), default=None)

    def test(self, result: int | None) -> int | None:
        return result


KIND = DaysSince()
