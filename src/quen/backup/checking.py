"""Whether a backup directory holds what its manifest says, and can be opened."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from quen.backup import files, manifest
from quen.backup.files import Say
from quen.backup.manifest import Manifest
from quen.errors import PermanentError
from quen.findings import Finding

OPEN_S = 3_600.0  # reading every part of a large event store takes its time
_SHOWN = 5


class Table(msgspec.Struct, frozen=True):
    rows: int
    engine: str
    sound: bool


class Opened(msgspec.Struct, frozen=True):
    version: str
    tables: dict[str, Table]
    schema: int


def check(directory: Path, say: Say = files.silent) -> list[Finding]:
    """Read everything back: checksums, both databases, the event store. Changes nothing in the directory."""
    made = manifest.read(directory)
    findings = [_files(directory, made, say)]
    if findings[0].well:
        findings += [_state(directory, made), _journal(directory, made), _events(directory, made, say)]
    return findings


def _files(directory: Path, made: Manifest, say: Say) -> Finding:
    wrong = []
    for number, file in enumerate(made.files):
        path = directory / file.path
        if not path.is_file():
            wrong.append(f"{file.path} is missing")
        elif files.described(path, file.path) != file:
            wrong.append(f"{file.path} is not what was written")
        if number % 64 == 0:
            say("checksums", number, len(made.files))
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        return Finding(False, f"files: {', '.join(wrong[:_SHOWN])}{more}. This backup cannot be restored.")
    return Finding(True, f"files: {len(made.files)} of {made.bytes / 1e6:.1f} MB, checksums agree")


def _state(directory: Path, made: Manifest) -> Finding:
    with _immutable(directory / "state.db") as connection:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if answer != "ok":
            return Finding(False, f"state: {answer}")
        differing = _differences(made.state, count_rows(connection))
        row = connection.execute('SELECT "offset", batch FROM engine_position').fetchone() or (0, 0)
    if differing:
        return Finding(False, f"state: {differing}")
    if tuple(row) != (made.cut.offset, made.cut.batch):
        return Finding(False, f"state: stands at entry {row[0]}, the manifest says {made.cut.offset}")
    people = made.state.get("profiles_profile", 0)
    return Finding(True, f"state: sound, {people} profiles, as of batch {made.cut.batch}, entry {made.cut.offset}")


def _journal(directory: Path, made: Manifest) -> Finding:
    with _immutable(directory / "journal.db") as connection:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        first, last, count = connection.execute(
            'SELECT coalesce(min("offset"), 0), coalesce(max("offset"), 0), count(*) FROM entries'
        ).fetchone()
    if answer != "ok":
        return Finding(False, f"journal: {answer}")
    if (first, last, count) != (made.journal.first, made.journal.last, made.journal.entries):
        return Finding(False, f"journal: {count} entries, {first} to {last}, are not those of the manifest")
    if count and count != last - first + 1:
        return Finding(False, f"journal: of the entries {first} to {last} only {count} are there")
    if last < made.cut.offset:
        return Finding(False, f"journal: ends at {last}, before the cut at {made.cut.offset}")
    return Finding(True, f"journal: {max(0, last - made.cut.offset)} entries after the cut, without a hole")


def _events(directory: Path, made: Manifest, say: Say) -> Finding:
    say("opening", 0, 1)
    opened = open_events(directory)
    broken = [name for name, table in opened.tables.items() if not table.sound]
    if broken:
        return Finding(False, f"events: damaged parts in {', '.join(broken)}")
    found = {}
    for name, table in opened.tables.items():
        # Opening it may have begun to merge versions of a row: fewer rows then, of the same content.
        merged = table.engine.startswith("Replacing") and 0 < table.rows <= made.events.get(name, 0)
        found[name] = made.events[name] if merged else table.rows
    if differing := _differences(made.events, found):
        return Finding(False, f"events: {differing}")
    return Finding(True, f"events: sound, {made.events.get('events', 0)} events")


def _differences(expected: dict[str, int], found: dict[str, int]) -> str:
    differing = [
        f"{name} has {found.get(name, 0)} rows, not {expected.get(name, 0)}"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name, 0) != found.get(name, 0)
    ]
    return ", ".join(differing[:_SHOWN])


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of each table of an SQLite file."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}


def open_events(directory: Path) -> Opened:
    """Open the event store of a backup, by way of links: what the store changes while it is open is not the backup."""
    with _links_to(directory / "events") as linked:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("QUEN_PARENT")}
        done = subprocess.run(
            [sys.executable, "-m", "quen.backup.opening", str(linked)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=OPEN_S,
            check=False,
        )
    if done.returncode != 0:
        raise PermanentError(f"the event store in {directory} cannot be opened: {done.stderr.strip()[-500:]}")
    return msgspec.json.decode(done.stdout, type=Opened)


@contextmanager
def _links_to(events: Path) -> Iterator[Path]:
    """A directory beside it with hard links to its parts; copies where it cannot be written."""
    try:
        beside = Path(tempfile.mkdtemp(prefix=".opening-", dir=events.parent))
    except OSError:
        beside = Path(tempfile.mkdtemp(prefix="quen-opening-"))
    try:
        yield _linked(events, beside / "events")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _linked(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in files.tree(source):
        to = target / path.relative_to(source)
        if path.is_symlink():
            to.symlink_to(path.readlink())
        elif path.is_dir():
            to.mkdir()
        elif (path.parent / "checksums.txt").exists():  # a part never changes; whatever else there is may
            files.link(path, to)
        else:
            shutil.copyfile(path, to)
    return target


@contextmanager
def _immutable(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that makes no file beside it."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        yield connection
