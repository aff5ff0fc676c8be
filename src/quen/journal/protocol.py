"""The journal's one protocol: SQLite behind it now, Kafka later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    offset: int
    received_at: int  # ms UTC; goes back only where the clock was set back by more than a minute
    kind: str  # track, open, click, unsubscribe, …
    source_id: int  # 0: Quen itself
    body: bytes


class NewEntry(NamedTuple):
    kind: str
    source_id: int
    body: bytes


class Journal(Protocol):
    def append(self, entries: Sequence[NewEntry]) -> int:
        """Store the entries durably (fsync) in one transaction; the offset of the last.

        Raises JournalFull (retryable) above the size limit, JournalUnavailable (retryable) when the disk refuses.
        """

    def read(self, after: int, limit: int, max_bytes: int = 16_000_000) -> list[Entry]:
        """Entries with offset > `after`, in order, at most `limit`, at most about `max_bytes` (but at least one)."""

    def commit(self, reader: str, offset: int) -> None:
        """Note that `reader` needs nothing up to `offset` any more (trim looks at it)."""

    def offset_at(self, time_ms: int) -> int:
        """The offset after which entries received at or after `time_ms` stand: where a replay starts."""

    def identity(self) -> int:
        """Which journal this is: offsets mean something only together with it. 0: unknown."""

    def end(self) -> int:
        """Offset of the last entry, 0 when empty and never written."""

    def trim(self, *, before_ms: int, max_bytes: int) -> int:
        """Delete entries which all readers have committed and that are older, or over the size; how many."""

    def check(self) -> None:
        """Write something durably that is no entry. Raises as `append` would."""

    def close(self) -> None: ...
