"""The engine: takes the journal in micro-batches through the steps, wakes what is due, and keeps house."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog
from django.db import close_old_connections

from quen import failpoints
from quen.computed import service as computed
from quen.config import Config
from quen.db import Changes, execute, trouble, tune_for_batches
from quen.engine import backfills, guards, plan, renewals, separating, told
from quen.engine.ages import Ages
from quen.engine.ahead import Ahead, Bounds, Decoded
from quen.engine.batch import Batch, describe
from quen.engine.checkpoints import Checkpoints
from quen.engine.context import Context
from quen.engine.definitions import Definitions
from quen.engine.folding import Folder
from quen.engine.isolate import COMMIT, FROM_RECORD, MIRROR, RECORD, Isolation, Only, StepFailed, could_be_committed
from quen.engine.metrics import BATCH_SECONDS, DROPS, FAILURES, FLIPS_DUE, LAG, StepTotals
from quen.engine.pause import Pause
from quen.engine.plan import Plan, Position
from quen.engine.retention import Sweeper
from quen.engine.steps import STEPS, mirror, record
from quen.engine.steps.commit import READER
from quen.errors import QuenError
from quen.events.store import EventStore
from quen.identity import ordered
from quen.identity import store as identity
from quen.ids import BatchIds, batch_ids, now_ms
from quen.journal.protocol import Entry, Journal
from quen.journeys import store as journeys
from quen.profiles import store as profiles
from quen.quality import store as quality

log = structlog.get_logger("quen.engine")

MAX_ENTRIES = 2_000  # journal entries a batch; messages are bounded by the setting BATCH_EVENTS
IDLE_POLL_S = (0.005, 0.05)  # how soon a quiet journal is looked at again: from, up to
# A batch costs two fsyncs and a part in the event store however small it is: under a trickle of events they start this
# far apart, which nobody feels; with a backlog they follow each other.
PACE_S = 0.1
HOUSEKEEPING_EVERY_S = 30.0
RETRY_S = (0.2, 10.0)
CLOCK_TOLERANCE_MS = 60_000
DAY_MS = 24 * 3600 * 1000
TYPICAL_MESSAGE_BYTES = 400
ENOUGH_TO_WEIGH = 100  # messages
SEARCH_EVERY_S = 10.0
NEVER = 2**62


class Engine:
    """One engine runs on a state database; the thread that calls `run` owns all of it."""

    def __init__(self, config: Config, journal: Journal, store: EventStore, clock: Callable[[], int] = now_ms) -> None:
        tune_for_batches()
        self.context = Context(config, journal, store, computed.load_program())
        self.clock = clock
        self.totals = StepTotals()
        self.heartbeat = time.monotonic()
        self.position = plan.position()
        self.failing: str | None = None  # what the last batch failed with, while it does
        self.pause = Pause()
        self._backlog = False  # whether the last batch left entries behind
        self._message_bytes = TYPICAL_MESSAGE_BYTES  # as of late
        self._isolation = Isolation()
        self._folder = Folder(store)
        self._checkpoints = Checkpoints()
        self._ahead = Ahead(journal)
        self._searched = time.monotonic()  # when cycles were last searched for
        self._sweeper = Sweeper(config, store)
        self._again = plan.inherited(self.position.batch)
        if plan.meet(journal.identity(), journal.end()):
            self.position, self._again = plan.position(), None
        self._definitions = Definitions(self.context)
        self._housekept = time.monotonic()
        self._ages = Ages(min(clock(), started.now) if (started := plan.last()) is not None else clock())
        self._next_due: int | None = None
        self._changes = Changes()
        self._found_nothing = False  # nor would the next cycle, while nothing changes
        self.context.catalogue.load()
        self.context.seen.load()
        self.context.open_claims = identity.open_claims()
        self.context.lessened = told.load()
        self._reload_definitions(force=True)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. Never raises for data or passing trouble: it waits and tries again."""
        idle, retry = IDLE_POLL_S[0], RETRY_S[0]
        while not stop.is_set():
            if self._again is None:  # else a part of the next batch may be in the event store
                self.pause.here()
            self.heartbeat = started = time.monotonic()
            try:
                worked = self._turn()
                if self._isolation.timers:
                    self.failing = None
                retry = RETRY_S[0]
            except Exception as error:
                self._failed(error)
                stop.wait(retry)
                retry = min(retry * 2, RETRY_S[1])
                continue
            if worked:
                idle = IDLE_POLL_S[0]
                if not (self._backlog or self.context.may_compute):
                    stop.wait(max(0.0, started + PACE_S - time.monotonic()))
                continue
            stop.wait(idle)
            idle = min(idle * 1.5, IDLE_POLL_S[1])
        self._ahead.close()
        self._checkpoints.close()
        close_old_connections()

    def _turn(self) -> bool:
        """A cycle; after one that found nothing to do, only what can be new since, which costs an idle Quen less."""
        changed = self._changes.any()  # asked before the cycle reads: what is committed meanwhile makes another
        if changed or not self._found_nothing or self._is_house_due() or self._is_due(self.clock()) or self.lag():
            return self.cycle()
        return self._folder.run_one(idle=True)

    def cycle(self) -> bool:
        """One batch, if there is anything to do; whether there was."""
        self._found_nothing = False
        sure = self._reload_definitions()
        if self._is_house_due():
            self._keep_house()
            sure = False
        now = self.clock()
        if self._again is not None:
            entries = self._range(self._again)
            self._isolation.spare(self._again, entries)
            planned = self._again._replace(skip=tuple(sorted({*self._again.skip, *self._isolation.skip})))
            self._batch(planned, entries)
            return True
        orders = ordered.next_orders()
        if orders and orders[0][1] not in ordered.IN_A_BATCH:
            if self._separate(orders[0][0], now):
                return True
            orders, sure = [], False  # it waits for its next try
        entries, decoded = self._entries()
        worked = bool(entries or orders) or self._is_due(now)
        if worked:
            planned = self._plan(entries, now)._replace(orders=tuple(id_ for id_, _op in orders))
            self._batch(planned, entries, decoded)
        batch = self.position.batch
        went_on = backfills.run_one(self.context, now, batch) or renewals.run_one(self.context, now, batch)
        if self._backlog or went_on:
            self._folder.busy()
        worked = self._folder.run_one(idle=not (went_on or worked)) or went_on or worked
        if not worked:
            guards.audit_if_due(self.context, now)
        self._found_nothing = sure and not worked
        return worked

    def _separate(self, order_id: int, now: int) -> bool:
        """Take people apart; whether there was anything to do yet. It takes the place of a batch."""
        try:
            return separating.carry_out(order_id, self.context, now)
        finally:
            self.position = plan.position()
            self._next_due = None
            self._folder.begin_anew()

    def drain(self) -> None:
        """Work until the journal is empty and nothing is due (tests, benchmarks, imports without a server)."""
        while self.cycle():
            pass

    def lag(self) -> int:
        position = self.position.offset  # first: a batch that ends meanwhile may have left something for the next
        return max(0, self.context.journal.end() - position)

    def _interrupted(self) -> Plan | None:
        """A plan past the committed batch, which a crash cut off: it is repeated exactly before anything else."""
        started = plan.last()
        return started if started is not None and started.batch > self.position.batch else None

    def _range(self, planned: Plan) -> list[Entry]:
        """Exactly the entries of a plan."""
        count = planned.to_offset - planned.after_offset
        if not count:
            return []
        entries = self.context.journal.read(planned.after_offset, count, max_bytes=1 << 40)
        return [e for e in entries if e.offset <= planned.to_offset]

    def _entries(self) -> tuple[list[Entry], Decoded]:
        portion = self._ahead.take(self.position.offset, self._bounds())
        self._backlog = portion.backlog
        if not portion.entries:
            gc.enable()  # no batch will
        return portion.entries, portion.decoded

    def _bounds(self) -> Bounds:
        return Bounds(self._isolation.entries or MAX_ENTRIES, self.context.config.batch_events, self._message_bytes)

    def _meanwhile(self, batch: Batch) -> None:
        """Called where the batch only waits: begin with the next one. Now and then not, to search for cycles."""
        self._weigh(batch)
        if self._backlog and self._isolation.entries is None and time.monotonic() < self._searched + SEARCH_EVERY_S:
            self._ahead.begin(batch.to_offset, self._bounds(), self.context.source_kinds)

    def _weigh(self, batch: Batch) -> None:
        """Learn how large messages are: the next batch is cut by it."""
        count = len(batch.seen) + len(batch.rejected)
        if count >= ENOUGH_TO_WEIGH:
            size = sum(len(e.body) for e in batch.entries)
            self._message_bytes = max(TYPICAL_MESSAGE_BYTES // 4, size // count)

    def _is_due(self, now: int) -> bool:
        if not self._isolation.timers:
            return False
        if self._next_due is None:
            due = [d for d in (profiles.next_due_at(), journeys.next_due_at()) if d is not None]
            self._next_due = min(due, default=NEVER)
        return self._next_due <= now

    def _plan(self, entries: list[Entry], clock: int) -> Plan:
        earlier = plan.last()
        now, ids_base = clock, clock
        if earlier is not None:
            # A clock set back a little must not turn time around; set back for good, it is believed.
            now = max(clock, earlier.now) if clock > earlier.now - CLOCK_TOLERANCE_MS else clock
            ids_base = max(clock, earlier.ids_base + 1)
        return Plan(
            batch=self.position.batch + 1,
            after_offset=self.position.offset,
            to_offset=entries[-1].offset if entries else self.position.offset,
            now=now,
            ids_base=ids_base,
            skip=tuple(sorted(self._isolation.skip)),
        )

    def _batch(self, planned: Plan, entries: list[Entry], decoded: Decoded | None = None) -> None:
        """A batch makes a hundred thousand objects and no cycles: searching them again and again cost 14% of its time.

        The search comes when it is over: nothing of it may be left by then, nor anything of the next one be there.
        """
        gc.disable()
        try:
            self._work_through(planned, entries, decoded or {})
        finally:
            if not self._ahead.is_under_way:
                self._searched = time.monotonic()
                gc.enable()

    def _work_through(self, planned: Plan, entries: list[Entry], decoded: Decoded) -> None:
        plan.write(planned)
        failpoints.hit("engine.planned")
        batch = self._new_batch(planned, entries)
        batch.decoded = decoded
        batch.meanwhile = self._meanwhile
        started = time.perf_counter()
        self._steps(batch)
        BATCH_SECONDS.observe(time.perf_counter() - started)
        for rejected in batch.rejected:
            DROPS.labels(rejected.reason.value).inc()
        if planned.skip:
            self.context.lessened = told.load()
        self.position = Position(planned.to_offset, planned.batch)
        self._next_due = None
        self._isolation.clear()
        self._again = None
        self.context.journal.commit(READER, planned.to_offset)
        failpoints.hit("engine.done")
        self._checkpoints.after_commit()
        log.debug("batch", **describe(batch))
        guards.watch_costs(batch, self.context)
        batch.writers.clear()  # they hold the batch, which would else wait for a search for cycles, the whole of it

    def _steps(self, batch: Batch) -> None:
        for step in STEPS:
            before = time.perf_counter()
            try:
                step.run(batch, self.context)
            except Exception as error:
                raise StepFailed(step.name, batch) from error
            failpoints.hit(f"engine.{step.name}", batch.messages)
            self.totals.add(step.name, len(batch.messages), time.perf_counter() - before)

    def _new_batch(self, planned: Plan, entries: list[Entry]) -> Batch:
        return Batch(
            number=planned.batch,
            # Not the number alone: a state that was restored from a backup counts again from there.
            token=f"b-{planned.batch}-{planned.ids_base}",
            after_offset=planned.after_offset,
            to_offset=planned.to_offset,
            now=planned.now,
            new_id=BatchIds(planned.ids_base),
            entries=entries,
            skip=frozenset(planned.skip),
            orders=planned.orders,
            timers=self._isolation.timers,
            repeated=None if self._again is None else batch_ids(planned.ids_base),
        )

    def _failed(self, error: Exception) -> None:
        """Say what failed; after a fault in the data itself, narrow what the next try takes."""
        cause = error.__cause__ or error
        self.failing = cause.message if isinstance(cause, QuenError) else trouble(cause) or type(cause).__name__
        self._forget()
        if not isinstance(error, StepFailed):
            FAILURES.labels("cycle").inc()
            log.error("the engine could not begin a batch; trying again", error=type(error).__name__, exc_info=error)
            return
        FAILURES.labels(error.step).inc()
        name = type(error.__cause__).__name__
        log.error("a step failed; trying again", step=error.step, batch=error.batch.number, error=name, exc_info=error)
        if error.step in FROM_RECORD:
            # Part of it may be stored: the range stays what it was. Or the commit has gone through all the same.
            self.position = plan.position()
            self._again = self._interrupted()
        if self._isolation.has_to_narrow(error):
            self._isolation.narrow(error, self.context, self.passes)
            self._forget()

    def _forget(self) -> None:
        """What is kept in memory beside the state: read it anew, for a batch that is not committed has changed it."""
        self.context.catalogue.load()
        self.context.seen.load()
        self.context.open_claims = identity.open_claims()
        journeys.forget_definitions()
        # Versions may have taken their place before what failed: nobody is followed, nor mirrored, by those before.
        self._definitions.forget()

    def passes(
        self, entries: list[Entry], only: Only = None, whole: bool = False, scratch: EventStore | None = None
    ) -> bool:
        """Whether entries, or these messages of them, pass the steps that write nothing; of the `whole`, all of them.

        Their events are inserted only where there is a store to try it on.
        """
        last = plan.last()
        assert last is not None
        batch = self._new_batch(last, entries)
        batch.timers = False
        try:
            for step in STEPS:
                if step.name == RECORD:
                    if not whole:
                        return True
                    record.prepare(batch)
                    if scratch is not None:
                        scratch.insert_events(batch.rows, "")
                elif step.name == MIRROR:
                    mirror.prepare(batch)
                elif step.name == COMMIT:
                    return could_be_committed(batch, partial(step.run, batch, self.context))
                else:
                    step.run(batch, self.context)
                if step.name == "decode" and only is not None:
                    batch.messages = [m for m in batch.messages if (m.offset, m.position) in only]
                failpoints.hit(f"engine.{step.name}", batch.messages)
        except Exception:
            return False
        return True

    def _reload_definitions(self, *, force: bool = False) -> bool:
        """Whether it was time to look for changed ones."""
        if not self._definitions.take_over(force=force):
            return False
        # A person may have resumed a journey, whose timers are due, or given orders about people in one.
        self._next_due = 0 if journeys.has_orders() else None
        return True

    def _is_house_due(self) -> bool:
        return time.monotonic() - self._housekept > HOUSEKEEPING_EVERY_S

    def _keep_house(self) -> None:
        """Delete what has outlived its use, a little at a time."""
        self._housekept = time.monotonic()
        self._isolation.timers = True  # what crashed on a timer may have been mended
        now, config = self.clock(), self.context.config
        self.totals.write_if_due()
        LAG.set(self.lag())
        earliest = profiles.next_due_at()
        FLIPS_DUE.set(0 if earliest is None else max(0, now - earliest) / 1000)
        now = self._ages.now(now)
        self.context.seen.forget(now)
        execute("DELETE FROM engine_quarantined WHERE at < %s", [now - config.quarantine_keep_days * DAY_MS])
        quality.forget(now, config.quarantine_keep_days)
        execute("DELETE FROM django_session WHERE expire_date < %s", [datetime.fromtimestamp(now / 1000, UTC)])
        if self._sweeper.run(now):
            self._folder.begin_anew()
        self.context.journal.trim(
            before_ms=now - config.journal_keep_days * DAY_MS, max_bytes=config.journal_max_mb * 1_000_000 // 2
        )
