"""How numbers, spans, dates, lists and facts are said in a sentence, in Vietnamese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.grammar import UNITS, duration_text
from quen.segments.moments import read_when

Text = dict[str, str]  # language → words

_UNITS = {
    "m": {"en": ("minute", "minutes"), "vi": ("phút", "phút")},
    "h": {"en": ("hour", "hours"), "vi": ("giờ", "giờ")},
    "d": {"en": ("day", "days"), "vi": ("ngày", "ngày")},
}
_MAX_LISTED = 5
_MAX_TEXT = 200
_clock = re.compile(r"(\d\d:\d\d)(?::(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
_word = re.compile(r"[^\W_A-Z]+|[A-Z]+[^\W_A-Z]*")
# Numbers that name something and count nothing: by the last word of their name, in Vietnamese by the first.
_NAMES_LAST = frozenset(
    ("id", "code", "no", "number", "sku", "barcode", "phone", "mobile", "tel", "zip", "postcode", "year")
)
_NAMES_FIRST = frozenset(("mã", "ma", "sđt", "sdt"))


def tongue(language: str) -> str:
    """`vi` or `en`, of any language code."""
    return "en" if language.lower().startswith("en") else "vi"


def number(value: float | int, language: str) -> str:
    """`1,150,000.5`, in Vietnamese `1.150.000,5`. Behind millionths, to which sums are exact, floats have dust."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, float) and 1e-4 <= abs(value) < 1e15:
        written = f"{value:,.6f}".rstrip("0").rstrip(".")
    else:
        written = f"{value:,}"
    return written if language == "en" else written.translate(str.maketrans(",.", ".,"))


def value(item: Any, language: str) -> str:
    if isinstance(item, bool):
        return {"en": ("false", "true"), "vi": ("sai", "đúng")}[language][item]
    if isinstance(item, (int, float)):
        return number(item, language)
    return f"“{item}”"


def listing(items: Sequence[Any], language: str) -> str:
    shown = ", ".join(value(item, language) for item in items[:_MAX_LISTED])
    rest = len(items) - _MAX_LISTED
    if rest <= 0:
        return shown
    return shown + (f" and {rest} more" if language == "en" else f" và {rest} giá trị khác")


def span(milliseconds: int, language: str) -> str:
    """`30 days`."""
    short = duration_text(milliseconds)
    unit = short.lstrip("0123456789")
    count = milliseconds // UNITS[unit]
    return f"{count} {_UNITS[unit][language][count != 1]}"


def lately(milliseconds: int, language: str) -> str:
    """` in the last 30 days`."""
    said = stretch(milliseconds, language)
    return f" in the last {said}" if language == "en" else f" trong {said} qua"


def stretch(milliseconds: int, language: str) -> str:
    """What follows "the last" or "the next": `30 days`, `day`."""
    said = span(milliseconds, language)
    return said.removeprefix("1 ") if language == "en" else said


def date(written: str) -> str:
    """A date or time as everywhere in the console: `31/12/2026`, `31/12/2026 09:30`; an offset stays with it."""
    year, month, day = written[:10].split("-")
    said = f"{day}/{month}/{year}"
    if clock := _clock.fullmatch(written[11:]):
        minutes, seconds, offset = clock.groups()
        said += f" {minutes}" + (f":{seconds}" if seconds and seconds != "00" else "")
        if offset:
            said += " UTC" if offset in ("Z", "+00:00") else f" {offset}"
    return said


def fact(item: Any, name: str, language: str, zone: ZoneInfo) -> str:
    """A value of the trait or property `name` as people write it: numbers grouped, times in the workspace's zone.

    What came as a text stays as it is, unless it is a date; so does a number that names something (`order_id`, `year`).
    """
    if isinstance(item, (list, tuple)):
        return ", ".join(fact(each, name, language, zone) for each in item[:20])
    if isinstance(item, Mapping):
        return ", ".join(f"{key}: {fact(each, str(key), language, zone)}" for key, each in [*item.items()][:20])
    if isinstance(item, bool):
        return value(item, language)
    if isinstance(item, (int, float)):
        if _names_something(name):
            return str(item)
        return number(round(item, 2) if abs(item) >= 1000 else item, language)
    when = read_when(item)
    if when is None:
        return str(item)[:_MAX_TEXT]
    if when.wall:
        return date(item)
    at = datetime.fromtimestamp(when.start / 1000, zone)
    return date(at.replace(tzinfo=None).isoformat(timespec="seconds"))


def _names_something(name: str) -> bool:
    words = [word.lower() for word in _word.findall(name.rpartition(".")[2])]
    return bool(words) and (words[-1] in _NAMES_LAST or words[0] in _NAMES_FIRST)
