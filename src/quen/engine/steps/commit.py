"""The state and the new position, in one transaction: the batch has happened wholly or not at all."""

from __future__ import annotations

import time
from collections import Counter

from django.db import transaction

from quen import failpoints
from quen.db import execute, execute_many
from quen.engine import fates, told
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.identity import ordered
from quen.identity import store as identity
from quen.profiles import store as profiles
from quen.segments import store as segments

READER = "engine"


def run(batch: Batch, context: Context) -> None:
    part = context.parts
    with part("commit: catalogue"):
        _count(batch, context)
    with transaction.atomic():
        _write(batch, context)
        failpoints.hit("commit.written", batch.messages)
        batch.meanwhile(batch)
        with part("commit: waiting for record"):
            for recorded in batch.recorded:
                recorded.result()  # history first: a state without its events could not be made whole again
        failpoints.hit("commit.recorded")
        written = time.perf_counter()
    part.add("commit: to disk", time.perf_counter() - written)


def _write(batch: Batch, context: Context) -> None:
    part = context.parts
    with part("commit: identity"):
        _identity(batch, context)
    with part("commit: profiles"):
        _profiles(batch)
    with part("commit: segments"):
        segments.apply_changes(batch.changes, batch.merged)
    with part("commit: journeys, quality"):
        for write in batch.writers:
            write()
    with part("commit: seen messages, fates"):
        _messages(batch, context)
    with part("commit: catalogue"):
        context.catalogue.write()
    if batch.skip:
        told.write(batch, context.config.journal_keep_days)
    execute(
        'UPDATE engine_position SET "offset" = %s, batch = %s WHERE reader = %s',
        [batch.to_offset, batch.number, READER],
    )


def _count(batch: Batch, context: Context) -> None:
    for message in [*batch.messages, *(own.message for own in batch.own)]:
        context.catalogue.saw_event(message.event, message.properties, message.time)
        if message.traits:
            context.catalogue.saw_traits(message.traits, message.time)


def _identity(batch: Batch, context: Context) -> None:
    resolution = batch.resolution
    assert resolution is not None
    identity.write(resolution, batch.known, batch.links, batch.now)
    context.open_claims |= resolution.claims.keys()
    if resolution.reunited:
        context.separations = None
    if resolution.orders:
        ordered.finish(resolution.orders, resolution.ordered, batch.now)


def _profiles(batch: Batch) -> None:
    fresh, rewritten, active = [], [], []
    survivors = set(batch.merged.values())
    for profile in batch.profiles.values():
        if profile.id in batch.merged:
            continue
        if profile.id in batch.created:
            fresh.append(profile)
        elif batch.changed_traits.get(profile.id) or profile.id in survivors:
            rewritten.append(profile)
        elif profile.id in batch.active:
            active.append(profile)
    profiles.insert(fresh)
    profiles.save(rewritten)
    profiles.save_activity(active)
    profiles.delete(p for p in batch.merged if p not in batch.created)


def _messages(batch: Batch, context: Context) -> None:
    context.seen.write(batch.seen, batch.new_id())
    fates.quarantine(batch)
    fates.show(batch)
    drops = Counter((r.source_id, r.reason.value) for r in batch.rejected)
    execute_many(
        "INSERT INTO engine_dropcount (source_id, reason, count, last_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (source_id, reason) DO UPDATE SET count = engine_dropcount.count + excluded.count,"
        " last_at = excluded.last_at",
        [(source_id, reason, n, batch.now) for (source_id, reason), n in drops.items()],
    )
