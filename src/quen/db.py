"""Set-based SQL on the state database, the same text for SQLite and PostgreSQL where that is possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, connection

from quen.sqlite_trouble import sqlite_trouble

_json = msgspec.json.Encoder()


def in_list(values: Iterable[int] | Iterable[str], *, column: str) -> tuple[str, Any]:
    """`column IN (…)` for any number of values with one parameter. Returns (SQL, parameter)."""
    items = list(values)
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", items
    return f"{column} IN (SELECT value FROM json_each(%s))", _json.encode(items).decode()


def json_text(column: str, name: str) -> str:
    """SQL for a text field of a JSON column."""
    return (
        f"{column}::json ->> '{name}'" if connection.vendor == "postgresql" else f"json_extract({column}, '$.{name}')"
    )


def json_rows(columns: str, rest: str) -> str:
    """SQL for all rows of `SELECT columns rest` as one text, a JSON list of lists in no order: rows beside a row."""
    if connection.vendor == "postgresql":
        return f"(SELECT COALESCE(json_agg(json_build_array({columns})), '[]')::text {rest})"
    return f"(SELECT json_group_array(json_array({columns})) {rest})"


def fetch_in(sql: str, values: Iterable[int] | Iterable[str], *, column: str) -> list[tuple[Any, ...]]:
    """Run `sql` with `{in}` replaced by the condition on `column`; all rows."""
    condition, parameter = in_list(values, column=column)
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{in}", condition), [parameter])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def fetch(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(sql: str, params: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        count: int = cursor.rowcount
        return count


def trouble(error: BaseException) -> str:
    """Why the state database cannot work now (disk, lock, connection, damage); "" where the statement is at fault."""
    if not isinstance(error, (OperationalError, InterfaceError)) and connection.vendor != "sqlite":
        return ""
    words = sqlite_trouble(error) or sqlite_trouble(error.__cause__)
    if not words and connection.vendor != "sqlite":
        words = str(error).strip() or type(error).__name__
    return words and f"the state database: {words}"


class Changes:
    """Whether other connections have committed to the state since one last asked: a look instead of a query.

    Belongs to one thread, whose own commits do not count. PostgreSQL has no such look: there it is always possible.
    """

    def __init__(self) -> None:
        self._last: tuple[object, int] | None = None

    def any(self) -> bool:
        if connection.vendor != "sqlite":
            return True
        connection.ensure_connection()
        with connection.wrap_database_errors:
            version = connection.connection.execute("PRAGMA data_version").fetchone()[0]
        last, self._last = self._last, (connection.connection, version)  # versions are a connection's own
        return self._last != last


def tune_for_batches() -> None:
    """Fit this thread's SQLite connection for the engine: a large page cache, and checkpoints of many pages.

    A batch changes thousands of pages all over the file. With SQLite's default of 1,000 pages each commit would copy
    them into the file at once; this way pages that change in several batches are copied once, most of them beside the
    engine (engine.checkpoints), and by a commit only what has come since when the log holds 512 MB (decision 36).
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size=-131072")
            cursor.execute("PRAGMA mmap_size=1073741824")
            cursor.execute("PRAGMA wal_autocheckpoint=131072")


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)
