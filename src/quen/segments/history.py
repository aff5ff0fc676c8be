"""Who entered and left a segment over time, from Quen's own events about it in the event store.

What the history shows is people as they are today: those of a merged profile count as the survivor's, and those of
people who were taken apart stand at whom they belong to. Times are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from quen.segments.sql import MAX_SECONDS, Store
from quen.segments.told import PERSON

_MOVES = (
    "type = 'system' AND event IN ('Segment Entered', 'Segment Exited')"
    " AND toString(properties.segment_id) = {segment:String}"
    " AND time >= fromUnixTimestamp64Milli({begin:Int64}, 'UTC')"
)
_SETTINGS = f"SETTINGS max_execution_time = {MAX_SECONDS}"


class Day(msgspec.Struct, frozen=True):
    """How many people entered and left on one day of the workspace's zone; who did so twice counts once."""

    day: date
    entered: int = 0
    left: int = 0


class Move(msgspec.Struct, frozen=True):
    """One person entered or left. `id` is the event's: with `at` it is the place in a list."""

    at: int
    id: int
    profile_id: int
    entered: bool


def by_day(segment_id: int, days: Sequence[date], begin: int, zone: str, events: Store) -> list[Day]:
    """One for each of `days`, which begin at `begin`, oldest first."""
    found = {
        day: (int(entered), int(left))
        for day, entered, left in events.rows(
            f"SELECT toString(toDate(time, {{zone:String}})) AS day, uniqExactIf({PERSON}, event = 'Segment Entered'),"
            f" uniqExactIf({PERSON}, event = 'Segment Exited') FROM events WHERE {_MOVES} GROUP BY day {_SETTINGS}",
            {"segment": str(segment_id), "begin": begin, "zone": zone},
        )
    }
    return [Day(day, *found.get(day.isoformat(), (0, 0))) for day in days]


def moves(
    segment_id: int, begin: int, events: Store, *, before: Sequence[int] | None = None, limit: int = 50
) -> list[Move]:
    """Since `begin`, the latest first; `before` is the (at, id) of the last one already seen."""
    condition, params = _MOVES, {"segment": str(segment_id), "begin": begin, "limit": limit}
    if before is not None:
        condition += " AND (time, id) < (fromUnixTimestamp64Milli({at:Int64}, 'UTC'), {id:UInt64})"
        params |= {"at": before[0], "id": before[1]}
    rows: Sequence[tuple[Any, ...]] = events.rows(
        f"SELECT toUnixTimestamp64Milli(time), id, {PERSON}, event = 'Segment Entered' FROM events"
        f" WHERE {condition} ORDER BY time DESC, id DESC LIMIT {{limit:UInt32}} {_SETTINGS}",
        params,
    )
    return [Move(int(at), int(id_), int(person), bool(entered)) for at, id_, person, entered in rows]
