"""How people moved from one value of a computed trait to another, by day: from what was kept of its changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import msgspec

from quen.segments.sql import MAX_SECONDS, Store
from quen.segments.told import PERSON


class Move(msgspec.Struct, frozen=True):
    """On a day so many people went from one value to another."""

    day: date
    before: str
    after: str
    people: int


def moves(trait_id: int, days: Sequence[date], begin: int, zone: str, store: Store) -> list[Move]:
    """Of a trait whose values are texts. `days` begin at `begin` (ms UTC), oldest first.

    The first value of somebody is no move, nor is losing it. Changes of people who became one are read as one's.
    """
    rows = store.rows(
        "SELECT toString(toDate(at, {zone:String})) AS day, before, after, uniqExact(person) FROM ("
        f"SELECT at, {PERSON} AS person, JSONExtractString(value) AS after,"
        f" lagInFrame(JSONExtractString(value)) OVER (PARTITION BY {PERSON} ORDER BY at"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before"
        " FROM computed_changes FINAL WHERE trait_id = {trait:UInt64})"
        " WHERE at >= fromUnixTimestamp64Milli({begin:Int64}, 'UTC') AND before != '' AND after != ''"
        f" AND before != after GROUP BY day, before, after SETTINGS max_execution_time = {MAX_SECONDS}",
        {"trait": trait_id, "begin": begin, "zone": zone},
    )
    known = {day.isoformat(): day for day in days}
    return [Move(known[day], before, after, int(people)) for day, before, after, people in rows if day in known]


def since(profile_ids: Collection[int], store: Store) -> dict[int, int]:
    """Id of a trait → since when (ms UTC) a person has the value that they have. `profile_ids`: all that are theirs."""
    rows = store.rows(
        "SELECT trait_id, toUnixTimestamp64Milli(max(at)) FROM computed_changes"
        " WHERE profile_id IN {ids:Array(UInt64)} GROUP BY trait_id",
        {"ids": list(profile_ids)},
    )
    return {int(trait_id): int(at) for trait_id, at in rows}
