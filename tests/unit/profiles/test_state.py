"""Traits: the latest event wins whatever the order of arrival, null deletes, merges take the later."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from quen.profiles.state import MAX_TRAITS, ProfileState, merge_profiles, search_text, set_traits


def profile(id_: int = 1) -> ProfileState:
    return ProfileState(id_, 1_000, 1_000, 1_000, 7)


def test_null_deletes_and_an_older_value_does_not_bring_it_back() -> None:
    person = profile()
    assert set_traits(person, {"city": "Huế"}, 100, 7) == {"city"}
    assert set_traits(person, {"city": None}, 300, 7) == {"city"}
    assert set_traits(person, {"city": "Đà Nẵng"}, 200, 7) == set()
    assert "city" not in person.traits


def test_the_same_value_again_changes_nothing_but_its_type_matters() -> None:
    person = profile()
    set_traits(person, {"age": 1}, 100, 7)
    assert set_traits(person, {"age": 1}, 200, 7) == set()
    assert set_traits(person, {"age": True}, 300, 7) == {"age"}


def test_a_profile_does_not_grow_without_bound() -> None:
    person = profile()
    set_traits(person, {f"t{i}": i for i in range(MAX_TRAITS + 50)}, 100, 7)
    assert len(person.traits) == MAX_TRAITS


def test_search_text_is_folded() -> None:
    assert search_text({"name": "Nguyễn Thị Đào", "phone": "0912"}) == "nguyen thi dao 0912"


_writes = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["a", "b"]), st.none() | st.integers(0, 3)),
    max_size=5,
    unique_by=lambda w: (w[0], w[1]),
)


@given(_writes)
def test_the_order_of_arrival_makes_no_difference(writes: list[tuple[int, str, int | None]]) -> None:
    results = []
    for order in permutations(writes):
        person = profile()
        for time, name, value in order:
            set_traits(person, {name: value}, time, 7)
        results.append((person.traits, person.trait_meta))
    assert all(r == results[0] for r in results)


@given(_writes, _writes)
def test_merging_is_as_if_all_had_come_to_one(
    mine: list[tuple[int, str, int | None]], theirs: list[tuple[int, str, int | None]]
) -> None:
    theirs = [(time + 10, name, value) for time, name, value in theirs]
    one, other, both = profile(1), profile(2), profile(1)
    for time, name, value in mine:
        set_traits(one, {name: value}, time, 7)
        set_traits(both, {name: value}, time, 7)
    for time, name, value in theirs:
        set_traits(other, {name: value}, time, 7)
        set_traits(both, {name: value}, time, 7)
    merge_profiles(one, other)
    assert one.traits == both.traits
