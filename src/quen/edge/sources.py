"""Which write keys there are, read from the state database and kept while it cannot be read.

The edge must stay up while everything else is down, so a failed look keeps the last answer; and it must know of a
change within a second, so an answer older than that is renewed before it is used.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from quen.config import Config
from quen.errors import ConfigError, TemporaryError

FRESH_SECONDS = 1.0
UNKNOWN_SECONDS = 0.2  # between two looks for unknown keys: guessing keys must not load the database
LOOK_TIMEOUT = 3.0
QUERY = "SELECT write_key, id, kind, enabled FROM connectors_source"

log = structlog.get_logger("quen.edge")


class Source(NamedTuple):
    id: int
    kind: str
    enabled: bool


Look = Callable[[], "dict[str, Source] | None"]  # None: nothing has changed


class Sources:
    """The directory. All methods belong to one event loop; looking happens in a thread of its own."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sources")
        self._known: dict[str, Source] | None = None
        self._looked_at = -FRESH_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._failing = False

    def quick(self, key: str) -> Source | None:
        """The source of a key when a fresh answer is at hand; None: ask `find`."""
        if self._known is None or time.monotonic() - self._looked_at > FRESH_SECONDS:
            return None
        return self._known.get(key)

    async def find(self, key: str) -> Source | None:
        """The source of a key, None when there is none. Raises TemporaryError as long as nothing could ever be read."""
        asked = time.monotonic()
        if asked - self._looked_at > FRESH_SECONDS:
            await self._renew()
        if self._known is not None and key not in self._known and self._looked_at < asked:
            # It may have been made a moment ago: look again, yet not more often than every UNKNOWN_SECONDS.
            await asyncio.sleep(self._looked_at + UNKNOWN_SECONDS - asked)
            if self._looked_at < asked:
                await self._renew()
        # A key made a moment ago is not known either while nobody can look: no reason for an SDK to throw events away.
        if self._known is None or (self._failing and key not in self._known):
            raise TemporaryError("the sources are not known yet; try again shortly", code="sources_unknown")
        return self._known.get(key)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _renew(self) -> None:
        """One look at a time; whoever comes meanwhile waits for the same one."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_once())
        await asyncio.shield(self._looking)

    async def _look_once(self) -> None:
        began = time.monotonic()
        try:
            found = await asyncio.wait_for(
                asyncio.get_running_loop().run_in_executor(self._thread, self._look), LOOK_TIMEOUT
            )
        except Exception as error:  # of whichever database: the last answer serves on
            if not self._failing:
                log.warning("sources cannot be read; the last known ones stay", error=type(error).__name__)
            self._failing = True
        else:
            self._failing = False
            if found is not None:
                self._known = found
        self._looked_at = began


def state_database(config: Config) -> Look:
    """How to look into the state database that the settings name."""
    return _Postgres(config.database_url) if config.database_url else _Sqlite(config.state_path)


class _Sqlite:
    """Only ever reads. Opened for writing nevertheless: a read-only connection cannot read after an unclean end of the
    app, when SQLite must first bring the write-ahead log in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._version = -1

    def __call__(self) -> dict[str, Source] | None:
        stat = self._path.stat()  # a restore puts another file in its place
        if self._connection is not None and self._file != (stat.st_dev, stat.st_ino):
            self._close()
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=rw",
                    uri=True,
                    timeout=1.0,
                    isolation_level=None,
                    check_same_thread=False,
                )
                self._connection.execute("PRAGMA query_only = ON")
                self._file = (stat.st_dev, stat.st_ino)
                self._version = -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            found = _directory(self._connection.execute(QUERY).fetchall())
        except sqlite3.Error:
            self._close()
            raise
        self._version = version
        return found

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Postgres:
    def __init__(self, url: str) -> None:
        try:
            import psycopg  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise ConfigError(
                "DATABASE_URL names PostgreSQL, but psycopg is not installed: pip install psycopg"
            ) from None
        self._connect: Callable[[], Any] = lambda: psycopg.connect(url, autocommit=True, connect_timeout=2)
        self._connection: Any = None

    def __call__(self) -> dict[str, Source] | None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return _directory(self._connection.execute(QUERY).fetchall())
        except Exception:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            raise


def _directory(rows: list[tuple[Any, ...]]) -> dict[str, Source]:
    return {key: Source(id_, kind, bool(enabled)) for key, id_, kind, enabled in rows}
