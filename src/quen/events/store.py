"""The event store: ClickHouse's dialect, embedded (chDB) in this process.

chDB admits one process to a data directory and one query at a time to a connection (decision 7): this process owns the
directory, and each thread has a connection of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import chdb
import msgspec

from quen.config import config
from quen.errors import PermanentError, TemporaryError
from quen.events.schema import migrate

_encoder = msgspec.json.Encoder()
_row_decoder = msgspec.json.Decoder(tuple[Any, ...])
_dict_decoder = msgspec.json.Decoder(dict[str, Any])

# Few rows a batch and one machine: the server's defaults for pools only cost memory and wake-ups. So does setting the
# count of memory right by what the process holds 20 times a second.
_OPTIONS = (
    "background_pool_size=2&background_schedule_pool_size=2&background_common_pool_size=2&memory_worker_period_ms=500"
)
# A rule may hold thousands of values, each asked of several types: the SQL of the largest has some megabytes.
_LIMITS = (
    "SET max_query_size = 16000000, max_ast_elements = 2000000, max_expanded_ast_elements = 2000000,"
    " max_parser_backtracks = 0"
)
_INSERT_SETTINGS = (
    "type_json_skip_duplicated_paths=1, max_partitions_per_insert_block=0, max_insert_block_size=1000000,"
    " min_insert_block_size_rows=1000000, input_format_parallel_parsing=0, max_insert_threads=1,"
    " date_time_input_format='basic',"
    # A text that looks like a date stays the text that was sent: segments compare and read it as one.
    " input_format_try_infer_dates=0, input_format_try_infer_datetimes=0"
)


class EventRow(msgspec.Struct, array_like=True):
    """One row of `events`, made with times in milliseconds UTC.

    It keeps them as seconds: ClickHouse reads a number in a DateTime64 column as those.
    """

    profile_id: int
    time: float
    id: int
    event: str
    type: str
    source_id: int
    message_id: str
    user_id: str
    anonymous_id: str
    properties: dict[str, Any]
    context: str
    received_at: float
    original_time: float | None
    sent_at: float | None
    identifiers: list[str] = msgspec.field(default_factory=list)  # keys it was matched by, strongest first
    origin: int = 0  # the profile id of the moment: set to `profile_id`
    traits: str = ""  # JSON of the traits it set, as they were taken; "" where it set none

    def __post_init__(self) -> None:
        self.origin = self.profile_id
        self.time /= 1000
        self.received_at /= 1000
        if self.original_time is not None:
            self.original_time /= 1000
        if self.sent_at is not None:
            self.sent_at /= 1000


class ProfileRow(msgspec.Struct, array_like=True):
    """One version of a profile in the mirror that SQL reads; the highest version counts. Made with milliseconds UTC."""

    id: int
    version: int
    deleted: int
    created_at: float
    traits: dict[str, Any]

    def __post_init__(self) -> None:
        self.created_at /= 1000


class LinkRow(msgspec.Struct, array_like=True):
    """`from_id` was merged into `to_id`; `to_id` equal to `from_id` takes that back."""

    from_id: int
    to_id: int
    version: int


class ComputedRow(msgspec.Struct, array_like=True):
    """A computed trait of a profile has another value since `at`, milliseconds UTC. `value` is JSON."""

    profile_id: int
    trait_id: int
    at: float
    name: str
    value: str

    def __post_init__(self) -> None:
        self.at /= 1000


class EventsUnavailable(TemporaryError):
    """The event store did not take it this time (disk, memory, shutting down): the same again may work."""


class EventsRefused(PermanentError):
    """The event store cannot take this data or query, ever."""


# ClickHouse error codes that are about the data or the query itself, not about the moment.
_PERMANENT = {6, 26, 27, 36, 38, 41, 43, 44, 46, 47, 53, 62, 70, 72, 117, 130, 131, 386, 407, 427, 691}


class EventStore:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._target = f"{path}?{_OPTIONS}"
        self._local = threading.local()
        self._connections: list[Any] = []
        self._lock = threading.Lock()
        migrate(self.rows)

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows as dicts. `params` fill ClickHouse placeholders `{name:Type}`."""
        return _lines(self._run(sql, "JSONEachRow", params), _dict_decoder)

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows as tuples in the order of the columns."""
        return _lines(self._run(sql, "JSONCompactEachRow", params), _row_decoder)

    def stream(self, sql: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Rows as dicts, of the store as it is when the first is asked for, however many they are."""
        connection = chdb.connect(self._target)  # type: ignore[no-untyped-call]
        try:
            connection.query(_LIMITS)
            rest = b""
            with connection.send_query(sql, "JSONEachRow", params=_params(params or {})) as result:
                for piece in result:
                    whole, _, rest = (rest + piece.bytes()).rpartition(b"\n")
                    yield from _lines(whole, _dict_decoder)
            yield from _lines(rest, _dict_decoder)
        except RuntimeError as error:
            raise _named(error) from error
        finally:
            connection.close()

    def insert_events(self, rows: Sequence[EventRow], token: str, repeated: range | None = None) -> None:
        """Insert once: the same token again inserts nothing (decision 6).

        `repeated`: the ids of a batch that was begun before; then what is there decides, not the token. ClickHouse
        writes the token down before the rows are in place: after a death in between it takes for stored what is not.
        """
        if repeated is not None:
            rows, token = self._missing(rows, repeated), ""
        self._insert("events", EventRow.__struct_fields__, rows, token)

    def insert_profiles(self, rows: Sequence[ProfileRow]) -> None:
        """To insert the same again changes nothing: the highest version of a profile counts."""
        self._insert("profiles", ProfileRow.__struct_fields__, rows, "")

    def insert_links(self, rows: Sequence[LinkRow]) -> None:
        if rows:
            self._insert("links", LinkRow.__struct_fields__, rows, "")
            self._run("SYSTEM RELOAD DICTIONARY links_dict", "CSV", None)

    def insert_computed(self, rows: Sequence[ComputedRow]) -> None:
        """To insert the same again changes nothing."""
        self._insert("computed_changes", ComputedRow.__struct_fields__, rows, "")

    def accepts(self, row: EventRow) -> bool:
        """Whether the store can read this row; nothing is written."""
        shown = {"time": row.time, "properties": row.properties, "event": row.event, "context": row.context}
        try:
            self._run(
                "SELECT * FROM format(JSONEachRow, 'time DateTime64(3), properties JSON, event String, context String',"
                " {row:String}) SETTINGS type_json_skip_duplicated_paths=1 FORMAT Null",
                "CSV",
                {"row": _encoder.encode(shown).decode()},
            )
        except EventsRefused:
            return False
        return True

    def close(self) -> None:
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()

    def _missing(self, rows: Sequence[EventRow], ids: range) -> list[EventRow]:
        """The rows that are not there. What an earlier try stored otherwise (it left out fewer messages) is deleted."""
        there = {
            int(id_): of
            for id_, *of in self.rows(
                "SELECT id, profile_id, source_id, message_id FROM events"
                " WHERE id >= {low:UInt64} AND id <= {high:UInt64}",
                {"low": ids[0], "high": ids[-1]},
            )
        }
        right = {row.id for row in rows if there.get(row.id) == [row.profile_id, row.source_id, row.message_id]}
        if wrong := there.keys() - right:
            self._run("DELETE FROM events WHERE id IN {ids:Array(UInt64)}", "CSV", {"ids": sorted(wrong)})
        return [row for row in rows if row.id not in right]

    def _insert(self, table: str, fields: Iterable[str], rows: Sequence[msgspec.Struct], token: str) -> None:
        if not rows:
            return
        # Without a token the rows themselves would be one, with the same fault: what is told again must be written.
        once = f"insert_deduplication_token='{token}'" if token else "deduplicate_insert='disable'"
        settings = f"SETTINGS {once}, {_INSERT_SETTINGS} FORMAT JSONCompactEachRow\n"
        head = f"INSERT INTO {table} ({', '.join(fields)}) {settings}"
        # As bytes: of megabytes of text each copy is time in which the engine's thread has no interpreter.
        self._run(head.encode() + _encoder.encode_lines(rows), "CSV", None)

    def _run(self, sql: str | bytes, output: str, params: Mapping[str, Any] | None) -> bytes:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = chdb.connect(self._target)  # type: ignore[no-untyped-call]
            connection.query(_LIMITS)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        try:
            result = connection.query(sql, output, params=_params(params)) if params else connection.query(sql, output)
        except RuntimeError as error:
            raise _named(error) from error
        data: bytes = result.bytes() or b""
        return data


_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f", "'": "\\'"}
)


def _params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Values as ClickHouse parses them: chDB passes text on as it is, neither quoted in arrays nor escaped."""
    return {name: _param(value) for name, value in params.items()}


def _param(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(f"'{v.translate(_ESCAPES)}'" if isinstance(v, str) else str(v) for v in value) + "]"
    return value


def _named(error: RuntimeError) -> EventsUnavailable | EventsRefused:
    text = str(error)
    code = text.partition("Code: ")[2].partition(".")[0]
    # The message of a parse error quotes the row, which is somebody's data: keep the code, drop the text past it.
    brief = text.partition("DB::Exception: ")[2][:120].partition(":")[0] or "no message"
    kind = EventsRefused if code.isdigit() and int(code) in _PERMANENT else EventsUnavailable
    return kind(f"event store: {brief} (ClickHouse code {code or '?'})")


def _lines(data: bytes, decoder: Any) -> list[Any]:
    return decoder.decode_lines(data) if data else []


@lru_cache(maxsize=1)
def event_store() -> EventStore:
    """The store of this process, opened at first use."""
    return EventStore(config().events_path)
