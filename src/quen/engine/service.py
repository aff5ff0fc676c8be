"""The engine as a thread of the app process, beside the outbox."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog

from quen.computed import rfm_job
from quen.config import Config, config
from quen.connectors.sources.files import worker as imports
from quen.delivery.outbox import Outbox
from quen.duplicates import worker as duplicates
from quen.engine.loop import Engine
from quen.events.store import event_store
from quen.journal import open_journal

log = structlog.get_logger("quen.engine")

SILENT_AFTER_S = 30.0  # a batch never takes this long: the engine hangs or is gone
_running: Service | None = None


class Service:
    """Starts and stops what works in the background."""

    def __init__(self, settings: Config) -> None:
        self.config = settings
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.engine: Engine | None = None

    def start(self) -> None:
        global _running
        _running = self
        for name, work in (("engine", self._run_engine), ("outbox", self._run_outbox)):
            thread = threading.Thread(target=self._keep, args=(name, work), name=f"quen-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        imports.resume_all()
        duplicates.start(self._stop)
        rfm_job.start(self._stop)

    def stop(self, timeout: float = 8.0) -> None:
        """Finish the batch in work and stop. What is cut off all the same is repeated at the next start."""
        self._stop.set()
        imports.stop_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep(self, name: str, work: Any) -> None:
        """A worker that dies is started again: one fault must not silence a whole night."""
        pause = 1.0
        while not self._stop.is_set():
            try:
                work()
            except Exception:
                log.exception("a background worker died; starting it again", worker=name)
                self._stop.wait(pause)
                pause = min(pause * 2, 30.0)

    def _run_engine(self) -> None:
        journal = open_journal(self.config, bounded=False)
        try:
            self.engine = Engine(self.config, journal, event_store())
            self.engine.run(self._stop)
        finally:
            self.engine = None
            journal.close()

    def _run_outbox(self) -> None:
        journal = open_journal(self.config)
        try:
            Outbox(self.config, journal).run(self._stop)
        finally:
            journal.close()


def health() -> dict[str, Any]:
    """What `/health` says of the engine. Lag is in journal entries."""
    if _running is None:
        return {"status": "unavailable", "reason": "the engine was not started in this process"}
    engine = _running.engine
    if engine is None:
        return {"status": "unavailable", "reason": "the engine is starting"}
    silent = time.monotonic() - engine.heartbeat
    if silent > SILENT_AFTER_S:
        return {"status": "unavailable", "reason": f"the engine has not moved for {silent:.0f} s", "lag": engine.lag()}
    if engine.failing is not None:
        return {"status": "unavailable", "reason": f"a batch fails: {engine.failing}", "lag": engine.lag()}
    return {"status": "ok", "lag": engine.lag(), "batch": engine.position.batch}


def start() -> Service:
    service = Service(config())
    service.start()
    return service
