"""Which people a list shows, newest first, a piece at a time.

Every piece takes bounded work whatever the number of people: it walks an index from the cursor on and looks at most
at SCAN rows. Where that ends before the piece is full, the cursor says where to go on.
"""

from __future__ import annotations

from typing import Any

import msgspec

from quen.db import fetch
from quen.identity.rules import anonymous_types

FEW = 500
SCAN = 20_000
_SMALL = 5_000  # a segment up to this size is sorted whole

ORDERS = {"seen": "last_seen", "new": "id"}


class Piece(msgspec.Struct):
    """Profile ids in order, and the cursor of the next piece (None at the end)."""

    ids: list[int]
    next: list[int] | None


def _known() -> str:
    """The condition that a profile has an identifier that says who it is."""
    anonymous = ", ".join(f"'{type_}'" for type_ in sorted(anonymous_types()))  # names are letters, digits, _
    return f"EXISTS (SELECT 1 FROM identity_identifier i WHERE i.profile_id = p.id AND i.type NOT IN ({anonymous}))"


def list_people(
    *, order: str = "seen", kind: str = "", segment: int | None = None, after: list[int] | None = None, limit: int = 50
) -> Piece:
    """`order`: seen (last seen first) or new (newest profile first). `kind`: known, anonymous, or "" for all.

    `after` is `next` of the piece before: [order value, id].
    """
    column = ORDERS.get(order, "last_seen")
    if segment is not None and _size(segment) <= _SMALL:
        return _members(column, kind, segment, after, limit)
    conditions, params = _after(column, after)
    wanted = [_filter(kind)] if kind in {"known", "anonymous"} else []
    if segment is not None:
        wanted.append("EXISTS (SELECT 1 FROM segments_member m WHERE m.segment_id = %s AND m.profile_id = p.id)")
    if not wanted:
        rows = fetch(
            f"SELECT p.id, p.{column} FROM profiles_profile p WHERE {conditions}"
            f" ORDER BY p.{column} DESC, p.id DESC LIMIT %s",
            [*params, limit + 1],
        )
        return _piece(rows, limit)
    window = (
        f"SELECT id, {column} AS place FROM profiles_profile p WHERE {conditions} ORDER BY p.{column} DESC, p.id DESC"
    )
    members = [segment] if segment is not None else []
    piece = Piece([], None)
    for scan in (FEW, SCAN):  # most often the first few hundred rows hold enough
        rows = fetch(
            f"SELECT p.id, p.place FROM ({window} LIMIT {scan}) p WHERE {' AND '.join(wanted)}"
            " ORDER BY p.place DESC, p.id DESC LIMIT %s",
            [*params, *members, limit + 1],
        )
        piece = _piece(rows, limit)
        if piece.next is not None:
            return piece
    if last := fetch(f"{window} LIMIT 1 OFFSET {SCAN - 1}", params):
        piece.next = [last[0][1], last[0][0]]
    return piece


def _size(segment: int) -> int:
    """Members, counted no further than matters."""
    rows = fetch(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM segments_member WHERE segment_id = %s LIMIT {_SMALL + 1}) AS some",
        [segment],
    )
    return int(rows[0][0])


def _members(column: str, kind: str, segment: int, start: list[int] | None, limit: int) -> Piece:
    conditions, params = _after(column, start)
    if kind in {"known", "anonymous"}:
        conditions += f" AND {_filter(kind)}"
    rows = fetch(
        f"SELECT p.id, p.{column} FROM segments_member m JOIN profiles_profile p ON p.id = m.profile_id"
        f" WHERE m.segment_id = %s AND {conditions} ORDER BY p.{column} DESC, p.id DESC LIMIT %s",
        [segment, *params, limit + 1],
    )
    return _piece(rows, limit)


def _filter(kind: str) -> str:
    return _known() if kind == "known" else f"NOT {_known()}"


def _after(column: str, start: list[int] | None) -> tuple[str, list[int]]:
    if start is None:
        return "1 = 1", []
    return f"(p.{column}, p.id) < (%s, %s)", start


def _piece(rows: list[tuple[Any, ...]], limit: int) -> Piece:
    shown = rows[:limit]
    return Piece([row[0] for row in shown], [shown[-1][1], shown[-1][0]] if len(rows) > limit else None)
