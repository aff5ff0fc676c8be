"""Which receivers of webhooks may be called now: one that is dead holds back its own calls, and nobody else's."""

from __future__ import annotations

import threading
from typing import NamedTuple
from urllib.parse import urlsplit

from quen.delivery.channels import Outcome

AT_ONCE = 8  # calls to one receiver: a quarter of all, so that three that hang leave room for those that answer
DEAD_AFTER = 3  # calls in a row that got no answer
REST_MS = (30_000, 300_000)  # first and longest rest of a dead receiver; then one call asks whether it is back
UNANSWERED = "unreachable"


class Room(NamedTuple):
    """How many more calls `target` may get now; none before `until` (ms UTC) where it rests."""

    target: str
    calls: int
    until: int = 0


class _Target:
    def __init__(self) -> None:
        self.under_way = 0
        self.unanswered = 0
        self.rest = REST_MS[0]
        self.until = 0


class Targets:
    """By host and port. Safe to use from several threads; forgotten with the process."""

    def __init__(self) -> None:
        self._targets: dict[str, _Target] = {}
        self._lock = threading.Lock()

    def room(self, url: str, now: int) -> Room:
        name = target_of(url)
        with self._lock:
            target = self._targets.get(name)
            if target is None:
                return Room(name, AT_ONCE)
            if target.until > now:
                return Room(name, 0, target.until)
            most = AT_ONCE if target.unanswered < DEAD_AFTER else 1
            return Room(name, max(0, most - target.under_way))

    def began(self, url: str) -> None:
        with self._lock:
            self._targets.setdefault(target_of(url), _Target()).under_way += 1

    def ended(self, url: str, outcome: Outcome, now: int) -> None:
        name = target_of(url)
        with self._lock:
            target = self._targets.setdefault(name, _Target())
            target.under_way -= 1
            if outcome.reason == UNANSWERED:
                target.unanswered += 1
                # Calls that were under way together end together: they are one sign of death, not many.
                if target.unanswered >= DEAD_AFTER and target.until <= now:
                    target.until = now + target.rest
                    target.rest = min(2 * target.rest, REST_MS[1])
            elif target.under_way <= 0:
                self._targets.pop(name)
            else:
                target.unanswered, target.until, target.rest = 0, 0, REST_MS[0]


def target_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
