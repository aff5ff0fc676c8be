"""What the batch has come to, for the event store: Quen's own events, links, the mirror of profiles, computed traits.

Own events that a rule may ask about, journeys' and the traits that those write go to the journal instead, and come back
through it like everyone's, with message ids that are the same on a replay: they are stored once, rules and journeys can
ask about them, and no step has to loop.
"""

from __future__ import annotations

from collections.abc import Sequence

from quen import failpoints
from quen.computed import history
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.steps.record import event_row
from quen.engine.system import system_entries
from quen.events.store import ComputedRow, EventRow, EventStore, LinkRow, ProfileRow
from quen.identity.store import link_changes
from quen.profiles.mirror import Sides, mirrored
from quen.profiles.state import ProfileState


def run(batch: Batch, context: Context) -> None:
    prepare(batch)
    mirror, computed = _mirror(batch, context.program.sides), history.rows(context.program, _valued(batch))
    if batch.recorded:
        rest, token = batch.own_rows, f"{batch.token}-own"
    else:
        rest, token = [*batch.rows, *batch.own_rows], batch.token
    batch.recorded.append(context.recorder.submit(_insert, batch, context.store, rest, token, mirror, computed))
    context.store.insert_links([LinkRow(o, s, batch.number) for o, s in sorted(batch.links.items())])
    failpoints.hit("mirror.links")
    outgoing = system_entries(batch)
    if outgoing:
        context.journal.append(outgoing)


def prepare(batch: Batch) -> None:
    """The rows of the batch's own events, and its links; nothing is written."""
    assert batch.resolution is not None
    batch.own_rows = [event_row(own.row_id, own.message, own.profile_id) for own in batch.own]
    batch.links = link_changes(batch.resolution.merges)


def _insert(
    batch: Batch,
    store: EventStore,
    rest: Sequence[EventRow],
    token: str,
    mirror: Sequence[ProfileRow],
    computed: Sequence[ComputedRow],
) -> None:
    """One insert after the other: they would only take the processor from each other."""
    store.insert_events(rest, token, batch.repeated)
    failpoints.hit("mirror.events")
    store.insert_profiles(mirror)
    store.insert_computed(computed)
    if batch.repeated is not None:
        _take_back(batch, store, mirror)
    failpoints.hit("mirror.profiles")


def _take_back(batch: Batch, store: EventStore, mirror: Sequence[ProfileRow]) -> None:
    """What an earlier try of this batch, which left out fewer messages, told of people who are not made now."""
    assert batch.repeated is not None
    kept = {row.id for row in mirror}
    made = store.rows(
        "SELECT id FROM profiles FINAL WHERE deleted = 0 AND id >= {low:UInt64} AND id <= {high:UInt64}",
        {"low": batch.repeated[0], "high": batch.repeated[-1]},
    )
    gone = [int(id_) for (id_,) in made if int(id_) not in kept]
    store.insert_profiles([ProfileRow(id_, batch.number, 1, batch.now, {}) for id_ in gone])
    linked = store.rows(
        "SELECT from_id FROM links FINAL WHERE version = {batch:UInt64} AND to_id != from_id", {"batch": batch.number}
    )
    ended = [int(id_) for (id_,) in linked if int(id_) not in batch.links]
    store.insert_links([LinkRow(id_, id_, batch.number) for id_ in ended])


def _valued(batch: Batch) -> list[ProfileState]:
    """Those with other values of computed traits."""
    return [p for p in batch.profiles.values() if p.valued and p.id not in batch.merged]


def _mirror(batch: Batch, sides: Sides) -> list[ProfileRow]:
    """Profiles whose traits SQL must see anew, and those that are gone."""
    changed = [p for p, names in batch.changed_traits.items() if names] + list(batch.created)
    rows = {
        p: ProfileRow(p, batch.number, 0, batch.profiles[p].created_at, mirrored(batch.profiles[p].traits, sides))
        for p in changed
        if p not in batch.merged and p in batch.profiles
    }
    gone = [
        ProfileRow(p, batch.number, 1, batch.profiles[p].created_at, {}) for p in batch.merged if p in batch.profiles
    ]
    return [*rows.values(), *gone]
