"""The journal in one SQLite file: WAL, fsync at every commit, any number of appending processes.

Offsets count up by one without holes: they are given out inside the write transaction, of which SQLite allows one at
a time, so a reader never sees offset n + 1 before n. The last entry is never trimmed, so offsets are never given twice.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from quen import failpoints
from quen.journal.errors import JournalFull, JournalUnavailable
from quen.journal.protocol import Entry, NewEntry
from quen.sqlite_trouble import sqlite_trouble

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    offset INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source_id INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS readers (
    reader TEXT PRIMARY KEY,
    offset INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS checks (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
);
"""
BUSY_SECONDS = 15.0
# A clock that is set back a little must not turn time around in the journal; one that is set back by more is believed.
CLOCK_TOLERANCE_MS = 60_000
# Rows of one INSERT at most. A group is one statement where it can be: after each statement the thread must wait for
# the interpreter again, which under load costs more than the statement.
INSERT_ROWS = 128
TRIM_ROWS = 1000  # a transaction: appends wait for it, so it stays short
# The inner query ends after TRIM_ROWS rows whatever their age: entries are in order of time too.
TRIM = """
DELETE FROM entries WHERE offset IN (
    SELECT offset FROM (SELECT offset, received_at FROM entries WHERE offset <= ? ORDER BY offset LIMIT ?)
    WHERE received_at < ?
)
"""
MAX_TIME = (1 << 63) - 1
UNBOUNDED = 1 << 62
# When readers have caught up but the file is at its limit, make this much room at once rather than a little each time.
ROOM = 0.2


class SqliteJournal:
    """`quen.journal.protocol.Journal` on one file. `max_bytes` bounds what it holds (not the file's free pages)."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._check_every = max(1, min(16_000_000, max_bytes // 64))
        self._unchecked = self._check_every  # bytes appended since the size was looked at; at first: unknown
        self._append_lock = threading.Lock()
        self._upkeep_lock = threading.Lock()
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        with self._explained("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._appender = self._connect("FULL")
            _name(self._appender)
            # Losing a reader's offset to a power cut only keeps entries longer, so upkeep need not wait for the disk.
            self._upkeep = self._connect("NORMAL")

    def append(self, entries: Sequence[NewEntry]) -> int:
        """Store the entries durably (fsync) in one transaction; the offset of the last (`end()` when there are none).

        Raises JournalFull above the size limit, JournalUnavailable when the disk refuses or the lock stays taken.
        """
        size = sum(len(entry.body) for entry in entries)
        with self._append_lock, self._explained("written"):
            if self._unchecked >= self._check_every:
                self._make_room()
            connection = self._appender
            with _transaction(connection):
                last, last_at = _last(connection)
                received_at = _received_at(last_at)
                for start in range(0, len(entries), INSERT_ROWS):
                    rows = entries[start : start + INSERT_ROWS]
                    values: list[object] = []
                    for kind, source_id, body in rows:
                        last += 1
                        values += (last, received_at, kind, source_id, body)
                    connection.execute(_insert(len(rows)), values)
                failpoints.hit("journal.appending")
            failpoints.hit("journal.appended")
            self._unchecked += size
            return last

    def read(self, after: int, limit: int, max_bytes: int = 16_000_000) -> list[Entry]:
        """Entries with offset > `after`, in order, at most `limit`, at most about `max_bytes` (but at least one)."""
        entries: list[Entry] = []
        size = 0
        with self._explained("read"):
            cursor = self._reader().execute(
                "SELECT offset, received_at, kind, source_id, body FROM entries WHERE offset > ?"
                " ORDER BY offset LIMIT ?",
                (after, limit),
            )
            for row in cursor:
                entries.append(Entry._make(row))
                size += len(row[4])
                if size >= max_bytes:
                    break
            cursor.close()  # an unfinished cursor would hold the WAL back
        return entries

    def commit(self, reader: str, offset: int) -> None:
        """Note that `reader` needs nothing up to `offset` any more. It may also go back, for a replay."""
        with self._upkeep_lock, self._explained("written"), _transaction(self._upkeep):
            self._upkeep.execute(
                "INSERT INTO readers VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET offset = excluded.offset",
                (reader, offset),
            )

    def readers(self) -> dict[str, int]:
        """How far each reader has come."""
        with self._explained("read"):
            return dict(self._reader().execute("SELECT reader, offset FROM readers").fetchall())

    def offset_at(self, time_ms: int) -> int:
        """The offset after which entries received at or after `time_ms` stand.

        Looks at every entry: there is no index, and times go back where the clock was set back.
        """
        with self._explained("read"):
            connection = self._reader()
            found = connection.execute("SELECT min(offset) FROM entries WHERE received_at >= ?", (time_ms,)).fetchone()
            return _last(connection)[0] if found[0] is None else int(found[0]) - 1

    def end(self) -> int:
        """Offset of the last entry, 0 when never written."""
        with self._explained("read"):
            return _last(self._reader())[0]

    def identity(self) -> int:
        """A number that this file has had since it was made; one that takes its place has another."""
        with self._explained("read"):
            return int(self._reader().execute("PRAGMA user_version").fetchone()[0])

    def size(self) -> int:
        """Bytes that the entries take."""
        with self._explained("read"):
            return _size(self._reader())

    def trim(self, *, before_ms: int, max_bytes: int) -> int:
        """Delete entries which all readers have committed and that are older, or over the size; how many.

        Nothing goes before there is a reader. Works in short transactions: appends get their turn between them.
        """
        deleted = 0
        with self._upkeep_lock, self._explained("trimmed"):
            while (count := _trim_some(self._upkeep, before_ms, max_bytes)) > 0:
                deleted += count
            if deleted:
                self._upkeep.execute("PRAGMA incremental_vacuum(4096)").fetchall()
        return deleted

    def check(self) -> None:
        """Write something durably that is no entry. Raises as `append` would."""
        with self._append_lock, self._explained("written"):
            self._make_room()
            with _transaction(self._appender):
                self._appender.execute("INSERT OR REPLACE INTO checks VALUES (1, ?)", (time.time_ns() // 1_000_000,))

    def close(self) -> None:
        with self._append_lock, self._upkeep_lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _make_room(self) -> None:
        """Called before an append when much has been added: what is read may go, what is not makes the journal full."""
        if _size(self._appender) >= self.max_bytes:
            target = int(self.max_bytes * (1 - ROOM))
            while _trim_some(self._appender, before_ms=0, max_bytes=target) > 0:
                pass
            size, unread = _size(self._appender), _read_by_all(self._appender) < _last(self._appender)[0]
            if size >= self.max_bytes and unread:  # without unread ones, a huge last entry would block for ever
                raise JournalFull(
                    f"the journal {self.path} holds {size // 1_000_000} MB that are not processed yet; it accepts more "
                    "when the engine has caught up (is `quen up` running?), or raise JOURNAL_MAX_MB"
                )
        self._unchecked = 0

    def _reader(self) -> sqlite3.Connection:
        """A connection for each thread: reading never waits for an fsync of another thread."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect("NORMAL")
            self._local.connection = connection
        return connection

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=INSERT_ROWS + 32,
        )
        try:
            connection.execute("PRAGMA page_size = 8192")  # this and the next only have an effect on a new file
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            # Every so many pages an append also moves them into the file: few, so that none waits for long.
            connection.execute("PRAGMA wal_autocheckpoint = 500")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.executescript(SCHEMA)
        except BaseException:
            connection.close()
            raise
        self._open.append(connection)
        return connection

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JournalUnavailable(f"the journal {self.path} cannot be {what}: {_cause(error)}") from error


