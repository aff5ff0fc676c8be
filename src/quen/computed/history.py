"""What computed traits were, over time: kept in the event store, but for those that change with every day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from quen.events.store import ComputedRow
from quen.profiles.state import ProfileState
from quen.segments.live import Program
from quen.segments.sql import MAX_SECONDS, Store

_encode = msgspec.json.Encoder().encode


class Value(msgspec.Struct, frozen=True):
    """`value` since `at` (ms UTC); None: none."""

    at: int
    value: Any


def rows(program: Program, people: Iterable[ProfileState]) -> list[ComputedRow]:
    """What is to be kept of the values that these people have got."""
    return [
        ComputedRow(person.id, program.told[new.name], new.at, new.name, _encode(new.value).decode())
        for person in people
        for new in person.valued
        if new.name in program.told
    ]


def values(
    trait_id: int, profile_ids: Sequence[int], store: Store, *, before: int | None = None, limit: int = 50
) -> list[Value]:
    """Of one person, the latest first; `before` is the `at` of the last one already seen.

    `profile_ids`: every id that is theirs. Of values that came at one instant the last counts.
    """
    earlier = "" if before is None else " AND at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')"
    found = store.rows(
        "SELECT toUnixTimestamp64Milli(at), value FROM computed_changes FINAL"
        f" WHERE profile_id IN {{ids:Array(UInt64)}} AND trait_id = {{trait:UInt64}}{earlier}"
        f" ORDER BY at DESC LIMIT {{limit:UInt32}} SETTINGS max_execution_time = {MAX_SECONDS}",
        {"ids": list(profile_ids), "trait": trait_id, "before": before or 0, "limit": limit},
    )
    return [Value(int(at), msgspec.json.decode(value)) for at, value in found]
