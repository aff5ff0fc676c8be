"""Group commit: requests that come together share one fsync, and each is answered after it.

The event loop owns all state. It hands a group to the writing thread and gathers the next one meanwhile, so under load
groups grow by themselves and an idle edge writes at once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from functools import partial

from quen.errors import TemporaryError
from quen.journal.errors import JournalUnavailable
from quen.journal.protocol import Journal, NewEntry

MAX_GROUP_BYTES = 16_000_000  # of one transaction
MAX_WAITING_BYTES = 64_000_000  # beyond, the edge says 503 rather than fill the memory
CHECK_SECONDS = 1.0  # what was written this recently proves that writing works

Work = Callable[[Journal], object]
Done = Callable[[Exception | None], None]
Waiting = tuple[NewEntry, "asyncio.Future[None]"]


class GroupWriter:
    """Appends entries to a journal from one event loop. `start` within it, then `append` and `check`, then `stop`.

    The journal is opened at first use and again after a failure to open, so the edge starts even while it cannot be.
    """

    def __init__(self, open_journal: Callable[[], Journal]) -> None:
        self._open_journal = open_journal
        self._tasks: queue.SimpleQueue[tuple[Work, Done] | None] = queue.SimpleQueue()
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._writing = False
        self._written_at = -CHECK_SECONDS
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Finish what was handed over, then close the journal."""
        self._tasks.put(None)
        self._thread.join()

    def append(self, entry: NewEntry) -> asyncio.Future[None]:
        """Done when the entry is durable. Raises TemporaryError, at once or by the future."""
        size = len(entry.body)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise TemporaryError("events come in faster than the disk can take them", code="overloaded")
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((entry, future))
        self._waiting_bytes += size
        if not self._writing:
            self._writing = True
            # Not at once: what else this turn of the loop brings joins the group.
            self._loop.call_soon(self._hand_over)
        return future

    async def check(self) -> None:
        """Returns when something has just been written durably; raises TemporaryError when it cannot be."""
        if time.monotonic() - self._written_at < CHECK_SECONDS:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._tasks.put((lambda journal: journal.check(), partial(self._settle, [future])))
        await future

    def _hand_over(self) -> None:
        group, size, count = self._waiting, 0, 0
        for entry, _ in group:
            size += len(entry.body)
            count += 1
            if size >= MAX_GROUP_BYTES:
                break
        self._waiting = group[count:]
        self._waiting_bytes -= size
        del group[count:]
        entries = [entry for entry, _ in group]
        self._tasks.put((lambda journal: journal.append(entries), partial(self._written, [f for _, f in group])))

    def _written(self, futures: list[asyncio.Future[None]], error: Exception | None) -> None:
        if self._waiting:
            self._hand_over()
        else:
            self._writing = False
        self._settle(futures, error)

    def _settle(self, futures: list[asyncio.Future[None]], error: Exception | None) -> None:
        self._written_at = time.monotonic() if error is None else -CHECK_SECONDS
        for future in futures:
            if future.done():  # the client has gone
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    def _work(self) -> None:
        journal: Journal | None = None
        while (task := self._tasks.get()) is not None:
            work, done = task
            error: Exception | None = None
            try:
                if journal is None:
                    journal = self._open_journal()
                work(journal)
            except Exception as caught:  # whatever it is, the requests must get their answer
                error = caught
                if isinstance(caught, JournalUnavailable) and journal is not None:
                    # Opened anew for the next group: what was wrong with the file may be put right by another one.
                    journal.close()
                    journal = None
            self._loop.call_soon_threadsafe(done, error)
        if journal is not None:
            journal.close()
