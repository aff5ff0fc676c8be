"""An engine over real stores, for the tests of what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quen.config import config
from quen.engine.loop import Engine
from quen.events.store import event_store
from quen.journal.protocol import Journal
from quen.journal.sqlite import SqliteJournal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = SqliteJournal(tmp_path / "journal.db", max_bytes=100_000_000)
    yield opened
    opened.close()


@pytest.fixture
def engine(journal: Journal) -> Callable[[], Engine]:
    """A new engine over the same stores: what a new process would be."""
    return lambda: Engine(config(), journal, event_store())
