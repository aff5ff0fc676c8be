"""Finding the message that crashes a step, so that it alone is set aside.

A batch that fails before `record` has written nothing: its range is halved until one journal entry is left, then each
message of it goes through the steps alone. One that fails at `record` keeps its range (part of it may be stored under
its token) and the rows are tried one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quen.db import trouble
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.errors import QuenError
from quen.events.store import EventsRefused
from quen.journal.protocol import Entry
from quen.protocol.messages import Message

RECORD = "record"
COMMIT = "commit"


class StepFailed(Exception):
    """A step raised; `__cause__` is what it raised."""

    def __init__(self, step: str, batch: Batch) -> None:
        super().__init__(f"step {step} failed on batch {batch.number}")
        self.step = step
        self.batch = batch

    def can_be_retried(self) -> bool:
        """Whether the same batch may work later: a full disk, a locked file, a store that is away."""
        cause = self.__cause__
        if isinstance(cause, QuenError):
            return cause.retryable
        return self.step in (RECORD, COMMIT) or isinstance(cause, OSError) or bool(cause and trouble(cause))


class Isolation:
    """How much the next batch may take, and what it must leave out. In force until a batch succeeds."""

    def __init__(self) -> None:
        self.entries: int | None = None  # at most so many journal entries; None: as many as usual
        self.timers = True
        self.skip: set[tuple[int, int]] = set()

    def clear(self) -> None:
        self.entries, self.timers, self.skip = None, True, set()

    def narrow(self, failed: StepFailed, context: Context, try_one: Callable[[Entry, int], bool]) -> None:
        """Decide what the next try leaves out. `try_one(entry, position)` runs one message alone; whether it passed."""
        entries = failed.batch.entries
        if failed.step in (RECORD, COMMIT) and isinstance(failed.__cause__, EventsRefused):
            self.skip |= _refused(failed.batch, context)
        elif len(entries) > 1:
            self.entries = len(entries) // 2
        elif entries and (found := _crashing(entries[0], failed.batch.messages, try_one)):
            self.skip |= found
        else:
            self.timers = False


def _refused(batch: Batch, context: Context) -> set[tuple[int, int]]:
    stored: Sequence[Message] = [m for m, p in zip(batch.messages, batch.profile_ids, strict=True) if p is not None]
    return {
        (message.offset, message.position)
        for message, row in zip(stored, batch.rows, strict=True)
        if not context.store.accepts(row)
    }


def _crashing(entry: Entry, messages: Sequence[Message], try_one: Callable[[Entry, int], bool]) -> set[tuple[int, int]]:
    positions = sorted({m.position for m in messages})
    return {(entry.offset, position) for position in positions if not try_one(entry, position)}
