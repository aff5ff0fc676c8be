"""What the engine's stores cost by themselves: the floor under the engine's benchmark."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from quen.bench.workload import CHUNK, fill_journal
from quen.config import config
from quen.events.store import EventRow, event_store
from quen.ids import BatchIds, now_ms
from quen.journal import open_journal
from quen.protocol.messages import Envelope
from quen.protocol.wire import Wire

PERSON_BYTES = 300  # about a profile's row
ENTRIES = 80  # a batch: 8,000 messages

_envelope = msgspec.json.Decoder(Envelope)
_wire = msgspec.json.Decoder(Wire)
_encode = msgspec.json.Encoder().encode


class Bare:
    """Decodes messages, updates each person of a batch once in one transaction, inserts the rows. Nothing else."""

    def __init__(self, data_dir: Path, people: int) -> None:
        self._journal = open_journal(config())
        self._store = event_store()
        self._recorder = ThreadPoolExecutor(1)
        self._people = people
        self._after = 0
        self._state = sqlite3.connect(data_dir / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-131072", "wal_autocheckpoint=16384"):
            self._state.execute(f"PRAGMA {pragma}").fetchall()
        self._state.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, last_seen INTEGER, state BLOB)")
        for start in range(0, people, CHUNK):
            rows = [(n, 0, bytes(PERSON_BYTES)) for n in range(start, min(start + CHUNK, people))]
            self._state.execute("BEGIN")
            self._state.executemany("INSERT INTO person VALUES (?, ?, ?)", rows)
            self._state.execute("COMMIT")

    def round(self, events: int, seed: int) -> tuple[float, float]:
        """(seconds, processor seconds)."""
        fill_journal(self._journal, 1, events, self._people, now_ms(), seed)
        start, used = time.perf_counter(), time.process_time()
        while entries := self._journal.read(self._after, ENTRIES):
            self._batch([m for e in entries for m in _envelope.decode(e.body).messages])
            self._after = entries[-1].offset
        return time.perf_counter() - start, time.process_time() - used

    def _batch(self, messages: list[msgspec.Raw]) -> None:
        now, seen = now_ms(), {}
        new_id = BatchIds(now)
        rows = []
        for raw in messages:
            m = _wire.decode(raw)
            user, at = str(m.user_id), int(m.timestamp or 0)
            person = int(user[1:])
            seen[person] = at
            properties = m.properties or m.traits or {}
            context = _encode(m.context).decode()
            event, type_ = m.event or "Identified", m.type or ""
            message_id = str(m.message_id)
            rows.append(
                EventRow(
                    person, at, new_id(), event, type_, 1, message_id, user, "", properties, context, now, None, None
                )
            )
        inserted = self._recorder.submit(self._store.insert_events, rows, f"bare-{now}")
        self._state.execute("BEGIN IMMEDIATE")
        state = bytes(PERSON_BYTES)
        self._state.executemany(
            "UPDATE person SET last_seen = ?, state = ? WHERE id = ?", [(at, state, p) for p, at in seen.items()]
        )
        inserted.result()
        self._state.execute("COMMIT")
