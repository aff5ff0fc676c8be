"""Puts an import's messages into the journal and notes how far it has come: in this order, so that nothing is lost.

A crash between the two sends the same messages with the same ids once more, and the engine drops them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.db import transaction

from quen.connectors.models import Import
from quen.connectors.sources.files.rejects import Rejects
from quen.connectors.sources.files.values import encode
from quen.db import execute, execute_many, fetch_in
from quen.errors import TemporaryError
from quen.journal.protocol import Journal, NewEntry
from quen.protocol.messages import Envelope

MESSAGES_PER_ENTRY = 500
COMMIT_EVERY = 2_000  # messages
_WAIT_SECONDS = 1.0
_REMEMBER = (
    "INSERT INTO connectors_importedkey (key, version) VALUES (%s, %s)"
    " ON CONFLICT (key) DO UPDATE SET version = excluded.version"
)


class Stopped(Exception):
    """Somebody asked the import to stop; it can go on later."""


class Sender:
    """Collects messages and what became known with them; `commit` makes both last."""

    def __init__(
        self,
        row: Import,
        journal: Journal | None,
        rejects: Rejects,
        progress: Callable[[Import], None],
        stop: threading.Event,
    ) -> None:
        self.row, self.rejects = row, rejects
        self._journal, self._progress, self._stop = journal, progress, stop
        self._messages: list[msgspec.Raw] = []
        self._versions: dict[str, str] = {}

    def known_versions(self, keys: Sequence[str]) -> dict[str, str]:
        """Versions of the keys that this source has brought before, those of this run included."""
        found = dict(fetch_in("SELECT key, version FROM connectors_importedkey WHERE {in}", keys, column="key"))
        found.update((key, self._versions[key]) for key in keys if key in self._versions)
        return found

    def remember(self, key: str, version: str) -> None:
        self._versions[key] = version

    def send(self, message: dict[str, Any], message_id: str) -> None:
        message["messageId"] = message_id
        if len(self.row.sample) < 5:
            self.row.sample = [*self.row.sample, msgspec.json.decode(encode(message))]
        self._messages.append(msgspec.Raw(encode(message)))
        self.row.messages += 1

    @property
    def due(self) -> bool:
        return len(self._messages) >= COMMIT_EVERY

    def commit(self) -> None:
        """Raises Stopped when the import was stopped meanwhile (what was collected is kept then, too)."""
        if self._journal is not None and self._messages:
            self._append()
        self._messages = []
        self.row.rejects_bytes = self.rejects.flush()
        with transaction.atomic():
            if not self.row.dry_run:
                execute_many(_REMEMBER, list(self._versions.items()))
            stopped = not save_progress(self.row)
        if not self.row.dry_run:
            self._versions = {}
        self._progress(self.row)
        if stopped or self._stop.is_set():
            raise Stopped

    def _append(self) -> None:
        entries = []
        for start in range(0, len(self._messages), MESSAGES_PER_ENTRY):
            envelope = Envelope(messages=self._messages[start : start + MESSAGES_PER_ENTRY], remember=True)
            entries.append(NewEntry("track", self.row.source_id, msgspec.json.encode(envelope)))
        assert self._journal is not None
        while True:
            try:
                self._journal.append(entries)
            except TemporaryError as error:
                # Full until the engine has caught up, or the disk refuses for now: an import has time.
                self.row.error = str(error)
                save_progress(self.row)
                self._progress(self.row)
                if self._stop.wait(_WAIT_SECONDS):
                    raise Stopped from None
            else:
                self.row.error = ""
                return


def save_progress(row: Import) -> bool:
    """Write how far the import is; False when somebody has stopped it."""
    changed = execute(
        "UPDATE connectors_import SET rows_read = %s, accepted = %s, rejected = %s, messages = %s, counts = %s,"
        " position = %s, percent = %s, rejects_bytes = %s, sample = %s, error = %s"
        " WHERE id = %s AND status = 'running'",
        (
            row.rows_read,
            row.accepted,
            row.rejected,
            row.messages,
            encode(row.counts).decode(),
            row.position,
            row.percent,
            row.rejects_bytes,
            encode(row.sample).decode(),
            row.error,
            row.id,
        ),
    )
    return changed == 1
