"""Groups of records that are one person, guarded against chains: A like B and B like C does not make A like C. Pure.

Average linkage: two groups become one while the mean weight of all pairs between them is at least the threshold. A pair
that was never weighed counts as a weak disagreement, one that must stay apart forbids.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping

Weights = Mapping[tuple[int, int], float]

MEAN_BITS = -1.0
UNKNOWN_BITS = -3.0  # a pair without a weight
CLAMP = (-18.0, 18.0)  # no single pair decides for a whole group


def components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected components of two and more, each sorted, in the order of their first member."""
    parent: dict[int, int] = {}

    def root(member: int) -> int:
        parent.setdefault(member, member)
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for left, right in pairs:
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    found: dict[int, list[int]] = {}
    for member in sorted(parent):
        found.setdefault(root(member), []).append(member)
    return list(found.values())


def clusters_of(
    weights: Weights,
    threshold: float,
    apart: Callable[[int, int], bool] = lambda left, right: False,
    mean: float = MEAN_BITS,
) -> list[list[int]]:
    """Clusters of two and more. `weights`: bits of (smaller, larger); `threshold`: bits."""
    found = []
    candidates = [pair for pair, bits in weights.items() if bits >= threshold]
    for members in components(candidates):
        found += _agglomerate(members, weights, min(mean, threshold), apart)
    return sorted(found)


def _agglomerate(
    members: list[int], weights: Weights, threshold: float, apart: Callable[[int, int], bool]
) -> list[list[int]]:
    groups: dict[int, list[int]] = {index: [member] for index, member in enumerate(members)}
    sums: dict[tuple[int, int], float] = {}
    heap: list[tuple[float, int, int]] = []
    for i, left in enumerate(members):
        for j in range(i + 1, len(members)):
            sums[i, j] = _weight(weights, left, members[j], apart)
            if sums[i, j] >= threshold:
                heap.append((-sums[i, j], i, j))
    heapq.heapify(heap)
    fresh = len(members)
    while heap:
        _, i, j = heapq.heappop(heap)
        if i not in groups or j not in groups:
            continue
        merged = groups.pop(i) + groups.pop(j)
        for k, other in groups.items():
            # Sums over all pairs between two groups add up when groups do.
            total = sums[min(i, k), max(i, k)] + sums[min(j, k), max(j, k)]
            sums[k, fresh] = total
            mean = total / (len(merged) * len(other))
            if mean >= threshold:
                heapq.heappush(heap, (-mean, k, fresh))
        groups[fresh] = merged
        fresh += 1
    return [sorted(group) for group in groups.values() if len(group) > 1]


def _weight(weights: Weights, left: int, right: int, apart: Callable[[int, int], bool]) -> float:
    if apart(left, right):
        return float("-inf")
    bits = weights.get((min(left, right), max(left, right)), UNKNOWN_BITS)
    return max(CLAMP[0], min(CLAMP[1], bits))
