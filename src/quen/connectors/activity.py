"""What has come from each source lately, from the event store."""

from __future__ import annotations

from typing import Any

import msgspec

from quen.errors import QuenError
from quen.events.store import event_store
from quen.ids import now_ms

DAY_MS = 86_400_000
_SQL = """
SELECT source_id, toUnixTimestamp64Milli(max(received_at)),
       countIf(received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')), count()
FROM events GROUP BY source_id
"""


class Activity(msgspec.Struct, frozen=True):
    last_at: int | None = None  # when something last arrived, ms UTC
    day: int = 0  # events of the last 24 hours
    total: int = 0


def by_source() -> dict[int, Activity]:
    """Sources of which nothing came are not in it; nothing is while the event store does not answer."""
    try:
        rows: list[tuple[Any, ...]] = event_store().rows(_SQL, {"since": now_ms() - DAY_MS})
    except QuenError:
        return {}
    return {int(source): Activity(int(last), int(day), int(total)) for source, last, day, total in rows}
