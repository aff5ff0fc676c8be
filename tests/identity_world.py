"""The state database's part in identity, in memory: resolves batch after batch as the engine does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec

from quen.identity.bridges import bridges
from quen.identity.keys import keys_of, pair_of
from quen.identity.limits import Known
from quen.identity.models import Edge
from quen.identity.resolution import Join, Knowledge, NewClaim, NewEdge, Resolution
from quen.identity.resolve import may_meet, resolve
from quen.identity.types import DEFAULTS, Rules
from quen.protocol.messages import Message

_numbers = count()


def message(
    *,
    user: str | None = None,
    anonymous: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    previous: str | None = None,
    external: Sequence[tuple[str, str, str]] = (),
    trusted: bool = True,
    time: int | None = None,
    source: int = 7,
    **more: Any,
) -> Message:
    """A message with these identifiers; without a time, later than the one before."""
    traits = {k: v for k, v in (("email", email), ("phone", phone)) if v is not None} | more
    number = next(_numbers)
    at = 1_000 + number if time is None else time
    return Message(
        message_id=f"m-{number:09}",
        source_id=source,
        trusted=trusted,
        type="identify",
        event="Identified",
        time=at,
        received_at=at,
        user_id=user,
        anonymous_id=anonymous,
        previous_id=previous,
        traits=traits,
        external_ids=list(external),
    )


class World:
    def __init__(self, rules: Rules = DEFAULTS) -> None:
        self.rules = rules
        self.owner: dict[str, int] = {}
        self.known: dict[str, Known] = {}
        self.shared: set[str] = set()
        self.merges: Counter[int] = Counter()
        self.separations: dict[str, set[str]] = defaultdict(set)
        self.edges: list[NewEdge] = []
        self.claims: dict[int, NewClaim] = {}
        self.confirmed: set[int] = set()
        self.ids = count(100)

    def batch(self, *messages: Message, joins: Sequence[Join] = ()) -> Resolution:
        keys = [keys_of(m, self.rules) for m in messages]
        asked = {key for join in joins for key in (join.left, join.right)}
        wanted = may_meet(keys, self.owner) | {self.owner[key] for key in asked if key in self.owner}
        known: dict[int, list[Known]] = defaultdict(list)
        for key, profile in self.owner.items():
            if profile in wanted:
                known[profile].append(self.known[key])
        named = {k.key for ks in keys for k in ks} | asked
        live = {e.pair for e in self.edges if e.kind in ("attach", "link", "merge")}
        knowledge = Knowledge(
            {key: self.owner[key] for key in named if key in self.owner},
            dict(known),
            shared=self.shared & named,
            merges={p: self.merges[p] for p in wanted if self.merges[p]},
            separations=self.separations,
            pairs=live,
            claims=set(self.claims) - self.confirmed,
        )
        result = resolve(messages, keys, knowledge, lambda: next(self.ids), {}, self.rules, joins, now=10**9)
        if result.moved:
            log = [Edge(**msgspec.structs.asdict(e)) for e in self.edges]
            result.edges += bridges(result, log, lambda: next(self.ids))
        self._take(result)
        return result

    def one(self, **identifiers: Any) -> int | None:
        """The profile of one message, in a batch of its own."""
        return self.batch(message(**identifiers)).profile_ids[0]

    def _take(self, result: Resolution) -> None:
        for key, change in result.new_identifiers.items():
            self.owner[key] = change.profile_id
            self.known[key] = Known(change.key.type, change.key.scope, key, change.first_seen)
        self.owner |= result.moved
        self.shared |= result.moved.keys()
        for survivor, other in result.merges:
            self.owner = {k: survivor if p == other else p for k, p in self.owner.items()}
            self.merges[survivor] += self.merges.pop(other, 0) + 1
        self.edges += result.edges
        for pair, claim in result.claims.items():
            self.claims.setdefault(pair, claim)
        self.confirmed |= result.confirmed

    def separate(self, left: str, right: str) -> None:
        """Remember that a person cut these two apart."""
        self.separations[left].add(right)
        self.separations[right].add(left)

    def people(self) -> set[frozenset[str]]:
        found: dict[int, set[str]] = defaultdict(set)
        for key, profile in self.owner.items():
            found[profile].add(key)
        return {frozenset(keys) for keys in found.values()}

    def same(self, *keys: str) -> bool:
        return len({self.owner[key] for key in keys}) == 1

    def claimed(self) -> set[tuple[str, str, str]]:
        return {(c.kind, c.left, c.right) for c in self.claims.values()}


def connected(edges: Sequence[NewEdge]) -> set[frozenset[str]]:
    """The people that a log tells of, built from it alone (no order of a person in it): the oracle of the tests."""
    people = {key: {key} for edge in edges for key in (edge.left, edge.right) if key and edge.kind != "conflict"}
    pairs: list[tuple[str, str]] = []
    for edge in edges:
        if edge.kind in ("attach", "link", "merge"):
            assert edge.pair == pair_of(edge.left, edge.right)
            pairs.append((edge.left, edge.right))
        elif edge.kind == "shared":
            pairs = [pair for pair in pairs if edge.left not in pair]
    for left, right in pairs:
        together = people[left] | people[right]
        for key in together:
            people[key] = together
    return {frozenset(keys) for keys in people.values()}
