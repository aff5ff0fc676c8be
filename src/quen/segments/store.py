"""Members, atoms and progress in the state database, read and written in sets. Only the engine writes members.

While another version of a segment is computed its members stay those of the version before, whole: what will be
different waits in `segments_pending` and takes its place in one transaction (`finish`). Half a result is nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from quen.db import execute, execute_many, fetch, fetch_in
from quen.ids import now_ms
from quen.segments.facts import Change

_encode = msgspec.json.Encoder(order="sorted").encode


def apply_changes(changes: Sequence[tuple[int, Change]], merged: Mapping[int, int]) -> None:
    """Write who entered and left in a batch: (profile id, change) in order, after moving the rows of merged profiles.

    `merged`: profile ids merged away in this batch → survivor. The caller has the transaction.
    """
    if not (changes or merged):
        return
    delta: Counter[int] = Counter()
    waiting = _waiting()
    if merged:
        if waiting:
            _move_pending(merged, waiting)
        _move_members(merged, delta)
    last: dict[tuple[int, int], Change] = {}
    for profile_id, change in changes:
        if change.segment_id not in waiting:
            delta[change.segment_id] += 1 if change.entered else -1
        last[change.segment_id, profile_id] = change
    # A profile that came and was merged away within one batch leaves no rows.
    entered = [(s, p, c.at) for (s, p), c in last.items() if c.entered and p not in merged and s not in waiting]
    left = [(s, p) for (s, p), c in last.items() if not c.entered and s not in waiting]
    if waiting:
        _wait((s, p, c.at if c.entered else None) for (s, p), c in last.items() if s in waiting and p not in merged)
    execute_many("DELETE FROM segments_member WHERE segment_id = %s AND profile_id = %s", left)
    execute_many(
        "INSERT INTO segments_member (segment_id, profile_id, since) VALUES (%s, %s, %s)"
        " ON CONFLICT (segment_id, profile_id) DO UPDATE SET since = excluded.since",
        entered,
    )
    # A segment that never had a whole result has no count yet.
    execute_many(
        "UPDATE segments_segment SET count = count + %s WHERE id = %s AND shown_version > 0",
        [(n, segment_id) for segment_id, n in sorted(delta.items()) if n],
    )


def _waiting() -> set[int]:
    """The segments whose members stay as they are until another version is whole, or until they are resumed."""
    return {row[0] for row in fetch("SELECT id FROM segments_segment WHERE status <> 'live' AND shown_version > 0")}


def _wait(rows: Iterable[tuple[int, int, int | None]]) -> None:
    execute_many(
        "INSERT INTO segments_pending (segment_id, profile_id, since) VALUES (%s, %s, %s)"
        " ON CONFLICT (segment_id, profile_id) DO UPDATE SET since = excluded.since",
        sorted(rows, key=lambda row: (row[0], row[1])),
    )


def _move_pending(merged: Mapping[int, int], waiting: Collection[int]) -> None:
    """What waits for merged profiles becomes the survivor's: in it if either will be, since the earlier of both."""
    people = merged.keys() | {_survivor(profile_id, merged) for profile_id in merged}
    rows = fetch_in(
        "SELECT segment_id, profile_id, since FROM segments_pending WHERE {in}", people, column="profile_id"
    )
    if not rows:
        return
    stored = fetch_in(
        "SELECT segment_id, profile_id, since FROM segments_member WHERE {in}", people, column="profile_id"
    )
    now = {(s, p): since for s, p, since in stored if s in waiting} | {(s, p): since for s, p, since in rows}
    changed = {(s, _survivor(p, merged)) for s, p, _ in rows}
    theirs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (segment_id, profile_id), since in now.items():
        if since is not None:
            theirs[segment_id, _survivor(profile_id, merged)].append(since)
    execute_many("DELETE FROM segments_pending WHERE profile_id = %s", sorted((p,) for p in merged))
    _wait((s, p, min(theirs[s, p], default=None)) for s, p in changed)


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


def members_between(segment_id: int, low: int, high: int) -> dict[int, int]:
    """Profile id → since, of the members with low ≤ profile id ≤ high, as the last who computed them found them."""
    found: dict[int, int | None] = {}
    for table in ("segments_member", "segments_pending"):
        found |= dict(
            fetch(
                f"SELECT profile_id, since FROM {table} WHERE segment_id = %s AND profile_id BETWEEN %s AND %s",
                [segment_id, low, high],
            )
        )
    return {profile_id: since for profile_id, since in found.items() if since is not None}


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


def finish(segment_id: int, version: int) -> None:
    """A version is computed: its members take the place of those before, all at once, and from now on it is live.

    Does nothing when the segment was changed or archived meanwhile. The caller has the transaction.
    """
    done = execute(
        "UPDATE segments_segment SET status = 'live', computed_through = 0, shown_version = version"
        " WHERE id = %s AND version = %s AND status = 'computing'",
        [segment_id, version],
    )
    if not done:
        return
    execute(
        "DELETE FROM segments_member WHERE segment_id = %s AND profile_id IN"
        " (SELECT profile_id FROM segments_pending WHERE segment_id = %s AND since IS NULL)",
        [segment_id, segment_id],
    )
    execute(
        "INSERT INTO segments_member (segment_id, profile_id, since) SELECT segment_id, profile_id, since"
        " FROM segments_pending WHERE segment_id = %s AND since IS NOT NULL"
        " ON CONFLICT (segment_id, profile_id) DO UPDATE SET since = excluded.since",
        [segment_id],
    )
    execute("DELETE FROM segments_pending WHERE segment_id = %s", [segment_id])
    execute(
        "UPDATE segments_segment SET count = (SELECT COUNT(*) FROM segments_member WHERE segment_id = %s)"
        " WHERE id = %s",
        [segment_id, segment_id],
    )


def set_computed_through(segment_id: int, version: int, profile_id: int) -> None:
    execute(
        "UPDATE segments_segment SET computed_through = %s WHERE id = %s AND version = %s AND status = 'computing'",
        [profile_id, segment_id, version],
    )


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
    for table in ("segments_member", "segments_pending"):
        execute(f"DELETE FROM {table} WHERE segment_id = %s", [segment_id])
