"""Values by SQL over the history: what the live values must be. For previews and for comparing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.definitions import ComputedTrait
from quen.segments.conditions.base import SqlContext
from quen.segments.sql import MAX_SECONDS, Store, no_rule

_LOOKED_AT = 5  # times as many people as are shown: some may have no value
_SETTINGS = f"SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"


def values(
    trait: ComputedTrait, profile_ids: Collection[int], store: Store, now: int, zone: ZoneInfo
) -> dict[int, Any]:
    """Person → the value at `now`, None for none, for these people; only their events are read."""
    if not profile_ids:
        return {}
    context = SqlContext(now, zone, no_rule, tuple(int(id_) for id_ in profile_ids))
    results = {int(person): result for person, result in store.rows(f"{trait.sql(context)} {_SETTINGS}")}
    return {id_: trait.of_sql(results.get(id_), now) for id_ in context.among}


def sample(trait: ComputedTrait, store: Store, now: int, zone: ZoneInfo, size: int = 10) -> dict[int, Any]:
    """Person → value of some people who have one, the newest people first."""
    context = SqlContext(now, zone, no_rule)
    # Who did something of the kind; only of these is the value looked for.
    people = store.rows(
        f"SELECT person FROM ({trait.sql(context)}) WHERE person IN (SELECT id FROM profiles FINAL WHERE deleted = 0)"
        f" ORDER BY person DESC LIMIT {_LOOKED_AT * size} {_SETTINGS}"
    )
    found = values(trait, [int(person) for (person,) in people], store, now, zone)
    having = [(person, value) for person, value in sorted(found.items(), reverse=True) if value is not None]
    return dict(having[:size])
