"""What the steps work on: one micro-batch, from journal entries to what the state will be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quen.delivery.tracking import SystemEvent
from quen.engine.seen import SeenRow
from quen.events.store import EventRow
from quen.identity.keys import Key
from quen.identity.resolution import Resolution
from quen.identity.store import Known, merged_ids_of
from quen.journal.protocol import Entry
from quen.journeys.effects import Effects
from quen.profiles.state import ProfileState
from quen.protocol.messages import Message, Rejected
from quen.segments.facts import Change, LiveState

Writer = Callable[[], None]


class Own(NamedTuple):
    """An event of Quen's own, found in the batch."""

    row_id: int
    profile_id: int
    message: Message


@dataclass
class Batch:
    """Mutable while the steps run, written once by `commit`. Times are milliseconds UTC.

    Everything that decides an outcome is in the plan (range, `now`, ids), so a replay of the same batch against the
    same state gives the same rows.
    """

    number: int
    token: str  # under which the event store takes its rows once
    after_offset: int
    to_offset: int
    now: int
    new_id: Callable[[], int]
    entries: list[Entry]
    skip: frozenset[tuple[int, int]] = frozenset()  # (offset, position) of messages known to crash a step
    orders: tuple[int, ...] = ()  # identity orders to carry out
    repeated: range | None = None  # its ids, where an earlier try or life of the process may have recorded some of it
    timers: bool = True  # off while what is due crashes a step, so that events go on

    # decode, admit
    decoded: Mapping[int, list[Message | Rejected]] = field(default_factory=dict)  # ahead, by the entry's offset
    messages: list[Message] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    seen: list[SeenRow] = field(default_factory=list)  # messages to remember

    # resolve
    known: dict[str, Known] = field(default_factory=dict)  # the identifiers that existed before
    keys: list[list[Key]] = field(default_factory=list)
    row_ids: list[int] = field(default_factory=list)  # of each message's event: the later of two at one instant
    resolution: Resolution | None = None
    profile_ids: list[int | None] = field(default_factory=list)  # of each message

    # apply: working copies of the profiles that this batch touches
    profiles: dict[int, ProfileState] = field(default_factory=dict)
    created: set[int] = field(default_factory=set)
    merged: dict[int, int] = field(default_factory=dict)  # merged away → survivor, resolved to the end
    active: set[int] = field(default_factory=set)  # seen: first/last seen or live state moved
    # What each message's traits came to, by its index: what a browser may not overwrite is left out. Absent: none.
    taken: dict[int, dict[str, Any]] = field(default_factory=dict)
    changed_traits: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    # segment
    live: dict[int, LiveState] = field(default_factory=dict)
    changes: list[tuple[int, Change]] = field(default_factory=list)  # (profile id, entry or exit)

    # tell
    own: list[Own] = field(default_factory=list)  # entries and exits
    asked: list[SystemEvent] = field(default_factory=list)  # the same, where a rule asks about them

    # advance, and whatever else wants to be written in the same transaction
    effects: Effects | None = None
    writers: list[Writer] = field(default_factory=list)

    # record, mirror
    rows: list[EventRow] = field(default_factory=list)
    own_rows: list[EventRow] = field(default_factory=list)
    links: dict[int, int] = field(default_factory=dict)  # merged-away ids, new or moved → today's
    recorded: list[Future[None]] = field(default_factory=list)  # inserts on their way

    # commit: what may begin while it only waits
    meanwhile: Callable[[Batch], None] = lambda batch: None


def ids_whole(batch: Batch, people: Collection[int]) -> dict[int, list[int]]:
    """Person → every id whose history is theirs, with those that this batch merged into them. One query."""
    parts = {person: {person} for person in people}
    for other, survivor in batch.merged.items():
        if survivor in parts:
            parts[survivor].add(other)
    merged = merged_ids_of({each for ids in parts.values() for each in ids})
    return {person: [id_ for each in ids for id_ in merged[each]] for person, ids in parts.items()}


def describe(batch: Batch) -> dict[str, Any]:
    """For the log: sizes, no data."""
    return {
        "batch": batch.number,
        "entries": len(batch.entries),
        "messages": len(batch.messages),
        "rejected": len(batch.rejected),
        "profiles": len(batch.profiles),
        "changes": len(batch.changes),
    }
