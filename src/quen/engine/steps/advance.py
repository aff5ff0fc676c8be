"""Journeys: what the batch means for people who may start one or are in one, and timers that are due."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.journeys import runner, store
from quen.journeys.effects import Batch as JourneysBatch
from quen.journeys.effects import Occurrence
from quen.profiles import store as profiles


def run(batch: Batch, context: Context) -> None:
    if not store.any_journeys():
        return
    view = store.load(
        JourneysBatch(
            now=batch.now,
            new_id=batch.new_id,
            occurrences=_occurrences(batch),
            members_of=lambda ids: _members(batch, context, ids),
            merged=batch.merged,
        )
    )
    if view is None:
        return
    effects = runner.advance(view)
    batch.effects = effects
    batch.writers.append(lambda: store.save(effects))


def _occurrences(batch: Batch) -> list[Occurrence]:
    """Events first, then the entries and exits they caused: the order in which they came to be true."""
    events = [
        Occurrence(
            profile_id=profile_id,
            kind="event",
            name=message.event,
            time=message.time,
            properties=message.properties,
            message_id=message.message_id,
        )
        for message, profile_id in [
            *zip(batch.messages, batch.profile_ids, strict=True),
            *((own.message, own.profile_id) for own in batch.own),
        ]
        if profile_id is not None
    ]
    changes = [
        Occurrence(
            profile_id=profile_id,
            kind="segment_entered" if change.entered else "segment_exited",
            name=str(change.segment_id),
            time=change.at,
            backfill=change.backfill,
        )
        for profile_id, change in batch.changes
    ]
    return events + changes


def _members(batch: Batch, context: Context, ids: Collection[int]) -> Mapping[int, Collection[int]]:
    """Memberships after this batch: of people it touched from their live state, of others as stored."""
    absent = [i for i in ids if i not in batch.live]
    program = context.program
    found: dict[int, Collection[int]] = {i: program.members(batch.live[i]) for i in ids if i in batch.live}
    if absent:
        for profile in profiles.load(absent).values():
            found[profile.id] = program.members(program.decode(profile.live))
    return found
