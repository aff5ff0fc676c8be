"""RFM: how recently, how often and for how much somebody bought, each scored from 1 to 5. Pure.

The orders of a person within the window are kept; scores are by boundaries. The recency score falls at the exact
instant at which the last order is as old as a boundary. Who has no order in the window has no scores.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from quen.computed.rfm_groups import Group, group_of
from quen.segments.aggregates.amounts import millionths
from quen.segments.aggregates.series import Entry, Latest
from quen.segments.facts import Fact
from quen.segments.kept import OwnFold
from quen.segments.moments import FOREVER

BEST = 5
PARTS = ("recency", "frequency", "monetary")


class Boundaries(msgspec.Struct, frozen=True):
    """What separates the scores of each part, ascending, at most four. Fewer: the best scores are not reached.

    `recency`: ages in ms; younger than the first is the best score. `frequency`: numbers of orders, `monetary`: amounts
    in millionths; from the last on is the best score.
    """

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]

    def scores(self, age: int, orders: int, spent: int) -> tuple[int, int, int]:
        """r, f and m of a person whose last order is `age` ms old."""
        recency = 1 + len(self.recency) - bisect_right(self.recency, age)
        return recency, 1 + bisect_right(self.frequency, orders), 1 + bisect_right(self.monetary, spent)


class Orders(OwnFold):
    """The orders within a moving window: what is kept live of them (a fold of segments), and their scores."""

    def __init__(self, amount: str, span: int, boundaries: Boundaries | None, groups: Sequence[Group]) -> None:
        """`amount`: path of the property; an order without a number there counts as one of nothing."""
        read = millionths(amount)

        def extract(properties: Mapping[str, Any]) -> int:
            return read(properties) or 0

        self._kept = Latest(extract, span)
        self._span, self._boundaries = span, boundaries
        self._groups = {(r, f, m): value_of(r, f, m, groups) for r in SCORES for f in SCORES for m in SCORES}

    def add(self, state: list[Entry] | None, fact: Fact, now: int) -> list[Entry] | None:
        return self._kept.add(state, fact, now)

    def merge(self, one: list[Entry], other: list[Entry]) -> list[Entry]:
        return self._kept.merge(one, other)

    def truth(self, state: list[Entry] | None, now: int) -> tuple[dict[str, Any] | None, int]:
        """`{r, f, m, score, group}` or None, and until when it surely stays so if nothing happens."""
        if not state or self._boundaries is None:
            return None, FOREVER
        times = [entry[0] for entry in state]
        first, after = bisect_right(times, now - self._span), bisect_right(times, now)
        until = times[after] if after < len(times) else FOREVER
        if first == after:
            return None, until
        age = now - times[after - 1]
        spent = sum(entry[2] for entry in state[first:after])
        scores = self._boundaries.scores(age, after - first, spent)
        falls = self._boundaries.recency
        if (next_fall := bisect_right(falls, age)) < len(falls):
            until = min(until, now - age + falls[next_fall])
        return self._groups[scores], min(until, times[first] + self._span)


SCORES = range(1, BEST + 1)


def value_of(r: int, f: int, m: int, groups: Sequence[Group]) -> dict[str, Any]:
    """The value of the trait."""
    return {"r": r, "f": f, "m": m, "score": r + f + m, "group": group_of(groups, r, f, m)}
