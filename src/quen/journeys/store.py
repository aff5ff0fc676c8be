"""Rows of journeys, read and written in sets. Only the engine calls `load` and `save`, inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from quen import db
from quen.delivery.models import Message
from quen.journeys.effects import Batch, BatchView, Effects, LiveVersion, Order, Outgoing, Past, Run, Timer
from quen.journeys.entering import Candidate, Triggers, survivor
from quen.journeys.reading import parse_graph

DUE_LIMIT = 2_000  # timers a batch
_RUNS = (
    "SELECT id, journey_id, version_id, profile_id, entry_key, entry, status, reason, node, context, event_time,"
    " entered_at, ended_at FROM journeys_run WHERE {in}"
)
_json = msgspec.json.Encoder()


class Definitions(msgspec.Struct):
    """What is published, kept until any journey changes. `names` of all journeys; versions are read when met."""

    revision: int = -1
    starting: list[LiveVersion] = []
    names: dict[int, str] = {}
    versions: dict[int, LiveVersion] = {}
    coming: list[tuple[int, int, tuple[int, ...]]] = []  # (journey, next version, segments it waits for)
    unsettled: list[tuple[int, int, str]] = []  # (journey, live version, keep | move | exit)
    archived: list[int] = []
    paused: set[int] = set()


_definitions = Definitions()


def any_journeys() -> bool:
    """Whether there is a journey at all; where there is none, a batch need not be looked at."""
    return bool(_current().names)


def load(batch: Batch) -> BatchView | None:
    """Everything of ours that this batch concerns, None where nothing is: a fixed number of queries at any size."""
    known = _current()
    triggers = Triggers(known.starting)
    candidates = [
        candidate
        for occurrence in batch.occurrences
        for candidate in triggers.candidates(occurrence, batch.merged, batch.now)
    ]
    due = _due(known, batch.now)
    orders, settled = _orders(known)
    people = {occurrence.profile_id for occurrence in batch.occurrences}
    people |= {survivor(profile_id, batch.merged) for profile_id in people}
    people |= {*batch.merged, *batch.merged.values()}
    runs = _runs_of(people)
    touched = {timer.run_id for timer in due} | {order.run_id for order in orders}
    runs |= _runs(touched - runs.keys())
    ended = _ended({*batch.merged, *batch.merged.values()})
    went_live = _ready(known)
    if not (runs or candidates or ended or went_live or settled):
        return None
    _read_versions(known, {run.version_id for run in [*runs.values(), *ended]})
    return BatchView(
        batch=batch,
        starting=known.starting,
        versions=known.versions,
        runs=runs,
        timers=_timers(runs),
        due=due,
        visits=_visits(touched),
        past=_past(candidates, batch.merged),
        orders=orders,
        ended=ended,
        went_live=went_live,
        settled=settled,
    )


def _current() -> Definitions:
    """The definitions in force. One small query says whether any journey changed since they were read."""
    revision = int(db.fetch("SELECT COALESCE(MAX(updated_at), 0) FROM journeys_journey")[0][0])
    if revision != _definitions.revision:
        _read_definitions(_definitions)
        _definitions.revision = revision
    return _definitions


def forget_definitions() -> None:
    """For another database in the same process (tests)."""
    _definitions.revision = -1


def _read_definitions(known: Definitions) -> None:
    rows = db.fetch(
        "SELECT j.id, j.name, j.status, j.live_version_id, v.waiting, v.settled, j.next_version_id, n.watches"
        " FROM journeys_journey j LEFT JOIN journeys_version v ON v.id = j.live_version_id"
        " LEFT JOIN journeys_version n ON n.id = j.next_version_id ORDER BY j.id"
    )
    known.names = {row[0]: row[1] for row in rows}
    known.versions = {}
    known.starting, known.coming, known.unsettled, known.archived = [], [], [], []
    known.paused = {row[0] for row in rows if row[2] == "paused"}
    _read_versions(known, {row[3] for row in rows if row[3] is not None})
    for journey_id, _name, status, version_id, waiting, settled, next_id, watches in rows:
        if status == "archived":
            known.archived.append(journey_id)
            continue
        if status == "live" and version_id is not None:
            known.starting.append(known.versions[version_id])
        if version_id is not None and not settled:
            known.unsettled.append((journey_id, version_id, waiting))
        if next_id is not None:
            known.coming.append((journey_id, next_id, tuple(sorted(set(msgspec.json.decode(watches).values())))))


def _read_versions(known: Definitions, ids: Iterable[int]) -> None:
    """Versions are immutable: each is read and parsed once."""
    missing = set(ids) - known.versions.keys()
    if not missing:
        return
    rows = db.fetch_in("SELECT id, journey_id, graph, watches FROM journeys_version WHERE {in}", missing, column="id")
    for version_id, journey_id, graph, watches in rows:
        known.versions[version_id] = LiveVersion(
            journey_id=journey_id,
            journey=known.names[journey_id],
            version_id=version_id,
            graph=parse_graph(msgspec.json.decode(graph)),
            watches=msgspec.json.decode(watches, type=dict[str, int]),
        )


def _due(known: Definitions, now: int) -> list[Timer]:
    """The earliest due timers; those of paused journeys are kept for later."""
    if not known.paused:
        rows = db.fetch(
            "SELECT run_id, journey_id, due_at, node FROM journeys_timer WHERE due_at <= %s"
            " ORDER BY due_at, run_id LIMIT %s",
            [now, DUE_LIMIT],
        )
        return [Timer(*row) for row in rows]
    # By journey, so that the overdue of a paused one, perhaps a million, are not gone through in every batch.
    found = [
        Timer(*row)
        for journey_id in sorted(known.names.keys() - known.paused)
        for row in db.fetch(
            "SELECT run_id, journey_id, due_at, node FROM journeys_timer WHERE journey_id = %s AND due_at <= %s"
            " ORDER BY due_at, run_id LIMIT %s",
            [journey_id, now, DUE_LIMIT],
        )
    ]
    return sorted(found, key=lambda timer: (timer.due_at, timer.run_id))[:DUE_LIMIT]


def _orders(known: Definitions) -> tuple[list[Order], list[int]]:
    """What is still to be done about people in archived journeys and older versions, and versions where nothing is."""
    orders: list[Order] = []
    settled: list[int] = []
    if known.archived:
        rows = db.fetch_in(
            "SELECT id FROM journeys_run WHERE status = 'active' AND {in} ORDER BY id LIMIT 2000",
            known.archived,
            column="journey_id",
        )
        orders += [Order(row[0], "exit", "archived") for row in rows]
        if not rows:
            known.archived = []
    for journey_id, version_id, waiting in known.unsettled:
        rows = db.fetch(
            "SELECT id FROM journeys_run WHERE journey_id = %s AND status = 'active' AND version_id <> %s"
            " ORDER BY id LIMIT 2000",
            [journey_id, version_id],
        )
        orders += [Order(row[0], waiting, "replaced", version_id) for row in rows]
        if not rows:
            settled.append(version_id)
    return orders, settled


def _runs_of(people: Collection[int]) -> dict[int, Run]:
    if not people:
        return {}
    return _as_runs(db.fetch_in(_RUNS + " AND status = 'active' ORDER BY id", people, column="profile_id"))


def _runs(ids: Collection[int]) -> dict[int, Run]:
    if not ids:
        return {}
    return _as_runs(db.fetch_in(_RUNS + " ORDER BY id", ids, column="id"))


def _ended(people: Collection[int]) -> list[Run]:
    if not people:
        return []
    rows = db.fetch_in(_RUNS + " AND status <> 'active' ORDER BY id", people, column="profile_id")
    return list(_as_runs(rows).values())


def _as_runs(rows: Sequence[tuple[Any, ...]]) -> dict[int, Run]:
    return {row[0]: Run(*(*row[:9], msgspec.Raw(row[9].encode()), *row[10:])) for row in rows}


def _timers(runs: Mapping[int, Run]) -> dict[int, Timer]:
    if not runs:
        return {}
    rows = db.fetch_in(
        "SELECT run_id, journey_id, due_at, node FROM journeys_timer WHERE {in}", runs.keys(), column="run_id"
    )
    return {row[0]: Timer(*row) for row in rows}


def _visits(run_ids: Collection[int]) -> dict[int, dict[str, int]]:
    visits: dict[int, dict[str, int]] = {run_id: {} for run_id in run_ids}
    if run_ids:
        sql = "SELECT run_id, node, MAX(visit) FROM journeys_stepexecution WHERE {in} GROUP BY run_id, node"
        for run_id, node, visit in db.fetch_in(sql, run_ids, column="run_id"):
            visits[run_id][node] = visit
    return visits


def _past(candidates: Sequence[Candidate], merged: Mapping[int, int]) -> dict[tuple[int, int, str], Past]:
    """Earlier runs of those who may enter, those of profiles merged into them counted as theirs."""
    people = {candidate.profile_id for candidate in candidates}
    if not people:
        return {}
    people |= {profile_id for profile_id in merged if survivor(profile_id, merged) in people}
    rows = db.fetch_in(
        "SELECT journey_id, profile_id, entry_key, COUNT(*), MAX(entry), MAX(entered_at) FROM journeys_run WHERE {in}"
        " GROUP BY journey_id, profile_id, entry_key",
        people,
        column="profile_id",
    )
    found: dict[tuple[int, int, str], Past] = {}
    for journey_id, profile_id, key, count, last_entry, entered_at in rows:
        own = (journey_id, survivor(profile_id, merged), key)
        past = found.setdefault(own, Past(0, 0))
        # A merged profile's runs are numbered after the survivor's: together they reach their sum at most.
        past.entries += max(count, last_entry)
        past.last_entered_at = max(past.last_entered_at, entered_at)
    return found


def _ready(known: Definitions) -> list[tuple[int, int]]:
    """Journeys whose new version waits for segments that are all computed now."""
    if not known.coming:
        return []
    wanted = {segment for _, _, segments in known.coming for segment in segments}
    rows = db.fetch_in("SELECT id FROM segments_segment WHERE status = 'live' AND {in}", wanted, column="id")
    live = {row[0] for row in rows}
    return [(journey_id, version_id) for journey_id, version_id, segments in known.coming if live.issuperset(segments)]


def save(effects: Effects) -> None:
    """Write a batch's effects with one statement for each kind of row. The caller has the transaction."""
    db.execute_many(
        "INSERT INTO journeys_run (id, journey_id, version_id, profile_id, entry_key, entry, status, reason, node,"
        " context, event_time, entered_at, ended_at) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
        [
            (
                *(r.id, r.journey_id, r.version_id, r.profile_id, r.entry_key, r.entry, r.status, r.reason, r.node),
                *(bytes(r.context).decode(), r.event_time, r.entered_at, r.ended_at),
            )
            for r in effects.new_runs
        ],
    )
    db.execute_many(
        "UPDATE journeys_run SET version_id = %s, profile_id = %s, entry = %s, status = %s, reason = %s, node = %s,"
        " ended_at = %s WHERE id = %s",
        [
            (r.version_id, r.profile_id, r.entry, r.status, r.reason, r.node, r.ended_at, r.id)
            for r in effects.changed_runs
        ],
    )
    db.execute_many(
        "INSERT INTO journeys_stepexecution (id, run_id, journey_id, node, visit, outcome, at, done_at, detail)"
        " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s)",
        [
            (e.id, e.run_id, e.journey_id, e.node, e.visit, e.outcome, e.at, e.done_at, _json.encode(e.detail).decode())
            for e in effects.executions
        ],
    )
    db.execute_many(
        "UPDATE journeys_stepexecution SET outcome = %s, done_at = %s"
        " WHERE run_id = %s AND node = %s AND done_at IS NULL",
        [(d.outcome, d.done_at, d.run_id, d.node) for d in effects.done],
    )
    db.execute_many("DELETE FROM journeys_timer WHERE run_id = %s", [(run_id,) for run_id in effects.ended_timers])
    db.execute_many(
        "INSERT INTO journeys_timer (run_id, journey_id, due_at, node) VALUES (%s,%s,%s,%s)",
        [(timer.run_id, timer.journey_id, timer.due_at, timer.node) for timer in effects.timers],
    )
    Message.objects.bulk_create([_message(outgoing) for outgoing in effects.messages], batch_size=500)
    _promote(effects.went_live)
    _settle(effects.settled)


