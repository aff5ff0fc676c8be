"""What an order to take people apart comes to: who is who then, and what goes into the log. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from quen.identity import partition
from quen.identity.evidence import Tie, live_ties
from quen.identity.keys import Key, pair_of, split_key
from quen.identity.limits import Known, refusal
from quen.identity.models import Edge, Identifier
from quen.identity.partition import Cut, Pair, Parted, StillOne
from quen.identity.resolution import NewEdge
from quen.identity.types import Rules

NOT_LIVE, STILL_ONE, NOT_ONE, EVERYTHING, SAME = "not_live", "still_one", "not_one", "everything", "same"


class Whole(msgspec.Struct):
    """A person before anything is taken apart. `identifiers` oldest first; `ids`: every id that leads here, its own
    first; `edges`: what the log says of any of them."""

    id: int
    ids: list[int]
    identifiers: list[Identifier]
    edges: list[Edge]

    @property
    def keys(self) -> list[str]:
        return [identifier.key for identifier in self.identifiers]


class Signed(msgspec.Struct, frozen=True):
    """Who orders it, why, and when it is carried out (ms UTC)."""

    order_id: int
    by: str
    note: str
    now: int


class Refused(msgspec.Struct):
    """`edges`: entries of the log that are in the way."""

    problem: str
    edges: list[int] = []


class Parting(msgspec.Struct):
    """`owner`: every identifier concerned → its person; `leads`: every profile id concerned → the person it leads to.
    `separated`: the pairs taken back; `reunited`: pairs taken back earlier that are one person again."""

    owner: dict[str, int]
    leads: dict[int, int]
    edges: list[NewEdge]
    separated: list[Pair]
    reunited: set[int] = set()

    @property
    def people(self) -> list[int]:
        return sorted(set(self.leads.values()))


def _ties(whole: Whole) -> list[Tie]:
    """What holds the person together. An identifier that left took its ties along: their end may be in the log of
    somebody else, and is not needed to know."""
    keys = set(whole.keys)
    return [tie for tie in live_ties(whole.edges) if tie.left in keys and tie.right in keys]


def cut(whole: Whole, entry: int, signed: Signed, new_id: Callable[[], int]) -> Parting | Refused:
    """Take back one entry of the log."""
    ties = _ties(whole)
    found = partition.cut(ties, entry)
    if found is None:
        return Refused(NOT_LIVE)
    if isinstance(found, StillOne):
        return Refused(STILL_ONE, [tie.entries[0].pk for tie in found.by])
    return _part(whole, ties, found, signed, new_id)


def split(whole: Whole, leaving: Collection[str], signed: Signed, new_id: Callable[[], int]) -> Parting | Refused:
    """Let identifiers of one person leave together."""
    if not set(leaving) <= set(whole.keys):
        return Refused(NOT_ONE)
    if len(set(leaving)) == len(whole.keys):
        return Refused(EVERYTHING)
    ties = _ties(whole)
    return _part(whole, ties, partition.split(whole.keys, ties, leaving), signed, new_id)


def move(
    whole: Whole,
    key: str,
    other: Whole,
    signed: Signed,
    new_id: Callable[[], int],
    rules: Rules,
    separations: Mapping[str, Collection[str]],
) -> Parting | Refused:
    """Let one identifier leave and go to `other`: a separation, and a merge by hand."""
    if other.id == whole.id:
        return Refused(SAME)
    beside = other.keys[0]
    moved = {i.key: Known(i.type, i.scope, i.key, i.first_seen) for i in whole.identifiers if i.key == key}
    theirs = {i.key: Known(i.type, i.scope, i.key, i.first_seen) for i in other.identifiers}
    keys = [_key(beside, rules), _key(key, rules)]
    refused = refusal(
        keys, [other.id, whole.id], {whole.id: moved, other.id: theirs}, rules, time=signed.now, by_hand=True
    )
    if refused is not None:
        return Refused(refused.rule)
    parting: Parting | Refused
    if len(whole.identifiers) == 1:
        parting = Parting({key: whole.id}, dict.fromkeys(whole.ids, whole.id), [], [])
    else:
        parting = split(whole, [key], signed, new_id)
    if isinstance(parting, Parting):
        _merge(parting, key, other, beside, signed, new_id, separations)
    return parting


def _part(whole: Whole, ties: Sequence[Tie], found: Cut, signed: Signed, new_id: Callable[[], int]) -> Parting:
    gone = {(tie.left, tie.right) for tie in found.gone}
    kept = [tie for tie in ties if (tie.left, tie.right) not in gone]
    tied = [Tie(left, right, ()) for left, right in found.tied]
    holders = partition.holders(whole.edges)
    parted: Parted = partition.assign(whole.keys, [*kept, *tied], found.gone, holders, whole.ids, whole.id, new_id)
    owner = parted.owner
    edges = [
        _entry("remove", tie.left, tie.right, owner[tie.left], owner[tie.right], signed, new_id) for tie in found.gone
    ]
    edges += [_entry("link", left, right, owner[left], None, signed, new_id) for left, right in found.tied]
    return Parting(owner, parted.leads, edges, [(tie.left, tie.right) for tie in found.gone])


def _merge(
    parting: Parting,
    key: str,
    other: Whole,
    beside: str,
    signed: Signed,
    new_id: Callable[[], int],
    separations: Mapping[str, Collection[str]],
) -> None:
    """Let the person who has `key` now and `other` be one, as a merge by hand does: the older id survives."""
    left = parting.owner[key]
    survivor, gone = min(left, other.id), max(left, other.id)
    pair = (beside, key) if survivor == other.id else (key, beside)
    parting.edges.append(_entry("merge", *pair, survivor, gone, signed, new_id))
    mine = [k for k, owner in parting.owner.items() if owner == left]
    there = set(other.keys)
    parting.reunited = {pair_of(k, o) for k in mine for o in separations.get(k, ()) if o in there}
    parting.owner |= dict.fromkeys(other.keys, other.id)
    parting.leads |= dict.fromkeys(other.ids, other.id)
    parting.owner = {key_: survivor if owner == gone else owner for key_, owner in parting.owner.items()}
    parting.leads = {id_: survivor if to == gone else to for id_, to in parting.leads.items()}


def _entry(
    kind: str, left: str, right: str, profile: int, other: int | None, signed: Signed, new_id: Callable[[], int]
) -> NewEdge:
    return NewEdge(
        new_id(),
        signed.now,
        kind,
        left,
        right,
        pair_of(left, right),
        profile,
        other,
        0,
        f"order-{signed.order_id}",
        "by_hand",
        signed.by,
        signed.note,
    )


def _key(text: str, rules: Rules) -> Key:
    type_, scope, value = split_key(text)
    return Key(rules.type_of(type_).priority, text, type_, scope, value)
