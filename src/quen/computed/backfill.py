"""The first computation of a computed trait, or of its new version, and the taking away of a deleted one's values.

Chunk by chunk of profiles, between two batches, by the machinery of segments. What is computed waits in each profile
where nobody sees it, until it takes the place of the values before (versions.py).
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from quen.computed import store
from quen.computed.models import Definition
from quen.profiles import store as profiles
from quen.profiles.state import COMPUTED, NEXT, NewValue
from quen.profiles.store import EVERYONE
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
    asked = Definition.objects.filter(Q(status="computing") & ~Q(computed_through=EVERYONE) | Q(status="removing"))
    return [
        TraitJob(Job(d.id, d.version, d.computed_through, d.next_slot), d.name, d.status == "removing")
        for d in asked.order_by("id")
    ]


def run_chunk(program: Program, work: TraitJob, store: Store, now: int) -> BackfillChunk | None:
    """The next profiles. Writes nothing: `save_chunk` does. None: load the program anew first."""
    if work.removing:
        return _without(work, now)
    return segments.run_chunk(program, work.job, store, now)


def _without(work: TraitJob, now: int) -> BackfillChunk:
    people = profiles.load_range(work.job.computed_through, CHUNK)
    coming = {str(slot) for slot in Definition.objects.exclude(next_slot=0).values_list("next_slot", flat=True)}
    having = []
    for person in people:
        values, waiting = person.traits.get(COMPUTED, {}), person.traits.get(NEXT, {})
        if work.name in values or not waiting.keys() <= coming:
            person.traits[COMPUTED] = {name: value for name, value in values.items() if name != work.name}
            person.traits.pop(NEXT, None)
            if left := {slot: value for slot, value in waiting.items() if slot in coming}:
                person.traits[NEXT] = left
            person.valued = (NewValue(work.name, None, now),)
            having.append(person)
    return BackfillChunk(work.job, having, [], people[-1].id if len(people) == CHUNK else None)


def save_chunk(program: Program, work: TraitJob, chunk: BackfillChunk) -> None:
    """Write a chunk; after the last one it is whole, or gone. The caller has the transaction."""
    segments.save_people(chunk)
    segment_store.apply_changes(chunk.changes, {})
    job = chunk.job
    if not work.removing:
        store.set_computed_through(job.slot, EVERYONE if chunk.next_after is None else chunk.next_after)
        program.set_computed_through(job.slot, chunk.next_after)
    elif chunk.next_after is None:
        store.finish_removing(job.segment_id, job.version)
    else:
        store.set_removed_through(job.segment_id, job.version, chunk.next_after)
