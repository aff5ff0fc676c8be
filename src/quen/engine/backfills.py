"""Computing segments and computed traits that are new or changed, a chunk of people between two batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from quen import failpoints
from quen.computed import backfill as traits
from quen.computed import history
from quen.computed import service as computed
from quen.delivery import hooks
from quen.engine.context import Context
from quen.engine.system import entries_of, segment_messages
from quen.errors import QuenError
from quen.events.store import ProfileRow
from quen.segments import backfill, service
from quen.segments.backfill import BackfillChunk
from quen.segments.sql import is_too_costly

MOST_S = 60.0  # for one chunk; meanwhile nobody's events are taken


class _Work(NamedTuple):
    """`telling`: what names the version in the message ids of what is found."""

    telling: str
    compute: Callable[[], BackfillChunk | None]
    save: Callable[[BackfillChunk], None]
    pause: Callable[[str], object]


def run_one(context: Context, now: int, batch: int) -> bool:
    """Compute one chunk, if something waits for it; whether it did. `batch`: the number of the last one committed.

    The changes are told with message ids that name the version, so a chunk that a crash repeats is told once.
    """
    if not context.may_compute:
        return False
    work = _next(context, now)
    if work is None:
        context.may_compute = False
        return False
    started = time.monotonic()
    try:
        chunk = work.compute()
    except QuenError as error:
        if not is_too_costly(error):
            raise
        work.pause(f"computing it was given up: {error.message}")
        return True
    if time.monotonic() - started > MOST_S:
        work.pause(f"computing it took over {MOST_S:.0f} s for {backfill.CHUNK} people")
        return True
    if chunk is None:  # it is younger than the program
        context.program = computed.load_program()
        return True
    valued = [person for person in chunk.states if person.valued]
    context.store.insert_profiles([ProfileRow(p.id, batch, 0, p.created_at, p.traits) for p in valued])
    context.store.insert_computed(history.rows(context.program, valued))
    entries = entries_of(segment_messages(chunk.changes, work.telling))
    if entries:
        context.journal.append(entries)
    failpoints.hit("backfill.told")
    with transaction.atomic():
        work.save(chunk)
        hooks.queue(chunk.changes, f"{work.telling}-{chunk.job.computed_through}-{now}", now)
    return True


def _next(context: Context, now: int) -> _Work | None:
    """Computed traits come before the segments that may ask about them."""
    program, store = context.program, context.store
    if waiting := traits.jobs():
        work = waiting[0]
        return _Work(
            f"c{work.job.segment_id}v{work.job.version}",
            lambda: traits.run_chunk(program, work, store, now),
            lambda chunk: traits.save_chunk(program, work, chunk),
            lambda why: computed.pause_by_id(work.job.segment_id, why),
        )
    if jobs := service.computing():
        job = jobs[0]
        return _Work(
            f"v{job.version}-{job.begun}",
            lambda: backfill.run_chunk(program, job, store, now),
            lambda chunk: backfill.save_chunk(program, chunk),
            lambda why: service.pause(job.segment_id, why),
        )
    return None
