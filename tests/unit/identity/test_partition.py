"""Who is who after people are taken apart: worked cases, and what must hold for any sequence of orders."""

from __future__ import annotations

from collections import defaultdict

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from quen.identity import parting
from quen.identity.evidence import live_ties, parts
from quen.identity.models import Edge, Identifier
from quen.identity.parting import Parting, Refused, Signed, Whole
from quen.identity.partition import holders
from quen.identity.resolution import Join
from tests.identity_world import World

U1, U2, U3 = "user_id||u-1", "user_id||u-2", "user_id||u-3"
LAN, HOA, VISITOR = "email||lan@example.com", "email||hoa@example.com", "anonymous_id||a-1"
SIGNED = Signed(1, "an@example.com", "", 10**9)


class Desk(World):
    """The world, and a person at a desk who takes people apart."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[int, int] = {}

    def log(self) -> list[Edge]:
        return [Edge(**msgspec.structs.asdict(edge)) for edge in self.edges]

    def whole(self, key: str) -> Whole:
        person = self.owner[key]
        ids = [person, *sorted(id_ for id_, to in self.links.items() if to == person)]
        keys = sorted((k for k, p in self.owner.items() if p == person), key=lambda k: (self.known[k].first_seen, k))
        identifiers = [
            Identifier(key=k, type=self.known[k].type, scope="", value=k, first_seen=self.known[k].first_seen)
            for k in keys
        ]
        mine = set(keys)
        about = [
            e
            for e in self.log()
            if e.left in mine or e.profile_id in ids or (e.other_profile_id is not None and e.other_profile_id in ids)
        ]
        return Whole(person, ids, identifiers, about)

    def batch(self, *messages, joins=()):  # type: ignore[no-untyped-def]
        result = super().batch(*messages, joins=joins)
        for survivor, other in result.merges:
            self.links = {id_: survivor if to == other else to for id_, to in self.links.items()} | {other: survivor}
        return result

    def cut(self, left: str, right: str) -> Parting | Refused:
        entry = next(e for e in reversed(self.edges) if {e.left, e.right} == {left, right} and e.kind != "remove")
        return self.taken(parting.cut(self.whole(left), entry.id, SIGNED, lambda: next(self.ids)))

    def split(self, *keys: str) -> Parting | Refused:
        return self.taken(parting.split(self.whole(keys[0]), keys, SIGNED, lambda: next(self.ids)))

    def move(self, key: str, to: str) -> Parting | Refused:
        whole, other = self.whole(key), self.whole(to)
        return self.taken(parting.move(whole, key, other, SIGNED, lambda: next(self.ids), self.rules, self.separations))

    def join(self, left: str, right: str) -> None:
        self.batch(joins=[Join(1, left, right, "an@example.com", two_accounts=True)])
        live = {self.owner[k] for k in (left, right)}
        assert len(live) == 1

    def taken(self, found: Parting | Refused) -> Parting | Refused:
        if isinstance(found, Parting):
            self.owner |= found.owner
            self.links = {id_: to for id_, to in (self.links | found.leads).items() if id_ != to}
            self.edges += found.edges
            for left, right in found.separated:
                self.separate(left, right)
        return found


def test_the_survivor_stays_with_what_it_began_with_and_the_other_gets_its_own_id_back() -> None:
    desk = Desk()
    first, second = desk.one(user="u-1"), desk.one(email="hoa@example.com")
    desk.one(user="u-1", email="hoa@example.com")
    assert desk.owner == {U1: first, HOA: first}
    desk.cut(U1, HOA)
    assert desk.owner == {U1: first, HOA: second}
    assert desk.links == {}


def test_an_identifier_that_came_beside_another_gets_an_id_of_its_own_and_the_same_one_later() -> None:
    desk = Desk()
    person = desk.one(user="u-1", email="hoa@example.com")
    desk.cut(U1, HOA)
    other = desk.owner[HOA]
    assert desk.owner == {U1: person, HOA: other} and other != person
    desk.join(U1, HOA)
    assert desk.owner == {U1: person, HOA: person}
    desk.cut(U1, HOA)
    assert desk.owner == {U1: person, HOA: other}


def test_what_is_merged_into_what_leaves_goes_along() -> None:
    desk = Desk()
    first, second, third = desk.one(user="u-1"), desk.one(email="hoa@example.com"), desk.one(anonymous="a-1")
    desk.one(email="hoa@example.com", anonymous="a-1")
    desk.one(user="u-1", email="hoa@example.com")
    desk.cut(U1, HOA)
    assert desk.owner == {U1: first, HOA: second, VISITOR: second}
    assert desk.links == {third: second}


def test_a_survivor_without_its_first_identifier_stays_with_the_rest() -> None:
    """Begun by a visitor who then went to somebody else: the person is whoever is left."""
    desk = Desk()
    person = desk.one(anonymous="a-1")
    desk.one(anonymous="a-1", user="u-1")
    other = desk.one(user="u-2")
    desk.move(VISITOR, U2)
    assert desk.owner == {VISITOR: min(other or 0, person or 0), U1: desk.owner[U1], U2: desk.owner[VISITOR]}
    assert desk.owner[U1] != desk.owner[U2]


def test_a_cut_says_what_else_ties_the_two() -> None:
    desk = Desk()
    desk.one(user="u-1", email="hoa@example.com")
    desk.one(user="u-1", anonymous="a-1")
    desk.one(email="hoa@example.com", anonymous="a-1")
    refused = desk.cut(U1, HOA)
    assert isinstance(refused, Refused) and refused.problem == "still_one"
    by_id = {e.id: {e.left, e.right} for e in desk.edges}
    assert [by_id[id_] for id_ in refused.edges] == [{U1, VISITOR}, {HOA, VISITOR}]


def test_each_side_of_a_split_stays_one() -> None:
    desk = Desk()
    desk.one(user="u-1", email="hoa@example.com")
    desk.one(user="u-1", anonymous="a-1")
    desk.split(U1)
    assert desk.people() == {frozenset({U1}), frozenset({HOA, VISITOR})}
    assert desk.whole(HOA).keys and len(parts([HOA, VISITOR], live_ties(desk.log()))) == 1


def test_who_has_an_id_is_who_began_it_until_a_newer_one_begins_with_them() -> None:
    desk = Desk()
    person = desk.one(user="u-1", email="hoa@example.com")
    assert person is not None
    assert holders(desk.log()) == {person: [U1]}
    desk.cut(U1, HOA)
    assert holders(desk.log()) == {person: [U1], desk.owner[HOA]: [HOA]}


_keys = st.sampled_from(range(9))
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.sets(_keys, min_size=1, max_size=3)),
        st.tuples(st.just("cut"), st.integers(0, 40)),
        st.tuples(st.just("split"), st.sets(_keys, min_size=1, max_size=3)),
        st.tuples(st.just("move"), st.tuples(_keys, _keys)),
        st.tuples(st.just("join"), st.tuples(_keys, _keys)),
    ),
    max_size=25,
)
_NAMES = [*(f"user_id||u-{i}" for i in range(3)), *(f"email||e{i}@example.com" for i in range(3))]
_NAMES += [f"anonymous_id||a-{i}" for i in range(3)]


@settings(max_examples=200)
@given(_steps)
def test_people_are_what_the_log_says_whatever_was_ordered(steps) -> None:  # type: ignore[no-untyped-def]
    desk, ever = Desk(), set[int]()
    for step, of in steps:
        _do(desk, step, of)
        keys = list(desk.owner)
        assert desk.people() == {frozenset(part) for part in parts(keys, live_ties(desk.log()))}
        people = set(desk.owner.values())
        ever |= people
        # Every id that anybody ever had still leads to somebody.
        assert {desk.links.get(id_, id_) for id_ in ever} <= people
        assert not desk.links.keys() & people


def _do(desk: Desk, step: str, of) -> None:  # type: ignore[no-untyped-def]
    if step == "message":
        named = defaultdict(str, {_NAMES[n].partition("||")[0]: _NAMES[n].partition("||")[2] for n in sorted(of)})
        desk.one(user=named["user_id"] or None, email=named["email"] or None, anonymous=named["anonymous_id"] or None)
        return
    if step == "cut":
        entries = [e for e in desk.edges if e.right]
        if entries:
            entry = entries[of % len(entries)]
            desk.taken(parting.cut(desk.whole(entry.left), entry.id, SIGNED, lambda: next(desk.ids)))
        return
    keys = [_NAMES[n] for n in (sorted(of) if step == "split" else of)]
    if any(key not in desk.owner for key in keys):
        return
    if step == "split":
        desk.split(*keys)
    elif step == "move":
        desk.move(*keys)
    else:
        desk.join(*keys)
