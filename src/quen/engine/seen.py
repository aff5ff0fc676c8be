"""Which messages were stored already: the latest in memory, the rest in a table that is written range by range.

A message is remembered as a hash, and hashes are random: in a table, each new one would write a page of its own, which
cost more than all else of a batch. So a batch appends its hashes as one row to a log, and keeps them in memory. When
more than MOST_WAITING wait there, the next of the SLICES of all possible hashes goes to the table: many rows that are
neighbours. What has expired of that slice is deleted at the same time, from the same pages. A row of the log is deleted
when all slices have had their turn since.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import blake2b

from quen.db import execute, execute_many, fetch, fetch_in
from quen.protocol.messages import Message

SLICES = 256  # a hash's slice is its first byte
MOST_WAITING = 300_000  # 35 MB
FORGOTTEN_AT_ONCE = 2_000  # rows of the log: batches
_HASH_BYTES = 16

Hash = bytes
SeenRow = tuple[Hash, int | None]  # and when it expires, ms UTC; None: never


def hash_of(message: Message) -> Hash:
    """128 bits of source and message id."""
    text = f"{message.source_id}:{message.message_id}"
    return blake2b(text.encode(), digest_size=_HASH_BYTES).digest()


class Seen:
    """The only writer's view; what it writes is inside of the batch's transaction."""

    def __init__(self) -> None:
        self._past = 0  # what expired by then is forgotten, ms UTC
        self._empty()

    def _empty(self) -> None:
        self._waiting: list[dict[Hash, int | None]] = [{} for _ in range(SLICES)]
        self._count = 0
        self._turn = 0  # counts the slices that went to the table
        self._any_stored = False

    def load(self) -> None:
        """Read what waits; also after a batch that failed, whose hashes are not seen."""
        self._empty()
        self._turn = fetch("SELECT COALESCE(MAX(turn), 0) FROM engine_seenlog")[0][0]
        for turn, expires_at, hashes in fetch("SELECT turn, expires_at, hashes FROM engine_seenlog ORDER BY id"):
            packed, stored = bytes(hashes), self._turn - turn
            split = (packed[i : i + _HASH_BYTES] for i in range(0, len(packed), _HASH_BYTES))
            self._wait([h for h in split if (h[0] - turn) % SLICES >= stored], expires_at)
        self._any_stored = bool(fetch("SELECT 1 FROM engine_seenmessage LIMIT 1"))

    def among(self, hashes: Sequence[Hash]) -> set[Hash]:
        """Those that are remembered."""
        waiting, past = self._waiting, self._past
        found = {h for h in hashes if h in waiting[h[0]]}
        if found:
            found = {h for h in found if (expires_at := waiting[h[0]][h]) is None or expires_at > past}
        if self._any_stored:
            numbers = _numbers(hashes)
            rows = fetch_in(
                "SELECT key, verify, expires_at FROM engine_seenmessage WHERE {in}", numbers[::2], column="key"
            )
            if rows:
                stored = {(key, verify) for key, verify, expires_at in rows if expires_at is None or expires_at > past}
                halves = zip(numbers[::2], numbers[1::2], strict=True)
                found |= {h for h, pair in zip(hashes, halves, strict=True) if pair in stored}
        return found

    def write(self, rows: Sequence[SeenRow], log_id: int) -> None:
        """Remember a batch's messages. `log_id`: larger than at every earlier call."""
        by_expiry: dict[int | None, list[Hash]] = {}
        for hash_, expires_at in rows:
            by_expiry.setdefault(expires_at, []).append(hash_)
        execute_many(
            "INSERT INTO engine_seenlog (id, turn, expires_at, hashes) VALUES (%s, %s, %s, %s)",
            [(log_id + n, self._turn, expires, b"".join(of)) for n, (expires, of) in enumerate(by_expiry.items())],
        )
        for expires_at, hashes in by_expiry.items():
            self._wait(hashes, expires_at)
        if self._count > MOST_WAITING:
            while self._count > MOST_WAITING:
                self._store_a_slice()
            execute("DELETE FROM engine_seenlog WHERE turn <= %s", [self._turn - SLICES])

    def forget(self, now: int) -> None:
        """Forget what has expired by now; it is deleted from the log here, from the table with its slice."""
        self._past = now
        execute(
            "DELETE FROM engine_seenlog WHERE expires_at <= %s AND id IN"
            " (SELECT id FROM engine_seenlog ORDER BY id LIMIT %s)",
            [now, FORGOTTEN_AT_ONCE],
        )

    def _wait(self, hashes: Sequence[Hash], expires_at: int | None) -> None:
        waiting = self._waiting
        for hash_ in hashes:
            waiting[hash_[0]][hash_] = expires_at
        self._count += len(hashes)

    def _store_a_slice(self) -> None:
        place = self._turn % SLICES
        slice_, self._waiting[place] = self._waiting[place], {}
        self._turn += 1
        self._count -= len(slice_)
        rows = sorted((h, e) for h, e in slice_.items() if e is None or e > self._past)
        first = _numbers([bytes([place]) + bytes(_HASH_BYTES - 1)])[0]
        execute(
            "DELETE FROM engine_seenmessage WHERE key BETWEEN %s AND %s AND expires_at <= %s",
            [first, first + (1 << 56) - 1, self._past],
        )
        numbers = _numbers([h for h, _ in rows])
        execute_many(
            "INSERT INTO engine_seenmessage (key, verify, expires_at) VALUES (%s, %s, %s)"
            " ON CONFLICT (key) DO UPDATE SET verify = excluded.verify, expires_at = excluded.expires_at",
            list(zip(numbers[::2], numbers[1::2], [e for _, e in rows], strict=True)),
        )
        self._any_stored = self._any_stored or bool(rows)


def _numbers(hashes: Sequence[Hash]) -> tuple[int, ...]:
    """Each hash's two halves, as the signed integers that databases have."""
    return struct.unpack(f">{2 * len(hashes)}q", b"".join(hashes))
