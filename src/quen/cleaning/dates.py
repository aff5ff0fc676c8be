"""Days, as of a birth: no time of day, nothing filled in. ISO by its pattern first, then the day before the month."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import fold, narrow
from quen.cleaning.times import month_number, parse_when

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}")  # nothing stands around it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAY = re.compile(
    r"^(?:thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat|t[2-7]|cn|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?),?\s+"
    r"(?=\d|ngay|[a-z]{3,9}\.? \d)"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b(?: of\b)?")
# Days since 30 December 1899, as spreadsheets count: of 1927 to 2099. Four digits are years.
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
_SERIAL_EPOCH, _FIRST_SERIAL, _LAST_SERIAL = date(1899, 12, 30), 10_000, 73_050
_APART = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4})")
# `05031990`: never ISO's, whose month is at most 12.
_EIGHT_DIGITS = re.compile(r"(\d{2})(\d{2})((?:19|20)\d{2})")
_FLOAT = re.compile(r"(\d{4,13})\.0+")
_EXCEL = re.compile(r"(\d{1,2})-thg (\d{1,2})-(\d{4})\b")  # `5-thg 3-2024`, of Excel in Vietnamese
_LABEL = re.compile(r"^(?:ngay sinh|sinh ngay|sinh nhat|nam sinh|sinh|sn|dob|born|ngay)\b\s*[:.]?\s*(?=\d)")
_MONTH_WORDS = {
    "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6,
    "bay": 7, "tam": 8, "chin": 9, "muoi": 10, "muoi mot": 11, "muoi hai": 12,
}  # fmt: skip
_MONTH_WORD = re.compile(
    r"\b(thang|thg) (muoi hai|muoi mot|muoi|mot|hai|ba|tu|bon|nam(?= nam|$|[ ,]+\d)|sau|bay|tam|chin)\b"
)
_TWO_DIGITS = re.compile(
    r"\d{1,2}([/.\-])\d{1,2}\1\d{2}(?!\d)"
    r"|\d{1,2},?[ -](?:th(?:an)?g\.? ?\d{1,2}|(?!th(?:an)?g)[a-z]{3,9}\.?),?(?: nam)?[ -]\d{2}(?![\d:h])"
)
_MONTH_YEAR = re.compile(r"(?:thang |thg\.? ?)?(\d{1,2})(?:[/.\-]|,? nam |,? )(\d{4})")
_YEAR_MONTH = re.compile(r"(\d{4})[/.\-](\d{1,2})")
_YEAR = re.compile(r"(?:nam |sinh nam )?(\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:[/.\-]| (?:thang |thg ?))(\d{1,2})")
_ENGLISH_MONTH = re.compile(r"(?:(\d{1,2})[ -])?([a-z]{3,9})\.?(?:[ -](\d{1,2}))?(?:(?:,? |[/-])(\d{4}))?")
# Zeros stand for what is not known: `00/00/1990`, `1990-00-00`.
_ZEROS = re.compile(r"00?([/.\-])(\d{1,2})\1(\d{4})|(\d{4})([/.\-])(\d{1,2})\5(?:00?)")
_CLOCK = re.compile(r"\d[:h]\d")
_SINCE_1970 = re.compile(r"\d{10,13}")
_LOOKS_WHOLE = re.compile(r"(?:\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}|\d{8})\b.*")


def cleaned_date(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A day: `clean` and `key` are ISO 8601 (1990-02-01). A moment with an offset is its day in the locale's zone.

    A spreadsheet's number of days (45291) is one of 1927 to 2099: call this of columns that are known to hold dates. Of
    a partial date nothing is made; its `year`, `month` and `day` are parts. Done: read, serial, time_dropped. Hints:
    two_digit_year. Problems: empty, not_text, too_long, partial, no_such_day (month-first in a day-first source too),
    unreadable.
    """
    given, problem = as_text(value, 60)
    if problem:
        return Cleaned(value, problem=problem)
    text = _in_digits(given)
    if cleaned := _serial(value, text):
        return cleaned
    if known := _partial(text, locale.day_first):
        return Cleaned(value, problem="partial", parts=known)
    moment = parse_when(text, dayfirst=locale.day_first, zone=ZoneInfo(locale.zone))
    day = _day(moment, locale.zone) if moment is not None else None
    if moment is None or day is None:
        return Cleaned(value, problem="no_such_day" if _LOOKS_WHOLE.fullmatch(text) else "unreadable")
    done = [] if given == day else ["read"]
    if _CLOCK.search(text) or _SINCE_1970.fullmatch(text):
        done.append("time_dropped")
    hints = ("two_digit_year",) if _TWO_DIGITS.search(text) and not _ISO_DAY.match(text) else ()
    return Cleaned(value, day, day, tuple(done), hints=hints)


