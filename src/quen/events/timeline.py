"""One person's history, over every profile id that was merged into theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quen.events.store import EventStore, event_store


class TimelineItem(msgspec.Struct):
    """One event as it was stored. Times are milliseconds UTC; `profile_id` is the id of that moment."""

    id: int
    time: int
    event: str
    type: str
    source_id: int
    message_id: str
    profile_id: int
    user_id: str
    anonymous_id: str
    properties: dict[str, Any]
    context: str
    received_at: int


_COLUMNS = (
    "id, toUnixTimestamp64Milli(time), event, type, source_id, message_id, profile_id, user_id, anonymous_id,"
    " properties, context, toUnixTimestamp64Milli(received_at)"
)


def timeline(
    profile_ids: Sequence[int],
    *,
    before: tuple[int, int] | None = None,
    limit: int = 50,
    events: Sequence[str] | None = None,
    sources: Sequence[int] | None = None,
    excluding: Sequence[str] | None = None,
    after_id: int | None = None,
    store: EventStore | None = None,
) -> list[TimelineItem]:
    """Newest first. `before` is the (time ms, id) of the last item already seen: the next page starts after it.

    `after_id`: only what was stored since that id. `excluding`: event names to leave out.
    """
    conditions = ["profile_id IN {ids:Array(UInt64)}"]
    params: dict[str, Any] = {"ids": list(profile_ids), "limit": limit}
    if before is not None:
        conditions.append("(time, id) < (fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC'), {before_id:UInt64})")
        params |= {"before_ms": before[0], "before_id": before[1]}
    if events:
        conditions.append("event IN {events:Array(String)}")
        params["events"] = list(events)
    if excluding:
        conditions.append("event NOT IN {excluding:Array(String)}")
        params["excluding"] = list(excluding)
    if after_id is not None:
        conditions.append("id > {after_id:UInt64}")
        params["after_id"] = after_id
    if sources:
        conditions.append("source_id IN {sources:Array(UInt64)}")
        params["sources"] = list(sources)
    rows = (store or event_store()).rows(
        f"SELECT {_COLUMNS} FROM events WHERE {' AND '.join(conditions)}"
        " ORDER BY time DESC, id DESC LIMIT {limit:UInt32}",
        params,
    )
    return [TimelineItem(*row) for row in rows]
