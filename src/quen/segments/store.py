"""Members, atoms and progress in the state database, read and written in sets. Only the engine writes members.

While another version of a segment is computed its members are those of the version before, who go on entering and
leaving. Those of the next one wait in `segments_pending`, and take their place in one transaction (`take_place`). Half
a result is nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from quen.db import execute, execute_many, fetch, fetch_in
from quen.ids import now_ms
from quen.profiles.store import EVERYONE
from quen.segments.facts import Change

_encode = msgspec.json.Encoder(order="sorted").encode


class Moved(NamedTuple):
    """Somebody entered or left when the version of this slot took its place. `id`: the place in what is untold;
    `past`: they have left or entered since, which is told already."""

    id: int
    slot: int
    profile_id: int
    change: Change
    past: bool


def apply_changes(changes: Sequence[tuple[int, Change]], merged: Mapping[int, int]) -> None:
    """Write who entered and left in a batch: (profile id, change) in order, after moving the rows of merged profiles.

    `merged`: profile ids merged away in this batch → survivor. The caller has the transaction.
    """
    if not (changes or merged):
        return
    slots = {slot for (slot,) in fetch("SELECT next_slot FROM segments_segment WHERE next_slot <> 0")}
    if slots:
        _apply_to_next([(p, c) for p, c in changes if c.next and c.segment_id in slots], merged)
    delta: Counter[int] = Counter()
    if merged:
        _move_members(merged, delta)
    last: dict[tuple[int, int], Change] = {}
    for profile_id, change in changes:
        if not change.next:
            delta[change.segment_id] += 1 if change.entered else -1
            last[change.segment_id, profile_id] = change
    # A profile that came and was merged away within one batch leaves no rows.
    entered = [(s, p, c.at) for (s, p), c in last.items() if c.entered and p not in merged]
    left = [(s, p) for (s, p), c in last.items() if not c.entered]
    execute_many("DELETE FROM segments_member WHERE segment_id = %s AND profile_id = %s", left)
    execute_many(
        "INSERT INTO segments_member (segment_id, profile_id, since) VALUES (%s, %s, %s)"
        " ON CONFLICT (segment_id, profile_id) DO UPDATE SET since = excluded.since",
        entered,
    )
    if last and fetch("SELECT 1 FROM segments_untold LIMIT 1"):
        execute_many(
            "UPDATE segments_untold SET past = %s WHERE segment_id = %s AND profile_id = %s",
            [(True, segment_id, profile_id) for segment_id, profile_id in sorted(last)],
        )
    # A segment that never had a whole result has no count yet.
    execute_many(
        "UPDATE segments_segment SET count = count + %s WHERE id = %s AND shown_version > 0",
        [(n, segment_id) for segment_id, n in sorted(delta.items()) if n],
    )


def _apply_to_next(changes: Sequence[tuple[int, Change]], merged: Mapping[int, int]) -> None:
    """The same for versions that are being computed."""
    if merged:
        rows = fetch_in("SELECT slot, profile_id, since FROM segments_pending WHERE {in}", merged, column="profile_id")
        execute_many("DELETE FROM segments_pending WHERE profile_id = %s", sorted({(row[1],) for row in rows}))
        _insert_pending((slot, _survivor(profile_id, merged), since) for slot, profile_id, since in rows)
    last = {(change.segment_id, profile_id): change for profile_id, change in changes}
    execute_many("DELETE FROM segments_pending WHERE slot = %s AND profile_id = %s", sorted(last))
    _insert_pending((slot, p, change.at) for (slot, p), change in last.items() if change.entered and p not in merged)


def _insert_pending(rows: Iterable[tuple[int, int, int]]) -> None:
    execute_many(
        "INSERT INTO segments_pending (slot, profile_id, since) VALUES (%s, %s, %s)"
        " ON CONFLICT (slot, profile_id) DO UPDATE SET since ="
        " CASE WHEN excluded.since < segments_pending.since THEN excluded.since ELSE segments_pending.since END",
        sorted(rows),
    )


def _move_members(merged: Mapping[int, int], delta: Counter[int]) -> None:
    """Rows of merged profiles become the survivor's, since the earlier of both."""
    rows = fetch_in("SELECT segment_id, profile_id, since FROM segments_member WHERE {in}", merged, column="profile_id")
    if not rows:
        return
    execute_many("DELETE FROM segments_member WHERE profile_id = %s", sorted({(row[1],) for row in rows}))
    theirs: dict[tuple[int, int], int] = {}
    for segment_id, profile_id, since in rows:
        key = (segment_id, _survivor(profile_id, merged))
        theirs[key] = min(since, theirs.get(key, since))
        delta[segment_id] -= 1
    already = {
        (segment_id, profile_id)
        for segment_id, profile_id in fetch_in(
            "SELECT segment_id, profile_id FROM segments_member WHERE {in}", {p for _, p in theirs}, column="profile_id"
        )
    }
    execute_many(
        "INSERT INTO segments_member (segment_id, profile_id, since) VALUES (%s, %s, %s)"
        " ON CONFLICT (segment_id, profile_id) DO UPDATE SET since ="
        " CASE WHEN excluded.since < segments_member.since THEN excluded.since ELSE segments_member.since END",
        [(s, p, since) for (s, p), since in sorted(theirs.items())],
    )
    for key in theirs.keys() - already:
        delta[key[0]] += 1


def _survivor(profile_id: int, merged: Mapping[int, int]) -> int:
    while profile_id in merged:
        profile_id = merged[profile_id]
    return profile_id


