"""`count`: how many times. Live it keeps only the latest times that can still decide (decision 4)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.aggregates.base import Aggregate, Fold, check_measure_fields, of_rows
from quen.segments.cases import BOUGHT, DAY, Case, bought
from quen.segments.columns import TRUE, literal
from quen.segments.facts import Fact
from quen.segments.grammar import MAX_WINDOW_COUNT, N_, Place
from quen.segments.measure import Measure, parse_measure
from quen.segments.moments import FOREVER
from quen.segments.window import Window

# Events dated ahead of the clock wait in the list; more of them than this are not kept apart.
_MAX_AHEAD = 1_000


class Count(Aggregate):
    name = "count"
    order = 10
    label = {"en": "times", "vi": "lần"}
    operators = "count"

    def parse(self, spec: Mapping[str, Any], place: Place) -> Measure:
        check_measure_fields(spec, place)
        measure = parse_measure(spec, place, whole=True)
        if measure.high > MAX_WINDOW_COUNT:
            raise place["value"].error(N_("at most {most}"), most=MAX_WINDOW_COUNT)
        return measure

    def to_json(self, operand: Measure) -> dict[str, Any]:
        return operand.to_json()

    def fold(self, operand: Measure, window: Window, zone: ZoneInfo) -> Fold:
        if window.span:
            keep = int(operand.high) + (operand.op != "gte")
            return LatestTimes(operand.test(), max(1, keep), window.span)
        return Total(operand.test(), window.limits(zone))

    def holds_on_nothing(self, operand: Measure, zone: ZoneInfo) -> bool:
        return operand.test()(0)

    def having(self, operand: Measure, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        return operand.sql(of_rows("count", "", when), literal)

    def words(self, operand: Measure, language: str) -> str:
        times = {"en": "time" if operand.high == 1 else "times", "vi": "lần"}[language]
        return f" {operand.words(language)} {times}"


class LatestTimes:
    """Within a moving window: the latest times, ascending, no more than `keep`, beyond which nothing can matter.

    `keep`: at least 1. `test`: of a count up to `keep`, the truth; or a computed trait's value.
    """

    def __init__(self, test: Callable[[int], Any], keep: int, span: int) -> None:
        self._span, self._keep = span, keep
        self._tests = [test(n) for n in range(keep + 1)]
        # As times leave the window the count falls one by one: to which count must it fall for the truth to change?
        self._falls_to: list[int | None] = [None]
        for count in range(1, keep + 1):
            same = self._tests[count] == self._tests[count - 1]
            self._falls_to.append(self._falls_to[-1] if same else count - 1)

    def add(self, state: list[int] | None, fact: Fact, now: int) -> list[int] | None:
        time, oldest = fact.time, now - self._span
        if time <= oldest:
            return state
        if not state:
            return [time]
        if time >= state[-1]:
            state.append(time)
        else:
            insort(state, time)
        return self._trim(state, now)

    def take(self, state: list[int] | None, fact: Fact, now: int) -> tuple[list[int] | None, bool]:
        time, oldest = fact.time, now - self._span
        if time > now or (state and state[-1] > now):  # something lies ahead of the clock
            truth, until = self.truth(state, now)
            state = self.add(state, fact, now)
            after, later = self.truth(state, now)
            return state, bool(after != truth or later < until)
        if time <= oldest:
            return state, False
        if state and state[0] <= oldest:
            del state[: bisect_right(state, oldest)]
        # One more, wherever among them: as long as the count means the same, it lasts at least as long.
        count = len(state) if state else 0
        if not state:
            state = [time]
        elif time >= state[-1]:
            state.append(time)
        else:
            insort(state, time)
        if count < self._keep:
            return state, bool(self._tests[count] != self._tests[count + 1])
        del state[: count + 1 - self._keep]
        return state, False

    def _trim(self, times: list[int], now: int) -> list[int]:
        started = len(times) if times[-1] <= now else bisect_right(times, now)
        surplus = max(started - self._keep, len(times) - self._keep - _MAX_AHEAD)
        expired = bisect_right(times, now - self._span) if times[0] <= now - self._span else 0
        if (drop := max(surplus, expired)) > 0:
            del times[:drop]
        return times

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return sorted(one + other)

    def truth(self, state: list[int] | None, now: int) -> tuple[Any, int]:
        if not state:
            return self._tests[0], FOREVER
        if state[-1] > now:
            return self._truth_with_times_ahead(state, now)
        oldest = now - self._span
        left = len(state) if state[0] > oldest else len(state) - bisect_right(state, oldest)
        count = min(left, self._keep)
        fall = self._falls_to[count]
        # The count falls to `fall` when the (fall + 1)-th latest time leaves.
        return self._tests[count], FOREVER if fall is None else state[-1 - fall] + self._span

    def _count(self, times: list[int], now: int) -> int:
        first = 0 if times[0] > now - self._span else bisect_right(times, now - self._span)
        last = len(times) if times[-1] <= now else bisect_right(times, now)
        return min(last - first, self._keep)

    def _truth_with_times_ahead(self, times: list[int], now: int) -> tuple[Any, int]:
        truth = self._tests[self._count(times, now)]
        edges = sorted({edge for time in times for edge in (time, time + self._span) if edge > now})
        for edge in edges:
            if self._tests[self._count(times, edge)] != truth:
                return truth, edge
        return truth, FOREVER


class Total:
    """Ever, or between two dates: `[how many, times still ahead of the clock…]`."""

    def __init__(self, test: Callable[[int], Any], limits: tuple[int, int]) -> None:
        self._test = test
        self._start, self._end = limits

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

    def take(self, state: list[int] | None, fact: Fact, now: int) -> tuple[list[int] | None, bool]:
        if state is not None and len(state) == 1 and self._start <= fact.time <= now and fact.time < self._end:
            state[0] += 1  # nearly always: nothing lies ahead
            return state, bool(self._test(state[0]) != self._test(state[0] - 1))
        truth, until = self.truth(state, now)
        state = self.add(state, fact, now)
        after, later = self.truth(state, now)
        return state, bool(after != truth or later < until)

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return [one[0] + other[0], *sorted(one[1:] + other[1:])]

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


def _times(op: str, value: int, **window: Any) -> dict[str, Any]:
    return {**BOUGHT, "count": {"op": op, "value": value}, **window}


CASES = (
    Case("not done, by nobody's events", _times("eq", 0, within="3d"), True),
    Case("done before the window", _times("eq", 0, within="3d"), True, (bought(3 * DAY),)),
    Case("done in it", _times("eq", 0, within="3d"), False, (bought(1),)),
    Case("two at one instant are two", _times("gte", 2), True, (bought(5), bought(5))),
    Case("at most", _times("lte", 1, within="2d"), False, (bought(1), bought(DAY))),
    Case("neither fewer nor more", {**BOUGHT, "count": {"op": "between", "value": [2, 3]}}, False, (bought(1),)),
)
AGGREGATE = Count()
