"""Folding links into the event rows in quiet time, a little at a time between two batches.

A merge writes a link and leaves the rows where they are: it must be quick. Rows that are read again and again are
better off under the id of the person they belong to; so months with many linked rows are written anew, when the engine
has nothing better to do. Events that come meanwhile, merges and crashes do no harm; when people are taken apart or rows
deleted meanwhile, the month begins anew.
"""

from __future__ import annotations

import time
from contextlib import suppress

import structlog

from quen import failpoints
from quen.engine.metrics import FOLDED
from quen.errors import QuenError
from quen.events import folding
from quen.events.store import EventStore

log = structlog.get_logger("quen.engine")

QUIET_S = 3.0  # without a backlog, before the first step
BETWEEN_S = 2.0  # steps while events trickle in: each holds them up for a moment
LOOK_EVERY_S = 30.0
LOOK_SHARE = 200  # a look at a large store takes long: this many times as long passes until the next
ROWS_A_STEP = 50_000
# A month is worth writing anew when one row in so many would move; a small one always is.
WORTH = 100
SMALL = 200_000


class Folder:
    """One belongs to an engine, whose thread alone calls it."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self._staging: folding.Staging | None = None
        self._quiet_since = time.monotonic()
        self._last_step = 0.0
        self._look_at = 0.0
        self._months: list[folding.Month] = []  # still to be taken, since the last look
        self._linked = 0
        folding.finish(store)

    def busy(self) -> None:
        """The engine has more to do than it can at once."""
        self._quiet_since = time.monotonic()

    def begin_anew(self) -> None:
        """People were taken apart: what is staged may have rows of theirs together."""
        if self._staging is not None:
            self._staging = None
            folding.drop(self.store)

    def run_one(self, *, idle: bool) -> bool:
        """One step, if it is quiet and there is anything to fold; whether there was. `idle`: nothing at all to do."""
        now = time.monotonic()
        if now - self._quiet_since < QUIET_S or (not idle and now - self._last_step < BETWEEN_S):
            return False
        try:
            return self.step()
        except QuenError as error:  # what is only for comfort must not hold up events
            log.warning("links could not be folded; trying again later", error=error.message)
            self._staging, self._look_at = None, now + LOOK_EVERY_S
            with suppress(QuenError):
                folding.drop(self.store)
            return False
        finally:
            self._last_step = time.monotonic()

    def step(self) -> bool:
        """The next step, however busy it is."""
        if self._staging is not None:
            self._go_on(self._staging)
        elif self._months:
            month = self._months.pop()
            self._linked = month.linked
            self._staging = folding.begin(self.store, month.month)
        elif time.monotonic() >= self._look_at:
            self._look()
        return self._staging is not None or bool(self._months)

    def _look(self) -> None:
        """Find the months that are worth it; each is tried once until the next look."""
        started = time.monotonic()
        folding.forget_links(self.store)
        months = folding.linked_months(self.store)
        self._months = [m for m in months if m.linked * WORTH >= m.rows or m.rows <= SMALL]
        took = time.monotonic() - started
        self._look_at = time.monotonic() + max(LOOK_EVERY_S, LOOK_SHARE * took)

    def _go_on(self, staging: folding.Staging) -> None:
        if not staging.whole:
            folding.stage(self.store, staging, ROWS_A_STEP)
            failpoints.hit("folding.staged")
            return
        started = time.monotonic()
        replaced = folding.replace(self.store, staging)
        failpoints.hit("folding.replaced")
        self._staging = None
        folding.drop(self.store)
        if replaced:
            FOLDED.inc(self._linked)
            seconds = round(time.monotonic() - started, 3)
            log.info("links are folded into a month of events", month=staging.month, rows=self._linked, seconds=seconds)
