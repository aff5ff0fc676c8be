"""What one batch shows the journeys and what they make of it: structs, no I/O. Times are milliseconds UTC.

The engine does, once a batch and inside its transaction:

    view = store.load(batch)         # sets of rows: only what the batch concerns
    effects = runner.advance(view)   # pure
    store.save(effects)              # runs, executions, timers, outbox
    …and records effects.system_events and journals effects.trait_writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from quen.journeys.graph import Graph


class Occurrence(msgspec.Struct, frozen=True):
    """Something that happened to a person, in the order of the batch.

    `kind` is event, segment_entered or segment_exited; `name` the event's name or the segment's id as text.
    `backfill` marks segment changes found by computing a segment over old data: they start no journey.
    """

    profile_id: int
    kind: str
    name: str
    time: int
    properties: dict[str, Any] = {}
    message_id: str = ""
    backfill: bool = False


class Batch(msgspec.Struct, frozen=True):
    """What the engine knows of a batch before journeys' own rows are read.

    `members_of(profile_ids)` gives the ids of the segments (internal ones too) each person is in after this batch.
    `merged` maps profiles merged away in this batch to their survivors.
    """

    now: int
    new_id: Callable[[], int]
    occurrences: Sequence[Occurrence]
    members_of: Callable[[Collection[int]], Mapping[int, Collection[int]]]
    merged: Mapping[int, int] = {}


class LiveVersion(msgspec.Struct, frozen=True):
    """A published version that starts runs or has some."""

    journey_id: int
    journey: str  # its name
    version_id: int
    graph: Graph
    watches: dict[str, int]  # "exit_when" or step id → internal segment


class Run(msgspec.Struct):
    """A row of journeys_run; `advance` changes it and lists it in Effects."""

    id: int
    journey_id: int
    version_id: int
    profile_id: int
    entry_key: str
    entry: int
    status: str
    reason: str
    node: str
    context: msgspec.Raw  # JSON of what started it, decoded by nobody here
    event_time: int
    entered_at: int
    ended_at: int | None = None


class Past(msgspec.Struct):
    """Earlier runs of one (journey, person, entry key)."""

    entries: int
    last_entered_at: int


class Timer(msgspec.Struct, frozen=True):
    """A row of journeys_timer: a run to be woken."""

    run_id: int
    journey_id: int
    due_at: int
    node: str


class Order(msgspec.Struct, frozen=True):
    """What a person decided about a waiting run: `exit` it with a reason, or `move` it to another version."""

    run_id: int
    action: str
    reason: str = ""
    version_id: int = 0


class BatchView(msgspec.Struct, frozen=True):
    """A batch and the journeys' rows it concerns."""

    batch: Batch
    starting: Sequence[LiveVersion]  # those that may start runs now
    versions: Mapping[int, LiveVersion]  # by version id: of every run in `runs`
    runs: Mapping[int, Run]  # active ones of the batch's people and of `due`, `orders`
    timers: Mapping[int, Timer]  # by run id, of the runs above that wait
    due: Sequence[Timer]  # by due time, those not held by a pause
    visits: Mapping[int, Mapping[str, int]]  # run id → step → visits so far, of the runs above
    past: Mapping[tuple[int, int, str], Past]  # (journey, person, entry key), of those who may enter now
    orders: Sequence[Order] = ()
    ended: Sequence[Run] = ()  # ended runs of merged people
    went_live: Sequence[tuple[int, int]] = ()  # (journey, version) whose segments are ready
    settled: Sequence[int] = ()  # versions for which no order is left


class Execution(msgspec.Struct, frozen=True):
    """A visit to a step. Its id, as text, is the idempotency key of the message it sends."""

    id: int
    run_id: int
    journey_id: int
    node: str
    visit: int
    outcome: str
    at: int
    done_at: int | None
    detail: dict[str, Any]


class Done(msgspec.Struct, frozen=True):
    """The end of the visit to a step that waited."""

    run_id: int
    node: str
    outcome: str
    done_at: int


class Outgoing(msgspec.Struct, frozen=True):
    """A row for the outbox (delivery.Message, queued).

    `payload` holds `event` (what started the run: for Liquid) and `exit_segment` (id of the internal segment whose
    members must not get it any more, or null); a webhook's also `url` and `body` (Liquid, may be empty).
    """

    id: int
    idempotency_key: str
    channel: str
    profile_id: int
    journey_id: int
    run_id: int
    node: str
    template_id: int | None
    payload: dict[str, Any]
    at: int


class SystemEvent(msgspec.Struct, frozen=True):
    """An event of Quen's own for the person's timeline. `key` is unique and the same on replay."""

    profile_id: int
    event: str
    properties: dict[str, Any]
    key: str


class TraitWrite(msgspec.Struct, frozen=True):
    """Traits to set (null deletes). `key` makes the journal entry's message id, the same on replay."""

    profile_id: int
    traits: dict[str, Any]
    key: str


class Effects(msgspec.Struct):
    """All that a batch changes. Rows are written by store.save; the last two are the engine's to record."""

    new_runs: list[Run] = []
    changed_runs: list[Run] = []
    executions: list[Execution] = []
    done: list[Done] = []
    timers: list[Timer] = []  # set or moved
    ended_timers: list[int] = []  # run ids
    messages: list[Outgoing] = []
    went_live: list[tuple[int, int]] = []
    settled: list[int] = []
    system_events: list[SystemEvent] = []
    trait_writes: list[TraitWrite] = []
