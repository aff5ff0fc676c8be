"""The engine standing still, what is no backup to restore, and how many are kept."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from quen.backup import checking, manifest, restoring, store
from quen.backup.manifest import Cut, JournalRange, Manifest
from quen.backup.models import FAILED
from quen.backup.worker import forget_old
from quen.engine.pause import Pause
from quen.errors import ConfigError, Conflict, TemporaryError
from tests.support import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_engine_stands_still_inside_and_goes_on_after() -> None:
    pause, stop, turns = Pause(), threading.Event(), [0]

    def engine() -> None:
        while not stop.is_set():
            pause.here()
            turns[0] += 1

    thread = threading.Thread(target=engine)
    thread.start()
    try:
        for _ in range(50):
            with pause.held(10):
                before = turns[0]
                threading.Event().wait(0.001)
                assert turns[0] == before
        eventually(lambda: turns[0] > before)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_an_engine_that_does_not_come_is_not_waited_for_for_ever() -> None:
    pause = Pause()
    with pytest.raises(TemporaryError, match="did not come"), pause.held(0.01):
        raise AssertionError
    pause.here()  # nobody wants it to stand still any more


def _made(directory: Path, *, finished: bool = True) -> Path:
    directory.mkdir(parents=True)
    (directory / "state.db").write_bytes(b"x")
    if finished:
        (directory / manifest.NAME).write_text("{}")
    return directory


def test_the_last_backups_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    by_day = [_made(tmp_path / f"quen-2026110{day}T030000Z") for day in range(1, 6)]
    cut_off = _made(tmp_path / "quen-20261106T030000Z", finished=False)
    others = [_made(tmp_path / "quen-before-the-move"), _made(tmp_path / "else")]
    assert forget_old(tmp_path, 2) == 4
    assert sorted(tmp_path.iterdir()) == sorted([*by_day[-2:], *others])
    assert not cut_off.exists()
    assert forget_old(tmp_path, 0) == 1  # one at least is kept


def test_one_backup_at_a_time_and_one_that_was_cut_off_is_said() -> None:
    first = store.ask(Path("/nowhere/1"), "command")
    with pytest.raises(Conflict):
        store.ask(Path("/nowhere/2"), "command")
    assert store.begin(first)
    assert not store.begin(first)
    assert not store.give_up(first, "taken back")
    store.end_interrupted()
    first.refresh_from_db()
    assert (first.status, first.problem) == (FAILED, store.INTERRUPTED)
    assert store.give_up(store.ask(Path("/nowhere/2"), "command"), "taken back")


def _manifest(**changed: object) -> Manifest:
    made = Manifest(
        id=0,
        format=manifest.FORMAT,
        quen="9.9",
        chdb="4",
        sqlite="3",
        running=True,
        paused_ms=1,
        cut=Cut(1, 5, 2),
        journal=JournalRange(5, 9, 5),
        state={},
        events={},
        migrations=["engine.0001_initial", "account.0009_of_others"],
        secret_key=True,
        secret_fingerprint="x",
        files=[],
        links={},
        folders=[],
    )
    return msgspec.structs.replace(made, **changed)


def test_a_backup_of_a_later_quen_is_refused(tmp_path: Path) -> None:
    later = _manifest(migrations=["engine.0001_initial", "engine.9999_of_the_future"])
    manifest.write(tmp_path, later)
    with pytest.raises(ConfigError, match=r"later than this one.*9999_of_the_future"):
        restoring.restore(tmp_path, tmp_path / "new", send_waiting=False)
    assert not (tmp_path / "new").exists()
    manifest.write(tmp_path, _manifest(format=manifest.FORMAT + 1))
    with pytest.raises(ConfigError, match=r"made by Quen 9\.9"):
        manifest.read(tmp_path)
    (tmp_path / manifest.NAME).write_bytes(b"{")
    with pytest.raises(ConfigError, match="damaged"):
        manifest.read(tmp_path)


def test_a_journal_with_a_hole_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal, journal:
        journal.execute('CREATE TABLE entries ("offset" INTEGER PRIMARY KEY)')
        journal.executemany("INSERT INTO entries VALUES (?)", [(5,), (6,), (8,), (9,)])
    found = checking._journal(tmp_path, _manifest(journal=JournalRange(5, 9, 4)))
    assert not found.well
    assert "only 4" in found.text
    assert not checking._journal(tmp_path, _manifest(journal=JournalRange(5, 9, 5))).well
