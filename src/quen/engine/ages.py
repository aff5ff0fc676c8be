"""When things are old enough to be deleted, whatever the machine's clock says for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

FASTEST = 10


class Ages:
    """A clock for ages that follows the machine's, but runs ahead at most ten times as fast as time passes.

    A machine whose clock is a month ahead for an hour must not lose a month of quarantine, nor forget which messages
    it has stored. After a time off, things are deleted a little later than they could be.
    """

    def __init__(self, start_ms: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._at = start_ms
        self._monotonic = monotonic
        self._looked = monotonic()

    def now(self, clock_ms: int) -> int:
        passed, self._looked = self._monotonic() - self._looked, self._monotonic()
        self._at = min(clock_ms, self._at + int(passed * 1000 * FASTEST))
        return self._at
