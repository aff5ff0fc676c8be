"""Applying the strategies of traits to the present data: a chunk of people between two batches.

At a batch boundary the event store and the state agree, so a person's traits can be made anew from the history and
followed from there on. Who enters or leaves a segment by it is told, but starts no journey: nothing has happened.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from quen.computed import history as history_of_values
from quen.delivery import hooks
from quen.engine.context import Context
from quen.engine.system import entries_of, segment_messages
from quen.events.store import ProfileRow
from quen.identity.store import merged_ids_of
from quen.profiles import history, strategy_store
from quen.profiles import store as profiles
from quen.profiles.mirror import mirrored
from quen.profiles.models import TraitsRebuild
from quen.profiles.rebuilding import rebuild_all
from quen.profiles.state import ProfileState, renew
from quen.segments import store as segments
from quen.segments.facts import Change

CHUNK = 500


class Found(NamedTuple):
    """What making one chunk anew came to: states to write, of which those in `changed` have other values."""

    rewritten: list[ProfileState]
    changed: list[ProfileState]
    changes: list[tuple[int, Change]]


def run_one(context: Context, now: int, batch: int) -> bool:
    """Make one chunk anew, if that is asked for; whether it was. `batch`: the number of the last one committed.

    A chunk that a crash repeats tells its changes under the same message ids.
    """
    if not context.may_renew:
        return False
    rebuild = strategy_store.waiting_rebuild()
    if rebuild is None:
        context.may_renew = False
        return False
    people = profiles.load_range(rebuild.through, CHUNK)
    found = _renew(context, people, now)
    sides = context.program.sides
    mirror = [ProfileRow(p.id, batch, 0, p.created_at, mirrored(p.traits, sides)) for p in found.changed]
    context.store.insert_profiles(mirror)
    context.store.insert_computed(history_of_values.rows(context.program, found.changed))
    if entries := entries_of(segment_messages(found.changes, f"t{rebuild.id}-{context.strategies_version}")):
        context.journal.append(entries)
    with transaction.atomic():
        profiles.save(found.rewritten)
        segments.apply_changes(found.changes, {})
        hooks.queue(found.changes, f"t{rebuild.id}-{rebuild.through}-{now}", now)
        # Begun anew by a change of the strategies meanwhile: then this chunk was nothing but the old ones once more.
        TraitsRebuild.objects.filter(id=rebuild.id, through=rebuild.through).update(
            through=people[-1].id if people else rebuild.through,
            people=F("people") + len(people),
            changed=F("changed") + len(found.changed),
            done_at=None if len(people) == CHUNK else now,
        )
    return True


def _renew(context: Context, people: list[ProfileState], now: int) -> Found:
    ids_of = merged_ids_of([p.id for p in people])
    seen = history.observations(context.store, ids_of) if people else {}
    found = Found([], [], [])
    for person in people:
        traits, metas = rebuild_all(person, seen[person.id], context.strategies)
        names = renew(person, metas, traits, metas)
        if names:
            found.changed.append(person)
            if context.program.depends_on(names):
                state = context.program.decode(person.live)
                changes = context.program.apply(state, person, (), names, now)
                found.changes.extend((person.id, Change(c.segment_id, c.entered, c.at, backfill=True)) for c in changes)
                person.live, person.due_at = context.program.encode(state), state.due_at
        if person.meta_changed or person.valued:
            found.rewritten.append(person)
    return found
