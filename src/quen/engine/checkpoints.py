"""Copying SQLite's log into its file, beside the engine: it is work of the disk, and no batch need wait for it.

A checkpoint that runs while commits go on never reaches the end of the log, which grows meanwhile. What it left over is
copied by the commit that makes the log too long (db.tune_for_batches): a small rest.
"""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import structlog
from django.db import connection

EVERY_S = 1.0

log = structlog.get_logger("quen.engine")


class Checkpoints:
    """The engine calls `after_commit`; at most one checkpoint runs at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._path = Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None
        self._pool = ThreadPoolExecutor(1, "quen-checkpoints")
        self._running: Future[None] | None = None
        self._begun = time.monotonic()

    def after_commit(self) -> None:
        """Begin one if the last one is done and some time ago."""
        if self._path is None or time.monotonic() < self._begun + EVERY_S:
            return
        if self._running is None or self._running.done():
            self._begun = time.monotonic()
            self._running = self._pool.submit(checkpoint, self._path)

    def close(self) -> None:
        self._pool.shutdown()


def checkpoint(path: Path) -> None:
    """Copy what no reader holds back; neither readers nor the writer wait for it."""
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as state:
            state.execute("PRAGMA synchronous = FULL")
            state.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error as error:  # the log stays, and the commits say what is wrong with the disk
        log.warning("a checkpoint of the state failed; trying again", error=str(error))