def earliest(profile_ids: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Segment id → since when the first of these people is in it; slot → the same of what is being computed."""
    shown = "SELECT segment_id, MIN(since) FROM segments_member WHERE {in} GROUP BY segment_id"
    coming = "SELECT slot, MIN(since) FROM segments_pending WHERE {in} GROUP BY slot"
    members, pending = (dict(fetch_in(sql, profile_ids, column="profile_id")) for sql in (shown, coming))
    return members, pending


def pending_between(slot: int, low: int, high: int) -> set[int]:
    """Of those with low ≤ profile id ≤ high the ones who are in what is being computed as far as is known: who was
    computed before has become one with somebody who was not."""
    rows = fetch(
        "SELECT profile_id FROM segments_pending WHERE slot = %s AND profile_id BETWEEN %s AND %s", [slot, low, high]
    )
    return {profile_id for (profile_id,) in rows}


def members(segment_id: int, after: tuple[int, int] | None, limit: int) -> list[tuple[int, int]]:
    """(since, profile id), the latest first, after the one given."""
    condition, params = "", [segment_id]
    if after is not None:
        condition = " AND (since < %s OR (since = %s AND profile_id < %s))"
        params += [after[0], after[0], after[1]]
    return fetch(
        f"SELECT since, profile_id FROM segments_member WHERE segment_id = %s{condition}"
        " ORDER BY since DESC, profile_id DESC LIMIT %s",
        [*params, limit],
    )


def set_computed_through(slot: int, profile_id: int) -> None:
    """Does nothing when the segment was changed meanwhile. `EVERYONE`: all are."""
    execute("UPDATE segments_segment SET computed_through = %s WHERE next_slot = %s", [profile_id, slot])


def take_place(slot: int, now: int) -> bool:
    """A version that is whole takes the place of the one before: its members, all at once. Whether it did: not when the
    segment was changed meanwhile. Who enters and leaves by it is told from `untold`. The caller has the transaction.
    """
    found = fetch(
        "SELECT id, kind FROM segments_segment WHERE next_slot = %s AND computed_through = %s", [slot, EVERYONE]
    )
    if not found:
        return False
    [(segment_id, kind)] = found
    entered = "SELECT profile_id FROM segments_pending WHERE slot = %s"
    inside = "SELECT profile_id FROM segments_member WHERE segment_id = %s"
    if kind != "internal":  # of rules of journeys nobody is told
        columns = "segment_id, slot, profile_id, entered, at, past"
        tell = f"INSERT INTO segments_untold ({columns}) SELECT %s, %s, profile_id, %s, %s, %s"
        execute(
            f"{tell} FROM segments_member WHERE segment_id = %s AND profile_id NOT IN ({entered}) ORDER BY profile_id",
            [segment_id, slot, False, now, False, segment_id, slot],
        )
        execute(
            f"{tell} FROM segments_pending WHERE slot = %s AND profile_id NOT IN ({inside}) ORDER BY profile_id",
            [segment_id, slot, True, now, False, slot, segment_id],
        )
    execute(f"DELETE FROM segments_member WHERE segment_id = %s AND profile_id NOT IN ({entered})", [segment_id, slot])
    execute(
        "INSERT INTO segments_member (segment_id, profile_id, since)"
        " SELECT %s, profile_id, since FROM segments_pending WHERE slot = %s"
        " ON CONFLICT (segment_id, profile_id) DO NOTHING",
        [segment_id, slot],
    )
    forget_next(slot)
    execute(
        "UPDATE segments_segment SET status = 'live', computed_through = 0, shown_version = version, slot = next_slot,"
        " next_slot = 0, stands = %s, asks = '',"
        " count = (SELECT COUNT(*) FROM segments_member WHERE segment_id = segments_segment.id) WHERE id = %s",
        [False, segment_id],
    )
    return True


def untold(limit: int) -> list[Moved]:
    """Who entered and left when a version took another's place: the oldest of what is not told, of one version."""
    rows = fetch(
        "SELECT id, segment_id, slot, profile_id, entered, at, past FROM segments_untold WHERE slot ="
        " (SELECT slot FROM segments_untold ORDER BY id LIMIT 1) ORDER BY id LIMIT %s",
        [limit],
    )
    return [
        Moved(id_, slot, profile_id, Change(segment_id, bool(entered), at, backfill=True), bool(past))
        for id_, segment_id, slot, profile_id, entered, at, past in rows
    ]


def strike_off(told: Sequence[Moved]) -> None:
    execute_many("DELETE FROM segments_untold WHERE id = %s", [(each.id,) for each in told])


def forget_next(slot: int) -> None:
    """Who is in a version that is being computed: it was given up, or has taken its place."""
    execute("DELETE FROM segments_pending WHERE slot = %s", [slot])


def number_atoms(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Key → number of each spec; new ones get a number. Numbers are never used again for anything else."""
    execute_many(
        "INSERT INTO segments_atom (key, spec, created_at) VALUES (%s, %s, %s) ON CONFLICT (key) DO NOTHING",
        [(key, _encode(spec).decode(), now_ms()) for key, spec in sorted(specs.items())],
    )
    return atom_numbers(specs)


def atom_numbers(keys: Iterable[str]) -> dict[str, int]:
    wanted = list(keys)
    return dict(fetch_in("SELECT key, id FROM segments_atom WHERE {in}", wanted, column="key")) if wanted else {}


def delete_members(segment_id: int) -> None:
    for table in ("segments_member", "segments_untold"):
        execute(f"DELETE FROM {table} WHERE segment_id = %s", [segment_id])
