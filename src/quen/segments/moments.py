"""Dates and times inside values, and the wall clock of the workspace. Milliseconds throughout.

A value is a *wall* time when it names no offset (`2026-03-01`, `2026-03-01T09:00`): it is compared with the wall clock
of the workspace. It is an *instant* when it has an offset or `Z`, or is a number of seconds or milliseconds.
A bare date is the whole of that day.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.segments.grammar import DAY, N_, Place

FOREVER = 1 << 62
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 naive: it counts wall times
_DATE = r"(?:19[1-9][0-9]|20[0-9][0-9]|21[0-9][0-9])-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
WALL_PATTERN = f"^{_DATE}(?:{_CLOCK})?$"
INSTANT_PATTERN = f"^{_DATE}{_CLOCK}(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])$"
_wall = re.compile(WALL_PATTERN[1:-1])
_instant = re.compile(INSTANT_PATTERN[1:-1])

# Numbers in these ranges are read as seconds (1973–5138) and milliseconds; others are not dates.
SECONDS = (10**8, 10**11)
MILLIS = (10**11, 10**14)


class When(msgspec.Struct, frozen=True):
    """`start` ≤ moment ≤ `end`; `end` is later than `start` only for a bare date."""

    start: int
    end: int
    wall: bool


def read_when(value: Any) -> When | None:
    """The moment that a value of a trait or property means, or None."""
    if isinstance(value, str):
        if _wall.fullmatch(value):
            at = _naive_ms(value)
            return None if at is None else When(at, at + DAY if len(value) == 10 else at, True)
        if _instant.fullmatch(value):
            offset = 0
            if value.endswith("Z"):
                body = value[:-1]
            else:
                body = value[:-6]
                offset = (int(value[-5:-3]) * 60 + int(value[-2:])) * (-60_000 if value[-6] == "-" else 60_000)
            at = _naive_ms(body)
            return None if at is None else When(at - offset, at - offset, False)
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if SECONDS[0] <= value < SECONDS[1]:
        at = int(value * 1000)
        return When(at, at, False)
    if MILLIS[0] <= value < MILLIS[1]:
        return When(int(value), int(value), False)
    return None


def _naive_ms(body: str) -> int | None:
    seconds, _, fraction = body.partition(".")
    try:
        at = datetime.fromisoformat(seconds)
    except ValueError:  # 30 February
        return None
    return (at - _EPOCH) // timedelta(milliseconds=1) + int((fraction + "000")[:3])


def wall_of(at: int, zone: ZoneInfo) -> int:
    """What the clock on the wall shows at an instant, as milliseconds of a naive time."""
    # Beyond what datetime can hold the offset no longer matters.
    bounded = min(max(at, -2_000_000_000_000), 32_000_000_000_000)
    offset = datetime.fromtimestamp(bounded / 1000, UTC).astimezone(zone).utcoffset() or timedelta(0)
    return at + offset // timedelta(milliseconds=1)


def instant_of(wall: int, zone: ZoneInfo) -> int:
    """The (first) instant at which the wall clock shows `wall`."""
    naive = _EPOCH + timedelta(milliseconds=wall)
    offset = naive.replace(tzinfo=zone).utcoffset() or timedelta(0)
    return wall - offset // timedelta(milliseconds=1)


def crossings(wall: int, zone: ZoneInfo) -> list[int]:
    """Every instant at which the wall clock reaches, or falls back behind, `wall`."""
    before, after = (wall_of(wall + side * DAY, zone) - (wall + side * DAY) for side in (-1, 1))
    if before == after:
        return [wall - before]
    low, high = wall - DAY, wall + DAY  # the clock is put forward or back in between: find when
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wall_of(middle, zone) - middle == before else (low, middle)
    return sorted({wall - before, wall - after, high})


def local_date(at: int, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(milliseconds=wall_of(at, zone))).date()


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a day begins in the workspace."""
    return instant_of((datetime.combine(day, time()) - _EPOCH) // timedelta(milliseconds=1), zone)


def when_date(when: When, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(milliseconds=when.start)).date() if when.wall else local_date(when.start, zone)


def date_text(value: Any, place: Place) -> str:
    """A date or time written in a rule: `2026-03-01`, `2026-03-01T09:00`, `2026-03-01T09:00:00Z`."""
    if not isinstance(value, str) or read_when(value) is None:
        raise place.error(N_("a date is needed, such as 2026-03-01 or 2026-03-01T09:00:00Z"))
    return value


class Bound(msgspec.Struct, frozen=True):
    """A moment to compare with, on the wall and as an instant."""

    wall: int
    instant: int

    def at(self, when: When) -> int:
        return self.wall if when.wall else self.instant


def bound_start(value: str, zone: ZoneInfo) -> Bound:
    """The first moment of a date in a rule."""
    when = read_when(value)
    assert when is not None, "checked by date_text"
    return Bound(when.start, instant_of(when.start, zone)) if when.wall else bound_at(when.start, zone)


def bound_end(value: str, zone: ZoneInfo) -> Bound:
    """The first moment after a date in a rule: the next midnight for a bare date, the next millisecond for a time."""
    when = read_when(value)
    assert when is not None, "checked by date_text"
    last = when.end if when.end > when.start else when.end + 1
    return Bound(last, instant_of(last, zone)) if when.wall else bound_at(last, zone)


def bound_at(at: int, zone: ZoneInfo) -> Bound:
    return Bound(wall_of(at, zone), at)
