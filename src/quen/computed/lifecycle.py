"""Where somebody stands in their life as a customer, from the times of their activity alone. Pure.

    prospect    never active
    new         first active less than `new` ago
    active      last active less than `active` ago
    at_risk     not active for `active`
    lapsed      not active for `lapsed`
    returning   came back after having lapsed, less than `returning` ago

What counts at a moment are the times up to then, whatever the order in which they were told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

import msgspec

from quen.segments.facts import Fact
from quen.segments.kept import OwnFold
from quen.segments.moments import FOREVER
from quen.segments.words import Text

STAGES = ("prospect", "new", "active", "returning", "at_risk", "lapsed")
NAMES: dict[str, Text] = {
    "prospect": {"en": "Prospect", "vi": "Tiềm năng"},
    "new": {"en": "New", "vi": "Khách mới"},
    "active": {"en": "Active", "vi": "Đang hoạt động"},
    "returning": {"en": "Returning", "vi": "Quay lại"},
    "at_risk": {"en": "At risk", "vi": "Nguy cơ rời bỏ"},
    "lapsed": {"en": "Lapsed", "vi": "Đã rời bỏ"},
}
# Points ahead of the clock wait; more of them than this are not kept apart.
_MAX_AHEAD = 1_000


class Spans(msgspec.Struct, frozen=True):
    """In milliseconds; `active` is shorter than `lapsed`."""

    new: int
    active: int
    lapsed: int
    returning: int


class Lifecycle(OwnFold):
    """What is kept of a person's activity, and their stage.

    The state is ascending times: the first one ever, those that can still decide, those ahead of the clock. Of past
    times a < x < b with b - a < `lapsed`, x decides nothing, whatever comes late: no gap of `lapsed` can begin or end
    at it, for a and b are nearer to anything than that. So however busy a person is, few are kept.
    """

    def __init__(self, spans: Spans, prospects: bool) -> None:
        """`prospects`: whether who was never active has a stage at all."""
        self._spans = spans
        self._nobody = "prospect" if prospects else None

    def add(self, state: list[int] | None, fact: Fact, now: int) -> list[int]:
        if state is None:
            return [fact.time]
        at = bisect_left(state, fact.time)
        if at == len(state) or state[at] != fact.time:
            state.insert(at, fact.time)
            self._thin(state, now)
        return state

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return sorted({*one, *other})

    def truth(self, state: list[int] | None, now: int) -> tuple[str | None, int]:
        """The stage, and until when it surely stays so if nothing happens."""
        if not state:
            return self._nobody, FOREVER
        spans, past = self._spans, bisect_right(state, now)
        ahead = state[past] if past < len(state) else FOREVER
        if not past:
            return self._nobody, ahead
        last = state[past - 1]
        if now >= last + spans.lapsed:
            return "lapsed", ahead
        if now >= last + spans.active:
            return "at_risk", min(ahead, last + spans.lapsed)
        until = min(ahead, last + spans.active)
        if (back := self._back(state[:past])) is not None and now < back + spans.returning:
            return "returning", min(until, back + spans.returning)
        if now < state[0] + spans.new:
            return "new", min(until, state[0] + spans.new)
        return "active", until

    def _back(self, times: list[int]) -> int | None:
        """When the person last came back after having lapsed."""
        returns = [at for before, at in pairwise(times) if at - before >= self._spans.lapsed]
        return returns[-1] if returns else None

    def _thin(self, state: list[int], now: int) -> None:
        past = bisect_right(state, now)
        if past > 2:
            # A return that still counts is after now - returning: what is older than `lapsed` before that decides
            # nothing, but for the first.
            old = bisect_right(state, now - self._spans.returning - self._spans.lapsed, 1, past)
            kept = state[:1]
            for at, after in pairwise(state[old:past]):
                if after - kept[-1] >= self._spans.lapsed:
                    kept.append(at)
            state[:past] = [*kept, state[past - 1]]
        del state[_MAX_AHEAD:]
