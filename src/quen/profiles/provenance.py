"""Where the traits of a person are from: which values sources gave, and when they began to give others.

Read from the event store, over every profile id that is the person's. Times are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quen.errors import InvalidInput
from quen.events.store import EventStore, event_store
from quen.profiles.marks import PREFIX

MOST_VALUES = 20  # of one trait, the last seen first
_decode = msgspec.json.decode
# One row for each trait that a message set: its name, and its value as JSON.
_SET = (
    "SELECT arrayJoin(JSONExtractKeysAndValuesRaw(traits)) AS pair, pair.1 AS name, pair.2 AS value,"
    " toUnixTimestamp64Milli(time) AS at, id, source_id, event, message_id"
    " FROM events WHERE profile_id IN {ids:Array(UInt64)} AND traits != ''"
)


class Given(msgspec.Struct):
    """A value of a trait as one source gave it. None: it deleted the trait."""

    value: Any
    source_id: int
    first_at: int
    last_at: int
    count: int


class Change(msgspec.Struct):
    """A message that gave another value than the one before it, by event time. None: deleted, or not there yet."""

    name: str
    at: int
    row_id: int
    source_id: int
    event: str
    message_id: str
    old: Any
    new: Any

    @property
    def place(self) -> list[Any]:
        """What `changes` goes on after."""
        return [self.at, self.row_id, self.name]


def values_given(ids: Sequence[int], store: EventStore | None = None) -> dict[str, list[Given]]:
    """Trait → what sources gave, the last seen first, at most MOST_VALUES. One query."""
    rows = (store or event_store()).rows(
        "SELECT name, value, source_id, min(at), max(at) AS last_at, count()"
        f" FROM ({_SET}) GROUP BY name, value, source_id"
        f" ORDER BY name, last_at DESC, value LIMIT {MOST_VALUES} BY name",
        {"ids": list(ids)},
    )
    found: dict[str, list[Given]] = {}
    for name, value, source_id, first_at, last_at, count in rows:
        given = Given(_decode(value), source_id, first_at, last_at, count)
        found.setdefault(name, []).append(given)
    return found


def changes(
    ids: Sequence[int],
    *,
    name: str = "",
    before: tuple[int, int, str] | None = None,
    limit: int = 50,
    store: EventStore | None = None,
) -> list[Change]:
    """Newest first; `before` is the `place` of the last one seen. Of one trait, or of all."""
    conditions = ["value != previous", "NOT (value = 'null' AND previous = '')", f"NOT startsWith(name, '{PREFIX}')"]
    params: dict[str, Any] = {"ids": list(ids), "limit": limit, "name": name}
    if before is not None:
        conditions.append(
            "((at, id) < ({before_at:Int64}, {before_id:UInt64})"
            " OR (at, id) = ({before_at:Int64}, {before_id:UInt64}) AND name > {before_name:String})"
        )
        params |= {"before_at": before[0], "before_id": before[1], "before_name": before[2]}
    of_one = " WHERE name = {name:String}" if name else ""
    rows = (store or event_store()).rows(
        "SELECT name, at, id, source_id, event, message_id, previous, value FROM (SELECT *, lagInFrame(value) OVER"
        " (PARTITION BY name ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS previous"
        f" FROM ({_SET}){of_one}) WHERE {' AND '.join(conditions)}"
        " ORDER BY at DESC, id DESC, name LIMIT {limit:UInt32}",
        params,
    )
    return [
        Change(name, at, row_id, source_id, event, message_id, _decode(old) if old else None, _decode(new))
        for name, at, row_id, source_id, event, message_id, old, new in rows
    ]


def place_of(cursor: Any) -> tuple[int, int, str] | None:
    """The `place` that a cursor holds, None for none. Raises InvalidInput for any other."""
    if cursor is None:
        return None
    if isinstance(cursor, list) and len(cursor) == 3:
        at, row_id, name = cursor
        if type(at) is int and type(row_id) is int and isinstance(name, str) and abs(at) < 2**63 > row_id >= 0:
            return at, row_id, name
    raise InvalidInput("before: use the `next` of the page before, unchanged", details={"before": "bad"})


def others(given: Sequence[Given], winner: Any) -> list[Given]:
    """What was given beside the value that counts; `winner` may be a list of all that do."""
    counting = [winner, *winner] if isinstance(winner, list) else [winner]
    return [g for g in given if not any(_same(g.value, each) for each in counting)]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
