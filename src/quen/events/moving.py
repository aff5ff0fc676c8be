"""Whose each event is after people were taken apart, and the moving of events to them. All of it is work of the store.

An event follows the strongest identifier it was matched by that belongs to one of the people; one of Quen's own that is
about a journey follows the run; others the profile id of their moment; and what says nothing stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from quen.events.store import EventStore

# Rows of before the column: the identifiers that the message carried by name.
_IDENTIFIERS = (
    "if(notEmpty(identifiers) OR source_id = 0, identifiers, [concat('user_id||', user_id),"
    " concat('anonymous_id||', anonymous_id), concat('anonymous_id|', toString(source_id), '|', anonymous_id)])"
)
_RUN = "toUInt64OrZero(if(source_id = 0, toString(properties.run_id), ''))"
# What inserts into a table of many months need, once, in one piece. What is moved, moved back and moved again is no
# repetition, although its rows are the same.
_INSERT = "max_partitions_per_insert_block = 0, deduplicate_insert = 'disable', prefer_column_name_to_alias = 1"


class Apart(msgspec.Struct):
    """What decides whose an event is: `keys`: identifier key → person; `ids`: every profile id concerned → the person
    it leads to; `runs`: id of a journey run → person."""

    keys: dict[str, int]
    ids: dict[int, int]
    runs: dict[int, int] = {}

    def owner(self) -> str:
        """SQL for the person of a row of `events`; `rows` limits them and `params` goes with both."""
        options = [f"arrayMap(key -> {_looked_up('key', 'keys', 'String')}, {_IDENTIFIERS})"]
        if self.runs:
            options.append(f"[{_looked_up(_RUN, 'runs', 'UInt64')}]")
        options += [f"[{_looked_up('origin', 'ids', 'UInt64')}]", f"[{_looked_up('profile_id', 'ids', 'UInt64')}]"]
        return f"arrayFirst(person -> person != 0, arrayConcat({', '.join(options)}))"

    def canonical(self) -> str:
        """SQL for the person that readers find a row at."""
        return _looked_up("profile_id", "ids", "UInt64")

    def rows(self) -> str:
        return "profile_id IN {ids:Array(UInt64)}"

    def params(self) -> dict[str, Any]:
        named: tuple[tuple[str, Mapping[Any, int]], ...] = (("keys", self.keys), ("ids", self.ids), ("runs", self.runs))
        found: dict[str, Any] = {}
        for name, mapping in named:
            found[name], found[f"{name}_people"] = list(mapping), list(mapping.values())
        return found


def _looked_up(value: str, name: str, of: str) -> str:
    return f"transform({value}, {{{name}:Array({of})}}, {{{name}_people:Array(UInt64)}}, toUInt64(0))"


def owners_of_messages(store: EventStore, apart: Apart, message_ids: list[str]) -> dict[str, int]:
    """Message id → the person its event belongs to, for those that are in the history of these people."""
    if not message_ids:
        return {}
    rows = store.rows(
        f"SELECT message_id, {apart.owner()} FROM events WHERE {apart.rows()}"
        " AND message_id IN {wanted:Array(String)}",
        {**apart.params(), "wanted": message_ids},
    )
    return {message_id: int(person) for message_id, person in rows}


def move(store: EventStore, apart: Apart) -> None:
    """Put every event under its person: copies first, then the old rows go. To repeat it changes nothing."""
    params, wrong = apart.params(), f"{apart.rows()} AND {apart.owner()} != {apart.canonical()}"
    there = f"SELECT id, profile_id FROM events WHERE {apart.rows()}"
    # The inner query, because a name in a condition would mean the replaced column.
    store.rows(
        f"INSERT INTO events SELECT * REPLACE ({apart.owner()} AS profile_id) FROM"
        f" (SELECT * FROM events WHERE {wrong} AND (id, {apart.owner()}) NOT IN ({there})) SETTINGS {_INSERT}",
        params,
    )
    store.rows(f"DELETE FROM events WHERE {wrong} AND (id, {apart.owner()}) IN ({there})", params)
