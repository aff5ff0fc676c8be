"""The first computation of a segment, or of its new version: chunk by chunk of profiles, between two batches.

At a batch boundary the event store and the state agree, so a profile's state can be made from its history and followed
live from there on. What is computed is kept apart (`Change.next`) from the version that is shown, which is followed as
ever. When it is whole it takes that one's place at once, with all that is computed because of it
(quen.computed.versions). Who enters and leaves by it is told but starts no journey (`Change.backfill`): people were
already so before anybody asked.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from quen.profiles import store as profiles
from quen.profiles.state import ProfileState
from quen.profiles.store import EVERYONE
from quen.segments import store as segment_store
from quen.segments.columns import all_of
from quen.segments.conditions.base import History
from quen.segments.facts import Change, Fact
from quen.segments.live import Program
from quen.segments.sql import MAX_SECONDS, Store
from quen.segments.told import PERSON

CHUNK = 2_000


class Job(msgspec.Struct, frozen=True):
    """What is being computed under a slot: profiles up to `computed_through` are. `again`: it asks for nothing new, but
    what it refers to changes."""

    segment_id: int
    version: int
    computed_through: int
    slot: int
    again: bool = False


class BackfillChunk(msgspec.Struct):
    """What one chunk found. `states` have new `live` and `due_at`; `next_after` is None when all are done."""

    job: Job
    states: list[ProfileState]
    changes: list[tuple[int, Change]]
    next_after: int | None


def run_chunk(program: Program, job: Job, store: Store, now: int, limit: int = CHUNK) -> BackfillChunk | None:
    """Compute the next profiles of a segment (`service.computing` lists the jobs). Writes nothing: `save_chunk` does.

    None: the program was compiled before the segment was made or changed; load it anew first.
    """
    slot = job.slot
    if not program.follows(slot, job.version):
        return None
    people = profiles.load_range(job.computed_through, limit)
    if not people:
        return BackfillChunk(job, [], [], None)
    low, high = people[0].id, people[-1].id
    atoms = program.atoms_of(slot, now, lacking=job.again)
    histories = {number: _facts(history, store, low, high, now) for number, history in atoms.items()}
    known = segment_store.pending_between(slot, low, high)
    # Everyone in the chunk is evaluated, whoever was followed before.
    program.set_computed_through(slot, high)
    changes: list[tuple[int, Change]] = []
    for person in people:
        state = program.decode(person.live)
        for number, facts in histories.items():
            state.atoms.pop(number, None)
            kept = program.replay(number, facts.get(person.id, ()), now)
            if kept is not None:
                state.atoms[number] = kept
        state.members.discard(slot)
        if person.id in known:
            state.members.add(slot)
        if state.fresh:
            found = program.evaluate_all(state, person, now)
        else:
            found = program.evaluate_one(state, person, slot, now)
        changes += [(person.id, msgspec.structs.replace(change, backfill=True)) for change in found]
        person.live, person.due_at = program.encode(state), state.due_at
    return BackfillChunk(job, people, changes, high if len(people) == limit else None)


def save_chunk(program: Program, chunk: BackfillChunk) -> None:
    """Write a chunk. After the last one it is whole. The caller has the transaction."""
    save_people(chunk)
    segment_store.apply_changes(chunk.changes, {})
    slot = chunk.job.slot
    segment_store.set_computed_through(slot, EVERYONE if chunk.next_after is None else chunk.next_after)
    program.set_computed_through(slot, chunk.next_after)


def save_people(chunk: BackfillChunk) -> None:
    """The states of a chunk, and the computed traits that have come with them."""
    profiles.save(person for person in chunk.states if person.valued)
    profiles.save_activity(person for person in chunk.states if not person.valued)


def _facts(history: History, store: Store, low: int, high: int, now: int) -> dict[int, list[Fact]]:
    """The facts that one atom follows, of the people in a range of ids, with all that was merged into them."""
    merged = f"SELECT from_id FROM links FINAL WHERE to_id BETWEEN {low} AND {high}"
    conditions = [
        f"(profile_id BETWEEN {low} AND {high} OR profile_id IN ({merged}))",
        f"person BETWEEN {low} AND {high}",
        *history.sql(now),
    ]
    rows = store.rows(
        f"SELECT {PERSON} AS person, event, toUnixTimestamp64Milli(time) AS at, id"
        f"{', properties' if history.properties else ''} FROM events WHERE {all_of(conditions)}"
        f" ORDER BY person, time, id SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"
    )
    facts: dict[int, list[Fact]] = defaultdict(list)
    for person, event, at, id, *properties in rows:
        facts[int(person)].append(Fact(event, properties[0] if properties else {}, int(at), int(id)))
    return facts
