"""How well matching agrees with the truth. Pure.

- `pairs`: the pairs that were found likely, before they were grouped;
- `clusters`: the pairs of records that came into one group. Precision: how many of them belong together; recall: how
  many of those that belong together came together;
- `exact`: whole people. A group counts when it is exactly one person's records; groups of one record count too;
- `b_cubed`: for every record, how much of its group is of its person, and how much of its person is in its group; the
  mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import msgspec


class Score(msgspec.Struct, frozen=True):
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Figures(msgspec.Struct, frozen=True):
    pairs: Score
    clusters: Score
    exact: Score
    b_cubed: Score


def figures(truth: Sequence[Hashable], groups: Sequence[Hashable], pairs: Iterable[tuple[int, int]]) -> Figures:
    """`truth` and `groups` are labels, a record's at the same place of both. Of nothing all is right."""
    together = Counter(zip(truth, groups, strict=True))
    people, found = Counter(truth), Counter(groups)
    true_pairs = sum(map(_pairs, people.values()))
    grouped = sum(map(_pairs, together.values()))
    likely = Counter(truth[left] == truth[right] for left, right in pairs)
    exact = sum(count == people[person] == found[group] for (person, group), count in together.items())
    records = len(truth)
    return Figures(
        pairs=Score(_share(likely[True], likely.total()), _share(likely[True], true_pairs)),
        clusters=Score(_share(grouped, sum(map(_pairs, found.values()))), _share(grouped, true_pairs)),
        exact=Score(_share(exact, len(found)), _share(exact, len(people))),
        b_cubed=Score(
            _share(sum(count * count / found[group] for (_, group), count in together.items()), records),
            _share(sum(count * count / people[person] for (person, _), count in together.items()), records),
        ),
    )


def labels(records: int, clusters: Iterable[Sequence[int]]) -> list[int]:
    """For each record the place of the first of its group; its own where it is alone."""
    found = list(range(records))
    for members in clusters:
        for member in members:
            found[member] = members[0]
    return found


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
