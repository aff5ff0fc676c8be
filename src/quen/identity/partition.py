"""Who is who after people are taken apart: from the log of one person to the people it makes. Pure.

A person is the identifiers that live evidence connects (evidence.live_ties). Decided here: which ties an order takes
back, and which profile id each part has then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from quen.identity.evidence import Tie, chain, parts
from quen.identity.models import Edge

Pair = tuple[str, str]


class Cut(NamedTuple):
    """What an order does to the evidence: pairs taken back, and pairs that a person ties so that a side stays one."""

    gone: list[Tie]
    tied: list[Pair]


class StillOne(NamedTuple):
    """The two are connected by other evidence too: by each of these ties in turn."""

    by: list[Tie]


class Parted(msgspec.Struct):
    """`owner`: identifier key → profile id; `leads`: every id that the person had, and each new one → whose it is."""

    owner: dict[str, int]
    leads: dict[int, int]

    @property
    def people(self) -> list[int]:
        return sorted(set(self.owner.values()))


def cut(ties: Sequence[Tie], entry: int) -> Cut | StillOne | None:
    """Take back one entry of the log; None when it ties nobody (any more).

    What the same message said besides, and nothing else says, goes along where it would bring the two together again: a
    message that named an e-mail address and a phone of somebody else joined the two people by two pairs.
    """
    tie = next((t for t in ties if any(e.pk == entry for e in t.entries)), None)
    if tie is None:
        return None
    told = {_message(e) for e in tie.entries}
    besides = [t for t in ties if t is not tie and {_message(e) for e in t.entries} <= told]
    kept = [t for t in ties if t is not tie and t not in besides]
    way = chain(kept, tie.left, tie.right)
    if way is not None:
        return StillOne(way)
    gone = [tie]
    for other in besides:
        if chain([*kept, other], tie.left, tie.right) is None:
            kept.append(other)
        else:
            gone.append(other)
    return Cut(gone, [])


def _message(entry: Edge) -> tuple[int, str]:
    return entry.source_id, entry.message_id


def split(keys: Sequence[str], ties: Sequence[Tie], leaving: Collection[str]) -> Cut:
    """Let `leaving` go together. Each side stays one person: where it falls apart, its parts are tied by hand."""
    gone = [t for t in ties if (t.left in leaving) != (t.right in leaving)]
    tied: list[Pair] = []
    for side in ([k for k in keys if k in leaving], [k for k in keys if k not in leaving]):
        first, *others = parts(side, ties)
        tied += [(first[0], other[0]) for other in others]
    return Cut(gone, tied)


def assign(
    keys: Sequence[str],
    ties: Sequence[Tie],
    gone: Sequence[Tie],
    holders: Mapping[int, Sequence[str]],
    ids: Collection[int],
    survivor: int,
    new_id: Callable[[], int],
) -> Parted:
    """The people that `keys` (oldest first) make with `ties`, those of `gone` taken back.

    `ids`: every id that leads to the person, `survivor` the one of today; `holders`: see there. The survivor stays with
    the identifier it began with; another part gets the oldest of the ids that began in it, else a new one. Identifiers
    that the cut has nothing to do with stay with the survivor, whatever the log knows of them.
    """
    found = parts(keys, ties)
    part_of = {key: number for number, part in enumerate(found) for key in part}
    homes = {
        id_: next((part_of[key] for key in holders.get(id_, ()) if key in part_of), None) for id_ in {*ids, survivor}
    }
    home = homes[survivor]
    if home is None:
        home = 0  # the part with the oldest identifier
    touched = {part_of[key] for tie in gone for key in (tie.left, tie.right)}
    owners: list[int] = []
    for number, _part in enumerate(found):
        if number == home or number not in touched:
            owners.append(survivor)
        else:
            owners.append(min((id_ for id_, at in homes.items() if at == number), default=0) or new_id())
    leads = {id_: survivor if at is None else owners[at] for id_, at in homes.items()}
    leads[survivor] = survivor
    return Parted({key: owners[part_of[key]] for key in keys}, leads | {owner: owner for owner in owners})


def holders(edges: Iterable[Edge]) -> dict[int, list[str]]:
    """Profile id → the identifiers that began it or, failing those, were said to have it when something was cut.

    An identifier that began a newer profile since is not an older one's any more.
    """
    found: dict[int, list[str]] = {}

    def begin(key: str, id_: int) -> None:
        for others in found.values():
            if key in others:
                others.remove(key)
        found.setdefault(id_, []).insert(0, key)

    for edge in sorted(edges, key=lambda e: e.pk):
        if edge.kind in ("create", "shared"):
            begin(edge.left, edge.profile_id)
        elif edge.kind == "remove":
            for key, id_ in ((edge.left, edge.profile_id), (edge.right, edge.other_profile_id)):
                if id_ is not None and id_ not in found:
                    begin(key, id_)
                elif id_ is not None and key not in found[id_]:
                    found[id_].append(key)
    return found
