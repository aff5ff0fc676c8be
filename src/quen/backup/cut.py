"""The cut: state, journal and events as they are at one moment between two batches.

Little is done while the engine stands still. Read transactions keep the two SQLite files as they are for whoever copies
them afterwards; the parts of the event store never change once they are written: they are listed, and then hard links
keep them.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from quen.backup.manifest import Cut
from quen.config import Config
from quen.engine.steps.commit import READER
from quen.events.store import EventStore
from quen.ids import now_ms

BUSY_S = 30.0
# Of the event store's directory: what is under way, and what it makes anew by itself.
_NOT_KEPT = ("tmp", "delete_tmp", "shadow", "detached")
_PART_FILE = "checksums.txt"  # every part has one
_PART_NAME = re.compile(r"\w+_\d+_\d+_\d+(_\d+)?")  # one that is just being removed has lost it


class Taken(NamedTuple):
    """`state` and `journal` are connections with a read transaction on the cut; `events` a directory with the small
    files of the event store, into which `parts` (path → name in it) are to be linked at once: some minutes later what
    was merged meanwhile is gone."""

    cut: Cut
    state: sqlite3.Connection
    journal: sqlite3.Connection
    events: Path
    parts: dict[str, str]
    rows: dict[str, int]  # of the event store's tables; empty where Quen does not run
    paused_ms: int


@contextmanager
def take(
    config: Config, staging: Path, still: AbstractContextManager[None], store: EventStore | None, copied_journal: Path
) -> Iterator[Taken]:
    """A cut, made while `still` holds the engine. `store`: of this process; None where nobody has the events open.

    `copied_journal` is attached to the connection on the journal as `copy`, to be filled from it.
    """
    with _connected(config.state_path) as state, _connected(config.journal_path) as journal:
        journal.execute("ATTACH DATABASE ? AS copy", (str(copied_journal),))
        with still:
            began = time.perf_counter()
            cut = _read_state(state)
            # After the state: what is in the journal may be unknown to the state, never the other way round.
            journal.execute("BEGIN")
            journal.execute("SELECT 1 FROM main.entries LIMIT 1").fetchone()
            parts, rows = _list_events(config.events_path.resolve(), staging, store)
            paused_ms = round((time.perf_counter() - began) * 1000)
        try:
            yield Taken(cut, state, journal, staging, parts, rows, paused_ms)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)) as connection:
        yield connection


def _read_state(state: sqlite3.Connection) -> Cut:
    state.execute("BEGIN")
    row = state.execute('SELECT "offset", batch FROM engine_position WHERE reader = ?', (READER,)).fetchone()
    offset, batch = row or (0, 0)
    return Cut(now_ms(), offset, batch)


def _list_events(root: Path, staging: Path, store: EventStore | None) -> tuple[dict[str, str], dict[str, int]]:
    """Copy the small files and list the parts in use, as path → name below the root; and the rows by table."""
    parts: dict[str, str] = {}
    if store is None:  # nobody has it open: what lies there is in use
        _copy_small(root, staging, parts)
        return parts, {}
    tables = store.rows("SELECT name FROM system.tables WHERE database = 'default' AND engine LIKE '%MergeTree'")
    rows = {str(name): 0 for (name,) in tables}
    for table, path, count in store.rows("SELECT table, path, rows FROM system.parts WHERE active"):
        rows[table] = rows.get(table, 0) + int(count)
        part = Path(path).resolve()
        parts[str(part)] = str(part.relative_to(root))
    _copy_small(root, staging, None)
    return parts, rows


def _copy_small(source: Path, target: Path, parts: dict[str, str] | None, below: str = "") -> None:
    """What is no part: schemas, what is remembered of inserts. The parts that lie there are added to `parts`."""
    target.mkdir(mode=0o700, parents=True)
    for path in source.iterdir() if source.exists() else ():
        name = f"{below}{path.name}"
        if path.is_symlink():
            (target / path.name).symlink_to(path.readlink())
        elif path.is_file():
            shutil.copyfile(path, target / path.name)
        elif path.name.startswith(_NOT_KEPT):
            continue
        elif (path / _PART_FILE).exists():
            if parts is not None:
                parts[str(path)] = name
        elif not _PART_NAME.fullmatch(path.name):
            _copy_small(path, target / path.name, parts, f"{name}/")
