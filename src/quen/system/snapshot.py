"""The figures of one look, read from the stores. A part that fails does not hide the rest."""

from __future__ import annotations

import http.client
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from quen.backup.models import DONE, FAILED, SCHEDULE
from quen.backup.store import last_scheduled
from quen.config import Config
from quen.db import fetch
from quen.engine import service
from quen.engine.steps.commit import READER
from quen.events.store import event_store
from quen.ids import COUNTER_BITS, EPOCH_MS
from quen.journal import open_journal
from quen.journal.protocol import Journal
from quen.processes import EDGE_AT

log = structlog.get_logger("quen.system")

EDGE_TIMEOUT_S = 3.0
HOUR_MS = 3_600_000
T = TypeVar("T")


class Channel(msgspec.Struct, frozen=True):
    """The outbox of one channel. `hour`: status → messages made in the last hour; paused journeys' do not wait."""

    waiting: int = 0
    oldest_ms: int = 0
    hour: dict[str, int] = {}

    @property
    def tried(self) -> int:
        return sum(self.hour.get(status, 0) for status in ("accepted", "failed", "unknown"))

    @property
    def failed(self) -> int:
        return self.hour.get("failed", 0) + self.hour.get("unknown", 0)


class Store(msgspec.Struct, frozen=True):
    name: str  # state, journal, events
    bytes: int


class Backups(msgspec.Struct, frozen=True):
    """Scheduled ones. `age_ms` since the last good one began, None before the first."""

    every_ms: int
    age_ms: int | None = None
    bytes: int = 0
    failed: bool = False  # the last one


class Snapshot(msgspec.Struct, frozen=True):
    """Times and spans in milliseconds. `engine` and `edge` are empty when well, else why not; `edge` None: not ours."""

    at: int
    engine: str = ""
    edge: str | None = None
    messages: int = 0
    waiting: int = 0
    lag_ms: int = 0
    flips_due: int = 0
    flips_overdue_ms: int = 0
    quarantined: dict[str, int] = {}  # in the last hour, by reason
    stored: int = 0  # messages in the last hour
    channels: dict[str, Channel] = {}
    stores: tuple[Store, ...] = ()
    disk_total: int = 0
    disk_free: int = 0
    backups: Backups | None = None  # None: none are scheduled
    segments_paused: int = 0  # by Quen, because of their cost
    hooks_paused: int = 0  # of segments, by Quen, because their calls were given up
    segments_wrong: int = 0  # whose members an audit found to be other than SQL says


class Reader:
    """Takes snapshots. Keeps a journal open; used by one thread."""

    def __init__(
        self,
        config: Config,
        ask_edge: Callable[[], str | None] | None = None,
        ask_engine: Callable[[], dict[str, Any]] = service.health,
    ) -> None:
        self._config = config
        self._ask_edge = ask_edge or edge_health
        self._ask_engine = ask_engine
        self._journal: Journal | None = None

    def take(self, now: int) -> Snapshot:
        health = self._ask_engine()
        lag_ms, waiting = self._part("journal", self._lag, (0, 0), now)
        usage = shutil.disk_usage(self._config.data_dir)
        flips = self._part("flips", _flips, (0, 0), now)
        return Snapshot(
            at=now,
            engine="" if health["status"] == "ok" else str(health["reason"]),
            edge=self._ask_edge(),
            messages=self._part("messages", passed, 0),
            waiting=waiting,
            lag_ms=lag_ms,
            flips_due=flips[0],
            flips_overdue_ms=flips[1],
            quarantined=self._part("quarantine", _quarantined, {}, now),
            stored=self._part("stored", _stored, 0, now),
            channels=self._part("outbox", channels, {}, now),
            stores=self._part("stores", self._stores, ()),
            disk_total=usage.total,
            disk_free=usage.free,
            backups=self._part("backups", self._backups, None, now),
            segments_paused=self._part("segments", _paused, 0),
            hooks_paused=self._part("hooks", _hooks_paused, 0),
            segments_wrong=self._part("audits", _wrong, 0),
        )

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _part(self, name: str, read: Callable[..., T], otherwise: T, *arguments: Any) -> T:
        try:
            return read(*arguments)
        except Exception as error:  # the engine's own health says what a broken store means
            log.warning("a figure of the system could not be read", figure=name, error=type(error).__name__)
            return otherwise

    def _opened(self) -> Journal:
        if self._journal is None:
            self._journal = open_journal(self._config)
        return self._journal

    def _lag(self, now: int) -> tuple[int, int]:
        """(age of the oldest entry that waits, how many wait)."""
        journal = self._opened()
        rows = fetch('SELECT "offset" FROM engine_position WHERE reader = %s', [READER])
        taken = rows[0][0] if rows else 0
        waiting = journal.read(taken, 1)
        if not waiting:
            return 0, 0
        return max(0, now - waiting[0].received_at), journal.end() - taken

    def _backups(self, now: int) -> Backups | None:
        if not self._config.backup_dir:
            return None
        every_ms = self._config.backup_every_hours * HOUR_MS
        good = fetch(
            "SELECT asked_at, bytes FROM backup_backup WHERE asked_by = %s AND status = %s ORDER BY id DESC LIMIT 1",
            [SCHEDULE, DONE],
        )
        last = last_scheduled()
        failed = last is not None and last.status == FAILED
        return Backups(every_ms, now - good[0][0], good[0][1], failed) if good else Backups(every_ms, failed=failed)

    def _stores(self) -> tuple[Store, ...]:
        return (
            Store("state", _file_bytes(self._config.state_path)),
            Store("journal", _file_bytes(self._config.journal_path)),
            Store("events", _events_bytes()),
        )


