"""The SQL evaluator: who a rule holds for at an instant, over the event store (ClickHouse's dialect).

It is the meaning of a rule: the live evaluator must agree with it (tests/properties). Every name and value of a rule
becomes a quoted identifier or literal (columns.py), so no rule can say anything but what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from quen.events.store import EventsRefused
from quen.profiles.mirror import AS_NAMED, Sides
from quen.segments.columns import TRUE, Column
from quen.segments.conditions.base import Condition, SqlContext
from quen.segments.rules import Rule

# A preview that takes longer than this is refused rather than left to starve the others.
MAX_SECONDS = 20
_SETTINGS = f"SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"


_COSTLY = (159, 241, 307)  # too slow, too much memory, too many bytes


class Store(Protocol):
    """Where SQL runs: `quen.events.store.EventStore`."""

    def rows(self, sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]: ...


class Preview(msgspec.Struct):
    """How many people a rule holds for, of how many, how many of them have an address, and the ids of some."""

    count: int
    total: int
    with_email: int
    with_phone: int
    sample: list[int]


class Reason(msgspec.Struct):
    """One condition of a rule and whether it holds for a person."""

    condition: Condition
    holds: bool


def no_rule(segment_id: int) -> Condition:
    raise LookupError(f"segment {segment_id} is not known here")


def members_sql(
    rule: Rule,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition] = no_rule,
    sides: Sides = AS_NAMED,
) -> tuple[str, dict[str, Any]]:
    """A query for the ids of the people the rule holds for at `now`, and its parameters.

    `rule_of` gives the root of the rule of a segment that this one refers to; `sides` says where computed traits are.
    """
    condition = _condition(rule, SqlContext(now, zone, rule_of, sides=sides))
    return f"SELECT id FROM profiles FINAL WHERE {condition} {_SETTINGS}", {}


def members_among(
    rule: Rule,
    profile_ids: Collection[int],
    store: Store,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition] = no_rule,
    sides: Sides = AS_NAMED,
) -> set[int]:
    """Those of these people the rule holds for at `now`; only their events are read."""
    if not profile_ids:
        return set()
    context = SqlContext(now, zone, rule_of, tuple(int(id) for id in profile_ids), sides=sides)
    ids = ", ".join(map(str, context.among))
    condition = rule.root.sql(context)
    rows = store.rows(f"SELECT id FROM profiles FINAL WHERE deleted = 0 AND id IN ({ids}) AND {condition} {_SETTINGS}")
    return {int(row[0]) for row in rows}


def preview(
    rule: Rule,
    store: Store,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition] = no_rule,
    sides: Sides = AS_NAMED,
    size: int = 10,
) -> Preview:
    latest, merged = store.rows(
        "SELECT (SELECT toUnixTimestamp64Milli(max(time)) FROM events), (SELECT count() FROM links)"
    )[0]
    context = SqlContext(now, zone, rule_of, latest=int(latest), merged=bool(int(merged)), sides=sides)
    rows = store.rows(
        "SELECT (SELECT count() FROM profiles FINAL WHERE deleted = 0), count(),"
        f" countIf({Column('traits', 'email').is_text}), countIf({Column('traits', 'phone').is_text}),"
        f" groupArraySorted({size:d})(-toInt64(id)) FROM profiles FINAL WHERE {_condition(rule, context)} {_SETTINGS}"
    )
    total, count, email, phone, newest = rows[0]
    return Preview(int(count), int(total), int(email), int(phone), [-int(id) for id in newest])


def explain(
    rule: Rule,
    profile_ids: Collection[int],
    store: Store,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition] = no_rule,
    sides: Sides = AS_NAMED,
) -> dict[int, list[Reason]]:
    """For each person, every innermost condition of the rule and whether it holds: why somebody is in or out."""
    leaves = [condition for condition in rule.conditions() if not condition.parts()]
    if not profile_ids or not leaves:
        return {}
    context = SqlContext(now, zone, rule_of, tuple(int(id) for id in profile_ids), sides=sides)
    columns = ", ".join(f"toUInt8({leaf.sql(context)})" for leaf in leaves)
    ids = ", ".join(map(str, context.among))
    rows: Sequence[tuple[Any, ...]] = store.rows(
        f"SELECT id, {columns} FROM profiles FINAL WHERE deleted = 0 AND id IN ({ids}) {_SETTINGS}"
    )
    return {
        int(id): [Reason(leaf, bool(holds)) for leaf, holds in zip(leaves, truths, strict=True)] for id, *truths in rows
    }


def is_too_costly(error: Exception) -> bool:
    """Whether the event store gave a query up because of the query itself: its time, its memory, what it says."""
    return isinstance(error, EventsRefused) or any(f"code {code})" in str(error) for code in _COSTLY)


def _condition(rule: Rule, context: SqlContext) -> str:
    condition = rule.root.sql(context)
    return "deleted = 0" if condition == TRUE else f"deleted = 0 AND {condition}"
