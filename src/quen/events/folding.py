"""Folding links into the rows of events: a month is written anew beside the table and takes the place of the old one.

Readers see the rows before or after, never both and never neither: REPLACE PARTITION is atomic for them. It is not for
who dies in the middle of it: then both are there at the next start. So what has been compared and may take the old
one's place has another name, and whoever finds that finishes it. `origin` keeps the profile id of the moment.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from quen.events.store import EventStore

STAGING = "events_folding"
FOLDED = "events_folded"  # staged wholly; it is taking the place of the month, or has
_PERSON = "dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id)"
_LINKED = "profile_id IN (SELECT from_id FROM links FINAL WHERE from_id != to_id)"
_STAGE = f"INSERT INTO {STAGING} SELECT * REPLACE ({_PERSON} AS profile_id) FROM (SELECT * FROM events WHERE {{rows}})"
# Chunks are no batches: none may be taken for another.
_SETTINGS = " SETTINGS deduplicate_insert = 'disable', max_threads = 1, prefer_column_name_to_alias = 1"


class Month(NamedTuple):
    """`linked` of its `rows` are under ids that were merged away."""

    month: int  # yyyymm
    rows: int
    linked: int


class Staging(msgspec.Struct):
    """A month on its way. Rows with ids up to `watermark` are staged up to profile `through`; `mutation` is the last
    change that rows of the table had before."""

    month: int
    watermark: int
    mutation: int
    through: int = -1
    whole: bool = False


def linked_months(store: EventStore) -> list[Month]:
    """The months with rows to fold."""
    linked = dict(store.rows(f"SELECT toYYYYMM(time) AS month, count() FROM events WHERE {_LINKED} GROUP BY month"))
    if not linked:
        return []
    totals = dict(
        store.rows(
            "SELECT toUInt32(partition), sum(rows) FROM system.parts WHERE database = currentDatabase()"
            " AND table = 'events' AND active GROUP BY partition"
        )
    )
    return [Month(int(m), int(totals.get(m, 0)), int(n)) for m, n in sorted(linked.items())]


def begin(store: EventStore, month: int) -> Staging:
    """Make room for a month. Between two batches: all rows that are there have ids up to the highest one."""
    drop(store)
    store.rows(f"CREATE TABLE {STAGING} AS events")
    watermark = int(store.rows("SELECT max(id) FROM events")[0][0])
    return Staging(month, watermark, _last_mutation(store))


def stage(store: EventStore, staging: Staging, limit: int) -> None:
    """Write the next people of the month beside the table: about `limit` rows, whole people."""
    staged = f"toYYYYMM(time) = {staging.month} AND profile_id > {staging.through} AND id <= {staging.watermark}"
    if staging.through < 0:
        staged = f"toYYYYMM(time) = {staging.month} AND id <= {staging.watermark}"
    last = store.rows(f"SELECT profile_id FROM events WHERE {staged} ORDER BY profile_id LIMIT 1 OFFSET {limit:d}")
    upper = f" AND profile_id <= {int(last[0][0])}" if last else ""
    store.rows(_STAGE.format(rows=staged + upper) + _SETTINGS)
    staging.whole = not last
    staging.through = int(last[0][0]) if last else staging.through


def replace(store: EventStore, staging: Staging) -> bool:
    """Let the month take the old one's place, with what came meanwhile; between two batches.

    False: rows were deleted or changed meanwhile, so what was staged is not what is there.
    """
    if _last_mutation(store) != staging.mutation:
        return False
    came = f"toYYYYMM(time) = {staging.month} AND id > {staging.watermark}"
    store.rows(_STAGE.format(rows=came) + _SETTINGS)
    if _ids_in(store, "events", staging.month) != _ids_in(store, STAGING, staging.month):
        return False
    store.rows(f"RENAME TABLE {STAGING} TO {FOLDED}")
    store.rows(f"ALTER TABLE events REPLACE PARTITION {staging.month} FROM {FOLDED}")
    return True


def finish(store: EventStore) -> None:
    """At the start, before anything is inserted: what a crash has left goes on where it may be half done, or goes."""
    if store.rows(f"EXISTS TABLE {FOLDED}")[0][0]:
        for month, highest in store.rows(f"SELECT toYYYYMM(time), max(id) FROM {FOLDED} GROUP BY 1"):
            came = f"toYYYYMM(time) = {int(month)} AND id > {int(highest)}"
            if not store.rows(f"SELECT 1 FROM events WHERE {came} LIMIT 1"):  # else it was not this crash that left it
                store.rows(f"ALTER TABLE events REPLACE PARTITION {int(month)} FROM {FOLDED}")
    drop(store)


def drop(store: EventStore) -> None:
    """Away with what was staged."""
    for table in (STAGING, FOLDED):
        store.rows(f"DROP TABLE IF EXISTS {table} SYNC")


def forget_links(store: EventStore) -> None:
    """Links without rows need not be looked up any more. (The state keeps them: addresses lead on for ever.)"""
    idle = f"from_id NOT IN (SELECT DISTINCT profile_id FROM events WHERE {_LINKED})"
    if store.rows(f"SELECT 1 FROM links WHERE {idle} LIMIT 1"):
        store.rows(f"DELETE FROM links WHERE {idle}")
        store.rows("SYSTEM RELOAD DICTIONARY links_dict")


def _last_mutation(store: EventStore) -> int:
    return int(
        store.rows(
            "SELECT max(arrayMax(block_numbers.number)) FROM system.mutations"
            " WHERE database = currentDatabase() AND table = 'events'"
        )[0][0]
    )


def _ids_in(store: EventStore, table: str, month: int) -> tuple[int, int]:
    """How many rows, and which."""
    rows = store.rows(f"SELECT count(), groupBitXor(cityHash64(id)) FROM {table} WHERE toYYYYMM(time) = {month:d}")
    return int(rows[0][0]), int(rows[0][1])
