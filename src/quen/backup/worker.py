"""Makes the backups that were asked for, and those of the schedule, in the app process: it has the event store open."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog
from django.db import connection

from quen.backup import making, manifest, store
from quen.backup.making import Origin
from quen.backup.models import DONE, SCHEDULE, Backup
from quen.config import Config, config
from quen.engine import service
from quen.engine.loop import Engine
from quen.errors import QuenError
from quen.events.store import event_store
from quen.ids import now_ms

log = structlog.get_logger("quen.backup")

LOOK_EVERY_S = 0.5
STILL_WITHIN_S = 60.0
SHOW_EVERY_S = 0.5
RETRY_MS = 900_000  # after a scheduled backup that failed
HOUR_MS = 3_600_000
PREFIX = "quen-"


class Worker:
    """A thread of the app. `engine` is started before it."""

    def __init__(self, settings: Config, engine: service.Service) -> None:
        self.config = settings
        self.engine = engine
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="quen-backup", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A backup under way is left; the next start removes what it wrote here."""
        self._stop.set()

    def _run(self) -> None:
        self._clean()
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self._look()
            except Exception:
                log.exception("looking for backups to make failed; trying again")
                self._stop.wait(5.0)
        connection.close()

    def _clean(self) -> None:
        store.end_interrupted()
        for left in self.config.data_dir.glob(f"{making.STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)

    def _look(self) -> None:
        engine = self.engine.engine
        if engine is None:  # it is starting
            return
        row = store.next_asked() or self._due()
        if row is not None and store.begin(row):
            self._make(row, engine)

    def _due(self) -> Backup | None:
        """The next backup of the schedule, when it is time."""
        if not self.config.backup_dir:
            return None
        last, now = store.last_scheduled(), now_ms()
        if last is not None:
            pause = self.config.backup_every_hours * HOUR_MS if last.status == DONE else RETRY_MS
            if now < last.asked_at + pause:
                return None
        name = PREFIX + datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        return store.ask(Path(self.config.backup_dir) / name, SCHEDULE)

    def _make(self, row: Backup, engine: Engine) -> None:
        directory = Path(row.directory)
        shown = 0.0

        def say(stage: str, done: int, of: int) -> None:
            nonlocal shown
            if self._stop.is_set():
                raise QuenError(store.INTERRUPTED)
            if time.monotonic() - shown > SHOW_EVERY_S:
                shown = time.monotonic()
                store.show(row, stage, 100 * done // max(1, of))

        began = time.monotonic()
        try:
            origin = Origin(self.config, lambda: engine.pause.held(STILL_WITHIN_S), event_store(), row.pk)
            made = making.make(origin, directory, secret_key=row.with_secret_key, say=say)
        except QuenError as error:
            log.error("a backup failed", directory=row.directory, error=error.message)
            store.fail(row, error.message)
            return
        except Exception as error:
            store.fail(row, f"{type(error).__name__}; see the log")
            raise
        store.finish(row, made, making.figures(made))
        seconds = round(time.monotonic() - began, 1)
        log.info("a backup was made", directory=row.directory, bytes=made.bytes, seconds=seconds, paused=made.paused_ms)
        if self.config.backup_dir and directory.parent == Path(self.config.backup_dir):
            forget_old(Path(self.config.backup_dir), self.config.backup_keep)


def forget_old(directory: Path, keep: int) -> int:
    """Remove the oldest backups of the schedule beyond `keep`, and what one that was cut off left; how many.

    Only directories with the schedule's names. One without a manifest was never finished, and none is under way now.
    """
    ours = sorted(p for p in directory.glob(f"{PREFIX}[0-9]*T[0-9]*Z") if p.is_dir())
    whole = [p for p in ours if manifest.is_backup(p)]
    gone = [p for p in ours if p not in whole] + whole[: max(0, len(whole) - max(1, keep))]
    for path in gone:
        # The manifest first: what is half removed must not look like a backup.
        (path / manifest.NAME).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def start(engine: service.Service) -> Worker:
    worker = Worker(config(), engine)
    worker.start()
    return worker
