"""When an event counts: `within` a span that ends now, `between` two dates, or ever. Never before it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.segments import words
from quen.segments.columns import instant
from quen.segments.grammar import N_, Place, duration, duration_text, pair
from quen.segments.moments import FOREVER, bound_end, bound_start, date_text

FIELDS = ("within", "between")


class Window(msgspec.Struct, frozen=True):
    """`span` for within (now - span < time ≤ now), `dates` for between (both days included); neither: ever."""

    span: int = 0
    dates: tuple[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        if self.span:
            return {"within": duration_text(self.span)}
        return {"between": list(self.dates)} if self.dates else {}

    def limits(self, zone: ZoneInfo) -> tuple[int, int]:
        """For between and ever: start ≤ time < end."""
        if self.dates is None:
            return -FOREVER, FOREVER
        return bound_start(self.dates[0], zone).instant, bound_end(self.dates[1], zone).instant

    def sql(self, now: int, zone: ZoneInfo, latest: int = FOREVER) -> list[str]:
        """Conditions on rows of `events`, of which none has happened after `latest`."""
        conditions = [f"time <= {instant(now)}"] if latest > now else []
        if self.span:
            conditions.append(f"time > {instant(now - self.span)}")
        elif self.dates:
            start, end = self.limits(zone)
            conditions += [f"time >= {instant(start)}", f"time < {instant(end)}"]
        return conditions

    def words(self, language: str) -> str:
        if self.span:
            return words.lately(self.span, language)
        if self.dates:
            start, end = map(words.date, self.dates)
            return f" between {start} and {end}" if language == "en" else f" từ {start} đến {end}"
        return ""


def parse_window(spec: Mapping[str, Any], place: Place) -> Window:
    if "within" in spec and "between" in spec:
        raise place["between"].error(N_('"within" and "between" exclude each other'))
    if "within" in spec:
        return Window(span=duration(spec["within"], place["within"]))
    if "between" in spec:
        at = place["between"]
        start, end = pair(spec["between"], at)
        dates = date_text(start, at[0]), date_text(end, at[1])
        utc = ZoneInfo("UTC")
        if bound_start(dates[0], utc).instant >= bound_end(dates[1], utc).instant:
            raise at.error(N_("the second date is before the first"))
        return Window(dates=dates)
    return Window()