def edge_health() -> str | None:
    """ "" when the edge that `quen up` started beside this process answers well, else why not; None: there is none."""
    address = os.environ.get(EDGE_AT)
    if not address:
        return None
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=EDGE_TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
        return "" if answer.status == 200 else f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def passed() -> int:
    """Messages that went through the whole engine since the beginning."""
    rows = fetch("SELECT messages FROM engine_stepmetric WHERE step = 'commit'")
    return int(rows[0][0]) if rows else 0


def _stored(now: int) -> int:
    """Within the last hour; of a workspace that is younger all."""
    sql = "SELECT messages FROM system_sample WHERE minute <= %s ORDER BY minute DESC LIMIT 1"
    rows = fetch(sql, [now - HOUR_MS])
    return max(0, passed() - (rows[0][0] if rows else 0))


def _flips(now: int) -> tuple[int, int]:
    count, earliest = fetch("SELECT COUNT(*), MIN(due_at) FROM profiles_profile WHERE due_at <= %s", [now])[0]
    return int(count), 0 if earliest is None else now - earliest


def _quarantined(now: int) -> dict[str, int]:
    return dict(
        fetch(
            "SELECT reason, COUNT(*) FROM engine_quarantined WHERE at > %s AND replayed_at IS NULL GROUP BY reason",
            [now - HOUR_MS],
        )
    )


def channels(now: int) -> dict[str, Channel]:
    waiting = {
        channel: (count, max(0, now - oldest))
        for channel, count, oldest in fetch(
            "SELECT channel, COUNT(*), MIN(CASE WHEN attempts > 0 OR reason <> '' THEN created_at"
            " WHEN not_before > created_at THEN not_before ELSE created_at END) FROM delivery_message"
            " WHERE status IN ('queued', 'claimed') AND reason <> 'journey_paused'"
            " AND (not_before <= %s OR reason <> '') GROUP BY channel",
            [now],
        )
    }
    hour: dict[str, dict[str, int]] = {}
    for channel, status, count in fetch(
        "SELECT channel, status, COUNT(*) FROM delivery_message WHERE id >= %s GROUP BY channel, status",
        [(now - HOUR_MS - EPOCH_MS) << COUNTER_BITS],
    ):
        hour.setdefault(channel, {})[status] = count
    return {
        channel: Channel(*waiting.get(channel, (0, 0)), hour=hour.get(channel, {})) for channel in {*waiting, *hour}
    }


def _paused() -> int:
    return int(fetch("SELECT COUNT(*) FROM segments_segment WHERE status = 'paused' AND problem <> ''")[0][0])


def _hooks_paused() -> int:
    return int(
        fetch(
            "SELECT COUNT(*) FROM delivery_segmenthook h JOIN segments_segment s ON s.id = h.segment_id"
            " WHERE NOT h.active AND h.problem <> '' AND s.status <> 'archived'"
        )[0][0]
    )


def _wrong() -> int:
    return int(
        fetch(
            "SELECT COUNT(*) FROM segments_audit a JOIN segments_segment s ON s.id = a.segment_id"
            " WHERE a.wrong > 0 AND s.status = 'live'"
        )[0][0]
    )


def _file_bytes(path: Path) -> int:
    """With its write-ahead log; 0 while there is none (another store holds it)."""
    return sum(one.stat().st_size for one in (path, Path(f"{path}-wal")) if one.exists())


def _events_bytes() -> int:
    return int(event_store().rows("SELECT sum(bytes_on_disk) FROM system.parts WHERE active")[0][0] or 0)


_latest: Snapshot | None = None
_lock = threading.Lock()


def latest() -> Snapshot | None:
    """The last look of the watcher; None before the first."""
    return _latest


def keep(snapshot: Snapshot) -> None:
    global _latest
    with _lock:
        _latest = snapshot
