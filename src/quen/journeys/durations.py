"""Durations as people write them in graphs: those of rules (`15m 6h 30d 2w 3mo`), and seconds (`45s`)."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quen.segments.grammar import DAY
from quen.segments.grammar import UNITS as RULE_UNITS

UNITS = {"s": 1_000, **RULE_UNITS}  # rules have no seconds; trying a journey out wants them
_TEXT = re.compile(r"(\d{1,9})\s*(mo|[smhdw])")


def parse_duration(text: object) -> int:
    """Milliseconds. Raises ValueError with a message for people."""
    match = _TEXT.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(_("Write a number and a unit, such as 15m, 6h, 3d or 2w."))
    return int(match[1]) * UNITS[match[2]]


def split_duration(text: object) -> tuple[str, str]:
    """(number, unit) for a form; what cannot be split goes into the number as it was typed."""
    match = _TEXT.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    return (match[1], match[2]) if match else (str(text or ""), "h")


def words(ms: int) -> str:
    """A time for people: "3 days", "1 hour 30 minutes". Weeks and months are said in days; of small rests nothing."""
    if ms < 1000:
        return ngettext("%(n)d second", "%(n)d seconds", 0) % {"n": 0}
    parts = []
    rest = ms
    for unit in (DAY, UNITS["h"], UNITS["m"], UNITS["s"]):
        count, rest = divmod(rest, unit)
        if count:
            parts.append(_in_unit(unit, count))
    return " ".join(parts[:2])


def _in_unit(unit: int, count: int) -> str:
    if unit == DAY:
        text = ngettext("%(n)d day", "%(n)d days", count)
    elif unit == UNITS["h"]:
        text = ngettext("%(n)d hour", "%(n)d hours", count)
    elif unit == UNITS["m"]:
        text = ngettext("%(n)d minute", "%(n)d minutes", count)
    else:
        text = ngettext("%(n)d second", "%(n)d seconds", count)
    return text % {"n": count}
