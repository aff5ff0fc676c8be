"""Identifiers, links and the log in the state database, read and written in sets. Only the engine writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from quen.db import execute_many, fetch, fetch_in
from quen.identity import limits
from quen.identity.keys import Key, make_key, match_value, pair_of
from quen.identity.models import Edge, Identifier
from quen.identity.resolution import IdentifierChange, NewClaim, NewEdge, Resolution
from quen.identity.types import DEFAULTS, Rules
from quen.protocol.messages import Message

# An identifier's last_seen moves once in so long, not at every event of a visit: each move writes a page of the file.
SEEN_STEP_MS = 600_000


class Known(NamedTuple):
    """An identifier that exists."""

    profile_id: int
    first_seen: int
    last_seen: int
    shared: bool
    tie: int  # a pair that the log has as evidence, 0 for none


def known(keys: Collection[str]) -> dict[str, Known]:
    """Identifier key → whose it is, for those that exist."""
    if not keys:
        return {}
    rows = fetch_in(
        "SELECT key, profile_id, first_seen, last_seen, shared, tie FROM identity_identifier WHERE {in}",
        keys,
        column="key",
    )
    return {key: Known(*row) for key, *row in rows}


def known_by_profile(profile_ids: Collection[int]) -> dict[int, list[limits.Known]]:
    """Profile id → what the rules need to know of its identifiers."""
    found: dict[int, list[limits.Known]] = defaultdict(list)
    if profile_ids:
        rows = fetch_in(
            "SELECT profile_id, type, scope, key, first_seen FROM identity_identifier WHERE {in}",
            profile_ids,
            column="profile_id",
        )
        for profile_id, *row in rows:
            found[profile_id].append(limits.Known(*row))
    return dict(found)


def merge_counts(profile_ids: Collection[int]) -> dict[int, int]:
    """Profile id → how many were merged into it; those without are not in the answer."""
    if not profile_ids:
        return {}
    return dict(
        fetch_in("SELECT to_id, COUNT(*) FROM identity_link WHERE {in} GROUP BY to_id", profile_ids, column="to_id")
    )


def known_pairs(pairs: Collection[int]) -> set[int]:
    """Those of the pairs that are evidence in the log: there, and not taken back since."""
    if not pairs:
        return set()
    last: dict[int, tuple[int, str]] = {}
    rows = fetch_in(
        "SELECT pair, id, kind FROM identity_edge WHERE kind IN ('attach', 'link', 'merge', 'remove') AND {in}",
        pairs,
        column="pair",
    )
    for pair, id_, kind in rows:
        last[pair] = max(last.get(pair, (0, "")), (id_, kind))
    return {pair for pair, (_id, kind) in last.items() if kind != "remove"}


def pairs_in_log(keys: Sequence[Sequence[Key]], there: Mapping[str, Known], remembered: Collection[int]) -> set[int]:
    """The pairs of messages' identifiers (the strongest with each other one) that the log has as evidence.

    `there`: the identifiers that exist. Most are told by the identifier's own tie; the log is asked for the rest, but
    for those that are `remembered`.
    """
    found: set[int] = set()
    asked: set[int] = set()
    for of in keys:
        if len(of) < 2 or (centre := there.get(of[0].key)) is None:
            continue
        for key in of[1:]:
            if (known_ := there.get(key.key)) is None:
                continue
            pair = pair_of(of[0].key, key.key)
            if pair in remembered:
                continue
            (found if pair in (known_.tie, centre.tie) else asked).add(pair)
    return found | known_pairs(asked)


def log_of(keys: Collection[str]) -> list[Edge]:
    """The entries of the log that say who is who among these identifiers, oldest first."""
    kinds = ("create", "attach", "link", "merge", "remove", "shared")
    return list(Edge.objects.filter(left__in=list(keys), kind__in=kinds).order_by("id"))


def separations() -> dict[str, set[str]]:
    """Identifier key → those it was cut from by hand. Few: people make them one by one."""
    found: dict[str, set[str]] = defaultdict(set)
    for left, right in fetch('SELECT "left", "right" FROM identity_separation'):
        found[left].add(right)
        found[right].add(left)
    return dict(found)


def open_claims() -> set[int]:
    """The pairs that open claims are about."""
    return {row[0] for row in fetch("SELECT pair FROM identity_claim WHERE status = 'open'")}


def identifiers_of(profile_ids: Collection[int]) -> dict[int, list[Identifier]]:
    """Profile id → its identifiers, oldest first."""
    found: dict[int, list[Identifier]] = {p: [] for p in profile_ids}
    for identifier in Identifier.objects.filter(profile_id__in=list(profile_ids)).order_by("first_seen", "key"):
        found[identifier.profile_id].append(identifier)
    return found


def find(
    type_: str, value: str, scope: str | None = None, *, rules: Rules = DEFAULTS, phone_region: str = "VN"
) -> int | None:
    """The profile that an identifier belongs to. Without a scope: of any scope, if it is only one person."""
    matched = match_value(type_, value, rules=rules, phone_region=phone_region)
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


def write(resolution: Resolution, before: Mapping[str, Known], links: dict[int, int], now: int) -> None:
    """Write what a batch does to identity; the caller has the transaction.

    `before`: the batch's identifiers as they stood. `links`: what link_changes says of the merges.
    """
    insert_identifiers(resolution.new_identifiers.values())
    touch_identifiers(resolution.seen_identifiers.values(), before)
    move_shared(resolution.moved)
    if resolution.merges:
        apply_merges(resolution.merges, links, now)
    append_edges(resolution.edges)
    count_aside(resolution.set_aside)
    keep_claims(list(resolution.claims.values()))
    confirm_claims(resolution.confirmed, now)
    forget_separations(resolution.reunited)


def insert_identifiers(changes: Iterable[IdentifierChange]) -> None:
    execute_many(
        "INSERT INTO identity_identifier (key, type, scope, value, profile_id, first_seen, last_seen, source_id,"
        " tie) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                c.key.key,
                c.key.type,
                c.key.scope,
                c.key.value,
                c.profile_id,
                c.first_seen,
                c.last_seen,
                c.source_id,
                c.tie,
            )
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


def move_shared(moved: Mapping[str, int]) -> None:
    """Give identifiers that several people share to their own fresh profiles."""
    execute_many(
        "UPDATE identity_identifier SET profile_id = %s, shared = TRUE, tie = 0 WHERE key = %s",
        [(profile_id, key) for key, profile_id in moved.items()],
    )


def append_edges(edges: Sequence[NewEdge]) -> None:
    """Write the log. A conflict that is in it already is not repeated: a shared tablet would fill it every second."""
    edges = _without_known_conflicts(edges)
    execute_many(
        'INSERT INTO identity_edge (id, at, kind, "left", "right", pair, profile_id, other_profile_id, source_id,'
        ' message_id, rule, "by", note) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)',
        [msgspec.structs.astuple(edge) for edge in edges],
    )


def _without_known_conflicts(edges: Sequence[NewEdge]) -> list[NewEdge]:
    conflicts = {e.pair for e in edges if e.kind == "conflict"}
    if not conflicts:
        return list(edges)
    rows = fetch_in("SELECT pair FROM identity_edge WHERE kind = 'conflict' AND {in}", conflicts, column="pair")
    seen = {pair for (pair,) in rows}
    kept: list[NewEdge] = []
    for edge in edges:
        if edge.kind == "conflict":
            if edge.pair in seen:
                continue
            seen.add(edge.pair)
        kept.append(edge)
    return kept


def count_aside(aside: Sequence[tuple[Key, str, Message]]) -> None:
    """Count identifiers that were set aside (identifier, rule, message), one row an identifier."""
    rows: dict[str, list[Any]] = {}
    for key, rule, message in aside:
        at = message.received_at
        row = rows.setdefault(key.key, [key.key, key.type, rule, 0, at, at, message.source_id])
        row[2], row[3], row[5] = rule, row[3] + 1, max(row[5], at)
    execute_many(
        "INSERT INTO identity_setaside (key, type, rule, count, first_at, last_at, source_id, dismissed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, FALSE)"
        " ON CONFLICT (key) DO UPDATE SET rule = excluded.rule, count = identity_setaside.count + excluded.count,"
        " last_at = excluded.last_at",
        list(rows.values()),
    )


def keep_claims(claims: Sequence[NewClaim]) -> None:
    """List what browsers asked for; what was asked before is counted, whatever a person decided about it."""
    execute_many(
        'INSERT INTO identity_claim (id, pair, kind, "left", "right", profile_id, other_profile_id, source_id,'
        " message_id, first_at, last_at, count, status, decided_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open', '')"
        " ON CONFLICT (pair) DO UPDATE SET count = identity_claim.count + excluded.count, kind = excluded.kind,"
        " profile_id = excluded.profile_id, other_profile_id = excluded.other_profile_id, last_at = excluded.last_at,"
        # Granted once and taken back since (an unmerge): it is a question again. Refused stays refused.
        " status = CASE WHEN identity_claim.status = 'confirmed' THEN 'open' ELSE identity_claim.status END",
        [
            (*msgspec.structs.astuple(c)[:9], c.at, c.at, c.count)  # to message_id, then first, last, count
            for c in claims
        ],
    )


def confirm_claims(pairs: Collection[int], now: int) -> None:
    """A trusted message named both: what the browser asked for is so."""
    execute_many(
        "UPDATE identity_claim SET status = 'confirmed', decided_at = %s, decided_by = 'server'"
        " WHERE pair = %s AND status = 'open'",
        [(now, pair) for pair in sorted(pairs)],
    )


def forget_separations(pairs: Collection[int]) -> None:
    execute_many("DELETE FROM identity_separation WHERE pair = %s", [(pair,) for pair in sorted(pairs)])
