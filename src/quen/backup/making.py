"""Making a backup: the cut, the copies with their checksums, and looking at once whether they can be read back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec

import quen
from quen.backup import apart, checking, cut, files, manifest
from quen.backup.cut import Taken
from quen.backup.files import Copied, Say
from quen.backup.manifest import JournalRange, Manifest
from quen.config import Config
from quen.engine.steps.commit import READER
from quen.errors import ConfigError, PermanentError, QuenError
from quen.events.store import EventStore
from quen.journal.sqlite import SqliteJournal

PAGES = 2_048  # of the state copied at a time: between them others get the disk
STAGING = ".backup-"  # beside the stores, on their file system: hard links do not cross it
MARGIN = 1.05
TRIES = 3  # of a cut that the event store disturbed


class Origin(NamedTuple):
    """What a backup is made of. `still` holds the engine; `store` is this process's, or None where nobody has it open;
    `id` of the row that asked for it."""

    config: Config
    still: Callable[[], AbstractContextManager[None]] = nullcontext
    store: EventStore | None = None
    id: int = 0


def make(origin: Origin, directory: Path, *, secret_key: bool = True, say: Say = files.silent) -> Manifest:
    """A backup in `directory`, which must be empty or not there; verified when this returns.

    What was written is removed again when it fails. Raises QuenError.
    """
    config = origin.config
    if config.database_url or config.clickhouse_url or config.kafka_brokers:
        raise ConfigError("`quen backup` copies the stores of one machine; back up the database servers with their own")
    existed = _prepare(config, directory)
    staging = config.data_dir / f"{STAGING}{directory.name}"
    try:
        shutil.rmtree(staging, ignore_errors=True)
        made = _make(origin, directory, staging, secret_key, say)
        manifest.write(directory, made)
        checked = apart.run("check", {"directory": str(directory)}, say)
        wrong = [finding["text"] for finding in checked if not finding["well"]]
        if wrong:
            raise PermanentError("the backup was made but cannot be trusted: " + "; ".join(wrong))
    except (OSError, sqlite3.Error) as error:
        _remove(directory, existed)
        raise PermanentError(f"the backup failed: {error}") from error
    except BaseException:
        _remove(directory, existed)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return made


def _prepare(config: Config, directory: Path) -> bool:
    """Make the directory, and see that everything fits; whether it was there before."""
    if directory.resolve() == config.data_dir.resolve() or config.data_dir.resolve() in directory.resolve().parents:
        raise ConfigError(f"{directory} is inside the data directory: a backup must survive the loss of that")
    existed = directory.exists()
    if existed and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigError(f"{directory} is not empty; name a new directory, each backup has its own")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be made by the process of Quen: {error.strerror}") from error
    needed = int(MARGIN * sum(_size(p) for p in (config.state_path, config.journal_path, config.events_path)))
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise ConfigError(f"{directory} has {free // 1_000_000} MB free, and up to {needed // 1_000_000} MB are needed")
    return existed


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(p.stat().st_size for p in files.tree(path) if p.is_file() and not p.is_symlink())


def _make(origin: Origin, directory: Path, staging: Path, secret_key: bool, say: Say) -> Manifest:
    config = origin.config
    journal_copy = directory / "journal.db"
    SqliteJournal(journal_copy, max_bytes=1 << 60).close()
    say("cut", 0, 1)
    for attempt in range(TRIES):
        try:
            with cut.take(config, staging, origin.still(), origin.store, journal_copy) as taken:
                copied = _copy_events(taken, directory / "events", say)
                journal = _copy_journal(taken.journal, taken.cut.offset)
                state = _copy_state(taken.state, directory / "state.db", say)
            break
        except QuenError as error:
            if not error.retryable or attempt == TRIES - 1:
                raise
    for name in ("state.db", "journal.db"):
        (directory / name).chmod(0o600)
        copied.files.append(files.described(directory / name, name))
    has_key = _copy_settings(config, directory, secret_key, copied)
    rows = taken.rows
    if origin.store is None:  # nobody could be asked
        rows = {table: found.rows for table, found in checking.open_events(directory).tables.items()}
    return Manifest(
        id=origin.id,
        format=manifest.FORMAT,
        quen=quen.__version__,
        chdb=version("chdb"),
        sqlite=sqlite3.sqlite_version,
        running=origin.store is not None,
        paused_ms=taken.paused_ms,
        cut=taken.cut,
        journal=journal,
        state=state,
        events=rows,
        migrations=_migrations(directory / "state.db"),
        secret_key=has_key,
        secret_fingerprint=manifest.fingerprint(config.secret_key),
        files=copied.files,
        links=copied.links,
        folders=copied.folders,
    )


def _copy_events(taken: Taken, target: Path, say: Say) -> Copied:
    given = {"staging": str(taken.events), "parts": taken.parts, "target": str(target)}
    return msgspec.convert(apart.run("copy", given, say), Copied)


def _copy_journal(connection: sqlite3.Connection, offset: int) -> JournalRange:
    """What the cut has not taken yet, and the last entry before it: from there the offsets go on."""
    first = connection.execute('SELECT max("offset") FROM main.entries WHERE "offset" <= ?', (offset,)).fetchone()[0]
    connection.execute('INSERT INTO copy.entries SELECT * FROM main.entries WHERE "offset" >= ?', (first or 0,))
    connection.execute("INSERT INTO copy.readers VALUES (?, ?)", (READER, offset))
    found = connection.execute(
        'SELECT coalesce(min("offset"), 0), coalesce(max("offset"), 0), count(*) FROM copy.entries'
    ).fetchone()
    # The identity: offsets go on to mean the same.
    identity = connection.execute("PRAGMA main.user_version").fetchone()[0]
    connection.execute(f"PRAGMA copy.user_version = {identity:d}")
    connection.execute("COMMIT")
    connection.execute("DETACH DATABASE copy")
    return JournalRange(*found)


def _copy_state(source: sqlite3.Connection, path: Path, say: Say) -> dict[str, int]:
    """The state as of the read transaction of `source`; its tables and their rows."""
    with closing(sqlite3.connect(path)) as target:
        source.backup(target, pages=PAGES, progress=lambda _status, left, of: say("state", of - left, of))
    counts = checking.count_rows(source)
    source.execute("ROLLBACK")
    return counts


def _copy_settings(config: Config, directory: Path, secret_key: bool, copied: Copied) -> bool:
    """Settings and secret key, where they are files of the data directory; whether the key is in the backup."""
    for name in ("quen.toml", *(("secret_key",) if secret_key else ())):
        if (config.data_dir / name).is_file():
            copied.files.append(files.copy(config.data_dir / name, directory / name, name))
    return (directory / "secret_key").is_file()


def _migrations(state: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{state}?immutable=1", uri=True)) as connection:
        rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def _remove(directory: Path, existed: bool) -> None:
    """What a failed backup left."""
    if not existed:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def figures(made: Manifest) -> dict[str, object]:
    """What the console shows of a manifest: without the list of files."""
    found: dict[str, object] = {
        name: msgspec.to_builtins(getattr(made, name))
        for name in ("cut", "journal", "state", "events", "quen", "running", "secret_key")
    }
    return found
