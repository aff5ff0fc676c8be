"""The journal: everything that enters Quen, in order, durable, replayable."""

from __future__ import annotations

from quen.config import Config
from quen.errors import ConfigError
from quen.journal.protocol import Journal
from quen.journal.sqlite import UNBOUNDED, SqliteJournal


def open_journal(config: Config, *, bounded: bool = True) -> Journal:
    """The journal that the settings ask for. Safe to open in several processes and to share between threads.

    The engine's own is not `bounded`: it must be able to tell what became of entries, or it could never take them out
    of a journal that is full.
    """
    if config.kafka_brokers:
        raise ConfigError("KAFKA_BROKERS: this version keeps its journal in SQLite only; remove the setting")
    return SqliteJournal(config.journal_path, max_bytes=config.journal_max_mb * 1_000_000 if bounded else UNBOUNDED)
