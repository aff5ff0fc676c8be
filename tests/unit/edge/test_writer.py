"""Group commit: answered after the write, together, and with the reason when there is none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from quen.edge import writer
from quen.edge.writer import GroupWriter
from quen.errors import TemporaryError
from quen.journal.errors import JournalFull, JournalUnavailable
from quen.journal.protocol import NewEntry
from quen.journal.sqlite import SqliteJournal


class WatchedJournal(SqliteJournal):
    """The real journal, which tells of its groups and can be made to wait."""

    def __init__(self, path: Path, max_bytes: int = 10**9) -> None:
        super().__init__(path, max_bytes=max_bytes)
        self.groups: list[int] = []
        self.go = threading.Event()
        self.go.set()

    def append(self, entries: Any) -> int:
        self.go.wait()
        last = super().append(entries)
        self.groups.append(len(entries))
        return last


def entry(number: int, size: int = 10) -> NewEntry:
    return NewEntry("track", 1, b"%d" % number + b" " * size)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_what_comes_together_is_written_together(tmp_path: Path) -> None:
    journal = WatchedJournal(tmp_path / "journal.db")

    async def scenario() -> None:
        appender = GroupWriter(lambda: journal)
        appender.start()
        await asyncio.gather(*[appender.append(entry(n)) for n in range(100)])
        assert journal.groups == [100]
        journal.go.clear()
        first = appender.append(entry(100))
        await asyncio.sleep(0.05)
        rest = [appender.append(entry(n)) for n in range(101, 150)]  # gathers while the first is being written
        assert not first.done()
        journal.go.set()
        await asyncio.gather(first, *rest)
        assert journal.groups == [100, 1, 49]
        appended = journal.read(0, 1000)
        assert [int(e.body) for e in appended] == list(range(150))
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_a_group_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_GROUP_BYTES", 1000)
    journal = WatchedJournal(tmp_path / "journal.db")

    async def scenario() -> None:
        appender = GroupWriter(lambda: journal)
        appender.start()
        await asyncio.gather(*[appender.append(entry(n, size=399)) for n in range(7)])
        assert journal.groups == [3, 3, 1]
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_more_than_memory_should_hold_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING_BYTES", 1000)
    journal = WatchedJournal(tmp_path / "journal.db")
    journal.go.clear()

    async def scenario() -> None:
        appender = GroupWriter(lambda: journal)
        appender.start()
        taken = [appender.append(entry(1, size=399))]
        await asyncio.sleep(0.05)  # this one is with the thread now
        taken += [appender.append(entry(n, size=399)) for n in (2, 3)]
        with pytest.raises(TemporaryError) as refused:
            appender.append(entry(4, size=399))
        assert refused.value.code == "overloaded"
        journal.go.set()
        await asyncio.gather(*taken)
        await appender.append(entry(5, size=399))
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_the_reason_reaches_every_request_of_the_group_and_it_goes_on_afterwards(tmp_path: Path) -> None:
    journal = WatchedJournal(tmp_path / "journal.db", max_bytes=1_000_000)

    async def scenario() -> None:
        appender = GroupWriter(lambda: journal)
        appender.start()
        await appender.append(entry(0, size=1_000_000))
        answers = await asyncio.gather(*[appender.append(entry(n)) for n in range(5)], return_exceptions=True)
        assert [type(a) for a in answers] == [JournalFull] * 5
        with pytest.raises(JournalFull):
            await appender.check()
        journal.commit("engine", journal.end())
        await appender.append(entry(6))
        await appender.append(entry(7))
        await appender.check()
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_a_journal_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("")

    async def scenario() -> None:
        appender = GroupWriter(lambda: SqliteJournal(in_the_way / "journal.db", max_bytes=10**9))
        appender.start()
        with pytest.raises(JournalUnavailable):
            await appender.append(entry(1))
        with pytest.raises(JournalUnavailable):
            await appender.check()
        in_the_way.unlink()
        await appender.append(entry(1))
        await appender.check()
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_a_client_that_has_gone_disturbs_nobody(tmp_path: Path) -> None:
    journal = WatchedJournal(tmp_path / "journal.db")
    journal.go.clear()

    async def scenario() -> None:
        appender = GroupWriter(lambda: journal)
        appender.start()
        gone, stays = appender.append(entry(1)), appender.append(entry(2))
        await asyncio.sleep(0.02)
        gone.cancel()
        journal.go.set()
        await stays
        assert len(journal.read(0, 10)) == 2
        await asyncio.to_thread(appender.stop)

    run(scenario())


def test_stopping_finishes_what_was_handed_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        appender = GroupWriter(lambda: SqliteJournal(tmp_path / "journal.db", max_bytes=10**9))
        appender.start()
        waiting = [appender.append(entry(n)) for n in range(10)]
        await asyncio.sleep(0)
        await asyncio.to_thread(appender.stop)
        await asyncio.gather(*waiting)

    run(scenario())
    journal = SqliteJournal(tmp_path / "journal.db", max_bytes=10**9)
    assert journal.end() == 10
    journal.close()
