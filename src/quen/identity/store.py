"""Identifiers, links and the log in the state database, read and written in sets. Only the engine writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from quen.db import execute_many, fetch, fetch_in
from quen.identity.keys import make_key, match_value
from quen.identity.models import Identifier
from quen.identity.resolve import IdentifierChange, NewEdge

# An identifier's last_seen moves once in so long, not at every event of a visit: each move writes a page of the file.
SEEN_STEP_MS = 600_000


class Known(NamedTuple):
    """An identifier that exists."""

    profile_id: int
    first_seen: int
    last_seen: int


def known(keys: Collection[str]) -> dict[str, Known]:
    """Identifier key → whose it is, for those that exist."""
    if not keys:
        return {}
    rows = fetch_in(
        "SELECT key, profile_id, first_seen, last_seen FROM identity_identifier WHERE {in}", keys, column="key"
    )
    return {key: Known(*row) for key, *row in rows}


def keys_by_profile(profile_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """Profile id → its (type, key)."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    if profile_ids:
        rows = fetch_in(
            "SELECT profile_id, type, key FROM identity_identifier WHERE {in}", profile_ids, column="profile_id"
        )
        for profile_id, type_, key in rows:
            found[profile_id].append((type_, key))
    return dict(found)


def identifiers_of(profile_ids: Collection[int]) -> dict[int, list[Identifier]]:
    """Profile id → its identifiers, oldest first."""
    found: dict[int, list[Identifier]] = {p: [] for p in profile_ids}
    for identifier in Identifier.objects.filter(profile_id__in=list(profile_ids)).order_by("first_seen", "key"):
        found[identifier.profile_id].append(identifier)
    return found


def find(type_: str, value: str, scope: str | None = None, *, phone_region: str = "VN") -> int | None:
    """The profile that an identifier belongs to. Without a scope: of any scope, if it is only one person."""
    matched = match_value(type_, value, phone_region=phone_region)
    if matched is None:
        return None
    if scope is not None:
        rows = fetch("SELECT profile_id FROM identity_identifier WHERE key = %s", [make_key(type_, scope, matched)])
    else:
        rows = fetch(
            "SELECT DISTINCT profile_id FROM identity_identifier WHERE value = %s AND type = %s", [matched, type_]
        )
    return rows[0][0] if len(rows) == 1 else None


def canonical(profile_ids: Collection[int]) -> dict[int, int]:
    """Profile ids that were merged away → the profile that has their history now. Others are not in the answer."""
    if not profile_ids:
        return {}
    return dict(fetch_in("SELECT from_id, to_id FROM identity_link WHERE {in}", profile_ids, column="from_id"))


def merged_ids(profile_id: int) -> list[int]:
    """Every id whose history is this person's, itself first."""
    rows = fetch("SELECT from_id FROM identity_link WHERE to_id = %s ORDER BY from_id", [profile_id])
    return [profile_id, *(row[0] for row in rows)]


def merged_ids_of(profile_ids: Collection[int]) -> dict[int, list[int]]:
    """The same for many."""
    found = {p: [p] for p in profile_ids}
    if profile_ids:
        for from_id, to_id in fetch_in(
            "SELECT from_id, to_id FROM identity_link WHERE {in}", profile_ids, column="to_id"
        ):
            found[to_id].append(from_id)
    return found


def insert_identifiers(changes: Iterable[IdentifierChange]) -> None:
    execute_many(
        "INSERT INTO identity_identifier (key, type, scope, value, profile_id, first_seen, last_seen, source_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (c.key.key, c.key.type, c.key.scope, c.key.value, c.profile_id, c.first_seen, c.last_seen, c.source_id)
            for c in changes
        ],
    )


def touch_identifiers(changes: Iterable[IdentifierChange], before: Mapping[str, Known]) -> None:
    """Move first_seen and last_seen of identifiers that were seen again (`before`: as they stand)."""
    rows = []
    for change in changes:
        stood = before[change.key.key]
        if change.last_seen > stood.last_seen + SEEN_STEP_MS or change.first_seen < stood.first_seen:
            first, last = min(stood.first_seen, change.first_seen), max(stood.last_seen, change.last_seen)
            rows.append((first, last, change.key.key))
    execute_many("UPDATE identity_identifier SET first_seen = %s, last_seen = %s WHERE key = %s", rows)


def link_changes(merges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Every link that is new or moves when these merges (survivor, merged away) happen in order. Writes nothing."""
    into: dict[int, int] = {}
    for survivor, other in merges:
        for from_id, to_id in into.items():
            if to_id == other:
                into[from_id] = survivor
        into[other] = survivor
    if not into:
        return {}
    earlier = fetch_in("SELECT from_id, to_id FROM identity_link WHERE {in}", list(into), column="to_id")
    return {from_id: into[to_id] for from_id, to_id in earlier} | into


def apply_merges(merges: Sequence[tuple[int, int]], links: dict[int, int], now: int) -> None:
    """Move the identifiers of merged profiles, in order, and write their links."""
    execute_many("UPDATE identity_identifier SET profile_id = %s WHERE profile_id = %s", list(merges))
    execute_many(
        "INSERT INTO identity_link (from_id, to_id, at) VALUES (%s, %s, %s)"
        " ON CONFLICT (from_id) DO UPDATE SET to_id = excluded.to_id, at = excluded.at",
        [(from_id, to_id, now) for from_id, to_id in sorted(links.items())],
    )


def append_edges(edges: Sequence[NewEdge]) -> None:
    """Write the log. A conflict that is in it already is not repeated: a shared tablet would fill it every second."""
    edges = _without_known_conflicts(edges)
    execute_many(
        'INSERT INTO identity_edge (id, at, kind, "left", "right", profile_id, other_profile_id, source_id, message_id,'
        " rule, \"by\") VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '')",
        [
            (e.id, e.at, e.kind, e.left, e.right, e.profile_id, e.other_profile_id, e.source_id, e.message_id, e.rule)
            for e in edges
        ],
    )


def _without_known_conflicts(edges: Sequence[NewEdge]) -> list[NewEdge]:
    conflicts = {e.left for e in edges if e.kind == "conflict"}
    if not conflicts:
        return list(edges)
    seen = set(
        fetch_in(
            'SELECT "left", "right" FROM identity_edge WHERE kind = \'conflict\' AND {in}', conflicts, column='"left"'
        )
    )
    kept: list[NewEdge] = []
    for edge in edges:
        if edge.kind == "conflict":
            if (edge.left, edge.right) in seen:
                continue
            seen.add((edge.left, edge.right))
        kept.append(edge)
    return kept
