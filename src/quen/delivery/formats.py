"""Numbers, money and dates as Vietnamese customers read them. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

# Letters that every platform's strftime knows; no widths, which could ask for gigabytes.
_PATTERN = re.compile(r"(?:%-?[aAbBdeFHIjlmMpSTuwyYZz%]|[^%])*")


def number_text(value: Any) -> str:
    """1234567.5 → `1.234.567,5`. What is no number stays as it is."""
    number = _decimal(value)
    if number is None:
        return str(value)
    whole, _, part = f"{number:,f}".partition(".")
    part = part.rstrip("0")
    return whole.replace(",", ".") + (f",{part}" if part else "")


def vnd_text(value: Any) -> str:
    """1234567.5 → `1.234.568 ₫`. What is no number stays as it is."""
    number = _decimal(value)
    if number is None:
        return str(value)
    return f"{number.quantize(Decimal(1), rounding='ROUND_HALF_UP'):,f}".replace(",", ".") + "\u00a0₫"


def given_name(name: str) -> str:
    """What a Vietnamese calls someone by: the last word of the name. Nguyễn Ngọc Lan → Lan."""
    words = name.split()
    return words[-1] if words else ""


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 24 else None


def date_text(moment: datetime, pattern: str) -> str:
    """strftime with the usual letters only. Raises ValueError for others."""
    if len(pattern) > 100 or not _PATTERN.fullmatch(pattern):
        raise ValueError(f"date: the pattern {pattern[:40]!r} is not one of %d %m %Y %H %M and their like")
    return moment.strftime(pattern)
