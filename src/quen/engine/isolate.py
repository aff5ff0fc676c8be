"""Finding the message that crashes a step, so that it alone is set aside.

A batch that fails before `record` has written nothing: its range is halved until one journal entry is left, then each
message of it goes through the steps alone. One that fails from `record` on keeps its range, since part of it may be
stored: what the event store refuses is found row by row, and what else fails there is found by letting each entry, then
each message alone pass the steps and a commit that is rolled back; at `record`, `mirror` and `commit`, which may fail
for a reason that passes, only after some tries.

One that ends the process leaves nobody to catch an error. When several lives have ended within the same plan, a process
of its own tries its messages (engine.trial), and dies in the engine's place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import structlog
from django.db import transaction

from quen.db import trouble
from quen.engine import trial
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.plan import Plan
from quen.engine.steps import STEPS
from quen.errors import QuenError
from quen.events.store import EventsRefused
from quen.journal.protocol import Entry
from quen.protocol.messages import Message

log = structlog.get_logger("quen.engine")

PATIENCE = 3  # times that a batch is tried again for no known reason; lives that may end within one
RECORD, MIRROR, COMMIT = "record", "mirror", "commit"
FROM_RECORD = frozenset(step.name for step in STEPS[[s.name for s in STEPS].index(RECORD) :])


Only = Collection[tuple[int, int]] | None  # (offset, position) of the messages to look at; None: all
# (entries, which messages of them, whether to commit too, for a trial) → whether they passed.
Try = Callable[[list[Entry], Only, bool], bool]


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
        return self.step in (RECORD, MIRROR, COMMIT) or self._is_trouble(cause)

    def is_unexplained(self) -> bool:
        """Whether it can be retried only because nothing speaks against it."""
        return self.can_be_retried() and not (isinstance(self.__cause__, QuenError) or self._is_trouble(self.__cause__))

    def _is_trouble(self, cause: BaseException | None) -> bool:
        return isinstance(cause, OSError) or bool(cause and trouble(cause))


class Isolation:
    """How much the next batch may take, and what it must leave out. In force until a batch succeeds."""

    def __init__(self) -> None:
        self.entries: int | None = None  # at most so many journal entries; None: as many as usual
        self.timers = True
        self.skip: set[tuple[int, int]] = set()
        self._unexplained = 0
        self._searched = False  # for what ends the process

    def clear(self) -> None:
        self.entries, self.timers, self.skip, self._unexplained = None, True, set(), 0
        self._searched = False

    def spare(self, planned: Plan, entries: list[Entry]) -> None:
        """Leave out what ended life after life within this plan. Nothing, where they were ended from outside."""
        if planned.ended < PATIENCE or self._searched:
            return
        self._searched = True
        log.error(
            "life after life ended within the same batch: looking for what ends them",
            batch=planned.batch,
            lives=planned.ended,
        )
        found = trial.deadly(planned, entries)
        self.skip |= found
        if found:
            log.error("messages end the process: they go to the quarantine", batch=planned.batch, messages=len(found))
        else:
            log.warning("no message of the batch ends the process; it is repeated as it is", batch=planned.batch)

    def has_to_narrow(self, failed: StepFailed) -> bool:
        """Whether something must be left out; else the same may work later."""
        self._unexplained += failed.is_unexplained()
        return not failed.can_be_retried() or self._unexplained > PATIENCE

    def narrow(self, failed: StepFailed, context: Context, try_some: Try) -> None:
        """Decide what the next try leaves out."""
        entries = failed.batch.entries
        if failed.step in FROM_RECORD:
            self._unexplained = 0
            if isinstance(failed.__cause__, EventsRefused):
                found = _refused(failed.batch, context)
            else:
                at_fault = [entry for entry in entries if not try_some([entry], None, True)]
                found = set[tuple[int, int]]().union(
                    *(_crashing(entry, failed.batch.messages, try_some, whole=True) for entry in at_fault)
                )
            self.timers = bool(found)
            self.skip |= found
        elif len(entries) > 1:
            self.entries = len(entries) // 2
        elif entries and (found := _crashing(entries[0], failed.batch.messages, try_some)):
            self.skip |= found
        else:
            self.timers = False


def _refused(batch: Batch, context: Context) -> set[tuple[int, int]]:
    stored: Sequence[Message] = [m for m, p in zip(batch.messages, batch.profile_ids, strict=True) if p is not None]
    return {
        (message.offset, message.position)
        for message, row in zip(stored, batch.rows, strict=True)  # Quen's own are of its making
        if not context.store.accepts(row)
    }


def _crashing(entry: Entry, messages: Sequence[Message], try_some: Try, *, whole: bool = False) -> set[tuple[int, int]]:
    positions = sorted({m.position for m in messages if m.offset == entry.offset})
    each = [(entry.offset, position) for position in positions]
    return {one for one in each if not try_some([entry], {one}, whole)}


def could_be_committed(batch: Batch, commit: Callable[[], None]) -> bool:
    """Commit a batch of which nothing is recorded, and roll it back. Raises what committing raises."""
    batch.recorded = []
    batch.seen = []  # or the next trial would take it for stored
    with transaction.atomic():
        commit()
        transaction.set_rollback(True)
    return True
