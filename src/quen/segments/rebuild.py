"""The live state of a person made anew from the history, for every segment at once.

What is found is told, but starts no journey (`Change.backfill`): nothing has happened to the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from quen.profiles.state import ProfileState
from quen.segments.facts import Change, Fact
from quen.segments.live import Program
from quen.segments.sql import Store


def facts(program: Program, store: Store, person: str, rows: str, params: dict[str, Any]) -> dict[int, list[Fact]]:
    """Person → what segments ask about in their history, oldest first. `person`: SQL for whose a row of `events` is;
    `rows`: the condition on the rows; `params` go with both."""
    if not program.events:
        return {}
    found: dict[int, list[Fact]] = defaultdict(list)
    for owner, event, properties, time, id_ in store.rows(
        f"SELECT {person}, event, properties, toUnixTimestamp64Milli(time) AS at, id FROM events"
        f" WHERE {rows} AND event IN {{followed:Array(String)}} ORDER BY at, id SETTINGS precise_float_parsing = 1",
        {**params, "followed": list(program.events)},
    ):
        found[int(owner)].append(Fact(event, properties, int(time), int(id_)))
    return found


def histories(
    program: Program, store: Store, ids_of: Mapping[int, Sequence[int]], before_id: int | None
) -> dict[int, list[Fact]]:
    """Person → what segments ask about in their history. `ids_of`: person → every profile id that is theirs; only rows
    with ids below `before_id` are read. One query."""
    person_of = {id_: person for person, ids in ids_of.items() for id_ in ids}
    bound = "" if before_id is None else " AND id < {before:UInt64}"
    rows, params = f"profile_id IN {{ids:Array(UInt64)}}{bound}", {"ids": list(person_of), "before": before_id or 0}
    found: dict[int, list[Fact]] = {person: [] for person in ids_of}
    for owner, happened in facts(program, store, "profile_id", rows, params).items():
        found[person_of[owner]] += happened
    return found


def rebuild(
    program: Program,
    person: ProfileState,
    happened: Sequence[Fact],
    members: Collection[int],
    earlier: Mapping[int, int],
    now: int,
) -> list[Change]:
    """Make `live` and `due_at` of a person anew; who enters and leaves.

    `members`: slots of what this person is in now; `earlier`: of what the person was in they came from, since when: a
    new person continues that.
    """
    state = program.decode(None)
    state.members.update(members)
    changes: list[Change] = []
    for change in program.apply(state, person, happened, (), now):
        at, slot = change.at, program.slot_of(change)
        if change.entered and slot in earlier:
            at = earlier[slot]
        changes.append(msgspec.structs.replace(change, at=at, backfill=True))
    person.live, person.due_at = program.encode(state), state.due_at
    return changes
