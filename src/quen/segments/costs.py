"""What following each segment costs, looked at now and then; the one that costs too much is to be paused.

A rule within all limits can still be too much for one person with thousands of events: two hundred sums over a year. It
would hold up everybody's events, so it is stopped before the others feel it.
"""

from __future__ import annotations

import time

from quen.segments.facts import LiveState, Person
from quen.segments.live import Program

LOOK_EVERY_S = 1.0
MOST_S = 0.02  # for one person, once: a thousand times the usual
TIMES = 5  # in a row: one person alone may be odd, and so may a moment


class Costs:
    def __init__(self) -> None:
        self._looked = 0.0
        self._slow: dict[int, int] = {}

    def is_time(self) -> bool:
        return time.monotonic() - self._looked > LOOK_EVERY_S

    def look(self, program: Program, state: LiveState, person: Person, now: int) -> dict[int, float]:
        """Segments that have cost too much every time of late, with the seconds of the last time."""
        self._looked = time.monotonic()
        costs = program.costs(state, person, now)
        slow = {segment_id for segment_id, seconds in costs.items() if seconds > MOST_S}
        self._slow = {segment_id: self._slow.get(segment_id, 0) + 1 for segment_id in slow}
        found = {id: costs[id] for id, times in self._slow.items() if times >= TIMES}
        for segment_id in found:
            del self._slow[segment_id]
        return found
