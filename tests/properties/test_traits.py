"""Traits: any order of arrival, and any split over profiles that merge later, is as replaying all in (time, row) order.

The oracle says what each strategy means in the plainest words, over all observations at once.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.profiles import kept
from quen.profiles.rebuilding import Observation, rebuild_traits
from quen.profiles.state import ProfileState, merge_profiles, set_traits
from quen.profiles.strategies import ALL_LATEST, Strategies, Strategy

TRAITS = ("a", "b")
VALUES = st.sampled_from([None, 0, 1, True, "1", "x", ["x"], {"k": 1}, 2.5])
SPECIAL = st.sampled_from(
    [
        Strategy("first"),
        Strategy("most_frequent"),
        Strategy("source_priority", (2, 3)),
        Strategy("keep_all"),
        Strategy("latest"),
    ]
)


@st.composite
def stories(draw: st.DrawFn, most: int = 9, values: st.SearchStrategy[Any] = VALUES) -> list[Observation]:
    """Observations in order of arrival: row ids rise, times jump about and meet."""
    given = draw(
        st.lists(
            st.tuples(
                st.integers(0, 6),
                st.sampled_from([0, 1, 2, 3]),
                st.dictionaries(st.sampled_from(TRAITS), values, min_size=1),
            ),
            max_size=most,
        )
    )
    return [Observation(time, 100 + index, source, traits) for index, (time, source, traits) in enumerate(given)]


def in_force(strategy: Strategy) -> Strategies:
    return ALL_LATEST if strategy.name == "latest" else Strategies({"a": strategy})


def take(profile: ProfileState, story: list[Observation], strategies: Strategies, known: list[Observation]) -> None:
    """As the engine does: what cannot be answered from the state is made anew from the history."""
    for seen in story:
        set_traits(profile, seen.traits, seen.time_ms, seen.source_id, seen.row_id, strategies)
        known.append(seen)
        refresh(profile, known, strategies)


def refresh(profile: ProfileState, known: list[Observation], strategies: Strategies) -> None:
    if profile.stale:
        traits, meta = rebuild_traits(known, strategies)
        for name in profile.stale:
            profile.trait_meta[name] = meta[name]
            profile.traits.pop(name, None)
            if name in traits:
                profile.traits[name] = traits[name]
        profile.stale = frozenset()
    stored(profile)


def stored(profile: ProfileState) -> None:
    """Through the database and back."""
    profile.traits = msgspec.json.decode(msgspec.json.encode(profile.traits))
    profile.trait_meta = msgspec.json.decode(msgspec.json.encode(profile.trait_meta))


def person() -> ProfileState:
    return ProfileState(1, 0, 0, 0, 1)


def same(one: ProfileState, traits: dict[str, Any], meta: dict[str, Any]) -> None:
    other = ProfileState(1, 0, 0, 0, 1, traits, meta)
    stored(other)
    assert msgspec.json.encode(one.traits, order="sorted") == msgspec.json.encode(other.traits, order="sorted")
    assert one.trait_meta == other.trait_meta


@given(stories(), SPECIAL, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(story: list[Observation], strategy: Strategy, dice: Any) -> None:
    strategies = in_force(strategy)
    expected = rebuild_traits(story, strategies)
    profile = person()
    take(profile, dice.sample(story, len(story)), strategies, [])
    same(profile, *expected)


@given(stories(), SPECIAL, st.randoms(use_true_random=False))
def test_a_split_that_is_merged_later_makes_no_difference(
    story: list[Observation], strategy: Strategy, dice: Any
) -> None:
    strategies = in_force(strategy)
    expected = rebuild_traits(story, strategies)
    parts: list[list[Observation]] = [[], [], []]
    for seen in dice.sample(story, len(story)):
        dice.choice(parts).append(seen)
    people = []
    for part in parts:
        profile = person()
        take(profile, part, strategies, [])
        people.append(profile)
    one, two, three = people
    merge_profiles(two, three, strategies)
    refresh(two, parts[1] + parts[2], strategies)
    merge_profiles(one, two, strategies)
    refresh(one, story, strategies)
    same(one, *expected)


@given(stories(values=st.sampled_from([0, 1, "x", ["y"]])), SPECIAL, st.randoms(use_true_random=False))
def test_without_deletions_the_history_is_never_asked(story: list[Observation], strategy: Strategy, dice: Any) -> None:
    strategies = in_force(strategy)
    one, other = person(), person()
    for seen in dice.sample(story, len(story)):
        set_traits(dice.choice([one, other]), seen.traits, seen.time_ms, seen.source_id, seen.row_id, strategies)
    merge_profiles(one, other, strategies)
    assert not one.stale
    stored(one)
    same(one, *rebuild_traits(story, strategies))


@given(stories(most=14), SPECIAL)
def test_what_each_strategy_means(story: list[Observation], strategy: Strategy) -> None:
    traits, _ = rebuild_traits(story, in_force(strategy))
    wanted = oracle([o for o in story if "a" in o.traits], strategy)
    assert ("a" in traits) is (wanted is not None)
    assert msgspec.json.encode(traits.get("a")) == msgspec.json.encode(wanted)


def oracle(story: list[Observation], strategy: Strategy) -> Any:
    """The value of trait a, None for none."""
    ordered = sorted(story, key=lambda o: (o.time_ms, o.row_id))
    values: list[tuple[Any, int]] = []
    for seen in ordered:
        values = [] if seen.traits["a"] is None else [*values, (seen.traits["a"], seen.source_id)]
    if not values:
        return None
    if strategy.name == "latest":
        return values[-1][0]
    if strategy.name == "first":
        return values[0][0]
    if strategy.name == "source_priority":
        for source in strategy.sources:
            if of_source := [v for v, s in values if s == source]:
                return of_source[-1]
        return values[-1][0]
    texts = [msgspec.json.encode(v) for v, _ in values]
    if strategy.name == "keep_all":
        return [msgspec.json.decode(text) for text in dict.fromkeys(texts)]
    counts = Counter(texts)
    return msgspec.json.decode(max(counts, key=lambda t: (counts[t], len(texts) - texts[::-1].index(t))))


@pytest.mark.parametrize("name", ["most_frequent", "keep_all", "source_priority"])
@given(st.randoms(use_true_random=False))
def test_bounds_do_not_depend_on_the_order_either(name: Any, dice: Any) -> None:
    strategies = in_force(Strategy(name, (5,) if name == "source_priority" else ()))
    story = [Observation(i % 50, i, i % 150, {"a": f"value {i % 130}"}) for i in range(400)]
    one, other = person(), person()
    for seen in dice.sample(story, len(story)):
        set_traits(dice.choice([one, other]), seen.traits, seen.time_ms, seen.source_id, seen.row_id, strategies)
    merge_profiles(other, one, strategies)
    stored(other)
    same(other, *rebuild_traits(story, strategies))
    assert len(other.trait_meta["a"][kept.PLAIN][3]) == kept.MOST_VALUES


@given(stories(), stories(), SPECIAL, SPECIAL)
def test_after_a_change_of_strategy_the_profile_goes_on(
    before: list[Observation], after: list[Observation], old: Strategy, new: Strategy
) -> None:
    """From what the old one kept; nothing fails, and what comes later than all of it counts as the new one says."""
    profile = person()
    known: list[Observation] = []
    take(profile, before, in_force(old), known)
    later = [o._replace(time_ms=o.time_ms + 100, row_id=o.row_id + 1_000) for o in after]
    deletion = Observation(50, 999, 1, {"a": None, "b": None})
    take(profile, [deletion, *later], in_force(new), known)
    traits, _ = rebuild_traits([deletion, *later], in_force(new))
    assert msgspec.json.encode(profile.traits, order="sorted") == msgspec.json.encode(traits, order="sorted")


@given(stories())
def test_rows_of_earlier_versions_are_read(story: list[Observation]) -> None:
    """[time, source] without the row: the value counts as the first of that time."""
    profile = ProfileState(1, 0, 0, 0, 1, {"a": "old"}, {"a": [3, 1], "b": [3, 1]})
    other = ProfileState(1, 0, 0, 0, 1, {"b": "old"}, {"a": [2, 1], "b": [4, 1]})
    merge_profiles(profile, other)
    take(profile, story, ALL_LATEST, [])
    earlier = [Observation(3, 0, 1, {"a": "old"}), Observation(4, 0, 1, {"b": "old"})]
    traits, _ = rebuild_traits([*earlier, *story], ALL_LATEST)
    assert msgspec.json.encode(profile.traits, order="sorted") == msgspec.json.encode(traits, order="sorted")


def test_rows_of_earlier_versions_take_part_in_other_strategies() -> None:
    profile = ProfileState(1, 0, 0, 0, 1, {"a": "old"}, {"a": [3, 1]})
    set_traits(profile, {"a": "new"}, 5, 2, 100, in_force(Strategy("keep_all")))
    assert profile.traits == {"a": ["old", "new"]}
