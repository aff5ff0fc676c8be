"""What every cleaner answers, and what a source says of its own data.

Every cleaner takes the locale, needed or not: callers choose one by the kind of a field.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec


class Locale(msgspec.Struct, frozen=True):
    """What a source declares about what it sends. The defaults are those of a Vietnamese source."""

    region: str = "VN"  # ISO 3166: where a number without a country code, a name or an address is
    day_first: bool = True  # False only where the source is known to write the month first
    currency: str = "VND"  # ISO 4217, of an amount that names none
    decimal: str = ","  # the decimal sign, "," or "."
    zone: str = "Asia/Ho_Chi_Minh"  # IANA name: the day in which a moment with an offset falls


VIETNAM = Locale()


class Cleaned(msgspec.Struct, frozen=True):
    """One value, cleaned.

    Either `clean` is there, or `problem` says why not; never both, never neither. All of `done`, `problem` and `hints`
    are short stable words (`moved_2018`, `empty`, `disposable`) that a page puts into its own language.
    """

    given: Any  # as it came, whatever came
    clean: str | None = None  # to store and show
    key: str | None = None  # to compare: two ways of writing one thing have the same
    done: tuple[str, ...] = ()  # what was changed, in order
    problem: str | None = None  # why it is refused
    hints: tuple[str, ...] = ()  # what a person may want to look at; nothing was changed for it
    parts: tuple[tuple[str, str], ...] = ()  # what was found inside, in the order of the kind's docstring

    def part(self, name: str) -> str | None:
        return next((value for key, value in self.parts if key == name), None)


def as_text(value: Any, longest: int) -> tuple[str, str | None]:
    """The value as text, and the problem that ends the cleaning: `empty`, `too_long` or `not_text`.

    Whole floats lose their `.0`: spreadsheets and JSON make them of ids and years.
    """
    if value is None:
        return "", "empty"
    if isinstance(value, str):
        if not value.strip():
            return "", "empty"
        return (value, None) if len(value) <= longest else ("", "too_long")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "", "not_text"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "", "not_text"
        return (str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)), None
    # Python refuses to write out integers of thousands of digits.
    return (str(value), None) if value.bit_length() <= 128 else ("", "too_long")
