"""The first computation of a computed trait, or of its new version, and the taking away of a deleted one's values.

Chunk by chunk of profiles, between two batches, by the machinery of segments. A person has the value of the version
before until theirs is computed.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from quen.computed import store
from quen.computed.models import Definition
from quen.profiles import store as profiles
from quen.profiles.state import COMPUTED, NewValue
from quen.segments import backfill as segments
from quen.segments import store as segment_store
from quen.segments.backfill import CHUNK, BackfillChunk, Job
from quen.segments.live import Program
from quen.segments.sql import Store


class TraitJob(NamedTuple):
    """`removing`: its values are to be taken away."""

    job: Job
    name: str
    removing: bool


def jobs() -> list[TraitJob]:
    """Those that are still to be computed or taken away, the oldest first. One small query."""
    return [
        TraitJob(Job(d.id, d.version, d.computed_through), d.name, d.status == "removing")
        for d in Definition.objects.filter(Q(status="computing") | Q(status="removing")).order_by("id")
    ]


def run_chunk(program: Program, work: TraitJob, store: Store, now: int) -> BackfillChunk | None:
    """The next profiles. Writes nothing: `save_chunk` does. None: load the program anew first."""
    if work.removing:
        return _without(work, now)
    return segments.run_chunk(program, work.job, store, now)


def _without(work: TraitJob, now: int) -> BackfillChunk:
    people = profiles.load_range(work.job.computed_through, CHUNK)
    having = []
    for person in people:
        values = person.traits.get(COMPUTED, {})
        if work.name in values:
            person.traits[COMPUTED] = {name: value for name, value in values.items() if name != work.name}
            person.valued = (NewValue(work.name, None, now),)
            having.append(person)
    return BackfillChunk(work.job, having, [], people[-1].id if len(people) == CHUNK else None)


def save_chunk(program: Program, work: TraitJob, chunk: BackfillChunk) -> None:
    """Write a chunk; the last one makes the trait live, or ends it. The caller has the transaction."""
    segments.save_people(chunk)
    segment_store.apply_changes(chunk.changes, {})
    job = chunk.job
    if chunk.next_after is None:
        store.finish(job.segment_id, job.version)
    else:
        store.set_computed_through(job.segment_id, job.version, chunk.next_after)
    if not work.removing:
        program.set_computed_through(job.segment_id, chunk.next_after)
