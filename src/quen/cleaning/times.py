"""Moments as files write them. ISO is recognised by its pattern first; then the day stands before the month.

Nothing is filled in from today: `1990` and `3/2024` are no moments.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from quen.cleaning.text import fold

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[t ]\s*(.+))?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2})(z?))?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[t ,]\s*(.+))?")
_NUMERIC = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[t ,]\s*(.+))?")
_CLOCK_FIRST = re.compile(r"(\d{1,2}[:h]\d{2}(?::\d{2})?(?: ?[ap]m)?)[ ,]+(\d.+)")
_VIETNAMESE = re.compile(r"(?:ngay )?(\d{1,2}),? (?:thang|thg\.?) ?(\d{1,2}),?(?: nam)? (\d{4}|\d{2})(?:[ ,]+(.+))?")
_ENGLISH = re.compile(r"(\d{1,2})[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d{2})(?:[ ,]+(.+))?")
_ENGLISH_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[ ,]+(.+))?")
_CLOCK = re.compile(
    r"(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm|sa|ch|sang|chieu|toi)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def parse_when(value: Any, *, dayfirst: bool = True, zone: ZoneInfo) -> int | None:
    """Milliseconds UTC of a date or date and time; None when it cannot be read for sure.

    Times without an offset are in `zone`; a date alone is its midnight there. Also read: seconds or milliseconds
    since 1970 (10 or 13 digits). `dayfirst=False` is for sources that are known to write the month first.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        value = str(int(value)) if math.isfinite(value) and abs(value) < 1e15 else ""
    return _parse(value, dayfirst, zone) if isinstance(value, str) and len(value) <= 60 else None


@lru_cache(maxsize=16_384)
def _parse(value: str, dayfirst: bool, zone: ZoneInfo) -> int | None:
    text = fold(value)
    if match := _ISO.fullmatch(text):
        return _moment(match[1], match[2], match[3], match[4], zone)
    if match := _COMPACT.fullmatch(text):
        clock = f"{match[4]}:{match[5]}:{match[6]}{match[7]}" if match[4] else None
        return _moment(match[1], match[2], match[3], clock, zone)
    if _EPOCH.fullmatch(text):
        return int(text) * (1000 if len(text) == 10 else 1)
    if match := _CLOCK_FIRST.fullmatch(text):
        text = f"{match[2]} {match[1]}"  # Vietnamese systems also write 08:30 05/03/2024
    if match := _YEAR_FIRST.fullmatch(text):
        return _moment(match[1], match[2], match[3], match[4], zone)
    if match := _NUMERIC.fullmatch(text):
        day, month = (match[1], match[3]) if dayfirst else (match[3], match[1])
        return _moment(_four_digits(match[4]), month, day, match[5], zone)
    if match := _VIETNAMESE.fullmatch(text):
        return _moment(_four_digits(match[3]), match[2], match[1], match[4], zone)
    if match := _ENGLISH.fullmatch(text):
        return _moment(_four_digits(match[3]), month_number(match[2]), match[1], match[4], zone)
    if match := _ENGLISH_MONTH_FIRST.fullmatch(text):
        return _moment(match[3], month_number(match[1]), match[2], match[4], zone)
    return None


def month_number(word: str) -> int:
    """1 to 12 of an English month (lower case), whole or in its first letters; 0: it is none."""
    if len(word) < 3:
        return 0
    return next((at for at, name in enumerate(_MONTHS, 1) if name.startswith(word)), 0)


def _four_digits(year: str) -> str:
    if len(year) == 4:
        return year
    return ("20" if int(year) < 70 else "19") + year


def _moment(year: str, month: str | int, day: str, clock: str | None, zone: ZoneInfo) -> int | None:
    hour = minute = second = micro = 0
    offset: str | None = None
    if clock:
        match = _CLOCK.fullmatch(clock.strip())
        if not match:
            return None
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        micro = int((match[4] or "0").ljust(6, "0")[:6])
        half, offset = match[5], match[6]
        if half in ("pm", "ch", "chieu", "toi") and hour < 12:
            hour += 12
        elif half in ("am", "sa", "sang") and hour == 12:
            hour = 0
    try:
        moment = datetime(int(year), int(month), int(day), hour, minute, second, micro)  # noqa: DTZ001 - the zone follows
        if offset in ("z", "utc", "gmt"):
            moment = moment.replace(tzinfo=UTC)
        elif offset:
            moment = datetime.fromisoformat(moment.isoformat() + offset)
        else:
            moment = moment.replace(tzinfo=zone)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)
