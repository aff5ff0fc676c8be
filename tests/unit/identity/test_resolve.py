"""Whose message it is: the rules, the worked cases of other systems, and what must hold for any sequence."""

from __future__ import annotations

import random
from collections import defaultdict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.identity.keys import Key, keys_of, pair_of
from quen.identity.resolution import Join
from quen.identity.types import DEFAULTS, IdentifierType, Rules
from quen.protocol.messages import Message
from tests.identity_world import World, connected, message

LAN, HOA = "email||lan@example.com", "phone||+84912345678"


def rules_with(**changes: dict[str, object]) -> Rules:
    """The defaults with fields of some types changed."""
    types = tuple(msgspec.structs.replace(t, **changes.get(t.name, {})) for t in DEFAULTS.types)
    return msgspec.structs.replace(DEFAULTS, types=types)


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
    visitor = world.one(anonymous="a-1")
    known = world.batch(message(anonymous="a-1", user="u-1", trusted=False))
    assert known.profile_ids == [visitor]
    assert [(e.kind, e.left, e.right) for e in known.edges] == [("attach", "anonymous_id||a-1", "user_id||u-1")]


def test_the_older_profile_survives_a_merge() -> None:
    world = World()
    older = world.one(email="lan@example.com")
    younger = world.one(phone="0912345678")
    merged = world.batch(message(email="lan@example.com", phone="0912345678"))
    assert merged.merges == [(older, younger)]
    assert merged.profile_ids == [older]
    assert [(e.kind, e.left, e.right) for e in merged.edges] == [("merge", LAN, HOA)]


def test_an_identifier_that_belongs_to_nobody_is_not_lost_in_a_conflict() -> None:
    world = World()
    world.one(user="u-1", email="lan@example.com")
    second = world.one(user="u-2", email="lan@example.com", anonymous="fresh")
    assert world.owner["anonymous_id||fresh"] == second
    assert world.owner[LAN] != second


def test_a_visitor_of_nobody_else_is_not_lost_in_a_conflict_either() -> None:
    world = World()
    world.one(user="u-1", email="lan@example.com")
    world.one(anonymous="mine")
    second = world.one(user="u-2", email="lan@example.com", anonymous="mine")
    assert world.owner["anonymous_id||mine"] == second


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
    visitor = world.one(anonymous="v-1")
    assert world.one(user="u-9", previous="v-1") == visitor


def test_placeholders_identify_nobody() -> None:
    for junk in ("null", "undefined", "[object Object]", "0", "-1", "0000-0000", "anonymous", " "):
        assert keys_of(message(user=junk)) == []


def test_evidence_that_comes_again_is_logged_once() -> None:
    world = World()
    world.one(user="u-1", anonymous="a-1")
    world.one(email="lan@example.com", anonymous="a-1")
    again = world.batch(message(user="u-1", email="lan@example.com"))
    assert [(e.kind, e.left, e.right) for e in again.edges] == [("link", "user_id||u-1", LAN)]
    assert world.batch(message(user="u-1", email="lan@example.com", anonymous="a-1")).edges == []


class TestSharedDevices:
    """Snowplow: identifiers in conflict by a unique one belong to nobody who is known."""

    def test_a_second_user_on_a_device_leaves_it_to_a_fresh_person(self) -> None:
        world = World()
        first = world.one(user="u-1", anonymous="tablet")
        result = world.batch(message(user="u-2", anonymous="tablet", trusted=False))
        second = result.profile_ids[0]
        assert [(e.kind, e.left, e.right) for e in result.edges if e.kind == "shared"] == [
            ("shared", "anonymous_id||tablet", "user_id||u-2")
        ]
        assert len({first, second, world.owner["anonymous_id||tablet"]}) == 3

    def test_it_ties_nobody_any_more(self) -> None:
        world = World()
        first = world.one(user="u-1", anonymous="tablet")
        second = world.one(user="u-2", anonymous="tablet")
        nobody = world.owner["anonymous_id||tablet"]
        assert world.one(user="u-1", anonymous="tablet") == first
        assert world.one(user="u-2", anonymous="tablet") == second
        assert world.one(anonymous="tablet") == nobody
        assert world.one(user="u-3", anonymous="tablet") not in {first, second, nobody}
        assert world.one(email="lan@example.com", anonymous="tablet") != nobody

    def test_log_out_and_log_in_again_within_one_batch(self) -> None:
        world = World()
        result = world.batch(
            message(user="u-1", anonymous="t"), message(anonymous="t"), message(user="u-2", anonymous="t")
        )
        first, between, second = result.profile_ids
        assert first == between != second
        assert world.owner["anonymous_id||t"] not in {first, second}


