"""The cut: state, journal and events as they are at one moment between two batches.

Nothing is copied while the engine stands still. Read transactions keep the two SQLite files as they are for whoever
copies them afterwards; the parts of the event store never change once they are written, so hard links keep them.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from quen.backup.files import link
from quen.backup.manifest import Cut
from quen.config import Config
from quen.engine.steps.commit import READER
from quen.errors import TemporaryError
from quen.events.store import EventStore
from quen.ids import now_ms

BUSY_S = 30.0
# Of the event store's directory: what is under way, and what it makes anew by itself.
_NOT_KEPT = ("tmp", "delete_tmp", "shadow", "detached")
_PART_FILE = "checksums.txt"  # every part has one


class Taken(NamedTuple):
    """`state` and `journal` are connections with a read transaction on the cut; `events` a directory of links."""

    cut: Cut
    state: sqlite3.Connection
    journal: sqlite3.Connection
    events: Path
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
            rows = _link_events(config.events_path.resolve(), staging, store)
            paused_ms = round((time.perf_counter() - began) * 1000)
        try:
            yield Taken(cut, state, journal, staging, rows, paused_ms)
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


def _link_events(root: Path, staging: Path, store: EventStore | None) -> dict[str, int]:
    """Link the parts in use and copy the small files beside them; rows by table."""
    if store is None:
        _link(root, staging, None)
        return {}
    tables = store.rows("SELECT name FROM system.tables WHERE database = 'default' AND engine LIKE '%MergeTree'")
    rows = {str(name): 0 for (name,) in tables}
    wanted = set()
    for table, path, count in store.rows("SELECT table, path, rows FROM system.parts WHERE active"):
        rows[table] = rows.get(table, 0) + int(count)
        wanted.add(Path(path).resolve())
    try:
        missed = wanted - _link(root, staging, wanted)
    except FileNotFoundError as error:
        missed = {Path(str(error.filename))}
    if missed:  # parts that a merge replaced stay for minutes: this is a disk in trouble, or a month just exchanged
        raise TemporaryError(f"the event store replaced {missed.pop()} at this very moment; try again")
    return rows


def _link(source: Path, target: Path, wanted: set[Path] | None) -> set[Path]:
    """The parts that were linked. `wanted`: those in use; None: whatever is there (nobody has the store open)."""
    target.mkdir(mode=0o700, parents=True)
    linked: set[Path] = set()
    for path in source.iterdir() if source.exists() else ():
        to = target / path.name
        if path.is_symlink():
            to.symlink_to(path.readlink())
        elif path.is_file():
            shutil.copyfile(path, to)
        elif (path / _PART_FILE).exists():
            if wanted is None or path in wanted:
                _link_part(path, to)
                linked.add(path)
        elif not path.name.startswith(_NOT_KEPT):
            linked |= _link(path, to, wanted)
    return linked


def _link_part(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for path in source.iterdir():
        if path.is_dir():  # a projection
            _link_part(path, target / path.name)
        else:
            link(path, target / path.name)
