"""What the aggregates over a property keep live. Not an aggregate itself.

Within a moving window every matching `[time, id, value]` of the window is kept, ascending; ever and between two dates
one running result, `[result, ahead]`, where `ahead` are entries dated ahead of the clock. A fold is the question of one
condition; conditions that keep the same have one series (`kept.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from quen.segments.facts import Fact
from quen.segments.kept import NOBODY, Asker, Series, Told, always, changed, truths, unanswered
from quen.segments.moments import FOREVER
from quen.segments.window import Window

# A person with more matching events than this within one window is judged by the latest of them.
MAX_KEPT = 2_000
# How many of the instants to come at which events leave or start are looked at; beyond, it is asked again.
_LOOK_AHEAD = 32

Entry = list[Any]


class Reducer(ABC):
    """For what only grows. `step` may change `result` in place.

    `breaks`: where the truth is only one of how high the `level` of the result is, the levels from which on it is
    another; so many conditions are told at once. None: it is tested.
    """

    breaks: Sequence[int] | None = None

    @abstractmethod
    def start(self) -> Any: ...

    @abstractmethod
    def step(self, result: Any, entry: Entry) -> Any: ...

    @abstractmethod
    def combine(self, one: Any, other: Any) -> Any: ...

    @abstractmethod
    def test(self, result: Any) -> Any:
        """Whether it holds; of a computed trait, what it comes to."""

    def level(self, result: Any) -> int:
        """Asked only where there are breaks."""
        raise NotImplementedError

    def unite(self, one: Any, other: Any) -> Any:
        """Of two results of the same events the one that knows more of them; one may lack some."""
        return other


class Sliding(ABC):
    """For a moving window: without the oldest too the result is had without going through all again.

    `step` and `leave` may change `result` in place.
    """

    @abstractmethod
    def of(self, entries: list[Entry]) -> Any:
        """The result of these, which ascend; maybe none."""

    @abstractmethod
    def step(self, result: Any, entry: Entry) -> Any: ...

    @abstractmethod
    def leave(self, result: Any, entries: list[Entry], left: int) -> Any:
        """The result of `entries[left:]`, where `result` is of those and the one before, which leaves."""

    @abstractmethod
    def test(self, result: Any) -> Any: ...


class Either(Reducer, Sliding):
    """A reducer for both."""


Extract = Callable[[Mapping[str, Any]], Any]


def series(extract: Extract, reducer: Either, window: Window, limits: tuple[int, int]) -> Moving | Running:
    """`extract` gives the value of an event, None when it has none to give."""
    return Moving(extract, reducer, window.span) if window.span else Running(extract, reducer, limits)


class Latest:
    """The entries of a moving window."""

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


class Moving:
    """What the entries within a moving window come to. The state is what `Latest` keeps, of this span or a longer."""

    def __init__(self, extract: Extract, reducer: Sliding, span: int) -> None:
        self.extract, self.span = extract, span
        self._reducer = reducer

    def together(self, askers: Sequence[Asker]) -> Series:
        return _Window(self.extract, askers)

    def truth(self, state: list[Entry] | None, now: int) -> tuple[Any, int]:
        """The window is reduced once; from then on entries leave and come one by one, at their instants."""
        reducer, span = self._reducer, self.span
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


class _Window(Latest):
    """The entries of the longest of some moving windows. Whose truth has changed would cost as much to say as to
    find: those are asked again whose window holds the new one."""

    def __init__(self, extract: Extract, askers: Sequence[Asker]) -> None:
        super().__init__(extract, max(asker.fold.span for asker in askers))
        by_span = sorted(askers, key=lambda asker: asker.fold.span)
        self._spans = [asker.fold.span for asker in by_span]
        self._positions = [asker.position for asker in by_span]

    def take(self, state: list[Entry] | None, fact: Fact, now: int) -> tuple[list[Entry] | None, Told]:
        first = bisect_right(self._spans, now - fact.time)
        return self.add(state, fact, now), unanswered(self._positions[first:])

    def unite(self, states: Sequence[list[Entry]]) -> list[Entry]:
        found = {(entry[0], entry[1]): entry for state in states for entry in state}
        return [found[place] for place in sorted(found)][-MAX_KEPT:]


class Running:
    """What all entries ever, or between two dates, come to. The state is what `_Result` keeps."""

    def __init__(self, extract: Extract, reducer: Reducer, limits: tuple[int, int]) -> None:
        self.extract, self.reducer, self.limits = extract, reducer, limits

    def together(self, askers: Sequence[Asker]) -> Series:
        return _Result(self, askers)

    def truth(self, state: list[Any] | None, now: int) -> tuple[Any, int]:
        if state is None:
            return self.reducer.test(self.reducer.start()), FOREVER
        truth = self._at(state, now)
        for edge in sorted({entry[0] for entry in state[1] if entry[0] > now}):
            if self._at(state, edge) != truth:
                return truth, edge
        return truth, FOREVER

    def _at(self, state: list[Any], now: int) -> Any:
        if not state[1]:
            return self.reducer.test(state[0])
        result = self.reducer.combine(self.reducer.start(), state[0])
        for entry in state[1]:
            if entry[0] <= now:
                result = self.reducer.step(result, entry)
        return self.reducer.test(result)


class _Result:
    """`[result, entries ahead of the clock]`. The reducers of those who ask come to the same, and test it each in its
    own way."""

    def __init__(self, fold: Running, askers: Sequence[Asker]) -> None:
        self._extract, self._reducer = fold.extract, fold.reducer
        self._start, self._end = fold.limits
        self._askers, self._always = askers, always(askers)
        others = [asker for asker in askers if not asker.value]
        levels = [(at, asker) for asker in others for at in asker.fold.reducer.breaks or ()]
        levels.sort(key=lambda level: level[0])
        self._levels, self._beyond = [at for at, _ in levels], [asker for _, asker in levels]
        self._tests = [asker for asker in others if asker.fold.reducer.breaks is None]

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

    def take(self, state: list[Any] | None, fact: Fact, now: int) -> tuple[list[Any] | None, Told]:
        time, reducer = fact.time, self._reducer
        if not self._start <= time < self._end or (value := self._extract(fact.properties)) is None:
            return state, NOBODY
        if state is None:
            state = [reducer.start(), []]
        if state[1] or time > now:
            before = truths(self._askers, state, now)
            state = self.add(state, fact, now)
            return state, changed(self._askers, before, truths(self._askers, state, now))
        result, levels = state[0], self._levels  # nearly always: nothing lies ahead, and nothing will
        level = reducer.level(result) if levels else 0
        held = [asker.fold.reducer.test(result) for asker in self._tests]
        result = state[0] = reducer.step(result, [time, fact.id, value])
        crossed = []
        if levels:
            low, high = bisect_right(levels, level), bisect_right(levels, reducer.level(result))
            if low != high:
                crossed = self._beyond[min(low, high) : max(low, high)]
        if held:
            asked = zip(held, self._tests, strict=True)
            crossed += [asker for was, asker in asked if asker.fold.reducer.test(result) != was]
        if not crossed:
            return state, self._always
        told = dict(self._always)
        for asker in crossed:
            told[asker.position] = (asker.fold.reducer.test(result), FOREVER) if asker.alone else None
        return state, told

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        return [self._reducer.combine(one[0], other[0]), sorted(one[1] + other[1], key=_when)]

    def unite(self, states: Sequence[list[Any]]) -> list[Any]:
        results, ahead = zip(*states, strict=True)
        return [reduce(self._reducer.unite, results), max(ahead, key=len)]


def _when(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[1]


def _time(entry: Entry) -> int:
    time: int = entry[0]
    return time
