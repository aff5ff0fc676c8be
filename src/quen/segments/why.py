"""Why a person is in a segment or out of it: sentence by sentence, with the facts each one rests on.

Whether a sentence holds is asked of SQL, which is the meaning of a rule (sql.py). Times are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.db import fetch
from quen.segments.columns import all_of, instant
from quen.segments.conditions.base import Condition, SqlContext
from quen.segments.conditions.event import Event, of_people
from quen.segments.conditions.segment import InSegment
from quen.segments.conditions.sequence import Sequence as Steps
from quen.segments.conditions.trait import Trait
from quen.segments.rules import Rule
from quen.segments.sql import MAX_SECONDS, Store, explain

LATEST = 3


class Happened(msgspec.Struct, frozen=True):
    """One event that a sentence is about; `values` are the properties that the sentence names."""

    at: int
    event: str
    values: dict[str, Any]


class Facts(msgspec.Struct, frozen=True):
    """What there is about one sentence; only that which fits its kind.

    `trait`: (name, value, None where there is none). `count` events within its time and filters, the `latest` of them.
    `since`: in the other segment since then, None when not.
    """

    kind: str  # trait, events, segment or "" where there is nothing to add
    trait: tuple[str, Any] | None = None
    count: int = 0
    latest: list[Happened] = []
    since: int | None = None


class Said(msgspec.Struct, frozen=True):
    """One node of the rule: whether it holds, and its parts, or the facts of a sentence."""

    condition: Condition
    holds: bool
    parts: list[Said]
    facts: Facts | None


def why(
    rule: Rule,
    profile_id: int,
    traits: Mapping[str, Any],
    store: Store,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition],
) -> Said:
    """The whole rule for one person. A query for all the truths, one for the facts of each sentence about events."""
    reasons = explain(rule, [profile_id], store, now, zone, rule_of).get(profile_id, [])
    truths = {id(reason.condition): reason.holds for reason in reasons}
    context = SqlContext(now, zone, rule_of, (profile_id,))

    def tell(condition: Condition) -> Said:
        parts = [tell(part) for part in condition.parts()]
        if not parts:
            facts = _facts(condition, profile_id, traits, store, context)
            return Said(condition, truths.get(id(condition), False), [], facts)
        return Said(condition, _together(condition, [part.holds for part in parts]), parts, None)

    return tell(rule.root)


def _together(condition: Condition, truths: Sequence[bool]) -> bool:
    kind = next(iter(condition.to_json()))
    if kind == "any":
        return any(truths)
    return all(truths) if kind == "all" else not all(truths)


def _facts(
    condition: Condition, profile_id: int, traits: Mapping[str, Any], store: Store, context: SqlContext
) -> Facts | None:
    if isinstance(condition, Trait):
        return Facts("trait", trait=(condition.trait, _at(traits, condition.trait)))
    if isinstance(condition, Event):
        named = [str(each["property"]) for each in condition.to_json().get("where", []) if "property" in each]
        aggregated = condition.to_json()[condition.aggregate]
        if isinstance(aggregated, dict) and "property" in aggregated:
            named.insert(0, str(aggregated["property"]))
        return _events(condition.event_sql(context), list(dict.fromkeys(named)), store)
    if isinstance(condition, Steps):
        rows = [*of_people(context), *condition.history(context.now, context.zone).rows]
        return _events(all_of([*rows, f"time <= {instant(context.now)}"]), [], store)
    if isinstance(condition, InSegment):
        rows_ = fetch(
            "SELECT since FROM segments_member WHERE segment_id = %s AND profile_id = %s",
            [condition.segment_id, profile_id],
        )
        return Facts("segment", since=rows_[0][0] if rows_ else None)
    return None


def _events(condition: str, named: list[str], store: Store) -> Facts:
    rows = store.rows(
        "SELECT toUnixTimestamp64Milli(time), event, properties, count() OVER () FROM"
        f" (SELECT time, id, event, properties FROM events WHERE {condition})"
        f" ORDER BY time DESC, id DESC LIMIT {LATEST:d}"
        f" SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"
    )
    latest = [
        Happened(int(at), event, {name: value for name in named if (value := _at(properties, name)) is not None})
        for at, event, properties, _count in rows
    ]
    return Facts("events", count=int(rows[0][3]) if rows else 0, latest=latest)


def _at(values: Mapping[str, Any], path: str) -> Any:
    """The value at `address.city`, nested or written flat; None where there is none."""
    if path in values:
        return values[path]
    value: Any = values
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