class TestSegmentsCases:
    """Segment Unify: limits drop the lowest-priority identifier, and the match is tried again."""

    def test_two_user_ids_never_merge(self) -> None:
        world = World()
        first = world.one(user="u-1", email="lan@example.com")
        second = world.batch(message(user="u-2", email="lan@example.com"))
        assert second.profile_ids != [first]
        assert world.owner[LAN] == first
        assert [(e.kind, e.rule) for e in second.edges] == [("create", "first_seen"), ("conflict", "unique:user_id")]
        assert [(key.key, rule) for key, rule, _ in second.set_aside] == [(LAN, "unique:user_id")]

    def test_the_sixth_email_is_dropped_and_the_event_stays_with_the_user(self) -> None:
        world = World()
        user = world.one(user="u-1")
        for number in range(5):
            assert world.one(user="u-1", email=f"m{number}@example.com") == user
        sixth = world.batch(message(user="u-1", email="m5@example.com", anonymous="a"))
        assert sixth.profile_ids == [user]
        assert "email||m5@example.com" not in world.owner
        assert world.owner["anonymous_id||a"] == user
        assert [(e.rule) for e in sixth.edges if e.kind == "conflict"] == ["limit:email"]

    def test_a_limit_within_a_window_forgets(self) -> None:
        world = World(rules_with(email={"limit": 1, "window": "week"}))
        day = 24 * 3600 * 1000
        user = world.one(user="u-1", email="a@example.com", time=0)
        world.one(user="u-1", email="b@example.com", time=6 * day)
        assert "email||b@example.com" not in world.owner
        world.one(user="u-1", email="c@example.com", time=8 * day)
        assert world.owner["email||c@example.com"] == user

    def test_a_merge_that_would_break_a_limit_does_not_happen(self) -> None:
        world = World(rules_with(email={"limit": 2}))
        world.one(user="u-1", email="a@example.com")
        world.one(user="u-1", email="b@example.com")
        other = world.one(email="c@example.com", phone="0912345678")
        result = world.batch(message(user="u-1", phone="0912345678"))
        assert result.merges == []
        assert world.owner[HOA] == other

    def test_blocked_values_and_patterns_identify_nobody(self) -> None:
        rules = rules_with(phone={"blocked": ("+84912345678",)}, email={"patterns": (r"noreply@.*",)})
        world = World(rules)
        assert keys_of(message(phone="0912 345 678"), rules) == []
        assert keys_of(message(email="NoReply@shop.vn"), rules) == []
        assert world.one(user="u-1", phone="0912345678") != world.one(user="u-2", phone="0912345678")


class TestHubs:
    def test_a_shops_own_phone_stops_tying_customers_together(self) -> None:
        world = World()
        people = [world.one(external=[("customer_code", "till", f"c{n}")], phone="0912345678") for n in range(12)]
        assert len(set(people[:5])) == 1  # the limit of customer codes
        assert len(set(people[5:])) == 7
        assert not set(people[5:]) & set(people[:5])

    def test_a_profile_takes_in_so_many_and_no_more(self) -> None:
        world = World(msgspec.structs.replace(DEFAULTS, max_merges=3))
        hub = world.one(phone="0912345678")
        strangers = [world.one(anonymous=f"a{n}") for n in range(6)]
        for number in range(6):
            assert world.one(phone="0912345678", anonymous=f"a{number}") == hub
        owners = [world.owner[f"anonymous_id||a{n}"] for n in range(6)]
        assert owners[:3] == [hub] * 3
        assert owners[3:] == strangers[3:]

    def test_a_robot_with_a_thousand_cookies_keeps_its_events(self) -> None:
        world = World(msgspec.structs.replace(DEFAULTS, max_identifiers=10))
        robot = world.one(user="robot")
        assert {world.one(user="robot", anonymous=f"a{n}") for n in range(20)} == {robot}
        assert sum(1 for owner in world.owner.values() if owner == robot) == 10


