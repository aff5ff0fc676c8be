"""Precision, recall and F1 of pairs and clusters, against what is counted by hand."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.duplicates.figures import figures, labels


def test_by_hand() -> None:
    # People: a a a b b c; groups: the first two, the next two, the rest alone.
    found = figures("aaabbc", labels(6, [[0, 1], [2, 3]]), [(0, 1), (0, 2)])
    assert (found.pairs.precision, found.pairs.recall) == (1.0, 0.5)
    assert (found.clusters.precision, found.clusters.recall, found.clusters.f1) == (0.5, 0.25, pytest.approx(1 / 3))
    assert (found.exact.precision, found.exact.recall) == (1 / 4, 1 / 3)  # c alone
    assert found.b_cubed.precision == pytest.approx((1 + 1 + 0.5 + 0.5 + 1 + 1) / 6)
    assert found.b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 0.5 + 0.5 + 1) / 6)


def test_nothing_is_right() -> None:
    assert figures([], [], []).clusters.f1 == 1.0


_labels = st.integers(1, 12).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n) for _ in range(2)])
)


@given(_labels)
def test_the_quick_count_is_the_slow_one(both: tuple[list[int], list[int]]) -> None:
    truth, groups = both
    found = figures(truth, groups, [])
    pairs = list(combinations(range(len(truth)), 2))
    together = [p for p in pairs if groups[p[0]] == groups[p[1]]]
    same = [p for p in pairs if truth[p[0]] == truth[p[1]]]
    right = len(set(together) & set(same))
    assert found.clusters.precision == (right / len(together) if together else 1.0)
    assert found.clusters.recall == (right / len(same) if same else 1.0)
    people = {frozenset(i for i, t in enumerate(truth) if t == label) for label in truth}
    grouped = {frozenset(i for i, g in enumerate(groups) if g == label) for label in groups}
    assert found.exact.recall == len(people & grouped) / len(people)
    assert found.exact.precision == len(people & grouped) / len(grouped)
