"""Whose clock is believed. Pure; all times are milliseconds UTC.

A device's clock may be hours off, but the time between two of its readings is right: `sentAt - originalTimestamp` says
how long the message waited on the device, and the server knows when it came.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

EARLIEST = 631_152_000_000  # 1990-01-01: nothing that customers do online is older; a broken clock says 1970
# What the event store can hold in the columns that keep what the device said.
STORABLE = (-2_208_988_800_000, 10_413_791_999_999)  # 1900-01-01 … 2299-12-31
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Times(NamedTuple):
    time: int  # never after received_at; may be before EARLIEST: the caller refuses that
    original: int | None  # as the device's clock had it
    sent_at: int | None


def correct(
    timestamp: int | None,
    original_timestamp: int | None,
    sent_at: int | None,
    received_at: int,
    *,
    rudder: bool,
) -> Times:
    """When it happened, from what the message says and when it came.

    - A `timestamp` is taken as it is in the Rudder dialect, and wherever an `originalTimestamp` stands beside it: there
      somebody has corrected it already. Alone, in the Segment dialect, it is the device's clock.
    - A device's clock is corrected by `sentAt` of the same clock; without `sentAt` it is taken as it is.
    - Without any time it happened when it was received. Nothing happens after it was received.
    """
    original = timestamp if original_timestamp is None else original_timestamp
    if timestamp is not None and (rudder or original_timestamp is not None):
        time = timestamp
    elif original is None:
        time = received_at
    elif sent_at is None:
        time = original
    else:
        time = received_at - (sent_at - original)
    return Times(min(time, received_at), storable(original), storable(sent_at))


def storable(time: int | None) -> int | None:
    """The time, or None when no store could keep it."""
    return time if time is not None and STORABLE[0] <= time <= STORABLE[1] else None


def parse_time(value: Any) -> int | None:
    """ISO 8601 text or a number of seconds or milliseconds since 1970, in ms; None when it is no time.

    Without an offset it is UTC, as the SDKs mean it.
    """
    if value.__class__ is str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return _parse_unusual(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MILLISECOND
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -1e15 < value < 1e15:
        # 1e11 s is the year 5138, 1e11 ms is 1973: no event of either kind is mistaken for the other.
        return int(value) if abs(value) >= 1e11 else int(value * 1000)
    return None


def _parse_unusual(text: str) -> int | None:
    """What `fromisoformat` of Python 3.11 does not take: blanks around, a blank before the offset, numbers as text."""
    text = text.strip()
    date, _, rest = text.partition(" ")
    clock, _, offset = rest.partition(" ")
    for candidate in (text, f"{date}T{clock}{'+00:00' if offset in {'UTC', 'GMT'} else offset}"):
        try:
            moment = datetime.fromisoformat(candidate)
        except ValueError:
            continue
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    try:
        return parse_time(float(text)) if text[:1].isdigit() else None
    except ValueError:
        return None
