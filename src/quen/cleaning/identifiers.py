"""Identifiers that are text: the ids of a shop's own systems."""

from __future__ import annotations

import math
from typing import Any

from quen.cleaning.text import tidy

MAX_LENGTH = 255


def clean_id(value: Any) -> str | None:
    """An id as text: trimmed, control and invisible characters removed. None: empty, too long, or not an id.

    Numbers become their digits (17850.0 → "17850"); case and leading zeros stay, because they may tell two ids apart.
    """
    if isinstance(value, str):
        text = value if value.isascii() and value.isalnum() else tidy(value)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    elif isinstance(value, int):
        text = str(value)
    elif not math.isfinite(value):
        return None
    else:
        text = str(int(value)) if value.is_integer() else repr(value)
    return text if 0 < len(text) <= MAX_LENGTH else None
