"""How the console says something to the engine: through the journal, like everyone else (source 0 is Quen itself)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from quen.config import config
from quen.journal import open_journal
from quen.journal.protocol import Journal, NewEntry


@lru_cache(maxsize=1)
def journal() -> Journal:
    """The journal of this process, opened at first use."""
    return open_journal(config())


def append(entries: Sequence[NewEntry]) -> None:
    """Durable when this returns; the engine takes it within moments. Raises JournalFull or JournalUnavailable."""
    if entries:
        journal().append(entries)
