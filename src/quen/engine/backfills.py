"""Computing new and changed segments, a chunk of people between two batches, so that events keep flowing."""

from __future__ import annotations

import time

from django.db import transaction

from quen import failpoints
from quen.engine.context import Context
from quen.engine.system import entries_of, segment_messages
from quen.errors import QuenError
from quen.segments import backfill, service
from quen.segments.sql import is_too_costly

MOST_S = 60.0  # for one chunk; meanwhile nobody's events are taken


def run_one(context: Context, now: int) -> bool:
    """Compute one chunk, if a segment waits for it; whether one did.

    The changes are told with message ids that name the segment's version, so a chunk that a crash repeats is told once.
    """
    if not context.may_compute:
        return False
    jobs = service.computing()
    if not jobs:
        context.may_compute = False
        return False
    job = jobs[0]
    started = time.monotonic()
    try:
        chunk = backfill.run_chunk(context.program, job, context.store, now)
    except QuenError as error:
        if not is_too_costly(error):
            raise
        service.pause(job.segment_id, f"computing it was given up: {error.message}")
        return True
    if time.monotonic() - started > MOST_S:
        service.pause(job.segment_id, f"computing it took over {MOST_S:.0f} s for {backfill.CHUNK} people")
        return True
    if chunk is None:  # the segment is younger than the program
        context.program = service.load_program()
        return True
    entries = entries_of(segment_messages(chunk.changes, f"v{job.version}"))
    if entries:
        context.journal.append(entries)
    failpoints.hit("backfill.told")
    with transaction.atomic():
        backfill.save_chunk(context.program, chunk)
    return True
