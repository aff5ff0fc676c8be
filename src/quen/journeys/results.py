"""What became of people in a journey: counts on each step, who is where, one person's history. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from quen import db
from quen.journeys.runner import LEFT

# What a click on a count shows: its name in addresses → rows of (profile id, at, word), newest first.
_RUNS = "SELECT profile_id, {at}, reason, id FROM journeys_run WHERE journey_id = %s AND {where}"
_VISITS = (
    "SELECT r.profile_id, e.at, e.outcome, e.id FROM journeys_stepexecution e JOIN journeys_run r ON r.id = e.run_id"
    " WHERE e.journey_id = %s AND e.node = %s"
)
_MESSAGES = (
    "SELECT profile_id, created_at, CASE WHEN reason = '' THEN status ELSE reason END, id FROM delivery_message"
    " WHERE journey_id = %s AND node = %s"
)
_WAITING = (
    "SELECT r.profile_id, r.entered_at, '', r.id, t.due_at FROM journeys_timer t JOIN journeys_run r ON r.id = t.run_id"
    " WHERE r.journey_id = %s AND r.status = 'active' AND r.node = %s"
)
SENT = ("accepted", "failed", "unknown", "suppressed", "queued")


class StepCounts(msgspec.Struct):
    """People on one step. `outcomes` counts each word it answered with."""

    waiting: int = 0
    outcomes: dict[str, int] = {}
    messages: dict[str, int] = {}  # by status
    opened: int = 0
    clicked: int = 0

    @property
    def entered(self) -> int:
        return sum(self.outcomes.values())

    @property
    def left(self) -> int:
        """Those whose run ended while they waited here."""
        return self.outcomes.get(LEFT, 0)

    @property
    def passed(self) -> int:
        return self.entered - self.waiting - self.left

    @property
    def sent(self) -> int:
        return self.messages.get("accepted", 0)


class Counts(msgspec.Struct):
    """A journey in numbers. `ended` counts runs by why they ended."""

    entered: int = 0
    active: int = 0
    ended: dict[str, int] = {}
    steps: dict[str, StepCounts] = {}


def counts(journey_id: int) -> Counts:
    """Everything that the results show, by one query."""
    found = Counts()
    steps: dict[str, StepCounts] = defaultdict(StepCounts)
    rows = db.fetch(
        "SELECT 'visit', node, outcome, COUNT(*), 0, 0 FROM journeys_stepexecution WHERE journey_id = %s"
        " GROUP BY node, outcome"
        " UNION ALL SELECT status, CASE WHEN status = 'active' THEN node ELSE '' END, reason, COUNT(*), 0, 0"
        " FROM journeys_run WHERE journey_id = %s"
        " GROUP BY status, CASE WHEN status = 'active' THEN node ELSE '' END, reason"
        " UNION ALL SELECT 'message', node, status, COUNT(*), COUNT(opened_at), COUNT(clicked_at)"
        " FROM delivery_message WHERE journey_id = %s GROUP BY node, status",
        [journey_id] * 3,
    )
    for kind, node, word, number, opened, clicked in rows:
        if kind == "visit":
            steps[node].outcomes[word] = number
        elif kind == "message":
            steps[node].messages[word] = number
            steps[node].opened += opened
            steps[node].clicked += clicked
        else:
            found.entered += number
            if kind == "active":
                found.active += number
                steps[node].waiting += number
            else:
                found.ended[word] = found.ended.get(word, 0) + number
    found.steps = dict(steps)
    return found


def overview(journey_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Of each journey: runs that are active, runs in all, messages sent. One query."""
    totals = {journey_id: [0, 0, 0] for journey_id in journey_ids}
    if not journey_ids:
        return {}
    for journey_id, active, entered in db.fetch_in(
        "SELECT journey_id, SUM(CASE WHEN status = 'active' THEN 1 ELSE 0 END), COUNT(*) FROM journeys_run"
        " WHERE {in} GROUP BY journey_id",
        journey_ids,
        column="journey_id",
    ):
        totals[journey_id][:2] = [active, entered]
    for journey_id, sent in db.fetch_in(
        "SELECT journey_id, COUNT(*) FROM delivery_message WHERE status = 'accepted' AND {in} GROUP BY journey_id",
        journey_ids,
        column="journey_id",
    ):
        totals[journey_id][2] = sent
    return {journey_id: (active, entered, sent) for journey_id, (active, entered, sent) in totals.items()}