def cleaned_birth(value: Any, locale: Locale = VIETNAM, *, today: date) -> Cleaned:
    """A day of birth, as `cleaned_date`; `today` is in the locale's zone.

    A year of two digits that would be in the future is of the century before (done: century). More problems: in_future,
    too_long_ago (130 years).
    """
    cleaned = cleaned_date(value, locale)
    if cleaned.clean is None:
        return cleaned
    born, done = date.fromisoformat(cleaned.clean), cleaned.done
    if born > today and "two_digit_year" in cleaned.hints:
        try:
            born, done = born.replace(year=born.year - 100), (*done, "century")
        except ValueError:  # 29 February of 2000 was; of 1900 it was not
            return Cleaned(value, problem="no_such_day", hints=cleaned.hints)
    if born > today:
        return Cleaned(value, problem="in_future")
    if born.year < today.year - 130:
        return Cleaned(value, problem="too_long_ago")
    return Cleaned(value, born.isoformat(), born.isoformat(), done, hints=cleaned.hints)


def _in_digits(given: str) -> str:
    """Folded, without a label or weekday before it or a spreadsheet's .0 behind it, and `tháng ba` as `thang 3`."""
    if _PLAIN.fullmatch(given):
        return given
    text = _LABEL.sub("", _WEEKDAY.sub("", fold(narrow(given)).strip(" .,")))
    if match := _FLOAT.fullmatch(text):
        text = match[1]
    if match := _APART.fullmatch(text) or _EIGHT_DIGITS.fullmatch(text):
        return "/".join(match.groups())
    text = _ORDINAL.sub("", _EXCEL.sub(r"\1 thg \2 \3", text))
    return _MONTH_WORD.sub(lambda match: f"{match[1]} {_MONTH_WORDS[match[2]]}", text)


def _serial(value: Any, text: str) -> Cleaned | None:
    match = _SERIAL.fullmatch(text)
    if not match or not _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL:
        return None
    day = (_SERIAL_EPOCH + timedelta(days=int(match[1]))).isoformat()
    return Cleaned(value, day, day, ("serial", "time_dropped") if (match[2] or "").strip("0") else ("serial",))


def _partial(text: str, day_first: bool) -> tuple[tuple[str, str], ...]:
    year = month = day = ""
    if match := _YEAR.fullmatch(text):
        year = match[1]
    elif match := _YEAR_MONTH.fullmatch(text):
        year, month = match.groups()
    elif match := _MONTH_YEAR.fullmatch(text):
        month, year = match.groups()
    elif match := _DAY_MONTH.fullmatch(text):
        day, month = match.groups() if day_first or "th" in text else (match[2], match[1])
    elif match := _ZEROS.fullmatch(text):
        year, month = match[3] or match[4], (match[2] or match[6]).strip("0") and (match[2] or match[6])
    elif (match := _ENGLISH_MONTH.fullmatch(text)) and (number := month_number(match[2])):
        # One of day and year is missing, and a day stands on one side only. `Mar-24` may be either.
        behind = "" if "-" in text else match[3]
        month, day, year = str(number), match[1] or behind or "", match[4] or ""
        if (day and year) or (match[1] and match[3]):
            return ()
    if (month and not 1 <= int(month) <= 12) or (day and not 1 <= int(day) <= 31) or not int(year or 1):
        return ()
    parts = (("year", year), ("month", month.zfill(2) if month else ""), ("day", day.zfill(2) if day else ""))
    return tuple(part for part in parts if part[1])


def _day(moment: int, zone: str) -> str | None:
    try:
        return (_EPOCH + timedelta(milliseconds=moment)).astimezone(ZoneInfo(zone)).date().isoformat()
    except OverflowError:  # the first and the last day that Python knows
        return None
