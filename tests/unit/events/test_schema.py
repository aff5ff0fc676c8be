"""What every table of the event store must have."""

from __future__ import annotations

from quen.events import folding
from quen.events.store import event_store

SYNCED = ("fsync_after_insert = 1", "fsync_part_directory = 1", "min_rows_to_fsync_after_merge = 1")
KNOWN_BY_NUMBER = {"schema_migrations"}  # to apply one again changes nothing


def test_what_is_stored_is_on_the_disk_before_it_counts_as_stored() -> None:
    store = event_store()
    folding.begin(store, 202601)  # a table that is there only at times
    tables = dict(
        store.rows(
            "SELECT name, engine_full FROM system.tables"
            " WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
    )
    folding.drop(store)
    assert {"events", "profiles", "links", "computed_changes", folding.STAGING} <= tables.keys()
    unsynced = [name for name, engine in tables.items() if any(setting not in engine for setting in SYNCED)]
    assert set(unsynced) <= KNOWN_BY_NUMBER
