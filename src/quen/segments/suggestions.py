"""What was really seen, with how often: what the builder offers, and who of an answer can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from quen.errors import InvalidInput, QuenError
from quen.events.store import event_store
from quen.profiles import store as profiles
from quen.profiles.marks import CONSENT
from quen.profiles.mirror import Sides
from quen.segments.columns import Column, holds
from quen.segments.conditions.base import Condition, SqlContext
from quen.segments.conditions.reachable import Reachable
from quen.segments.conditions.trait import column
from quen.segments.reach import CHANNELS
from quen.segments.rules import Rule
from quen.segments.sql import no_rule

MOST = 20
KINDS = ("consent", "reachable")
_DAYS = 90
_SETTINGS = "SETTINGS max_execution_time = 3"


def values(event: str, name: str) -> list[tuple[str, int]]:
    """(value, times) of a property of an event in the last 90 days, or with the event "" of a trait, by how many people
    have it; the most frequent first. Nothing where the store does not answer in time: it is only a help."""
    if not name or not all(name.split(".")):
        raise InvalidInput("name: the name of a trait or property is needed", details={"path": "name"})
    try:
        if not event:
            return profiles.at_one_moment(
                lambda sides: _counted(column(name, sides).text, "profiles FINAL", "deleted = 0", {})
            )
        rows = f"event = {{event:String}} AND time > now() - INTERVAL {_DAYS} DAY"
        return _counted(Column("properties", name).text, "events", rows, {"event": event})
    except QuenError:
        return []


def _counted(text: str, table: str, rows: str, params: dict[str, Any]) -> list[tuple[str, int]]:
    found = event_store().rows(
        f"SELECT {text} AS value, count() AS times FROM {table} WHERE {rows} AND isNotNull({text})"
        f" AND length({text}) BETWEEN 1 AND 100 GROUP BY value ORDER BY times DESC, value LIMIT {MOST} {_SETTINGS}",
        params,
    )
    return [(str(value), int(times)) for value, times in found]


def names(kind: str, now: int, zone: ZoneInfo) -> list[tuple[str, int]]:
    """(name, people) of what conditions name: with `consent` purposes that people agreed to, with `reachable` channels.

    Nothing where the store does not answer in time.
    """
    if kind not in KINDS:
        raise InvalidInput(f"of: one of {', '.join(KINDS)} is needed", details={"path": "of"})
    try:
        return _purposes() if kind == "consent" else _channels(SqlContext(now, zone, no_rule))
    except QuenError:
        return []


def _purposes() -> list[tuple[str, int]]:
    paths = event_store().rows(
        "SELECT DISTINCT arrayJoin(JSONAllPaths(traits)) AS path FROM profiles"
        f" WHERE startsWith(path, '{CONSENT}') ORDER BY path LIMIT {MOST} {_SETTINGS}"
    )
    found = [str(path).removeprefix(CONSENT) for (path,) in paths]
    if not found:
        return []
    counted = ", ".join(f"countIf({holds(Column('traits', CONSENT + purpose).boolean)})" for purpose in found)
    (counts,) = event_store().rows(f"SELECT {counted} FROM profiles FINAL WHERE deleted = 0 {_SETTINGS}")
    return sorted(zip(found, map(int, counts), strict=True), key=lambda pair: (-pair[1], pair[0]))


def _channels(context: SqlContext) -> list[tuple[str, int]]:
    counted = ", ".join(f"countIf({Reachable(name).sql(context)})" for name in CHANNELS)
    (counts,) = event_store().rows(f"SELECT {counted} FROM profiles FINAL WHERE deleted = 0 {_SETTINGS}")
    return list(zip(CHANNELS, map(int, counts), strict=True))


def reach(rule: Rule, now: int, zone: ZoneInfo, rule_of: Callable[[int], Condition]) -> dict[str, int]:
    """Channel → how many of those the rule holds for can be reached on it. Raises QuenError where it takes too long."""

    def ask(sides: Sides) -> list[tuple[Any, ...]]:
        context = SqlContext(now, zone, rule_of, sides=sides)
        counted = ", ".join(f"countIf({Reachable(name).sql(context)})" for name in CHANNELS)
        return event_store().rows(
            f"SELECT {counted} FROM profiles FINAL WHERE deleted = 0 AND {rule.root.sql(context)}"
            " SETTINGS precise_float_parsing = 1, max_execution_time = 10"
        )

    (counts,) = profiles.at_one_moment(ask)
    return dict(zip(CHANNELS, map(int, counts), strict=True))