class TestBrowsers:
    """Unomi's hole (a public event that merges two profiles), closed."""

    def test_a_browser_cannot_merge_two_known_people_and_leaves_a_claim(self) -> None:
        world = World()
        lan, hoa = world.one(email="lan@example.com"), world.one(phone="0912345678")
        attack = world.batch(message(email="lan@example.com", phone="0912345678", trusted=False))
        assert not attack.merges
        assert attack.profile_ids == [lan]
        assert world.owner[HOA] == hoa
        assert world.claimed() == {("merge", LAN, HOA)}
        assert attack.withheld == {0: frozenset({"phone"})}

    def test_a_server_that_names_both_confirms_it(self) -> None:
        world = World()
        world.one(email="lan@example.com")
        world.one(phone="0912345678")
        world.one(email="lan@example.com", phone="0912345678", trusted=False)
        world.one(user="u-1", email="lan@example.com", phone="0912345678")
        assert world.confirmed == {pair_of(LAN, HOA)}
        assert world.same(LAN, HOA)

    def test_a_known_person_gets_no_second_address_from_a_browser(self) -> None:
        world = World()
        lan = world.one(user="u-1", email="lan@example.com")
        attack = world.batch(message(user="u-1", email="thief@example.com", trusted=False))
        assert attack.profile_ids == [lan]
        assert "email||thief@example.com" not in world.owner
        assert world.claimed() == {("attach", "user_id||u-1", "email||thief@example.com")}
        assert attack.withheld == {0: frozenset({"email"})}

    def test_a_first_address_is_taken(self) -> None:
        world = World()
        lan = world.one(user="u-1", trusted=False)
        assert world.one(user="u-1", email="lan@example.com", trusted=False) == lan
        assert world.owner[LAN] == lan

    def test_asked_again_it_is_the_same_claim(self) -> None:
        world = World()
        world.one(email="lan@example.com")
        world.one(phone="0912345678")
        asked = [message(email="lan@example.com", phone="0912345678", trusted=False) for _ in range(3)]
        assert [c.count for c in world.batch(*asked).claims.values()] == [3]


class TestOrders:
    def test_a_person_joins_two(self) -> None:
        world = World()
        lan, hoa = world.one(email="lan@example.com"), world.one(phone="0912345678")
        result = world.batch(joins=[Join(1, HOA, LAN, "minh@shop.vn", "she told us")])
        assert result.merges == [(lan, hoa)]
        assert result.orders == {1: ""}
        [edge] = result.edges
        assert (edge.kind, edge.rule, edge.by, edge.note) == ("merge", "by_hand", "minh@shop.vn", "she told us")

    def test_two_user_ids_are_joined_only_by_a_person_who_says_that_they_are_two_accounts(self) -> None:
        world = World()
        lan = world.one(user="u-1")
        world.one(user="u-2", email="lan@example.com")
        refused = world.batch(joins=[Join(1, "user_id||u-1", "user_id||u-2", "minh@shop.vn")])
        assert refused.orders == {1: "unique:user_id"}
        assert not world.same("user_id||u-1", "user_id||u-2")
        world.batch(joins=[Join(2, "user_id||u-1", "user_id||u-2", "minh@shop.vn", two_accounts=True)])
        assert world.one(user="u-2", email="lan@example.com", anonymous="a") == lan
        assert world.one(user="u-1", email="lan@example.com", anonymous="a") == lan
        assert world.one(user="u-3", email="lan@example.com") != lan

    def test_what_was_cut_apart_stays_apart_until_a_person_joins_it(self) -> None:
        world = World()
        world.one(email="lan@example.com", anonymous="x")
        hoa = world.one(phone="0912345678")
        world.separate(LAN, HOA)
        refused = world.batch(message(email="lan@example.com", phone="0912345678"))
        assert [(e.kind, e.left, e.rule) for e in refused.edges] == [("conflict", HOA, "separated")]
        world.one(phone="0912345678", anonymous="x")
        assert world.owner[HOA] == hoa
        joined = world.batch(joins=[Join(1, LAN, HOA, "minh@shop.vn")])
        assert joined.reunited == {pair_of(LAN, HOA)}
        assert world.same(LAN, HOA)

    def test_an_identifier_that_nobody_has_is_added(self) -> None:
        world = World()
        lan = world.one(email="lan@example.com")
        new = Key(20, HOA, "phone", "", "+84912345678")
        assert world.batch(joins=[Join(1, LAN, HOA, "minh@shop.vn", new=new)]).orders == {1: ""}
        assert world.owner[HOA] == lan


class TestScopes:
    def test_the_same_code_at_two_tills_is_two_people(self) -> None:
        world = World()
        one = world.one(external=[("customer_code", "", "17")], source=1)
        two = world.one(external=[("customer_code", "", "17")], source=2)
        assert one != two

    def test_an_account_that_is_named_is_the_same_from_every_source(self) -> None:
        world = World()
        one = world.one(external=[("zalo_user_id", "oa-1", "z")], source=1)
        assert world.one(external=[("zalo_user_id", "oa-1", "z")], source=2) == one
        assert world.one(external=[("zalo_user_id", "oa-2", "z")], source=2) != one

    def test_scope_by_source_is_a_setting(self) -> None:
        world = World(rules_with(anonymous_id={"scope": "source"}))
        assert world.one(anonymous="a", source=1) != world.one(anonymous="a", source=2)

    def test_a_type_of_ones_own(self) -> None:
        own = IdentifierType("membership", 3, normaliser="digits", unique=True)
        world = World(msgspec.structs.replace(DEFAULTS, types=(*DEFAULTS.types, own)))
        one = world.one(external=[("membership", "x", "AB-123")])
        assert world.one(external=[("membership", "y", "123")]) == one


