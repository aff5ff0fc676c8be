"""Brings the rows of one order together, wherever they stand in the file: in a scratch file, not in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS rows (key TEXT NOT NULL, line INTEGER NOT NULL, data BLOB NOT NULL)"
# Groups are numbered in the order in which they begin in the file: mostly the order of time.
GROUP = """
CREATE INDEX rows_key ON rows (key, line);
CREATE TABLE groups AS SELECT key, min(line) AS first, count(*) AS size FROM rows GROUP BY key ORDER BY min(line);
"""


class Spool:
    """A scratch file. Losing it costs time only, so it is written without waiting for the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768;"
        )
        self._connection.execute(SCHEMA)

    @classmethod
    def fresh(cls, path: Path) -> Spool:
        path.unlink(missing_ok=True)
        return cls(path)

    @property
    def complete(self) -> bool:
        """Whether all rows are in and grouped: then an interrupted import goes on from here."""
        return bool(self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'grouped'").fetchall())

    def add(self, rows: Sequence[tuple[str, int, bytes]]) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def group(self) -> None:
        self._connection.executescript(GROUP)
        self._connection.execute("CREATE TABLE grouped (x)")

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM groups").fetchone()[0])

    def groups(self, after: int, most_lines: int) -> Iterator[tuple[int, str, list[int], list[bytes] | None]]:
        """(number, key, lines, data), numbers from `after` + 1; data None for a group of more than `most_lines`."""
        page = 500
        while True:
            heads = self._connection.execute(
                "SELECT rowid, key, size FROM groups WHERE rowid > ? ORDER BY rowid LIMIT ?", (after, page)
            ).fetchall()
            if not heads:
                return
            for number, key, size in heads:
                if size > most_lines:
                    found = self._connection.execute("SELECT line FROM rows WHERE key = ? ORDER BY line", (key,))
                    yield number, key, [line for (line,) in found], None
                    continue
                rows = self._connection.execute(
                    "SELECT line, data FROM rows WHERE key = ? ORDER BY line", (key,)
                ).fetchall()
                yield number, key, [row[0] for row in rows], [row[1] for row in rows]
            after = heads[-1][0]

    def close(self) -> None:
        self._connection.close()

    def remove(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)


def batches(rows: Iterable[tuple[str, int, bytes]], size: int) -> Iterator[list[tuple[str, int, bytes]]]:
    batch: list[tuple[str, int, bytes]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
