"""What a sequence keeps live: the events that are steps of it, in order, and whether it once came true for good.

The state is `[settled, [[time, id, steps], …]]`, `steps` the bits of the steps that the event is. What nothing can take
back is settled and the events are let go; otherwise they are kept, for what arrives late may complete an old chain or
break it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Any

import msgspec

from quen.segments.facts import Fact
from quen.segments.moments import FOREVER
from quen.segments.where import Filter

MAX_KEPT = 200  # of one person's events; with more, the latest are looked at

Entry = list[int]
State = list[Any]


class Link(msgspec.Struct, frozen=True):
    """A step that was done: by its number, at most `gap` ms after the one before; `voids` must not follow before the
    next one."""

    step: int
    gap: int
    voids: tuple[int, ...] = ()


class Trail(msgspec.Struct, frozen=True):
    """A step that must not come within `span` ms after the last one done."""

    step: int
    span: int


class Shape(msgspec.Struct, frozen=True):
    links: tuple[Link, ...]
    trail: tuple[Trail, ...]
    span: int
    recent: int  # 0: for ever

    @property
    def wait(self) -> int:
        """From the last step done to the instant at which it comes true."""
        return max((t.span for t in self.trail), default=0)

    @property
    def horizon(self) -> int:
        """What is older can decide nothing; only with `recent`."""
        return self.recent + self.span + self.wait


class Chain:
    """The fold of a sequence (`aggregates.base.Fold`)."""

    def __init__(self, shape: Shape, tests: Sequence[tuple[str, Filter | None]]) -> None:
        self._shape = shape
        self._wait, self._horizon = shape.wait, shape.horizon
        self._tests: dict[str, list[tuple[int, Filter | None]]] = {}
        for number, (event, passes) in enumerate(tests):
            self._tests.setdefault(event, []).append((1 << number, passes))
        self._done = [(1 << link.step, link.gap) for link in shape.links]
        self._voids = [sum(1 << number for number in link.voids) for link in shape.links]
        self._void = sum(self._voids)
        self._trail = [(1 << trail.step, trail.span) for trail in shape.trail]
        # With nothing that must not happen, what came true stays so whatever arrives late.
        self._lasts = not shape.recent and not shape.trail and not self._void

    def add(self, state: State | None, fact: Fact, now: int) -> State | None:
        if state is not None and state[0]:
            return state
        oldest = now - self._horizon if self._shape.recent else -FOREVER
        steps = 0
        for bit, passes in self._tests[fact.event]:
            if passes is None or passes(fact.properties):
                steps |= bit
        if not steps or fact.time <= oldest:
            return state
        state = [False, []] if state is None else state
        insort(state[1], [fact.time, fact.id, steps], key=_when)
        return self._trim(state, now, oldest)

    def merge(self, one: State, other: State) -> State:
        if one[0] or other[0]:
            return [True, []]
        return [False, sorted(one[1] + other[1], key=_when)]

    def truth(self, state: State | None, now: int) -> tuple[bool, int]:
        if state is None:
            return False, FOREVER
        if state[0]:
            return True, FOREVER
        completions = self._completions(state[1])
        if not self._shape.recent:
            first = min(completions, default=FOREVER)
            return (True, FOREVER) if first <= now else (False, first)
        until = 0
        for at in completions:
            if at <= now or now < until >= at:
                until = at + self._shape.recent
            else:
                return (True, until) if until > now else (False, at)
        return (True, until) if until > now else (False, FOREVER)

    def _trim(self, state: State, now: int, oldest: int) -> State:
        entries: list[Entry] = state[1]
        if entries[0][0] <= oldest:
            del entries[: bisect_right(entries, (oldest, FOREVER), key=_when)]
        if self._lasts and any(at <= now for at in self._completions(entries)):
            return [True, []]
        if len(entries) > MAX_KEPT:
            if not self._shape.recent and any(at <= now for at in self._completions(entries)):
                return [True, []]  # so many: that all of it is taken back by what arrives late is given up
            del entries[:-MAX_KEPT]
        return state

    def _completions(self, entries: list[Entry]) -> list[int]:
        """The instants at which the sequence comes true, ascending, if nothing else happens."""
        done, voids, trail, span = self._done, self._voids, self._trail, self._shape.span
        last = len(done) - 1
        chains: list[tuple[int, int] | None] = [None] * len(done)  # (began, reached) of the latest that reaches a step
        found: list[int] = []
        for time, _, steps in entries:
            reached = []
            for number in range(last, 0, -1):
                bit, gap = done[number]
                if steps & bit and (before := chains[number - 1]) is not None:
                    began, at = before
                    if time < at + gap and time < began + span:
                        reached.append((number, (began, time)))
            if steps & done[0][0]:
                reached.append((0, (time, time)))
            if steps & self._void:
                for number in range(last):
                    if steps & voids[number]:
                        chains[number] = None
            for bit, within in trail:
                if steps & bit:
                    found = [at for at in found if time >= at + within]
            for number, chain in reached:
                chains[number] = chain
                if number == last:
                    found.append(time)
        return [at + self._wait for at in found]


def _when(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[1]