def waiting_count(journey_id: int) -> int:
    rows = db.fetch("SELECT COUNT(*) FROM journeys_run WHERE journey_id = %s AND status = 'active'", [journey_id])
    return int(rows[0][0])


class Present(msgspec.Struct, frozen=True):
    """One person behind a count. `until`: when a waiting one goes on."""

    profile_id: int
    at: int
    word: str
    id: int  # for paging: newest first
    until: int | None = None


def people(journey_id: int, node: str, state: str, before: int | None, limit: int) -> list[Present]:
    """Who is behind a count of a step (of the whole journey, where `node` is empty), newest first.

    States: waiting, entered, active, ended-<reason>, a message's status, opened, clicked, or a step's outcome.
    """
    sql, params = _question(journey_id, node, state)
    column = "e.id" if sql.startswith(_VISITS) else "t.run_id" if state == "waiting" else "id"
    if before is not None:
        sql, params = f"{sql} AND {column} < %s", [*params, before]
    rows = db.fetch(f"{sql} ORDER BY {column} DESC LIMIT %s", [*params, limit])
    return [Present(*row) for row in rows]


def _question(journey_id: int, node: str, state: str) -> tuple[str, list[Any]]:
    if not node:
        if state.startswith("ended-"):
            where = _RUNS.format(at="ended_at", where="status <> 'active' AND reason = %s")
            return where, [journey_id, state.removeprefix("ended-")]
        where = "status = 'active'" if state == "active" else "TRUE"
        return _RUNS.format(at="entered_at", where=where), [journey_id]
    if state == "waiting":
        return _WAITING, [journey_id, node]
    if state == "entered":
        return _VISITS, [journey_id, node]
    if state in SENT:
        return _MESSAGES + " AND status = %s", [journey_id, node, state]
    if state in ("opened", "clicked"):
        return _MESSAGES + f" AND {state}_at IS NOT NULL", [journey_id, node]
    return _VISITS + " AND e.outcome = %s", [journey_id, node, state]


def runs(journey_id: int, before: int | None, limit: int, status: str = "") -> list[dict[str, Any]]:
    """Runs of a journey, newest first, as rows."""
    sql = _HISTORY + " WHERE r.journey_id = %s"
    params: list[Any] = [journey_id]
    if status:
        sql, params = sql + " AND r.status = %s", [*params, status]
    if before is not None:
        sql, params = sql + " AND r.id < %s", [*params, before]
    return [_run(row) for row in db.fetch(sql + " ORDER BY r.id DESC LIMIT %s", [*params, limit])]


def history(profile_ids: Sequence[int], limit: int = 50) -> list[dict[str, Any]]:
    """The runs of one person (all profile ids that are now theirs), newest first."""
    rows = db.fetch_in(_HISTORY + " WHERE {in} ORDER BY r.id DESC LIMIT 200", profile_ids, column="r.profile_id")
    return [_run(row) for row in rows[:limit]]


_HISTORY = (
    "SELECT r.id, r.journey_id, j.name, v.number, r.profile_id, r.entry_key, r.status, r.reason, r.node, r.entered_at,"
    " r.ended_at, t.due_at FROM journeys_run r JOIN journeys_journey j ON j.id = r.journey_id"
    " JOIN journeys_version v ON v.id = r.version_id LEFT JOIN journeys_timer t ON t.run_id = r.id"
)


def _run(row: tuple[Any, ...]) -> dict[str, Any]:
    names = (
        *("id", "journey_id", "journey", "version", "profile_id", "entry_key", "status", "reason", "node"),
        *("entered_at", "ended_at", "due_at"),
    )
    return dict(zip(names, row, strict=True))
