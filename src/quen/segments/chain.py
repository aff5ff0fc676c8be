"""What a sequence keeps live: the latest events that are steps of it, and what the earlier ones came to.

The state is `[settled, entries]`, entries `[time, id, steps]` in order, `steps` the bits of the steps that the event
is. Once there are many, the oldest are folded into what they came to: `[settled, entries, chains, ends, floor]`, the
latest chain that reaches each step, the last steps of whole chains, and the place of the last one folded. What comes in
order is judged exactly, however long the history. Of what comes later than the floor the state is told anew from the
history (`is_late`); by itself it can then still break a whole chain, but complete none. What nothing can take back is
settled, and everything let go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import msgspec

from quen.segments.facts import Fact
from quen.segments.kept import OwnFold
from quen.segments.moments import FOREVER
from quen.segments.operators.base import Filter

MAX_KEPT = 64  # of one person's events; with one more, the oldest half is folded
MAX_ENDS = 16
MAX_PENDING = 256  # whole chains of which it is not certain yet that nothing comes after them

Entry = list[int]
State = list[Any]
Reached = Sequence[int] | None  # began, reached: of the latest chain that reaches a step


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


class Chain(OwnFold):
    """The fold of a sequence."""

    def __init__(self, shape: Shape, tests: Sequence[tuple[str, Filter | None]]) -> None:
        self._shape = shape
        self._wait, self._horizon = shape.wait, shape.horizon
        self._tests: dict[str, list[tuple[int, Filter | None]]] = {}
        for number, (event, passes) in enumerate(tests):
            self._tests.setdefault(event, []).append((1 << number, passes))
        self.events = frozenset(self._tests)
        self._done = [(1 << link.step, link.gap) for link in shape.links]
        self._voids = [sum(1 << number for number in link.voids) for link in shape.links]
        self._void = sum(self._voids)
        self._trail = [(1 << trail.step, trail.span) for trail in shape.trail]
        self._breaks = sum(bit for bit, _ in self._trail)
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
        if state is None:
            state = [False, []]
        elif len(state) > 2 and [fact.time, fact.id] < state[4]:
            state[3] = self._unbroken(state[3], fact.time, steps)
            return state
        entries, place = state[1], (fact.time, fact.id)
        at = bisect_left(entries, place, key=_when)
        if at < len(entries) and _when(entries[at]) == place:
            return state  # told anew from the history, and once more by the batch
        entries.insert(at, [fact.time, fact.id, steps])
        return self._trim(state, now, oldest)

    def is_late(self, state: State | None, facts: Sequence[Fact], merged: bool) -> bool:
        """Whether these facts, or becoming one person, need the history."""
        if state is None or len(state) == 2:
            return False
        return merged or any(f.event in self.events and [f.time, f.id] < state[4] for f in facts)

    def merge(self, one: State, other: State) -> State:
        if one[0] or other[0]:
            return [True, []]
        merged: State = [False, sorted(one[1] + other[1], key=_when)]
        folded = [state for state in (one, other) if len(state) > 2]
        if folded:
            chains = [
                max(filter(None, each), key=_reached, default=None) for each in zip(*_chains(folded), strict=True)
            ]
            merged += [chains, sorted(at for s in folded for at in s[3]), max(s[4] for s in folded)]
        return merged

    def truth(self, state: State | None, now: int) -> tuple[bool, int]:
        if state is None:
            return False, FOREVER
        if state[0]:
            return True, FOREVER
        completions = self._completions(state)
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
        if self._lasts and any(at <= now for at in self._completions(state)):
            return [True, []]
        return self._fold(state, now) if len(entries) > MAX_KEPT else state

    def _fold(self, state: State, now: int) -> State:
        entries = state[1]
        folded, rest = entries[: MAX_KEPT // 2], entries[MAX_KEPT // 2 :]
        chains, ends = self._walk(folded, *state[2:4])
        for time, _, steps in rest:
            ends = self._unbroken(ends, time, steps)
        floor = max([folded[-1][:2], *state[4:]])
        return [False, rest, chains, self._thinned(ends, now), floor]

    def _thinned(self, ends: list[int], now: int) -> list[int]:
        """As many as decide: for ever the earliest ones; with `recent` the latest that is certain, and what waits."""
        if not self._shape.recent:
            return ends if len(ends) <= MAX_ENDS else ends[: MAX_ENDS // 2] + ends[-MAX_ENDS // 2 :]
        certain = bisect_right(ends, now - self._wait)
        ends = ends[max(0, certain - 1) :]
        return ends if len(ends) <= MAX_PENDING else [*ends[:-1:2], ends[-1]]

    def _completions(self, state: State) -> list[int]:
        """The instants at which the sequence comes true, ascending, if nothing else happens."""
        _, ends = self._walk(state[1], *state[2:4])
        return [at + self._wait for at in ends]

    def _walk(
        self, entries: list[Entry], before: Sequence[Reached] = (), ends: Sequence[int] = ()
    ) -> tuple[list[Reached], list[int]]:
        """The latest chain that reaches each step, and the last steps of whole chains, after these entries."""
        done, voids, span = self._done, self._voids, self._shape.span
        last = len(done) - 1
        chains: list[Reached] = list(before) or [None] * len(done)
        found = list(ends)
        for time, _, steps in entries:
            reached = []
            for number in range(last, 0, -1):
                bit, gap = done[number]
                if steps & bit and (chain := chains[number - 1]) is not None:
                    began, at = chain
                    if at <= time < at + gap and time < began + span:
                        reached.append((number, (began, time)))
            if steps & done[0][0]:
                reached.append((0, (time, time)))
            if steps & self._void:
                for number in range(last):
                    if steps & voids[number]:
                        chains[number] = None
            if steps & self._breaks and found:
                found = self._unbroken(found, time, steps)
            for number, chain in reached:
                chains[number] = chain
                if number == last:
                    found.append(time)
        return chains, found

    def _unbroken(self, ends: list[int], time: int, steps: int) -> list[int]:
        """Those of these ends after which what must not come does not come by this event."""
        for bit, within in self._trail:
            if steps & bit:
                ends = [at for at in ends if not at <= time < at + within]
        return ends


def _chains(states: Sequence[State]) -> list[list[Reached]]:
    return [state[2] for state in states]


def _reached(chain: Sequence[int]) -> int:
    return chain[1]


def _when(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[1]
