"""What counting keeps live: the latest times that can still decide, or how many there were. Not an aggregate itself."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from quen.segments.facts import Fact
from quen.segments.kept import NOBODY, Answer, Asker, Series, Told, always, changed, truths
from quen.segments.moments import FOREVER

# Events dated ahead of the clock wait in the list; more of them than this are not kept apart.
_MAX_AHEAD = 1_000


class LatestTimes:
    """How many within a moving window, of which no more than `keep` matter. The state is what `Times` keeps.

    `keep`: at least 1. `test`: of a count up to `keep`, the truth; or a computed trait's value.
    """

    def __init__(self, test: Callable[[int], Any], keep: int, span: int) -> None:
        self.span, self.keep = span, keep
        self._tests = [test(n) for n in range(keep + 1)]
        # As times leave the window the count falls one by one: to which count must it fall for the truth to change?
        self._falls_to: list[int | None] = [None]
        for count in range(1, keep + 1):
            same = self._tests[count] == self._tests[count - 1]
            self._falls_to.append(self._falls_to[-1] if same else count - 1)

    def together(self, askers: Sequence[Asker]) -> Series:
        return Times(askers)

    def edges(self) -> list[int]:
        """The counts of which one more is not the same."""
        return [count for count in range(self.keep) if self._tests[count] != self._tests[count + 1]]

    def reached(self, count: int) -> tuple[Any, int | None]:
        """The truth of a count up to `keep`, and the count to which it must fall to be another; None: to none."""
        return self._tests[count], self._falls_to[count]

    def truth(self, state: list[int] | None, now: int) -> tuple[Any, int]:
        if not state:
            return self._tests[0], FOREVER
        if state[-1] > now:
            return self._truth_with_times_ahead(state, now)
        oldest = now - self.span
        left = len(state) if state[0] > oldest else len(state) - bisect_right(state, oldest)
        count = min(left, self.keep)
        fall = self._falls_to[count]
        # The count falls to `fall` when the (fall + 1)-th latest time leaves.
        return self._tests[count], FOREVER if fall is None else state[-1 - fall] + self.span

    def _truth_with_times_ahead(self, times: list[int], now: int) -> tuple[Any, int]:
        truth = self._tests[self._count(times, now)]
        edges = sorted({edge for time in times for edge in (time, time + self.span) if edge > now})
        for edge in edges:
            if self._tests[self._count(times, edge)] != truth:
                return truth, edge
        return truth, FOREVER

    def _count(self, times: list[int], now: int) -> int:
        first = 0 if times[0] > now - self.span else bisect_right(times, now - self.span)
        last = len(times) if times[-1] <= now else bisect_right(times, now)
        return min(last - first, self.keep)


class Times:
    """Times, ascending, as long as they can decide anything for anybody who asks.

    The n-th latest is asked for by those who keep n or more, as long as it is within the longest of their spans.
    """

    def __init__(self, askers: Sequence[Asker]) -> None:
        self._askers, self._always = askers, always(askers)
        self._keep = max(asker.fold.keep for asker in askers)
        self._span = max(asker.fold.span for asker in askers)
        longest = [0] * (self._keep + 1)
        for asker in askers:
            longest[asker.fold.keep] = max(longest[asker.fold.keep], asker.fold.span)
        for n in range(self._keep, 0, -1):
            longest[n - 1] = max(longest[n - 1], longest[n])
        self._longest = longest  # by n: how old the n-th latest may be
        by_count: dict[int, list[Asker]] = defaultdict(list)
        for asker in askers:
            for count in () if asker.value else asker.fold.edges():
                by_count[count].append(asker)
        # A count of which one more is not the same to these: the shortest of their spans, all of them, and what there
        # is to tell them.
        self._edges: list[tuple[int, int, list[int], list[_Edge]]] = []
        for count, found in sorted(by_count.items()):
            found.sort(key=lambda asker: asker.fold.span)
            spans = [asker.fold.span for asker in found]
            self._edges.append((count, spans[0], spans, [_edge(asker, count) for asker in found]))
        self._most = max(by_count, default=-1)
        self._shortest = min((edge[1] for edge in self._edges), default=0)

    def add(self, state: list[int] | None, fact: Fact, now: int) -> list[int] | None:
        if fact.time <= now - self._span:
            return state
        if not state:
            return [fact.time]
        insort(state, fact.time)
        started = bisect_right(state, now)
        self._let_go(state, started, max(0, len(state) - started - _MAX_AHEAD), now)
        return state

    def take(self, state: list[int] | None, fact: Fact, now: int) -> tuple[list[int] | None, Told]:
        time = fact.time
        if time > now or (state and state[-1] > now):  # something lies ahead of the clock
            before = truths(self._askers, state, now)
            state = self.add(state, fact, now)
            return state, changed(self._askers, before, truths(self._askers, state, now))
        age = now - time
        if age >= self._span:
            return state, NOBODY
        if not state:
            state = [time]
            return state, self._tell(self._counted_more([], now, age), state)
        kept = len(state)
        # More than anybody asks for within the shortest of their spans, as nearly always: it is as true as before.
        more: list[_Edge] = []
        if kept <= self._most or now - state[~self._most] >= self._shortest:
            more = self._counted_more(state, now, age)
        if time >= state[-1]:
            state.append(time)
        else:
            insort(state, time)
        self._let_go(state, kept + 1, 0, now)
        return state, self._tell(more, state) if more else self._always

    def _tell(self, more: Iterable[_Edge], state: list[int]) -> Told:
        """`state`: with the one that has come. As `LatestTimes.truth` finds it, for none lies ahead."""
        told = dict(self._always)
        for position, alone, truth, fall, span in more:
            told[position] = (truth, FOREVER if fall is None else state[-1 - fall] + span) if alone else None
        return told

    def _counted_more(self, state: list[int], now: int, age: int) -> list[_Edge]:
        """Those to whom it is not the same that one of this age comes to these, none of which lies ahead."""
        found: list[_Edge] = []
        for count, shortest, spans, those in self._edges:
            # There are `count` within all spans that hold the count-th latest, but not yet the one before it.
            to = len(spans)
            if len(state) > count:
                beyond = now - state[~count]
                if beyond < shortest:
                    continue
                to = bisect_right(spans, beyond)
            elif len(state) < count:
                continue
            since = bisect_right(spans, max(age, now - state[-count]) if count else age)
            found += those[since:to]
        return found

    def _let_go(self, state: list[int], started: int, drop: int, now: int) -> None:
        """Drop the oldest of these times that can decide nothing more, `drop` or more; `started` do not lie ahead."""
        keep, longest = self._keep, self._longest
        while drop < started and ((left := started - drop) > keep or now - state[drop] >= longest[left]):
            drop += 1
        if drop:
            del state[:drop]

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return sorted(one + other)

    def unite(self, states: Sequence[list[int]]) -> list[int]:
        # Of one person: a time that several have kept is one, as often as any of them has it.
        found: Counter[int] = Counter()
        for state in states:
            found |= Counter(state)
        return sorted(found.elements())


class _Edge(NamedTuple):
    """What one more makes of a count, for one of those who ask: the truth, and to which count it must fall to end."""

    position: int
    alone: bool
    truth: Any
    fall: int | None
    span: int


def _edge(asker: Asker, count: int) -> _Edge:
    truth, fall = asker.fold.reached(count + 1)
    return _Edge(asker.position, asker.alone, truth, fall, asker.fold.span)


class Total:
    """How many ever, or between two dates. The state is what `Totals` keeps.

    `breaks`: the numbers from which on the truth is another; a computed trait has none.
    """

    def __init__(self, test: Callable[[int], Any], limits: tuple[int, int], breaks: Sequence[int] = ()) -> None:
        self._test = test
        self.limits, self.breaks = limits, breaks

    def together(self, askers: Sequence[Asker]) -> Series:
        return Totals(askers, self.limits)

    def truth(self, state: list[int] | None, now: int) -> tuple[Any, int]:
        if state is None:
            return self._test(0), FOREVER
        if len(state) == 1:
            return self._test(state[0]), FOREVER
        started = bisect_right(state, now, lo=1) - 1
        truth = self._test(state[0] + started)
        for more in range(started + 1, len(state)):
            # Several at one instant count together.
            if more + 1 < len(state) and state[more + 1] == state[more]:
                continue
            if self._test(state[0] + more) != truth:
                return truth, state[more]
        return truth, FOREVER


class Totals:
    """`[how many, times still ahead of the clock…]`."""

    def __init__(self, askers: Sequence[Asker], limits: tuple[int, int]) -> None:
        self._start, self._end = limits
        self._askers, self._always = askers, always(askers)
        self._at: dict[int, dict[int, Answer | None]] = defaultdict(lambda: dict(self._always))
        for asker in askers:
            for number in asker.fold.breaks:
                self._at[number][asker.position] = asker.fold.truth([number], 0) if asker.alone else None

    def add(self, state: list[int] | None, fact: Fact, now: int) -> list[int] | None:
        time = fact.time
        if not self._start <= time < self._end:
            return state
        if state is None:
            return [1] if time <= now else [0, time]
        if time <= now:
            state[0] += 1
        else:
            insort(state, time, lo=1)
        if len(state) > 1:
            started = bisect_right(state, now, lo=1) - 1
            state[0] += started
            del state[1 : 1 + started]
        return state

    def take(self, state: list[int] | None, fact: Fact, now: int) -> tuple[list[int] | None, Told]:
        time = fact.time
        if not self._start <= time < self._end:
            return state, NOBODY
        if state is None:
            state = [0]
        if len(state) == 1 and time <= now:  # nearly always: nothing lies ahead
            state[0] = number = state[0] + 1
            return state, self._at.get(number, self._always)
        before = truths(self._askers, state, now)
        state = self.add(state, fact, now)
        return state, changed(self._askers, before, truths(self._askers, state, now))

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return [one[0] + other[0], *sorted(one[1:] + other[1:])]

    def unite(self, states: Sequence[list[int]]) -> list[int]:
        # What was being computed for somebody knows only a part.
        return max(states, key=lambda state: state[0] + len(state) - 1)