def _message(outgoing: Outgoing) -> Message:
    return Message(
        id=outgoing.id,
        idempotency_key=outgoing.idempotency_key,
        channel=outgoing.channel,
        profile_id=outgoing.profile_id,
        journey_id=outgoing.journey_id,
        run_id=outgoing.run_id,
        node=outgoing.node,
        template_id=outgoing.template_id,
        payload=outgoing.payload,
        created_at=outgoing.at,
    )


def _promote(went_live: Sequence[tuple[int, int]]) -> None:
    """The next version becomes the live one, unless someone has published yet another meanwhile."""
    db.execute_many(
        "UPDATE journeys_journey SET live_version_id = next_version_id, next_version_id = NULL,"
        " status = CASE WHEN status = 'starting' THEN 'live' ELSE status END,"
        " updated_at = (SELECT MAX(updated_at) + 1 FROM journeys_journey) WHERE id = %s AND next_version_id = %s",
        went_live,
    )


def next_due_at() -> int | None:
    """When the next waiting run is to be woken: the engine sleeps until then at the longest."""
    known = _current()
    if not known.paused:
        first: int | None = db.fetch("SELECT MIN(due_at) FROM journeys_timer")[0][0]
        return first
    earliest: list[int | None] = [
        db.fetch("SELECT MIN(due_at) FROM journeys_timer WHERE journey_id = %s", [journey_id])[0][0]
        for journey_id in known.names.keys() - known.paused
    ]
    return min((due for due in earliest if due is not None), default=None)


def has_orders() -> bool:
    """Whether something waits that no event and no timer brings: a version to go live, people to move or to let go."""
    known = _current()
    return bool(_ready(known) or known.unsettled or known.archived)


def _settle(versions: Sequence[int]) -> None:
    """Nobody is left in older versions. The journey counts as changed, so that this is asked no more."""
    rows = [(version_id,) for version_id in versions]
    db.execute_many("UPDATE journeys_version SET settled = TRUE WHERE id = %s", rows)
    db.execute_many(
        "UPDATE journeys_journey SET updated_at = (SELECT MAX(updated_at) + 1 FROM journeys_journey)"
        " WHERE live_version_id = %s",
        rows,
    )
