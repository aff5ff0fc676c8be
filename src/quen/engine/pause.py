"""A moment between two batches, for who needs the stores to stand still together (a backup's cut)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from quen.errors import TemporaryError


class Pause:
    """The engine calls `here` between two batches, where state, events and position agree; others hold it there."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._changed = threading.Condition()
        self._wanted = False
        self._still = False

    def here(self) -> None:
        """Stand still for as long as somebody wants it."""
        if not self._wanted:
            return
        with self._changed:
            self._still = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._wanted)
            self._still = False

    @contextmanager
    def held(self, within_s: float) -> Iterator[None]:
        """The engine stands still inside. Raises TemporaryError when it has not come to a rest within `within_s`."""
        with self._one, self._changed:
            self._wanted = True
            try:
                if not self._changed.wait_for(lambda: self._still, within_s):
                    raise TemporaryError(
                        f"the engine did not come between two batches within {within_s:.0f} s: it is starting, or a"
                        " batch fails again and again. Look at /health, and try again."
                    )
                yield
            finally:
                self._wanted = False
                self._changed.notify_all()
