"""The plan of a batch, written down before it runs (decision 6).

One plan is in work at a time. When a process dies between the plan and the commit, the next one finds a plan whose
number is past the committed batch and runs exactly that range again, with the same `now` and the same ids.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import structlog

from quen.db import execute, fetch
from quen.engine.steps.commit import READER

log = structlog.get_logger("quen.engine")
_encode = msgspec.json.Encoder().encode


class Plan(NamedTuple):
    batch: int
    after_offset: int
    to_offset: int
    now: int  # ms UTC
    ids_base: int  # ms UTC, later than that of every earlier batch
    skip: tuple[tuple[int, int], ...] = ()  # (offset, position) of messages that crash a step
    orders: tuple[int, ...] = ()  # identity orders (join, attach) that the batch carries out
    ended: int = 0  # how many lives of the engine ended within it


class Position(NamedTuple):
    offset: int
    batch: int


def position() -> Position:
    rows = fetch('SELECT "offset", batch FROM engine_position WHERE reader = %s', [READER])
    if not rows:
        execute('INSERT INTO engine_position (reader, "offset", batch, journal) VALUES (%s, 0, 0, 0)', [READER])
        return Position(0, 0)
    return Position(*rows[0])


def meet(journal: int, end: int) -> bool:
    """Whether another journal stands where the one was that the position is about, or a part of it is gone.

    Then the position goes to its beginning: what it holds is taken, and what of it is stored already is not stored
    twice. Waiting for the old offset would leave out whatever came meanwhile.
    """
    offset, known = fetch('SELECT "offset", journal FROM engine_position WHERE reader = %s', [READER])[0]
    is_other = offset > end or (known not in (0, journal) and offset > 0)
    if is_other:
        log.warning("the journal was replaced or cut; it is taken from its beginning", position=offset, end=end)
        rewind(0)
    if is_other or known != journal:
        execute("UPDATE engine_position SET journal = %s WHERE reader = %s", [journal, READER])
    return is_other


def last() -> Plan | None:
    rows = fetch(
        "SELECT batch, after_offset, to_offset, now, ids_base, skip, orders, ended FROM engine_plan WHERE reader = %s",
        [READER],
    )
    if not rows:
        return None
    batch, after_offset, to_offset, now, ids_base, skip, orders, ended = rows[0]
    left_out = tuple((offset, at) for offset, at in msgspec.json.decode(skip))
    return Plan(batch, after_offset, to_offset, now, ids_base, left_out, tuple(msgspec.json.decode(orders)), ended)


def inherited(committed: int) -> Plan | None:
    """A plan past the last committed batch, in which another life ended; that is counted when it is begun again."""
    found = last()
    return found._replace(ended=found.ended + 1) if found is not None and found.batch > committed else None


def write(plan: Plan) -> None:
    execute(
        "INSERT INTO engine_plan (reader, batch, after_offset, to_offset, now, ids_base, skip, orders, ended)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (reader) DO UPDATE SET batch = excluded.batch, after_offset = excluded.after_offset,"
        " to_offset = excluded.to_offset, now = excluded.now, ids_base = excluded.ids_base, skip = excluded.skip,"
        " orders = excluded.orders, ended = excluded.ended",
        [READER, *plan[:5], _encode(plan.skip).decode(), _encode(plan.orders).decode(), plan.ended],
    )


def rewind(offset: int) -> None:
    """Let the engine take the journal again from `offset`; only while it does not run."""
    position()
    execute('UPDATE engine_position SET "offset" = %s WHERE reader = %s', [offset, READER])
