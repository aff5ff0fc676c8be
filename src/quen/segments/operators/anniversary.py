"""`anniversary`: the next return of a date's day and month is today or within some days.

Days are those of the workspace. 29 February is kept on 28 February in years that have none.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments import words
from quen.segments.columns import Column
from quen.segments.grammar import DAY, N_, Place, duration, duration_text
from quen.segments.moments import FOREVER, local_date, midnight, read_when, when_date
from quen.segments.operators.base import MovingOperator, Watch


class Anniversary(MovingOperator):
    name = "anniversary"
    order = 54
    label = {"en": "has its anniversary in the next", "vi": "có ngày kỷ niệm trong"}
    operand = "span"
    fields = ("within",)
    # The conformance tests ask at 2026-07-01T05:00:00Z, noon in Asia/Ho_Chi_Minh.
    examples = (
        ({"within": "7d"}, "1990-07-01", True),
        ({"within": "7d"}, "1990-07-08", True),
        ({"within": "7d"}, "1990-07-09", False),
        ({"within": "7d"}, "1990-06-30", False),
        ({}, "1990-07-01", True),
        ({}, "1990-07-02", False),
        ({}, "1990-06-30T17:00:00Z", True),
        ({"within": "7d"}, "someday", False),
        ({"within": "300d"}, "1992-02-29", True),
        ({"within": "241d"}, "1992-02-29", False),
        ({"within": "242d"}, "1992-02-29", True),
    )

    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        span = duration(spec.get("within", "0d"), place["within"], zero=True)
        if span % DAY or span > 365 * DAY:
            raise place["within"].error(N_("whole days, at most 365d, are needed"))
        return span

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {"within": duration_text(operand)}

    def watch(self, operand: Any, zone: ZoneInfo) -> Watch:
        days = timedelta(operand // DAY)

        def watched(value: Any, now: int) -> tuple[bool, int]:
            when = read_when(value)
            if when is None:
                return False, FOREVER
            day, today = when_date(when, zone), local_date(now, zone)
            returns = [_return(day, year) for year in range(today.year, today.year + 3)]
            truth = any(today <= back <= today + days for back in returns)
            edges = [edge for back in returns for edge in (back - days, back + timedelta(1)) if edge > today]
            return truth, midnight(min(edges), zone)

        return watched

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        today = local_date(now, zone)
        days = [today + timedelta(n) for n in range(operand // DAY + 1)]
        wanted = {(day.month, day.day) for day in days}
        if any((day.month, day.day) == (2, 28) and not calendar.isleap(day.year) for day in days):
            wanted.add((2, 29))
        return column.falls_on(wanted, zone)

    def words(self, operand: Any, language: str) -> str:
        if not operand:
            return {"en": "has its anniversary today", "vi": "có ngày kỷ niệm vào hôm nay"}[language]
        ending = {"en": "", "vi": " tới"}[language]
        return f"{self.label[language]} {words.stretch(operand, language)}{ending}"


def _return(day: date, year: int) -> date:
    if (day.month, day.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


OPERATOR = Anniversary()
