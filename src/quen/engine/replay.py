"""Taking the journal again from a time: what is stored is not stored twice, what was kept back is tried anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from quen.config import Config
from quen.db import execute, fetch
from quen.engine import plan
from quen.engine.loop import Engine
from quen.events.store import EventStore, event_store
from quen.journal import open_journal


class Replayed(NamedTuple):
    entries: int
    stored: int  # events that were not stored before
    quarantined: int  # messages of these entries that cannot be stored now either


def replay(config: Config, since_ms: int, say: Callable[[int, int], None]) -> Replayed:
    """Only while no engine runs. What waits is processed first, then all since the time is taken again."""
    journal, store = open_journal(config, bounded=False), event_store()
    Engine(config, journal, store).drain()
    start, before = journal.offset_at(since_ms), _events(store)
    end = plan.position().offset
    with transaction.atomic():
        plan.rewind(start)
        # They come into quarantine again if they still must; else they would stand there though they are stored.
        execute(
            'DELETE FROM engine_quarantined WHERE "offset" > %s AND "offset" <= %s AND replayed_at IS NULL',
            [start, end],
        )
    engine = Engine(config, journal, store)
    while engine.cycle():
        say(min(engine.position.offset, end) - start, end - start)
    return Replayed(max(0, end - start), _events(store) - before, _quarantined(start, end))


def _events(store: EventStore) -> int:
    return int(store.rows("SELECT count() FROM events WHERE source_id != 0")[0][0])


def _quarantined(start: int, end: int) -> int:
    condition = '"offset" > %s AND "offset" <= %s AND replayed_at IS NULL'
    return int(fetch(f"SELECT COUNT(*) FROM engine_quarantined WHERE {condition}", [start, end])[0][0])
