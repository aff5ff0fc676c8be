"""Whose message it is: the rules, and what must hold for any sequence of messages."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from quen.identity.keys import Key, keys_of
from quen.identity.resolve import Knowledge, Resolution, may_meet, resolve
from quen.protocol.messages import Message


def message(
    *,
    user: str | None = None,
    anonymous: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    previous: str | None = None,
    trusted: bool = True,
    time: int = 1_000,
) -> Message:
    traits = {k: v for k, v in (("email", email), ("phone", phone)) if v is not None}
    return Message(
        message_id=f"m-{user}-{anonymous}-{email}-{phone}-{time}",
        source_id=7,
        trusted=trusted,
        type="identify",
        event="Identified",
        time=time,
        received_at=time,
        user_id=user,
        anonymous_id=anonymous,
        previous_id=previous,
        traits=traits,
    )


class World:
    """The state database in memory: resolves batch after batch as the engine does."""

    def __init__(self) -> None:
        self.owner: dict[str, int] = {}
        self.types: dict[str, str] = {}
        self.ids = count(100)

    def batch(self, *messages: Message) -> Resolution:
        keys: list[list[Key]] = [keys_of(m) for m in messages]
        wanted = may_meet(keys, self.owner)
        known: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for key, profile in self.owner.items():
            if profile in wanted:
                known[profile].append((self.types[key], key))
        owner = {k.key: self.owner[k.key] for ks in keys for k in ks if k.key in self.owner}
        result = resolve(messages, keys, Knowledge(owner, dict(known)), lambda: next(self.ids), {})
        for key, change in result.new_identifiers.items():
            self.owner[key] = change.profile_id
            self.types[key] = change.key.type
        for survivor, other in result.merges:
            self.owner = {k: survivor if p == other else p for k, p in self.owner.items()}
        return result


def test_one_identifier_creates_and_the_same_one_attaches() -> None:
    world = World()
    first = world.batch(message(anonymous="a-1"))
    again = world.batch(message(anonymous="a-1"))
    assert first.profile_ids == again.profile_ids
    assert list(first.created) == first.profile_ids
    assert not again.created
    assert [e.kind for e in first.edges] == ["create"]


def test_a_visitor_who_signs_in_stays_one_person() -> None:
    world = World()
    visitor = world.batch(message(anonymous="a-1")).profile_ids[0]
    known = world.batch(message(anonymous="a-1", user="u-1", trusted=False))
    assert known.profile_ids == [visitor]
    assert [(e.kind, e.left, e.right) for e in known.edges] == [("attach", "anonymous_id||a-1", "user_id||u-1")]


def test_the_older_profile_survives_a_merge() -> None:
    world = World()
    older = world.batch(message(email="lan@example.com")).profile_ids[0]
    younger = world.batch(message(phone="0912345678")).profile_ids[0]
    merged = world.batch(message(email="lan@example.com", phone="0912345678"))
    assert merged.merges == [(older, younger)]
    assert merged.profile_ids == [older]
    assert [e.kind for e in merged.edges] == ["merge"]


def test_two_user_ids_never_merge_and_the_shared_device_stays_where_it_was() -> None:
    world = World()
    first = world.batch(message(user="u-1", anonymous="shared")).profile_ids[0]
    second = world.batch(message(user="u-2", anonymous="shared"))
    assert second.profile_ids != [first]
    assert world.owner["anonymous_id||shared"] == first
    assert (second.edges[0].kind, second.edges[0].rule) == ("conflict", "unique:user_id")


def test_an_identifier_that_belongs_to_nobody_is_not_lost_in_a_conflict() -> None:
    world = World()
    world.batch(message(user="u-1", email="lan@example.com"))
    second = world.batch(message(user="u-2", email="lan@example.com", anonymous="fresh")).profile_ids[0]
    assert world.owner["anonymous_id||fresh"] == second


def test_a_browser_cannot_merge_two_known_people() -> None:
    world = World()
    lan = world.batch(message(email="lan@example.com")).profile_ids[0]
    hoa = world.batch(message(phone="0912345678")).profile_ids[0]
    attack = world.batch(message(email="lan@example.com", phone="0912345678", trusted=False))
    assert not attack.merges
    assert attack.profile_ids == [lan]
    assert world.owner["phone||+84912345678"] == hoa


def test_merges_within_one_batch_lead_to_the_end() -> None:
    world = World()
    result = world.batch(
        message(email="a@example.com"),
        message(phone="0912345678"),
        message(anonymous="z"),
        message(phone="0912345678", anonymous="z"),
        message(email="a@example.com", anonymous="z"),
    )
    assert len(set(result.profile_ids)) == 1
    assert len(result.merges) == 2


def test_an_alias_ties_the_visitor_to_the_user() -> None:
    world = World()
    visitor = world.batch(message(anonymous="v-1")).profile_ids
    assert world.batch(message(user="u-9", previous="v-1")).profile_ids == visitor


def test_placeholders_identify_nobody() -> None:
    for junk in ("null", "undefined", "[object Object]", "0", "-1", "0000-0000", "anonymous", " "):
        assert keys_of(message(user=junk)) == []


_ids = st.sampled_from(["1", "2", "3"])
_messages = st.builds(
    message,
    user=st.none() | _ids.map(lambda i: f"u{i}"),
    anonymous=st.none() | _ids.map(lambda i: f"a{i}"),
    email=st.none() | _ids.map(lambda i: f"p{i}@example.com"),
    phone=st.none() | _ids.map(lambda i: f"091234567{i}"),
    trusted=st.booleans(),
).filter(lambda m: bool(keys_of(m)))


@given(st.lists(st.lists(_messages, min_size=1, max_size=6), max_size=8))
def test_no_profile_ever_has_two_user_ids(batches: list[list[Message]]) -> None:
    world = World()
    for batch in batches:
        world.batch(*batch)
    users = defaultdict(set)
    for key, profile in world.owner.items():
        if key.startswith("user_id|"):
            users[profile].add(key)
    assert all(len(keys) == 1 for keys in users.values())


@given(st.lists(_messages, max_size=20))
def test_how_messages_are_cut_into_batches_makes_no_difference(messages: list[Message]) -> None:
    together, apart = World(), World()
    if messages:
        together.batch(*messages)
    for one in messages:
        apart.batch(one)
    assert _people(together) == _people(apart)


@given(st.lists(st.lists(_messages, min_size=1, max_size=6), max_size=6))
def test_the_same_batches_give_the_same_result(batches: list[list[Message]]) -> None:
    first, second = World(), World()
    for batch in batches:
        assert first.batch(*batch) == second.batch(*batch)
    assert first.owner == second.owner


@given(st.lists(_messages, max_size=20))
def test_browser_messages_alone_never_join_two_known_people(messages: list[Message]) -> None:
    world = World()
    lan = world.batch(message(user="u1", email="p1@example.com")).profile_ids[0]
    hoa = world.batch(message(user="u2", phone="0912345672")).profile_ids[0]
    for one in messages:
        one.trusted = False
        world.batch(one)
    assert world.owner["email||p1@example.com"] == lan
    assert world.owner["phone||+84912345672"] == hoa


def _people(world: World) -> set[frozenset[str]]:
    people: dict[int, set[str]] = defaultdict(set)
    for key, profile in world.owner.items():
        people[profile].add(key)
    return {frozenset(keys) for keys in people.values()}
