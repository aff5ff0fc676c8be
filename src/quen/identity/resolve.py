"""Whose message is it? Pure, set-based: the whole batch against what the state database knew before it.

A message's identifiers find no profile → create; one → attach; several → merge, if the rules allow. When they do not,
an identifier of the message is set aside and the match is tried again (limits.py says which); the refusal is written
to the log. What an untrusted message may not do is kept as a claim. The survivor of a merge is the older profile.

Messages are taken in the order of their time and id, so the order in which a batch came changes nothing, and the same
batch against the same knowledge gives the same result, whatever crashed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from quen.identity.keys import Key, pair_of
from quen.identity.limits import Known, Refusal, refusal
from quen.identity.resolution import IdentifierChange, Join, Knowledge, NewClaim, NewEdge, Resolution
from quen.identity.types import DEFAULTS, Rules
from quen.protocol.messages import Message

TRAITS_OF_CONTACT = {"email": "email", "phone": "phone"}  # identifier type → the trait it comes from


def may_meet(keys: Sequence[Sequence[Key]], owner: Mapping[str, int]) -> set[int]:
    """Existing profiles whose identifiers must be known: those a message could attach something to or merge."""
    wanted: set[int] = set()
    for message_keys in keys:
        if len(message_keys) == 1:
            continue
        owners = {owner.get(k.key) for k in message_keys}
        if len(owners) > 1:
            wanted |= {o for o in owners if o is not None}
    return wanted


def resolve(
    messages: Sequence[Message],
    keys: Sequence[list[Key]],
    knowledge: Knowledge,
    new_id: Callable[[], int],
    canonical: Mapping[int, int],
    rules: Rules = DEFAULTS,
    joins: Sequence[Join] = (),
    now: int = 0,
) -> Resolution:
    """Resolve a batch. `keys[i]` are the identifiers of `messages[i]`, highest priority first (keys_of).

    Messages of Quen's own (`profile_id` set) name their person; `canonical` leads ids merged away earlier to today's.
    `joins` are done first, at `now` (ms UTC).
    """
    resolver = _Resolver(knowledge, new_id, rules)
    for join in joins:
        resolver.join(join, now)
    result = resolver.result
    placed: list[int | None] = [None] * len(messages)
    result.used = [[] for _ in messages]
    for _time, _id, index in sorted([(m.time, m.message_id, i) for i, m in enumerate(messages)]):
        message = messages[index]
        if message.profile_id is not None:
            placed[index] = canonical.get(message.profile_id, message.profile_id)
        else:
            placed[index] = resolver.place(index, message, keys[index])
    result.profile_ids = placed
    if resolver.into:
        result.profile_ids = [None if p is None else resolver.find(p) for p in placed]
        for change in (*result.new_identifiers.values(), *result.seen_identifiers.values()):
            change.profile_id = resolver.find(change.profile_id)
    for key, profile in resolver.left.items():
        result.left_from.setdefault(resolver.find(profile), set()).add(key)
    result.left_behind = {profile: set(resolver.identifiers.get(profile, ())) for profile in result.left_from}
    return result


class _Resolver:
    def __init__(self, knowledge: Knowledge, new_id: Callable[[], int], rules: Rules) -> None:
        self.owner = dict(knowledge.owner)
        self.identifiers: dict[int, dict[str, Known]] = {
            p: {k.key: k for k in known} for p, known in knowledge.known.items()
        }
        self.knowledge = knowledge
        self.rules = rules
        self.new_id = new_id
        self.shared = set(knowledge.shared)
        self.merge_counts = dict(knowledge.merges)
        self.pairs: set[int] = set()  # that this batch tells of; those of the log are too many to copy
        self.into: dict[int, int] = {}  # merged away in this batch → where it went
        self.left: dict[str, int] = {}  # identifier found to be shared → the profile it left
        self.result = Resolution([], [], {}, {}, {}, {}, {}, {}, {}, [], [], [], {}, set(), {}, {}, set())

    def find(self, profile: int) -> int:
        while (next_ := self.into.get(profile)) is not None:
            profile = next_
        return profile

    def owner_of(self, key: str) -> int | None:
        owner = self.owner.get(key)
        return owner if owner is None or not self.into else self.find(owner)

    def place(self, index: int, message: Message, keys: list[Key]) -> int | None:
        """The profile of a message; records what that changed."""
        if len(keys) == 1 and (owner := self.owner_of(keys[0].key)) is not None:  # nothing can be set aside
            self._seen(message, keys[0], owner)
            self.result.used[index] = keys
            return owner
        usable: Sequence[Key] = keys if len(keys) == 1 or not self.shared else self._telling(keys)
        aside: list[tuple[Key, Refusal]] = []
        while usable:
            owners = [self.owner_of(k.key) for k in usable]
            refused = self._refusal(message, usable, owners)
            if refused is None:
                profile = self._accept(message, usable, owners)
                self.result.used[index] = list(usable)
                if aside:
                    self._log_aside(index, message, aside, usable, profile)
                if message.trusted and self.knowledge.claims:
                    self._confirm(usable)
                return profile
            out = usable[refused.aside]
            aside.append((out, refused))
            usable = [k for k in usable if k is not out]
        return None

    def _telling(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Without what several people share; a message with nothing else belongs to the shared one's own person."""
        return [k for k in keys if k.key not in self.shared] or keys[:1]

    def _refusal(self, message: Message, keys: Sequence[Key], owners: Sequence[int | None]) -> Refusal | None:
        first = owners[0]
        if len(keys) == 1 or (first is not None and all(o == first for o in owners)):
            return None
        return refusal(
            keys,
            owners,
            self.identifiers,
            self.rules,
            time=message.time,
            trusted=message.trusted,
            merge_counts=self.merge_counts,
            separations=self.knowledge.separations,
        )

    def _accept(self, message: Message, keys: Sequence[Key], owners: Sequence[int | None]) -> int:
        """Make these identifiers one person: every one is tied to the strongest, the star's centre."""
        if len(keys) == 1 and owners[0] is not None:  # the others were set aside
            self._seen(message, keys[0], owners[0])
            return owners[0]
        centre = keys[0]
        current = owners[0]
        tied: set[int] = set()  # positions of the keys whose tie to the centre is in the log now
        for position, (key, owner) in enumerate(zip(keys[1:], owners[1:], strict=True), 1):
            owner = None if owner is None else self.find(owner)
            if owner is None or owner == current:
                continue
            tied.add(position)
            if current is None:
                current = owner
                self._attach(message, key, centre, owner)
            else:
                current = self._merge(message, centre, key, current, owner)
        if current is None:
            current = self._create(message, centre)
        for position, key in enumerate(keys):
            if self.owner.get(key.key) is None:
                self._attach(message, centre, key, current)
            else:
                if position and position not in tied:
                    self._link(message, centre, key, current)
                if owners[position] is not None:
                    self._seen(message, key, current)
        return current

    def _create(self, message: Message, key: Key) -> int:
        profile = self.new_id()
        self.result.created[profile] = message
        self._take(message, key, profile)
        self._log("create", message, key.key, "", profile, None, "first_seen")
        return profile

    def _attach(self, message: Message, left: Key, right: Key, profile: int) -> None:
        self._take(message, right, profile, pair_of(left.key, right.key))
        self._log("attach", message, left.key, right.key, profile, None, "same_message")

    def _take(self, message: Message, key: Key, profile: int, tie: int = 0) -> None:
        self.owner[key.key] = profile
        self.identifiers.setdefault(profile, {})[key.key] = Known(key.type, key.scope, key.key, message.time)
        self.result.new_identifiers[key.key] = IdentifierChange(
            key, profile, message.time, message.time, message.source_id, tie
        )

    def _merge(self, message: Message, centre: Key, key: Key, current: int, owner: int) -> int:
        if owner < current:
            self._fold(owner, current)
            self._log("merge", message, key.key, centre.key, owner, current, "same_message")
            return owner
        self._fold(current, owner)
        self._log("merge", message, centre.key, key.key, current, owner, "same_message")
        return current

    def _fold(self, survivor: int, other: int) -> None:
        self.into[other] = survivor
        self.identifiers.setdefault(survivor, {}).update(self.identifiers.pop(other, {}))
        self.merge_counts[survivor] = self.merge_counts.get(survivor, 0) + self.merge_counts.pop(other, 0) + 1
        self.result.merges.append((survivor, other))

    def _link(self, message: Message, centre: Key, key: Key, profile: int) -> None:
        """Two that are known to be one person, named together for the first time: evidence a later cut must weigh."""
        pair = pair_of(centre.key, key.key)
        if pair not in self.pairs and pair not in self.knowledge.pairs:
            self._log("link", message, centre.key, key.key, profile, None, "same_message")

    def _seen(self, message: Message, key: Key, profile: int) -> None:
        text, time = key.key, message.time
        change = self.result.seen_identifiers.get(text) or self.result.new_identifiers.get(text)
        if change is None:
            self.result.seen_identifiers[text] = IdentifierChange(key, profile, time, time, message.source_id)
        elif time > change.last_seen:
            change.last_seen = time
        elif time < change.first_seen:
            change.first_seen = time

    def _log_aside(
        self, index: int, message: Message, aside: Sequence[tuple[Key, Refusal]], kept: Sequence[Key], profile: int
    ) -> None:
        withheld = set()
        for key, refused in aside:
            against = kept[0].key
            if refused.claim:
                self._claim(message, refused.claim, against, key, profile)
            elif refused.rule.startswith("unique:") and self.rules.type_of(key.type).anonymous:
                self._share(message, key, against)
            else:
                owner = self.owner_of(key.key)
                has = profile if owner is None else owner
                self._log("conflict", message, key.key, against, has, profile, refused.rule)
                self.result.set_aside.append((key, refused.rule, message))
            if not message.trusted and key.type in TRAITS_OF_CONTACT:
                withheld.add(TRAITS_OF_CONTACT[key.type])
        if withheld:
            self.result.withheld[index] = frozenset(withheld)

    def _claim(self, message: Message, kind: str, left: str, right: Key, profile: int) -> None:
        pair = pair_of(left, right.key)
        claim = self.result.claims.get(pair)
        if claim is not None:
            claim.count += 1
            claim.at = max(claim.at, message.received_at)
            return
        other = self.owner_of(right.key)
        self.result.claims[pair] = NewClaim(
            self.new_id(),
            pair,
            kind,
            left,
            right.key,
            profile,
            other,
            message.source_id,
            message.message_id,
            message.received_at,
        )

    def _share(self, message: Message, key: Key, newcomer: str) -> None:
        """A device with a second user: nobody knows whose it is alone, so it becomes nobody's (Snowplow's rule)."""
        before = self.owner_of(key.key)
        if before is None or key.key in self.shared:
            return
        fresh = self.new_id()
        self.result.created[fresh] = message
        known = self.identifiers.get(before, {}).pop(key.key, Known(key.type, key.scope, key.key, message.time))
        self.identifiers[fresh] = {key.key: known}
        self.owner[key.key] = fresh
        self.shared.add(key.key)
        self.left[key.key] = before
        self.result.moved[key.key] = fresh
        if (change := self.result.new_identifiers.get(key.key)) is not None:
            change.profile_id, change.tie = fresh, 0
        self._log("shared", message, key.key, newcomer, fresh, before, "shared_device")

    def _confirm(self, keys: Sequence[Key]) -> None:
        for position, left in enumerate(keys):
            for right in keys[position + 1 :]:
                if (pair := pair_of(left.key, right.key)) in self.knowledge.claims:
                    self.result.confirmed.add(pair)

    def join(self, order: Join, now: int) -> None:
        """Carry out one pair of an order; the first problem of an order is what `orders` tells."""
        problem = self._join(order, self.owner_of(order.left), self.owner_of(order.right), now)
        self.result.orders[order.order_id] = self.result.orders.get(order.order_id) or problem
        if not problem and (profile := self.owner_of(order.left)) is not None:
            self.result.ordered.setdefault(order.order_id, []).append(profile)

    def _join(self, order: Join, left: int | None, right: int | None, now: int) -> str:
        if left is None or (right is None and order.new is None):
            return "missing"
        if right is None:
            assert order.new is not None
            return self._attach_by_hand(order, order.new, left, now)
        if left == right:
            return ""
        keys = [self._key(order.left), self._key(order.right)]
        refused = refusal(keys, [left, right], self.identifiers, self.rules, time=now, by_hand=True)
        if refused is not None and not order.two_accounts:
            return refused.rule
        self._reunite(left, right)
        survivor, other = min(left, right), max(left, right)
        pair = (order.left, order.right) if survivor == left else (order.right, order.left)
        self._fold(survivor, other)
        self._log_by_hand("merge", order, pair, survivor, other, now)
        return ""

    def _reunite(self, left: int, right: int) -> None:
        """What a person cut before, a person joins again."""
        there = self.identifiers.get(right, {})
        for key in self.identifiers.get(left, ()):
            for other in self.knowledge.separations.get(key, ()):
                if other in there:
                    self.result.reunited.add(pair_of(key, other))

    def _attach_by_hand(self, order: Join, new: Key, profile: int, now: int) -> str:
        refused = refusal(
            [self._key(order.left), new], [profile, None], self.identifiers, self.rules, time=now, by_hand=True
        )
        if refused is not None:
            return refused.rule
        self.owner[new.key] = profile
        self.identifiers.setdefault(profile, {})[new.key] = Known(new.type, new.scope, new.key, now)
        self.result.new_identifiers[new.key] = IdentifierChange(new, profile, now, now, 0)
        self._log_by_hand("attach", order, (order.left, new.key), profile, None, now)
        return ""

    def _key(self, text: str) -> Key:
        type_, scope, value = text.split("|", 2)
        return Key(self.rules.type_of(type_).priority, text, type_, scope, value)

    def _log_by_hand(
        self, kind: str, order: Join, pair: tuple[str, str], profile: int, other: int | None, now: int
    ) -> None:
        left, right = pair
        name = f"order-{order.order_id}"
        number = pair_of(left, right)
        self.pairs.add(number)
        self.result.edges.append(
            NewEdge(
                self.new_id(), now, kind, left, right, number, profile, other, 0, name, "by_hand", order.by, order.note
            )
        )

    def _log(
        self, kind: str, message: Message, left: str, right: str, profile: int, other: int | None, rule: str
    ) -> None:
        pair = pair_of(left, right) if right else 0
        if kind in ("attach", "merge", "link"):
            self.pairs.add(pair)
        self.result.edges.append(
            NewEdge(
                self.new_id(),
                message.received_at,
                kind,
                left,
                right,
                pair,
                profile,
                other,
                message.source_id,
                message.message_id,
                rule,
            )
        )
