"""One person's identifiers and log read whole, and written back as several. Only the engine writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from quen.db import execute_many, fetch_in
from quen.identity.keys import pair_of
from quen.identity.models import Edge, Identifier
from quen.identity.parting import Whole
from quen.identity.partition import Pair
from quen.identity.resolution import NewEdge
from quen.identity.store import append_edges, merged_ids

_EDGE = (
    'SELECT id, at, kind, "left", "right", pair, profile_id, other_profile_id, source_id, message_id, rule, "by", note'
    " FROM identity_edge WHERE {in}"
)
_FIELDS = (
    *("id", "at", "kind", "left", "right", "pair", "profile_id", "other_profile_id"),
    *("source_id", "message_id", "rule", "by", "note"),
)


class NewLinks(msgspec.Struct):
    """`moved`: id → where it leads now; `ended`: ids that are somebody's own again."""

    moved: dict[int, int]
    ended: list[int]


def read(profile_id: int) -> Whole:
    ids = merged_ids(profile_id)
    identifiers = list(Identifier.objects.filter(profile_id=profile_id).order_by("first_seen", "key"))
    keys = [i.key for i in identifiers]
    rows = {
        row[0]: row
        for column, values in (('"left"', keys), ("profile_id", ids), ("other_profile_id", ids))
        for row in (fetch_in(_EDGE, values, column=column) if values else ())
    }
    edges = [Edge(**dict(zip(_FIELDS, rows[id_], strict=True))) for id_ in sorted(rows)]
    return Whole(profile_id, ids, identifiers, edges)


def write(
    owners: Mapping[str, int],
    links: NewLinks,
    edges: Sequence[NewEdge],
    separated: Collection[Pair],
    order: int,
    now: int,
) -> None:
    """Give identifiers (key → profile id) to their people, and remember it all. The caller has the transaction."""
    execute_many(
        "UPDATE identity_identifier SET profile_id = %s WHERE key = %s",
        [(profile_id, key) for key, profile_id in owners.items()],
    )
    execute_many("DELETE FROM identity_link WHERE from_id = %s", [(id_,) for id_ in links.ended])
    execute_many(
        "INSERT INTO identity_link (from_id, to_id, at) VALUES (%s, %s, %s)"
        " ON CONFLICT (from_id) DO UPDATE SET to_id = excluded.to_id, at = excluded.at",
        [(from_id, to_id, now) for from_id, to_id in sorted(links.moved.items())],
    )
    append_edges(edges)
    cut = {key for edge in edges if edge.kind == "remove" for key in (edge.left, edge.right)}
    execute_many("UPDATE identity_identifier SET tie = 0 WHERE key = %s", [(key,) for key in sorted(cut)])
    execute_many(
        'INSERT INTO identity_separation (pair, "left", "right", at, order_id) VALUES (%s, %s, %s, %s, %s)'
        " ON CONFLICT (pair) DO NOTHING",
        [(pair_of(left, right), left, right, now, order) for left, right in separated],
    )


def links_after(leads: Mapping[int, int], before: Mapping[int, int]) -> NewLinks:
    """How links change when `leads` (id → whose it is) comes to hold. `before`: the links as they stand (from → to)."""
    moved = {id_: to for id_, to in leads.items() if id_ != to and before.get(id_) != to}
    return NewLinks(moved, [id_ for id_, to in leads.items() if id_ == to and id_ in before])
