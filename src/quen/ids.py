"""Ids: 63 bits, ordered by time, made by the application (architecture, decision 8).

Layout: 41 bits of milliseconds since 2024-01-01, then 22 bits of counter or randomness. They fit a signed
64-bit column, sort by creation, and need no sequence shared between machines.
"""

from __future__ import annotations

import secrets
import threading
import time

EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
COUNTER_BITS = 22
MAX_COUNTER = (1 << COUNTER_BITS) - 1
_latest = 0
_making = threading.Lock()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def new_id() -> int:
    """A fresh id for things that people make (segments, sources, users): time plus 22 random bits, and more than any
    that this process has made before, though in one millisecond or after a clock was set back."""
    global _latest
    made = ((now_ms() - EPOCH_MS) << COUNTER_BITS) | secrets.randbits(COUNTER_BITS)
    with _making:
        _latest = made = max(made, _latest + 1)
    return made


def batch_ids(base_ms: int) -> range:
    """The ids that a batch may make."""
    first = (base_ms - EPOCH_MS) << COUNTER_BITS
    return range(first, first + MAX_COUNTER + 1)


class BatchIds:
    """Ids of one engine batch: the same batch replayed after a crash gives the same ids.

    `base_ms` is written down with the batch's plan and is unique to it, so two batches never share an id.
    """

    def __init__(self, base_ms: int) -> None:
        self._next = (base_ms - EPOCH_MS) << COUNTER_BITS
        self._end = self._next + MAX_COUNTER

    def __call__(self) -> int:
        value = self._next
        if value > self._end:
            raise OverflowError("a batch may make at most 4,194,303 ids; make the batch smaller")
        self._next = value + 1
        return value
