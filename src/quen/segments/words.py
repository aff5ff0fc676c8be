"""How numbers, spans, dates and lists are said in a sentence, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quen.segments.grammar import UNITS, duration_text

Text = dict[str, str]  # language → words

_UNITS = {
    "m": {"en": ("minute", "minutes"), "vi": ("phút", "phút")},
    "h": {"en": ("hour", "hours"), "vi": ("giờ", "giờ")},
    "d": {"en": ("day", "days"), "vi": ("ngày", "ngày")},
}
_MAX_LISTED = 5


def tongue(language: str) -> str:
    """`vi` or `en`, of any language code."""
    return "en" if language.lower().startswith("en") else "vi"


def number(value: float | int, language: str) -> str:
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


def date(written: str, language: str) -> str:
    """A date of a rule: 31/12/2026 in Vietnamese, 2026-12-31 in English; times as written."""
    if language == "vi" and len(written) == 10:
        year, month, day = written.split("-")
        return f"{day}/{month}/{year}"
    return written.replace("T", " ")
