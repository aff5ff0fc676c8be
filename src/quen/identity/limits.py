"""What forbids identifiers to be one person, and which of them gives way. Pure.

Segment drops the lowest-priority identifier of a message whose result would break a limit. Here only those that take
part in the conflict can be dropped: a visitor's fresh cookie is not lost because of a quarrel about an e-mail address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from quen.identity.keys import Key
from quen.identity.types import Rules


class Known(NamedTuple):
    """An identifier that a profile has."""

    type: str
    scope: str
    key: str
    first_seen: int


class Refusal(NamedTuple):
    """`aside`: the position of the identifier that gives way. `claim`: what is kept instead of an entry of the log."""

    aside: int
    rule: str
    claim: str = ""


Owned = Mapping[int, Mapping[str, Known]]


def refusal(
    keys: Sequence[Key],
    owners: Sequence[int | None],
    identifiers: Owned,
    rules: Rules,
    *,
    time: int,
    trusted: bool = True,
    by_hand: bool = False,
    merge_counts: Mapping[int, int] | None = None,
    separations: Mapping[str, Collection[str]] | None = None,
) -> Refusal | None:
    """The rule that forbids `keys`, strongest first, owned by `owners`, to be one person at `time` (ms UTC); or None.

    By hand, only what no person can be excused from is asked: unique types.
    """
    found = _unique(keys, owners, identifiers, rules)
    if found is not None or by_hand:
        return found
    if not trusted and (found := _untrusted(keys, owners, identifiers, rules)) is not None:
        return found
    if separations and (found := _separated(keys, owners, identifiers, separations)) is not None:
        return found
    if (found := _limits(keys, owners, identifiers, rules, time)) is not None:
        return found
    return _caps(keys, owners, identifiers, rules, merge_counts or {})


def _lowest(positions: Iterable[int]) -> int:
    return max(positions)


def _unique(keys: Sequence[Key], owners: Sequence[int | None], identifiers: Owned, rules: Rules) -> Refusal | None:
    """Two values of a unique type: the strongest identifier that has one keeps it, who has another gives way."""
    kept: dict[tuple[str, str], set[str]] = {}
    against: list[tuple[int, str]] = []
    for position, (key, owner) in enumerate(zip(keys, owners, strict=True)):
        values: dict[tuple[str, str], set[str]] = defaultdict(set)
        for known in identifiers.get(owner, {}).values() if owner is not None else ():
            if rules.type_of(known.type).unique:
                values[known.type, known.scope].add(known.key)
        if rules.type_of(key.type).unique:
            values[key.type, key.scope].add(key.key)
        for of, there in values.items():
            if there - kept.setdefault(of, there):
                against.append((position, of[0]))
    if not against:
        return None
    position, type_ = max(against)
    return Refusal(position, f"unique:{type_}")


def _untrusted(keys: Sequence[Key], owners: Sequence[int | None], identifiers: Owned, rules: Rules) -> Refusal | None:
    """A browser may not join two known people, nor give a known person another identifier of a type it has."""
    known = {o: _types_of(identifiers.get(o, {}), rules) for o in owners if o is not None}
    people = [position for position, o in enumerate(owners) if o is not None and known[o]]
    if not people:
        return None
    first = owners[people[0]]
    others = [position for position in people if owners[position] != first]
    if others:
        return Refusal(_lowest(others), "untrusted_merge", "merge")
    has = known[first] if first is not None else frozenset()
    further = [p for p, (k, o) in enumerate(zip(keys, owners, strict=True)) if o is None and (k.type, k.scope) in has]
    return Refusal(_lowest(further), "untrusted_attach", "attach") if further else None


def _types_of(owned: Mapping[str, Known], rules: Rules) -> frozenset[tuple[str, str]]:
    """What a person is known by; empty for a visitor."""
    return frozenset((k.type, k.scope) for k in owned.values() if not rules.type_of(k.type).anonymous)


def _separated(
    keys: Sequence[Key], owners: Sequence[int | None], identifiers: Owned, separations: Mapping[str, Collection[str]]
) -> Refusal | None:
    """Cut apart by a person: the weaker side gives way."""
    together: set[str] = set()
    seen: set[int] = set()
    clashing = []
    for position, (key, owner) in enumerate(zip(keys, owners, strict=True)):
        if owner is not None and owner in seen:
            continue
        group = {key.key} if owner is None else {key.key, *identifiers.get(owner, ())}
        if any(not together.isdisjoint(separations.get(k, ())) for k in group):
            clashing.append(position)
        else:
            together |= group
            if owner is not None:
                seen.add(owner)
    return Refusal(_lowest(clashing), "separated") if clashing else None


def _limits(
    keys: Sequence[Key], owners: Sequence[int | None], identifiers: Owned, rules: Rules, time: int
) -> Refusal | None:
    """More values of a type than its limit within its window."""
    counts: dict[tuple[str, str], dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    for person in {o for o in owners if o is not None}:
        for known in identifiers.get(person, {}).values():
            type_ = rules.type_of(known.type)
            if type_.limit is None or type_.unique:
                continue
            window = type_.window_ms
            if window is None or known.first_seen > time - window:
                counts[known.type, known.scope][person] += 1
    for key, owner in zip(keys, owners, strict=True):
        type_ = rules.type_of(key.type)
        if owner is None and type_.limit is not None and not type_.unique:
            counts[key.type, key.scope][None] += 1
    for (name, scope), by_owner in counts.items():
        limit = rules.type_of(name).limit
        # What was over the limit before is no reason: the message must add to it.
        if limit is None or (len(by_owner) == 1 and None not in by_owner) or sum(by_owner.values()) <= limit:
            continue
        strongest = next((o for o in owners if o is not None), None)
        adding = [
            position
            for position, (key, owner) in enumerate(zip(keys, owners, strict=True))
            if ((key.type, key.scope) == (name, scope) if owner is None else owner != strongest and owner in by_owner)
        ]
        # What ties the new value to the person gives way where it is the weaker: a shop's phone to a customer's code.
        ties = [position for position, owner in enumerate(owners) if owner == strongest and owner in by_owner]
        if adding:
            return Refusal(_lowest(ties if ties and min(ties) > max(adding) else adding), f"limit:{name}")
    return None


def _caps(
    keys: Sequence[Key],
    owners: Sequence[int | None],
    identifiers: Owned,
    rules: Rules,
    merge_counts: Mapping[int, int],
) -> Refusal | None:
    """A hub: too many people or identifiers have gone into one. What ties this message to it gives way."""
    people = {o for o in owners if o is not None}
    if not people:
        return None
    if len(people) > 1 and sum(merge_counts.get(p, 0) for p in people) + len(people) - 1 > rules.max_merges:
        hub = max(people, key=lambda p: (merge_counts.get(p, 0), p))
        return Refusal(_giving_way(keys, owners, hub, rules), "cap:merges")
    sizes = {p: len(identifiers.get(p, ())) for p in people}
    fresh = sum(1 for o in owners if o is None)
    if (fresh or len(people) > 1) and sum(sizes.values()) + fresh > rules.max_identifiers:
        hub = max(people, key=lambda p: (sizes[p], p))
        return Refusal(_giving_way(keys, owners, hub, rules), "cap:identifiers")
    return None


def _giving_way(keys: Sequence[Key], owners: Sequence[int | None], hub: int, rules: Rules) -> int:
    """The weakest anonymous one that is not the hub's, else the weakest of the hub's."""
    visitors = [p for p, k in enumerate(keys) if owners[p] != hub and rules.type_of(k.type).anonymous]
    return _lowest(visitors) if visitors else _lowest(p for p, o in enumerate(owners) if o == hub)
