"""The thread that looks every few seconds: publishes, remembers, and writes to people when something turns bad."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import connection

from quen.config import Config, config
from quen.db import execute
from quen.ids import now_ms
from quen.system import incidents, metrics, snapshot, telling
from quen.system.judging import Finding, Limits, judge
from quen.system.snapshot import Reader, Snapshot

log = structlog.get_logger("quen.system")
LOOK_EVERY_S = 15.0
MINUTE_MS = 60_000
KEEP_SAMPLES_MS = 8 * 24 * 3_600_000  # a day more than the longest period that is shown
TELL_AGAIN_MS = 5 * MINUTE_MS  # after a mail server or Slack did not take an alert


class Watcher:
    """One an app process. `look` is one round; `run` does it until it is stopped."""

    def __init__(self, settings: Config, reader: Reader | None = None, clock: Callable[[], int] = now_ms) -> None:
        self._config = settings
        self._reader = reader or Reader(settings)
        self._clock = clock
        self._limits = Limits.of(settings)
        self._streaks = incidents.Streaks()
        self._tell_after = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="quen-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception as error:  # who watches must not die of what it watches
                log.warning("a look at the system failed", error=type(error).__name__, exc_info=error)
            finally:
                connection.close()
        self._reader.close()

    def look(self) -> list[Finding]:
        now = self._clock()
        seen = self._reader.take(now)
        findings = judge(seen, self._limits)
        snapshot.keep(seen)
        metrics.publish(seen, findings)
        _sample(seen)
        change = incidents.turn(self._streaks, [i.check_name for i in incidents.open_incidents()], findings)
        incidents.write(change, now)
        for finding in change.opened:
            log.error("a check is bad", check=finding.check, **{f"figure_{k}": v for k, v in finding.figures.items()})
        for check in change.closed:
            log.info("a check is well again", check=check)
        self._tell(now)
        return findings

    def _tell(self, now: int) -> None:
        if not telling.is_set(self._config) or now < self._tell_after:
            return
        what = incidents.untold(now)
        if not what:
            return
        problems = telling.tell(telling.compose(what, self._config), self._config)
        for problem in problems:
            log.error("an alert could not be sent", problem=problem)
        if problems:
            # Who got it by another way gets it again: better twice than never.
            self._tell_after = now + TELL_AGAIN_MS
        else:
            incidents.told(what, now)


def _sample(seen: Snapshot) -> None:
    """One row a minute; the latest look of a minute counts, the worst lag of it stays."""
    execute(
        "INSERT INTO system_sample (minute, messages, lag_ms, waiting) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (minute) DO UPDATE SET messages = excluded.messages, waiting = excluded.waiting,"
        " lag_ms = CASE WHEN excluded.lag_ms > system_sample.lag_ms THEN excluded.lag_ms ELSE system_sample.lag_ms END",
        [seen.at - seen.at % MINUTE_MS, seen.messages, seen.lag_ms, seen.waiting],
    )
    if seen.at % MINUTE_MS < LOOK_EVERY_S * 1000:
        execute("DELETE FROM system_sample WHERE minute < %s", [seen.at - KEEP_SAMPLES_MS])
        incidents.forget(seen.at)


def start() -> Watcher:
    watcher = Watcher(config())
    watcher.start()
    return watcher
