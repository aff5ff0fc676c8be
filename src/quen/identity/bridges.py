"""When an identifier turns out to be shared and leaves, it takes its evidence along. Pure.

Those whom it had tied together stay one person all the same: what a shared tablet showed of them before it was shared
was true. The log must say so itself, or a later reading of it would part them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from quen.identity.evidence import live_ties, parts
from quen.identity.keys import pair_of
from quen.identity.models import Edge
from quen.identity.resolution import NewEdge, Resolution

RULE = "shared_device"


def bridges(resolution: Resolution, log: Iterable[Edge], new_id: Callable[[], int]) -> list[NewEdge]:
    """Entries (kind `link`) that tie what a shared identifier held together and nothing else does.

    `log`: the entries, before this batch, about the identifiers of `resolution.left_behind`.
    """
    told = [*log, *(_entry(edge) for edge in resolution.edges)]
    left = [edge for edge in resolution.edges if edge.kind == "shared"]
    ties = live_ties(told)
    found: list[NewEdge] = []
    for profile, keys in sorted(resolution.left_behind.items()):
        apart = parts(sorted(keys), ties)
        if len(apart) < 2:
            continue
        entry = next(edge for edge in left if edge.left in resolution.left_from[profile])
        before = live_ties([edge for edge in told if edge.kind != "shared"])
        beside = {tie.other(edge.left) for edge in left for tie in before if edge.left in (tie.left, tie.right)}
        ends = [next((key for key in part if key in beside), part[0]) for part in apart]
        found += [
            NewEdge(
                new_id(),
                entry.at,
                "link",
                ends[0],
                end,
                pair_of(ends[0], end),
                profile,
                None,
                entry.source_id,
                entry.message_id,
                RULE,
            )
            for end in ends[1:]
        ]
    return found


def _entry(edge: NewEdge) -> Edge:
    return Edge(**msgspec.structs.asdict(edge))
