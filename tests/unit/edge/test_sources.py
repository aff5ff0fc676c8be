"""The directory of write keys: known within a second, and kept while the database cannot be read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from quen.config import load
from quen.edge import sources
from quen.edge.sources import Source, Sources, state_database
from quen.errors import TemporaryError

T = TypeVar("T")
SCHEMA = "CREATE TABLE connectors_source (id INTEGER, name TEXT, kind TEXT, write_key TEXT, enabled INTEGER)"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(SCHEMA)
    connection.execute("INSERT INTO connectors_source VALUES (1, 'Shop', 'browser', 'k1', 1)")
    yield connection
    connection.close()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    monkeypatch.setattr(sources, "FRESH_SECONDS", 0.1)
    monkeypatch.setattr(sources, "UNKNOWN_SECONDS", 0.02)
    made = Sources(state_database(load(tmp_path, {})))
    yield made
    made.close()


def test_finds_a_source_by_its_key(
    state: sqlite3.Connection, directory: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FRESH_SECONDS", 60.0)

    async def scenario() -> None:
        assert directory.quick("k1") is None  # nothing was looked at yet
        assert await directory.find("k1") == Source(1, "browser", True)
        assert directory.quick("k1") == Source(1, "browser", True)
        assert await directory.find("k2") is None

    run(scenario())


def test_a_source_made_a_moment_ago_is_known_at_once(state: sqlite3.Connection, directory: Sources) -> None:
    async def scenario() -> None:
        for number in range(2, 6):
            await directory.find("k1")
            state.execute("INSERT INTO connectors_source VALUES (?, 'New', 'server', ?, 1)", (number, f"k{number}"))
            assert await directory.find(f"k{number}") == Source(number, "server", True)

    run(scenario())


def test_a_change_counts_once_the_answer_is_old(state: sqlite3.Connection, directory: Sources) -> None:
    async def scenario() -> None:
        assert await directory.find("k1")
        state.execute("UPDATE connectors_source SET enabled = 0")
        await asyncio.sleep(0.12)
        assert directory.quick("k1") is None  # too old to be used unseen
        assert await directory.find("k1") == Source(1, "browser", False)
        state.execute("DELETE FROM connectors_source")
        await asyncio.sleep(0.12)
        assert await directory.find("k1") is None

    run(scenario())


def test_guessing_keys_does_not_load_the_database(state: sqlite3.Connection, tmp_path: Path) -> None:
    looks = 0
    look = state_database(load(tmp_path, {}))

    def counted() -> dict[str, Source] | None:
        nonlocal looks
        looks += 1
        return look()

    async def scenario() -> None:
        directory = Sources(counted)
        assert await asyncio.gather(*[directory.find(f"guess-{n}") for n in range(200)]) == [None] * 200
        assert looks <= 3
        directory.close()

    run(scenario())


def test_without_a_database_it_is_an_outage_not_an_unknown_key(tmp_path: Path, directory: Sources) -> None:
    async def scenario() -> None:
        with pytest.raises(TemporaryError):
            await directory.find("k1")
        connection = sqlite3.connect(tmp_path / "state.db")
        with pytest.raises(TemporaryError):  # there, but not migrated yet
            await directory.find("k1")
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO connectors_source VALUES (1, 'Shop', 'browser', 'k1', 1)")
        connection.commit()
        connection.close()
        await asyncio.sleep(0.12)
        assert await directory.find("k1")

    run(scenario())


def test_what_was_known_stays_while_the_database_is_away(
    state: sqlite3.Connection, directory: Sources, tmp_path: Path
) -> None:
    async def scenario() -> None:
        assert await directory.find("k1")
        (tmp_path / "state.db").rename(tmp_path / "elsewhere.db")
        await asyncio.sleep(0.12)
        assert await directory.find("k1") == Source(1, "browser", True)
        with pytest.raises(TemporaryError):  # it may have been made meanwhile
            await directory.find("k2")
        # A restore puts another file in its place.
        other = sqlite3.connect(tmp_path / "state.db")
        other.execute(SCHEMA)
        other.execute("INSERT INTO connectors_source VALUES (2, 'Other', 'server', 'k2', 1)")
        other.commit()
        other.close()
        await asyncio.sleep(0.12)
        assert await directory.find("k2") == Source(2, "server", True)
        assert await directory.find("k1") is None

    run(scenario())


def test_a_writer_at_work_is_no_hindrance(state: sqlite3.Connection, directory: Sources) -> None:
    async def scenario() -> None:
        state.execute("BEGIN IMMEDIATE")
        state.execute("UPDATE connectors_source SET enabled = 0")
        assert await directory.find("k1") == Source(1, "browser", True)
        state.execute("ROLLBACK")

    run(scenario())
