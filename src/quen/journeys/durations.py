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
    """A time for people ("3 days"), in the largest unit that divides it; weeks and months are said in days."""
    if ms >= DAY and ms % DAY == 0:
        return ngettext("%(n)d day", "%(n)d days", ms // DAY) % {"n": ms // DAY}
    if ms >= UNITS["h"] and ms % UNITS["h"] == 0:
        return ngettext("%(n)d hour", "%(n)d hours", ms // UNITS["h"]) % {"n": ms // UNITS["h"]}
    if ms >= UNITS["m"] and ms % UNITS["m"] == 0:
        return ngettext("%(n)d minute", "%(n)d minutes", ms // UNITS["m"]) % {"n": ms // UNITS["m"]}
    return ngettext("%(n)d second", "%(n)d seconds", ms // 1000) % {"n": ms // 1000}
