"""Groups hold together in every pair; chains are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.duplicates.clusters import MEAN_BITS, UNKNOWN_BITS, clusters_of, components
from quen.duplicates.matching import LARGEST_COMPONENT, missing_pairs

_members = st.integers(0, 12)
_weights = st.dictionaries(st.tuples(_members, _members).filter(lambda p: p[0] < p[1]), st.floats(-15, 15), max_size=40)


def test_a_chain_of_likely_pairs_is_not_one_person() -> None:
    """1 is like 2, 2 like 3…: neighbours belong together, the ends are strangers."""
    weights = {(n, n + 1): 6.0 for n in range(20)}
    assert components(weights) == [list(range(21))]
    assert max(map(len, clusters_of(weights, 0.0))) <= 4
    strangers = {(n, n + 2): -8.0 for n in range(19)}
    assert max(map(len, clusters_of(weights | strangers, 0.0))) <= 3


def test_one_that_is_like_nobody_else_of_the_group_stays_out() -> None:
    friends = {(0, 1): 9.0, (0, 2): 9.0, (1, 2): 9.0, (2, 3): 5.0, (0, 3): -9.0, (1, 3): -9.0}
    assert clusters_of(friends, 0.0) == [[0, 1, 2]]


def test_one_record_that_says_little_does_not_part_a_group() -> None:
    weights = {(0, 1): 9.0, (0, 2): 9.0, (1, 2): -0.5}
    assert clusters_of(weights, 0.0) == [[0, 1, 2]]


def test_pairs_that_must_stay_apart_do_so_whatever_ties_them() -> None:
    weights = {(0, 1): 15.0, (1, 2): 15.0, (0, 2): 15.0}
    clusters = clusters_of(weights, 0.0, lambda left, right: {left, right} == {0, 2})
    assert len(clusters) == 1 and set(clusters[0]) != {0, 1, 2} and not {0, 2} <= set(clusters[0])


@given(_weights, st.floats(-2, 5), st.sets(st.frozensets(_members, min_size=2, max_size=2), max_size=5))
def test_clusters_are_disjoint_and_agree_with_themselves(
    weights: dict[tuple[int, int], float], threshold: float, apart: set[frozenset[int]]
) -> None:
    clusters = clusters_of(weights, threshold, lambda left, right: frozenset((left, right)) in apart)
    together = [member for members in clusters for member in members]
    assert len(together) == len(set(together))
    inside = set(map(frozenset, components(pair for pair, bits in weights.items() if bits >= threshold)))
    for members in clusters:
        assert len(members) > 1 and any(set(members) <= component for component in inside)
        assert not any(pair <= set(members) for pair in apart)
        if len(members) == 2:
            assert weights.get((members[0], members[1]), UNKNOWN_BITS) >= min(MEAN_BITS, threshold)


@given(_weights)
def test_nothing_depends_on_the_order_of_pairs(weights: dict[tuple[int, int], float]) -> None:
    turned = dict(reversed(weights.items()))
    assert clusters_of(weights, 0.0) == clusters_of(turned, 0.0)


def test_components_are_weighed_whole_unless_they_are_too_large() -> None:
    assert missing_pairs({(0, 1): 5.0, (1, 2): 5.0}, 0.0) == [(0, 2)]
    long = {(n, n + 1): 5.0 for n in range(LARGEST_COMPONENT + 5)}
    assert missing_pairs(long, 0.0) == []
    assert missing_pairs(long | {(0, 1): 30.0, (1, 2): 30.0}, 0.0) == [(0, 2)]


@pytest.mark.parametrize("threshold", [0.0, 3.0])
def test_nothing_is_in_no_cluster(threshold: float) -> None:
    assert clusters_of({}, threshold) == []