@cache
def _insert(rows: int) -> str:
    return f"INSERT INTO entries VALUES {','.join(['(?,?,?,?,?)'] * rows)}"


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _name(connection: sqlite3.Connection) -> None:
    """Give a new journal its identity, once, whoever else opens it."""
    if connection.execute("PRAGMA user_version").fetchone()[0]:
        return
    with _transaction(connection):
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            connection.execute(f"PRAGMA user_version = {secrets.randbelow(2**31 - 1) + 1:d}")


def _received_at(last_at: int) -> int:
    now = time.time_ns() // 1_000_000
    return now if now < last_at - CLOCK_TOLERANCE_MS else max(now, last_at)


def _last(connection: sqlite3.Connection) -> tuple[int, int]:
    """(offset, received_at) of the last entry."""
    row = connection.execute("SELECT offset, received_at FROM entries ORDER BY offset DESC LIMIT 1").fetchone()
    return row or (0, 0)


def _size(connection: sqlite3.Connection) -> int:
    pages, free, page_size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page_size)


def _read_by_all(connection: sqlite3.Connection) -> int:
    """Up to which offset no reader needs anything; nothing may go before there is a reader."""
    return connection.execute("SELECT coalesce(min(offset), 0) FROM readers").fetchone()[0]  # type: ignore[no-any-return]


def _trim_some(connection: sqlite3.Connection, before_ms: int, max_bytes: int) -> int:
    with _transaction(connection):
        bound = min(_read_by_all(connection), _last(connection)[0] - 1)
        older_than = MAX_TIME if _size(connection) > max_bytes else before_ms
        return connection.execute(TRIM, (bound, TRIM_ROWS, older_than)).rowcount


def _cause(error: Exception) -> str:
    words = sqlite_trouble(error) or str(error) or type(error).__name__
    if "lock" in words:
        return f"another program has held its lock for {BUSY_SECONDS:.0f} s"
    if "damaged" in words:
        return f"{words} ({error}), or move it away to begin a new one"
    return words
