"""What the aggregates over a property keep live. Not an aggregate itself.

Within a moving window every matching `[time, id, value]` of the window is kept, ascending; ever and between two dates
one running result, `[result, ahead]`, where `ahead` are entries dated ahead of the clock.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from quen.segments.facts import Fact
from quen.segments.moments import FOREVER
from quen.segments.window import Window

# A person with more matching events than this within one window is judged by the latest of them.
MAX_KEPT = 2_000
# How many of the instants to come at which events leave or start are looked at; beyond, it is asked again.
_LOOK_AHEAD = 32

Entry = list[Any]


class Reducer(Protocol):
    """For what only grows. `step` may change `result` in place."""

    def start(self) -> Any: ...

    def step(self, result: Any, entry: Entry) -> Any: ...

    def combine(self, one: Any, other: Any) -> Any: ...

    def test(self, result: Any) -> Any:
        """Whether it holds; of a computed trait, what it comes to."""


class Sliding(Protocol):
    """For a moving window: without the oldest too the result is had without going through all again.

    `step` and `leave` may change `result` in place.
    """

    def of(self, entries: list[Entry]) -> Any:
        """The result of these, which ascend; maybe none."""

    def step(self, result: Any, entry: Entry) -> Any: ...

    def leave(self, result: Any, entries: list[Entry], left: int) -> Any:
        """The result of `entries[left:]`, where `result` is of those and the one before, which leaves."""

    def test(self, result: Any) -> Any: ...


class Either(Reducer, Sliding, Protocol):
    """A reducer for both."""


Extract = Callable[[Mapping[str, Any]], Any]


def series(extract: Extract, reducer: Either, window: Window, limits: tuple[int, int]) -> Moving | Running:
    """`extract` gives the value of an event, None when it has none to give."""
    return Moving(extract, reducer, window.span) if window.span else Running(extract, reducer, limits)


class Latest:
    """What is kept of a moving window."""

    def __init__(self, extract: Extract, span: int) -> None:
        self._extract, self._span = extract, span

    def add(self, state: list[Entry] | None, fact: Fact, now: int) -> list[Entry] | None:
        oldest = now - self._span
        if fact.time <= oldest or (value := self._extract(fact.properties)) is None:
            return state
        entry = [fact.time, fact.id, value]
        if state is None:
            return [entry]
        insort(state, entry, key=_when)
        expired = bisect_right(state, (oldest, FOREVER), key=_when) if state[0][0] <= oldest else 0
        if (drop := max(expired, len(state) - MAX_KEPT)) > 0:
            del state[:drop]
        return state

    def merge(self, one: list[Entry], other: list[Entry]) -> list[Entry]:
        return sorted(one + other, key=_when)[-MAX_KEPT:]


class Moving(Latest):
    def __init__(self, extract: Extract, reducer: Sliding, span: int) -> None:
        super().__init__(extract, span)
        self._reducer = reducer

    def truth(self, state: list[Entry] | None, now: int) -> tuple[Any, int]:
        """The window is reduced once; from then on entries leave and come one by one, at their instants."""
        reducer, span = self._reducer, self._span
        if not state:
            return reducer.test(reducer.of([])), FOREVER
        first = 0 if state[0][0] > now - span else bisect_right(state, now - span, key=_time)
        last = len(state) if state[-1][0] <= now else bisect_right(state, now, key=_time)
        window, ahead, left = state[first:last], state[last:], 0
        result = reducer.of(window)
        truth, at = reducer.test(result), FOREVER
        for _ in range(_LOOK_AHEAD):
            at = window[left][0] + span if left < len(window) else FOREVER
            if ahead:
                at = min(at, ahead[0][0])
            if at == FOREVER:
                break
            while ahead and ahead[0][0] <= at:
                window.append(ahead.pop(0))
                result = reducer.step(result, window[-1])
            while left < len(window) and window[left][0] + span <= at:
                left += 1
                result = reducer.leave(result, window, left)
            if reducer.test(result) != truth:
                break
        return truth, at


class Running:
    def __init__(self, extract: Extract, reducer: Reducer, limits: tuple[int, int]) -> None:
        self._extract, self._reducer = extract, reducer
        self._start, self._end = limits

    def add(self, state: list[Any] | None, fact: Fact, now: int) -> list[Any] | None:
        if not self._start <= fact.time < self._end or (value := self._extract(fact.properties)) is None:
            return state
        state = state or [self._reducer.start(), []]
        insort(state[1], [fact.time, fact.id, value], key=_when)
        started = bisect_right(state[1], (now, FOREVER), key=_when)
        for entry in state[1][:started]:
            state[0] = self._reducer.step(state[0], entry)
        del state[1][:started]
        return state

    def take(self, state: list[Any] | None, fact: Fact, now: int) -> tuple[list[Any] | None, bool]:
        if state is not None and not state[1] and fact.time <= now:
            # Nearly always: nothing lies ahead, and nothing will.
            if not self._start <= fact.time < self._end or (value := self._extract(fact.properties)) is None:
                return state, False
            before = self._reducer.test(state[0])
            state[0] = self._reducer.step(state[0], [fact.time, fact.id, value])
            return state, bool(self._reducer.test(state[0]) != before)
        truth, until = self.truth(state, now)
        state = self.add(state, fact, now)
        after, later = self.truth(state, now)
        return state, bool(after != truth or later < until)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        return [self._reducer.combine(one[0], other[0]), sorted(one[1] + other[1], key=_when)]

    def truth(self, state: list[Any] | None, now: int) -> tuple[Any, int]:
        if state is None:
            return self._reducer.test(self._reducer.start()), FOREVER
        truth = self._at(state, now)
        for edge in sorted({entry[0] for entry in state[1] if entry[0] > now}):
            if self._at(state, edge) != truth:
                return truth, edge
        return truth, FOREVER

    def _at(self, state: list[Any], now: int) -> Any:
        if not state[1]:
            return self._reducer.test(state[0])
        result = self._reducer.combine(self._reducer.start(), state[0])
        for entry in state[1]:
            if entry[0] <= now:
                result = self._reducer.step(result, entry)
        return self._reducer.test(result)


def _when(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[1]


def _time(entry: Entry) -> int:
    time: int = entry[0]
    return time
