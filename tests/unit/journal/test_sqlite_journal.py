"""The journal on SQLite: order, durability, retention, and what it says when the disk refuses."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.config import load
from quen.errors import ConfigError
from quen.journal import open_journal, sqlite
from quen.journal.errors import JournalFull, JournalUnavailable
from quen.journal.protocol import NewEntry
from quen.journal.sqlite import SqliteJournal

MB = 1_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    made = SqliteJournal(tmp_path / "journal.db", max_bytes=100 * MB)
    yield made
    made.close()


def entry(body: bytes = b"{}", kind: str = "track", source_id: int = 7) -> NewEntry:
    return NewEntry(kind, source_id, body)


def test_gives_back_what_was_appended_in_order(journal: SqliteJournal) -> None:
    before = time.time_ns() // MB
    assert journal.append([entry(b"one"), entry(b"\x00\xff", "click", 0)]) == 2
    assert journal.append([entry(b"three")]) == 3
    read = journal.read(0, 10)
    assert [(e.offset, e.kind, e.source_id, e.body) for e in read] == [
        (1, "track", 7, b"one"),
        (2, "click", 0, b"\x00\xff"),
        (3, "track", 7, b"three"),
    ]
    assert all(before <= e.received_at <= time.time_ns() // MB for e in read)
    assert journal.end() == 3
    assert [e.offset for e in journal.read(1, 1)] == [2]
    assert journal.read(3, 10) == []


def test_appending_nothing_changes_nothing(journal: SqliteJournal) -> None:
    assert journal.end() == 0
    assert journal.append([]) == 0
    journal.append([entry()])
    assert journal.append([]) == 1


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 256, 300])
def test_groups_of_any_size_are_whole(journal: SqliteJournal, count: int) -> None:
    assert journal.append([entry(b"%d" % n) for n in range(count)]) == count
    assert [e.body for e in journal.read(0, 1000)] == [b"%d" % n for n in range(count)]


def test_reading_stops_at_about_the_bytes_asked_for_but_gives_at_least_one(journal: SqliteJournal) -> None:
    journal.append([entry(b"x" * 1000) for _ in range(10)])
    assert len(journal.read(0, 10, max_bytes=2500)) == 3
    assert len(journal.read(0, 10, max_bytes=1)) == 1


def test_received_at_never_goes_back(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    for milliseconds in (5_000, 3_000, 6_000):
        monkeypatch.setattr(sqlite.time, "time_ns", lambda ms=milliseconds: ms * MB)
        journal.append([entry()])
    assert [e.received_at for e in journal.read(0, 10)] == [5_000, 5_000, 6_000]


def test_another_open_journal_sees_and_continues_the_same(journal: SqliteJournal) -> None:
    journal.append([entry(b"a")])
    other = SqliteJournal(journal.path, max_bytes=100 * MB)
    assert other.append([entry(b"b")]) == 2
    other.commit("engine", 2)
    other.close()
    assert [e.body for e in journal.read(0, 10)] == [b"a", b"b"]
    assert journal.readers() == {"engine": 2}


def test_threads_and_processes_append_without_holes_or_losses(journal: SqliteJournal) -> None:
    script = (
        "import sys; from pathlib import Path; from quen.journal.sqlite import SqliteJournal;"
        "from quen.journal.protocol import NewEntry\n"
        "journal = SqliteJournal(Path(sys.argv[1]), max_bytes=10**9)\n"
        "for n in range(100): journal.append([NewEntry('track', 1, b'%s-%d' % (sys.argv[2].encode(), n))] * 2)\n"
        "journal.close()"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(journal.path), f"p{i}"]) for i in range(2)]
    threads = [
        threading.Thread(target=lambda i=i: [journal.append([entry(b"t%d-%d" % (i, n))]) for n in range(100)])
        for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    entries = journal.read(0, 10_000)
    assert [e.offset for e in entries] == list(range(1, 601))
    for writer in (b"p0", b"p1", b"t0", b"t1"):
        own = [int(e.body.partition(b"-")[2]) for e in entries if e.body.startswith(writer + b"-")]
        assert own == sorted(own)
        assert set(own) == set(range(100))


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from quen.journal.sqlite import SqliteJournal;"
        "from quen.journal.protocol import NewEntry\n"
        "journal = SqliteJournal(Path(sys.argv[1]), max_bytes=10**9)\n"
        "while True: print(journal.append([NewEntry('track', 1, b'x' * 500)] * 3), flush=True)"
    )
    path = tmp_path / "journal.db"
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(50)][-1]
    os.kill(process.pid, signal.SIGKILL)
    rest = process.communicate()[0].split(b"\n")
    acknowledged = max([acknowledged, *(int(line) for line in rest[:-1])])
    journal = SqliteJournal(path, max_bytes=100 * MB)
    entries = journal.read(0, 1_000_000)
    assert [e.offset for e in entries] == list(range(1, len(entries) + 1))
    assert len(entries) >= acknowledged
    assert len(entries) % 3 == 0  # a group is there whole or not at all
    journal.close()


def append_at(journal: SqliteJournal, times: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for milliseconds in times:
        monkeypatch.setattr(sqlite.time, "time_ns", lambda ms=milliseconds: ms * MB)
        journal.append([entry()])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(times=st.lists(st.integers(1, 50), max_size=20).map(sorted), asked=st.integers(0, 60), gone=st.integers(0, 19))
def test_offset_at_is_where_a_replay_starts(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], asked: int, gone: int
) -> None:
    journal = SqliteJournal(tmp_path_factory.mktemp("journal") / "journal.db", max_bytes=100 * MB)
    with pytest.MonkeyPatch.context() as monkeypatch:
        append_at(journal, times, monkeypatch)
    journal.commit("engine", gone)
    journal.trim(before_ms=100, max_bytes=100 * MB)
    kept = journal.read(0, 100)
    offset = journal.offset_at(asked)
    assert [e for e in kept if e.offset > offset] == [e for e in kept if e.received_at >= asked]
    journal.close()


def test_trim_keeps_what_a_reader_still_needs(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    append_at(journal, [10, 20, 30, 40, 50], monkeypatch)
    assert journal.trim(before_ms=100, max_bytes=100 * MB) == 0  # nobody has read anything
    journal.commit("engine", 4)
    journal.commit("mirror", 2)
    assert journal.trim(before_ms=100, max_bytes=100 * MB) == 2
    journal.commit("mirror", 5)
    assert journal.trim(before_ms=35, max_bytes=100 * MB) == 1
    assert [e.offset for e in journal.read(0, 10)] == [4, 5]


def test_offsets_go_on_after_everything_was_trimmed(journal: SqliteJournal) -> None:
    journal.append([entry() for _ in range(5)])
    journal.commit("engine", 5)
    journal.trim(before_ms=1 << 62, max_bytes=0)
    assert [e.offset for e in journal.read(0, 10)] == [5]  # the last one stays: it remembers where we are
    assert journal.append([entry()]) == 6


def test_trim_by_size_takes_the_oldest_and_gives_the_disk_back(journal: SqliteJournal) -> None:
    for _ in range(40):
        journal.append([entry(os.urandom(50_000)) for _ in range(10)])
    journal.commit("engine", 400)
    assert journal.size() > 15 * MB
    deleted = journal.trim(before_ms=0, max_bytes=10 * MB)
    assert 0 < deleted < 400
    assert journal.size() <= 10 * MB
    assert [e.offset for e in journal.read(0, 1000, max_bytes=1 << 40)] == list(range(deleted + 1, 401))


def fill(journal: SqliteJournal) -> None:
    for _ in range(100):
        journal.append([entry(b"x" * 50_000)])


def test_a_full_journal_says_so_and_takes_more_once_it_was_read(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", max_bytes=MB)
    journal.append([entry()])
    journal.commit("engine", 1)
    with pytest.raises(JournalFull, match="JOURNAL_MAX_MB") as full:
        fill(journal)
    assert full.value.retryable and full.value.status == 503
    with pytest.raises(JournalFull):
        journal.check()
    end = journal.end()
    journal.commit("engine", end)  # the engine has caught up: what it read makes room, whatever its age
    assert journal.append([entry()]) == end + 1
    journal.check()
    assert journal.read(0, 10)[0].offset > 1
    journal.close()


def test_a_full_disk_is_explained_and_costs_nothing_stored(journal: SqliteJournal) -> None:
    journal.append([entry(b"kept")])
    pages = journal._appender.execute("PRAGMA page_count").fetchone()[0]
    journal._appender.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says when the disk is full
    with pytest.raises(JournalUnavailable, match="disk is full") as refused:
        journal.append([entry(b"x" * 100_000)])
    assert refused.value.retryable
    journal._appender.execute("PRAGMA max_page_count = 1000000")
    assert journal.append([entry(b"after")]) == 2
    assert [e.body for e in journal.read(0, 10)] == [b"kept", b"after"]


def test_a_lock_that_stays_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    journal = SqliteJournal(tmp_path / "journal.db", max_bytes=MB)
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable, match="lock"):
        journal.append([entry()])
    other.execute("ROLLBACK")
    other.close()
    assert journal.append([entry()]) == 1
    journal.close()


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is no database, and long enough to be looked at as one" * 40)
    with pytest.raises(JournalUnavailable, match="damaged"):
        SqliteJournal(path, max_bytes=MB)


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable, match="cannot be opened"):
        SqliteJournal(tmp_path / "file" / "journal.db", max_bytes=MB)


def test_open_journal_goes_by_the_settings(tmp_path: Path) -> None:
    journal = open_journal(load(tmp_path, {"QUEN_JOURNAL_MAX_MB": "1"}))
    assert isinstance(journal, SqliteJournal)
    with pytest.raises(JournalFull):
        fill(journal)
    journal.close()
    with pytest.raises(ConfigError, match="KAFKA_BROKERS"):
        open_journal(load(tmp_path, {"QUEN_KAFKA_BROKERS": "localhost:9092"}))
