"""Computing segments and computed traits that are new or changed, and what is left to do when their versions have taken
their place: a chunk of people between two batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from quen import failpoints
from quen.computed import backfill as traits
from quen.computed import history, versions
from quen.computed import service as computed
from quen.delivery import hooks
from quen.engine.context import Context
from quen.engine.system import entries_of, segment_messages
from quen.errors import QuenError
from quen.events.store import ProfileRow
from quen.profiles import store as profiles
from quen.profiles.mirror import mirrored
from quen.profiles.state import ProfileState
from quen.segments import backfill, following, service
from quen.segments import store as segments
from quen.segments.backfill import BackfillChunk
from quen.segments.sql import is_too_costly

MOST_S = 60.0  # for one chunk; meanwhile nobody's events are taken


class _Work(NamedTuple):
    compute: Callable[[], BackfillChunk | None]
    save: Callable[[BackfillChunk], None]
    pause: Callable[[str], object]


def run_one(context: Context, now: int, batch: int) -> bool:
    """Do one chunk of what waits: tell who entered and left by a version that took its place, write its values, compute
    another. Whether anything waited. `batch`: the number of the last one committed.
    """
    if not context.may_compute:
        return False
    if _tell(context, now) or _write_values(context, batch):
        return True
    if versions.keep_in_step():
        context.program = computed.load_program()
    if _compute(context, now, batch) or _take_place(context, now):
        return True
    context.may_compute = False
    return False


def _tell(context: Context, now: int) -> bool:
    """The message ids name the version, so a chunk that a crash repeats is told once."""
    moved = segments.untold(backfill.CHUNK)
    if not moved:
        return False
    changes, telling = [(each.profile_id, each.change) for each in moved], f"s{moved[0].slot}"
    if entries := entries_of(segment_messages(changes, telling)):
        context.journal.append(entries)
    failpoints.hit("backfill.told")
    with transaction.atomic():
        segments.strike_off(moved)
        # A receiver was told already of what came later: it must not take this for the latest.
        latest = [(each.profile_id, each.change) for each in moved if not each.past]
        hooks.queue(latest, f"{telling}-{moved[0].id}", now)
    return True


def _write_values(context: Context, batch: int) -> bool:
    """Everybody has the values of a new version already, and SQL finds them: now their rows get them, and the history
    does."""
    taken = next((each for each in profiles.takeovers() if each.through != profiles.EVERYONE), None)
    if taken is None:
        return False
    people = profiles.load_range(taken.through, backfill.CHUNK)
    if taken.name in profiles.turns():
        context.store.insert_computed(history.rows(context.program, people))
    else:  # an older Quen let them take their place, and its mirror has nothing on the other side
        _mirror(context, people, batch)
    failpoints.hit("backfill.kept")
    with transaction.atomic():
        profiles.save(people)
        profiles.taken_over(taken.slot, people[-1].id if len(people) == backfill.CHUNK else profiles.EVERYONE)
    return True


def _compute(context: Context, now: int, batch: int) -> bool:
    work = _next(context, now)
    if work is None:
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
    _mirror(context, chunk.states, batch)
    failpoints.hit("backfill.computed")
    with transaction.atomic():
        work.save(chunk)
        done = chunk.next_after is None and versions.take_place(now)
    if done:
        failpoints.hit("backfill.placed")
        context.program = computed.load_program()
    return True


def _mirror(context: Context, people: list[ProfileState], batch: int) -> None:
    """Whoever has another value, be it one that waits: of a next version that is everyone, for that there is none is a
    value too. So the side on which it gathers is whole when it takes its place."""
    sides = context.program.sides
    valued = [person for person in people if person.valued]
    context.store.insert_profiles([ProfileRow(p.id, batch, 0, p.created_at, mirrored(p.traits, sides)) for p in valued])
    context.store.insert_computed(history.rows(context.program, valued))


def _take_place(context: Context, now: int) -> bool:
    """What only waited for something that is no longer computed."""
    with transaction.atomic():
        done = versions.take_place(now)
    if done:
        context.program = computed.load_program()
    return done


def _next(context: Context, now: int) -> _Work | None:
    """Computed traits come before the segments that may ask about them."""
    program, store = context.program, context.store
    if waiting := traits.jobs():
        work = waiting[0]
        return _Work(
            lambda: traits.run_chunk(program, work, store, now),
            lambda chunk: traits.save_chunk(program, work, chunk),
            lambda why: computed.pause_by_id(work.job.segment_id, why),
        )
    if jobs := following.computing():
        job = jobs[0]
        return _Work(
            lambda: backfill.run_chunk(program, job, store, now),
            lambda chunk: backfill.save_chunk(program, chunk),
            lambda why: service.pause(job.segment_id, why),
        )
    return None
