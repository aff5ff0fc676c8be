"""Whose message is it? Pure, set-based: the whole batch against what the state database knew before it.

A message's identifiers find no profile → create; one → attach; several → merge, if the rules allow:

- two values of a unique type (`user_id`) never meet in one profile;
- a public (browser) key may tie an anonymous visitor to a known person, never merge two known people.

When a rule forbids, the lowest-priority identifier of the message that belongs to somebody is set aside and the match
is tried again; the refusal is written to the log. The survivor of a merge is the older profile. The same batch against
the same knowledge gives the same result, whatever crashed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from quen.identity.keys import ANONYMOUS_TYPES, UNIQUE_TYPES, Key
from quen.protocol.messages import Message


class NewEdge(msgspec.Struct):
    """A row for the append-only log (identity.models.Edge)."""

    id: int
    at: int
    kind: str  # create, attach, merge, conflict
    left: str
    right: str
    profile_id: int
    other_profile_id: int | None
    source_id: int
    message_id: str
    rule: str


class IdentifierChange(msgspec.Struct):
    """An identifier that is new to a profile, or seen again."""

    key: Key
    profile_id: int
    first_seen: int
    last_seen: int
    source_id: int


class Knowledge(msgspec.Struct):
    """What the state database says about the identifiers of a batch."""

    owner: dict[str, int]  # identifier key → profile id
    known: dict[int, list[tuple[str, str]]]  # profile id → its (type, key), for profiles that may meet another


class Resolution(msgspec.Struct):
    """What the batch does to identity."""

    profile_ids: list[int | None]  # of each message, in order, after all merges of the batch; None: no identifier
    created: dict[int, Message]  # new profile → the message that made it
    new_identifiers: dict[str, IdentifierChange]
    seen_identifiers: dict[str, IdentifierChange]  # known before; last_seen may have moved
    merges: list[tuple[int, int]]  # (survivor, merged away), in order
    edges: list[NewEdge]


def may_meet(keys: Sequence[Sequence[Key]], owner: Mapping[str, int]) -> set[int]:
    """Existing profiles whose identifiers must be known: those a message could attach something to or merge."""
    wanted: set[int] = set()
    for message_keys in keys:
        owners = {owner.get(k.key) for k in message_keys}
        if len(owners) > 1:
            wanted |= {o for o in owners if o is not None}
    return wanted


class _Resolver:
    def __init__(self, knowledge: Knowledge, new_id: Callable[[], int]) -> None:
        self.owner = dict(knowledge.owner)
        self.identifiers: dict[int, set[tuple[str, str]]] = {p: set(v) for p, v in knowledge.known.items()}
        self.new_id = new_id
        self.into: dict[int, int] = {}  # merged away in this batch → where it went
        self.result = Resolution([], {}, {}, {}, [], [])

    def find(self, profile: int) -> int:
        while (next_ := self.into.get(profile)) is not None:
            profile = next_
        return profile

    def place(self, message: Message, keys: list[Key]) -> int | None:
        """The profile of a message; records what that changed."""
        usable = keys
        while usable:
            owners = sorted({self.find(o) for k in usable if (o := self.owner.get(k.key)) is not None})
            refused = self._refusal(message, usable, owners)
            if refused is None:
                return self._accept(message, usable, owners)
            # What belongs to nobody yet is no part of the quarrel: set aside the lowest that belongs to somebody.
            aside = next((k for k in reversed(usable[1:]) if k.key in self.owner), usable[-1])
            self._log("conflict", message, aside.key, usable[0].key, owners[0], None, refused)
            usable = [k for k in usable if k is not aside]
        return None

    def _refusal(self, message: Message, keys: Sequence[Key], owners: Sequence[int]) -> str | None:
        """The rule that forbids these identifiers to be one person, or None."""
        if not owners or (len(owners) == 1 and all(k.key in self.owner for k in keys)):
            return None
        unique: dict[str, str] = {k.type: k.key for k in keys if k.type in UNIQUE_TYPES}
        for owner in owners:
            for type_, key in self.identifiers.get(owner, ()):
                if type_ in UNIQUE_TYPES and unique.setdefault(type_, key) != key:
                    return f"unique:{type_}"
        if not message.trusted and len(owners) > 1:
            known = sum(1 for o in owners if self._is_known(o))
            if known > 1:
                return "untrusted_merge"
        return None

    def _is_known(self, profile: int) -> bool:
        return any(type_ not in ANONYMOUS_TYPES for type_, _ in self.identifiers.get(profile, ()))

    def _accept(self, message: Message, keys: Sequence[Key], owners: Sequence[int]) -> int:
        if owners:
            profile = owners[0]
            for other in owners[1:]:
                self._merge(message, keys, profile, other)
        else:
            profile = self.new_id()
            self.result.created[profile] = message
            self.identifiers[profile] = set()
        for k in keys:
            known_owner = self.owner.get(k.key)
            if known_owner is None:
                self._attach(message, keys[0], k, profile)
            else:
                self._seen(message, k, profile)
        return profile

    def _merge(self, message: Message, keys: Sequence[Key], survivor: int, other: int) -> None:
        left = next(k.key for k in keys if self.find(self.owner.get(k.key, -1)) == survivor)
        right = next(k.key for k in keys if self.find(self.owner.get(k.key, -1)) == other)
        self.into[other] = survivor
        self.identifiers.setdefault(survivor, set()).update(self.identifiers.pop(other, set()))
        self.result.merges.append((survivor, other))
        self._log("merge", message, left, right, survivor, other, "same_message")

    def _attach(self, message: Message, first: Key, key: Key, profile: int) -> None:
        self.owner[key.key] = profile
        self.identifiers.setdefault(profile, set()).add((key.type, key.key))
        self.result.new_identifiers[key.key] = IdentifierChange(
            key, profile, message.time, message.time, message.source_id
        )
        if key is first and profile in self.result.created and self.result.created[profile] is message:
            self._log("create", message, key.key, "", profile, None, "first_seen")
        else:
            anchor = first.key if key is not first else self._any_other(profile, key.key)
            self._log("attach", message, anchor, key.key, profile, None, "same_message")

    def _any_other(self, profile: int, key: str) -> str:
        return min((k for _, k in self.identifiers.get(profile, ()) if k != key), default=key)

    def _seen(self, message: Message, key: Key, profile: int) -> None:
        fresh = self.result.new_identifiers.get(key.key)
        change = fresh or self.result.seen_identifiers.get(key.key)
        if change is None:
            self.result.seen_identifiers[key.key] = IdentifierChange(
                key, profile, message.time, message.time, message.source_id
            )
        else:
            change.first_seen = min(change.first_seen, message.time)
            change.last_seen = max(change.last_seen, message.time)

    def _log(
        self, kind: str, message: Message, left: str, right: str, profile: int, other: int | None, rule: str
    ) -> None:
        self.result.edges.append(
            NewEdge(
                self.new_id(),
                message.received_at,
                kind,
                left,
                right,
                profile,
                other,
                message.source_id,
                message.message_id,
                rule,
            )
        )


def resolve(
    messages: Sequence[Message],
    keys: Sequence[list[Key]],
    knowledge: Knowledge,
    new_id: Callable[[], int],
    canonical: Mapping[int, int],
) -> Resolution:
    """Resolve a batch. `keys[i]` are the identifiers of `messages[i]`, highest priority first (keys_of).

    Messages of Quen's own (`profile_id` set) name their person; `canonical` leads ids merged away earlier to today's.
    """
    resolver = _Resolver(knowledge, new_id)
    placed: list[int | None] = []
    for message, message_keys in zip(messages, keys, strict=True):
        if message.profile_id is not None:
            placed.append(canonical.get(message.profile_id, message.profile_id))
        else:
            placed.append(resolver.place(message, message_keys))
    result = resolver.result
    result.profile_ids = [None if p is None else resolver.find(p) for p in placed]
    for change in _all(result.new_identifiers.values(), result.seen_identifiers.values()):
        change.profile_id = resolver.find(change.profile_id)
    return result


def _all(*groups: Iterable[IdentifierChange]) -> Iterable[IdentifierChange]:
    for group in groups:
        yield from group