_ids = st.sampled_from(["1", "2", "3"])
_messages = st.builds(
    message,
    user=st.none() | _ids.map(lambda i: f"u{i}"),
    anonymous=st.none() | _ids.map(lambda i: f"a{i}"),
    email=st.none() | _ids.map(lambda i: f"p{i}@example.com"),
    phone=st.none() | _ids.map(lambda i: f"091234567{i}"),
    external=st.just([]) | _ids.map(lambda i: [("customer_code", "till", i)]),
    trusted=st.booleans(),
).filter(lambda m: bool(keys_of(m)))
_batches = st.lists(st.lists(_messages, min_size=1, max_size=6), max_size=8)
_tight = msgspec.structs.replace(rules_with(email={"limit": 1}, phone={"limit": 2}), max_merges=2, max_identifiers=10)
_rules = st.sampled_from([DEFAULTS, _tight])


@given(_batches, _rules)
def test_no_profile_ever_breaks_a_limit(batches: list[list[Message]], rules: Rules) -> None:
    world = World(rules)
    for batch in batches:
        world.batch(*batch)
    counts: dict[tuple[int, str, str], int] = defaultdict(int)
    for key, profile in world.owner.items():
        counts[profile, world.known[key].type, world.known[key].scope] += 1
    for (_profile, type_, _scope), number in counts.items():
        most = rules.type_of(type_).most
        assert most is None or number <= most


@given(st.lists(_messages, max_size=20), _rules)
def test_how_messages_are_cut_into_batches_makes_no_difference(messages: list[Message], rules: Rules) -> None:
    together, apart = World(rules), World(rules)
    ordered = sorted(messages, key=lambda m: (m.time, m.message_id))
    if ordered:
        together.batch(*ordered)
    for one in ordered:
        apart.batch(one)
    assert together.people() == apart.people()
    assert together.claimed() == apart.claimed()


@given(st.lists(_messages, max_size=12), st.randoms(use_true_random=False), _rules)
def test_the_order_within_a_batch_makes_no_difference(
    messages: list[Message], chance: random.Random, rules: Rules
) -> None:
    shuffled = list(messages)
    chance.shuffle(shuffled)
    one, other = World(rules), World(rules)
    first, second = one.batch(*messages), other.batch(*shuffled)
    assert one.owner == other.owner
    assert first.edges == second.edges
    by_id = dict(zip((m.message_id for m in messages), first.profile_ids, strict=True))
    assert by_id == dict(zip((m.message_id for m in shuffled), second.profile_ids, strict=True))


@given(_batches)
def test_the_same_batches_give_the_same_result(batches: list[list[Message]]) -> None:
    first, second = World(), World()
    for batch in batches:
        assert first.batch(*batch) == second.batch(*batch)
    assert first.owner == second.owner


@given(_batches, _rules)
def test_the_log_alone_tells_who_is_who(batches: list[list[Message]], rules: Rules) -> None:
    world = World(rules)
    for batch in batches:
        world.batch(*batch)
    assert connected(world.edges) == world.people()


@given(st.lists(_messages, max_size=20))
def test_browser_messages_alone_never_join_two_known_people(messages: list[Message]) -> None:
    world = World()
    lan = world.one(user="u1", email="p1@example.com")
    hoa = world.one(user="u2", phone="0912345672")
    shop = world.one(external=[("customer_code", "till", "3")])
    for one in messages:
        one.trusted = False
        world.batch(one)
    assert world.owner["email||p1@example.com"] == world.owner["user_id||u1"] == lan
    assert world.owner["phone||+84912345672"] == world.owner["user_id||u2"] == hoa
    assert world.owner["customer_code|till|3"] == shop
    assert not any(e.kind == "merge" and {e.profile_id, e.other_profile_id} <= {lan, hoa, shop} for e in world.edges)


@pytest.mark.parametrize("value", ["A", "a "])
def test_normalisers_fold_what_they_say(value: str) -> None:
    rules = rules_with(loyalty_card={"normaliser": "lower"})
    [key] = keys_of(message(external=[("loyalty_card", "", value)]), rules)
    assert key.key == "loyalty_card||a"
