"""How segments overlap: how many people are in exactly which of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quen.db import fetch

MOST = 5


class Part(msgspec.Struct, frozen=True):
    """`count` people are in all of `segment_ids` and in none of the other chosen ones."""

    segment_ids: tuple[int, ...]
    count: int


def overlap(segment_ids: Sequence[int]) -> list[Part]:
    """Every intersection that somebody is in, the largest first. One query, of one state of all the members."""
    chosen = list(dict.fromkeys(segment_ids))[:MOST]
    if not chosen:
        return []
    bits = " ".join("WHEN %s THEN %s" for _ in chosen)
    marks = ", ".join("%s" for _ in chosen)
    rows = fetch(
        "SELECT mask, COUNT(*) FROM ("
        f" SELECT profile_id, SUM(CASE segment_id {bits} END) AS mask FROM segments_member"
        f" WHERE segment_id IN ({marks}) GROUP BY profile_id) AS people GROUP BY mask",
        [*(value for place, id_ in enumerate(chosen) for value in (id_, 1 << place)), *chosen],
    )
    parts = [
        Part(tuple(id_ for place, id_ in enumerate(chosen) if int(mask) >> place & 1), int(count))
        for mask, count in rows
    ]
    return sorted(parts, key=lambda part: (-part.count, len(part.segment_ids), part.segment_ids))
