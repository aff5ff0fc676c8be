"""The next batch read and decoded while this one only waits for the disk: decoding needs nothing of the state.

It begins where `commit` waits for the event store and then for the state's fsync, neither of which needs the
interpreter. Begun earlier the two threads would take it from each other row by row, and nothing would be won.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from quen.engine.seen import hash_of
from quen.journal.protocol import Entry, Journal
from quen.protocol.decode import decode_entry
from quen.protocol.messages import Message, Rejected

Decoded = dict[int, list[Message | Rejected]]  # by the entry's offset


class Bounds(NamedTuple):
    entries: int
    messages: int
    message_bytes: int  # about, each


class Portion(NamedTuple):
    """What a batch takes from the journal, and whether it leaves something behind."""

    after: int
    bounds: Bounds
    entries: list[Entry]
    backlog: bool
    decoded: Decoded


class Ahead:
    """One look ahead at a time, by one thread; the engine's thread calls `begin` and `take`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pool = ThreadPoolExecutor(1, "quen-ahead")
        self._begun: Future[Portion] | None = None

    @property
    def is_under_way(self) -> bool:
        return self._begun is not None

    def begin(self, after: int, bounds: Bounds, kinds: Mapping[int, str]) -> None:
        """`kinds`: of the sources known so far; entries of others are left for the step."""
        if self._begun is None:
            self._begun = self._pool.submit(_look, self._journal, after, bounds, dict(kinds))

    def take(self, after: int, bounds: Bounds) -> Portion:
        """The portion after that offset: as it was read ahead if it is still the one that is wanted, else read now."""
        begun, self._begun = self._begun, None
        if begun is not None:
            portion = begun.result()
            if (portion.after, portion.bounds) == (after, bounds):
                return portion
        return read_portion(self._journal, after, bounds)

    def close(self) -> None:
        self._pool.shutdown()


def read_portion(journal: Journal, after: int, bounds: Bounds) -> Portion:
    most = bounds.messages * bounds.message_bytes  # what is beyond the batch is read again with the next one
    entries = journal.read(after, bounds.entries, max_bytes=most * 5 // 4)
    taken = _bounded(entries, bounds)
    size = sum(len(e.body) for e in entries)
    backlog = len(taken) < len(entries) or len(entries) == bounds.entries or size > most
    return Portion(after, bounds, taken, backlog, {})


def _bounded(entries: list[Entry], bounds: Bounds) -> list[Entry]:
    """As many entries as hold about so many messages of that size; at least one."""
    size = 0
    for index, entry in enumerate(entries):
        size += 1 + len(entry.body) // bounds.message_bytes
        if size > bounds.messages and index:
            return entries[:index]
    return entries


def _look(journal: Journal, after: int, bounds: Bounds, kinds: Mapping[int, str]) -> Portion:
    portion = read_portion(journal, after, bounds)
    for entry in portion.entries:
        if entry.kind == "track" and (kind := kinds.get(entry.source_id)) is not None:
            portion.decoded[entry.offset] = found = decode_entry(entry, source_kind=kind)
            for item in found:
                if isinstance(item, Message):
                    item.digest = hash_of(item)
    return portion
