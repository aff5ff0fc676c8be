"""Values really seen, with how often: what the builder offers beside a trait or a property."""

from __future__ import annotations

from typing import Any

from quen.errors import InvalidInput, QuenError
from quen.events.store import event_store
from quen.segments.columns import Column

MOST = 20
_DAYS = 90
_SETTINGS = "SETTINGS max_execution_time = 3"


def values(event: str, name: str) -> list[tuple[str, int]]:
    """(value, times) of a property of an event in the last 90 days, or with the event "" of a trait, by how many people
    have it; the most frequent first. Nothing where the store does not answer in time: it is only a help."""
    if not name or not all(name.split(".")):
        raise InvalidInput("name: the name of a trait or property is needed", details={"path": "name"})
    params: dict[str, Any] = {}
    if event:
        table, column = "events", Column("properties", name)
        rows = f"event = {{event:String}} AND time > now() - INTERVAL {_DAYS} DAY"
        params["event"] = event
    else:
        table, column, rows = "profiles FINAL", Column("traits", name), "deleted = 0"
    try:
        found = event_store().rows(
            f"SELECT {column.text} AS value, count() AS times FROM {table} WHERE {rows} AND isNotNull({column.text})"
            f" AND length({column.text}) BETWEEN 1 AND 100 GROUP BY value ORDER BY times DESC, value"
            f" LIMIT {MOST} {_SETTINGS}",
            params,
        )
    except QuenError:
        return []
    return [(str(value), int(times)) for value, times in found]
