"""A clock that jumps back and forth: nothing is stored twice, nothing is forgotten, time goes on from where it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from quen.config import config
from quen.engine.ages import FASTEST, Ages
from quen.engine.loop import Engine
from quen.engine.models import Quarantined
from quen.events.store import event_store
from quen.ids import now_ms
from quen.journal import sqlite
from quen.journal.sqlite import SqliteJournal
from tests.engine_world import DAY, Shop, events_of, owner

HOUR = 3_600_000
pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Journal and engine by one clock, which the test sets."""
    made = Shop(tmp_path)
    made.clock = Clock()  # type: ignore[attr-defined]
    clock = made.clock  # type: ignore[attr-defined]
    monkeypatch.setattr(sqlite, "time", SimpleNamespace(time_ns=lambda: clock() * 1_000_000))
    made.engine = Engine(config(), made.journal, event_store(), clock=made.clock)  # type: ignore[attr-defined]
    return made


JUMPS = [2 * HOUR, -3 * HOUR, 40 * DAY, 0, -400 * DAY, 30_000, 0]


def test_what_comes_again_over_jumps_is_stored_once(shop: Shop) -> None:
    lan = shop.user("lan")
    for jump in JUMPS:
        shop.clock.ahead = jump  # type: ignore[attr-defined]
        for n in range(5):
            shop.says({"type": "track", "event": f"E{n}", "messageId": f"m-{n}", **lan})
        shop.engine._keep_house()
    shop.clock.ahead = 0  # type: ignore[attr-defined]
    shop.says({"type": "track", "event": "Last", **lan})
    assert sorted(e for e in events_of(owner(shop.user_key("lan"))) if e[0] in "EL") == [
        "E0",
        "E1",
        "E2",
        "E3",
        "E4",
        "Last",
    ]


def test_times_are_right_again_when_the_clock_is(shop: Shop) -> None:
    """A day ahead for a moment must not put what comes for a day after it into the future."""
    shop.clock.ahead = DAY  # type: ignore[attr-defined]
    shop.journal.check()
    shop.says({"type": "track", "event": "Ahead", **shop.user("lan")})
    shop.clock.ahead = 0  # type: ignore[attr-defined]
    shop.says({"type": "track", "event": "Now", **shop.user("lan")})
    last = shop.journal.read(shop.journal.end() - 1, 1)[0]
    assert abs(last.received_at - now_ms()) < 60_000


def test_a_jump_does_not_empty_the_quarantine(shop: Shop) -> None:
    shop.says({"type": "track", "messageId": "nameless", **shop.user("lan")})
    kept = Quarantined.objects.filter(source_id=shop.source.id)
    assert kept.count() == 1
    shop.clock.ahead = 60 * DAY  # type: ignore[attr-defined]
    shop.engine._keep_house()
    assert kept.count() == 1


def test_ages_follow_the_clock_only_so_fast() -> None:
    passed = 0.0
    ages = Ages(1_000_000, lambda: passed)
    passed = 1.0
    assert ages.now(1_001_000) == 1_001_000
    passed = 2.0
    assert ages.now(9_000_000_000) == 1_001_000 + FASTEST * 1000
    passed = 3.0
    assert ages.now(1_003_000) == 1_003_000
    assert ages.now(500_000) == 500_000


def test_a_journal_that_is_another_one_is_taken_from_its_beginning(shop: Shop, tmp_path: Path) -> None:
    """Someone moved the file away, as the message of a damaged one says."""
    for n in range(10):
        shop.says({"type": "track", "event": "Before", "messageId": f"b-{n}", **shop.user("lan")})
    shop.journal.close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"journal.db{suffix}").unlink(missing_ok=True)
    shop.journal = SqliteJournal(tmp_path / "journal.db", max_bytes=10**8)
    _append(shop, "after-1")
    shop.restart()
    shop.engine.drain()
    _append(shop, "after-2")
    shop.engine.drain()
    assert events_of(owner(shop.user_key("lan"))).count("After") == 2


def test_a_journal_that_was_cut_is_taken_again_and_nothing_is_stored_twice(shop: Shop, tmp_path: Path) -> None:
    """An older copy of the file was put in place."""
    _append(shop, "one")
    shop.engine.drain()
    copy = tmp_path / "copy.db"
    with sqlite3.connect(copy) as target, sqlite3.connect(tmp_path / "journal.db") as source:
        source.backup(target)
    target.close()
    source.close()
    _append(shop, "two")
    _append(shop, "three")
    shop.engine.drain()
    shop.journal.close()
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"journal.db{suffix}").unlink(missing_ok=True)
    copy.replace(tmp_path / "journal.db")
    shop.journal = SqliteJournal(tmp_path / "journal.db", max_bytes=10**8)
    _append(shop, "four")
    shop.restart()
    shop.engine.drain()
    assert events_of(owner(shop.user_key("lan"))).count("After") == 4


def _append(shop: Shop, message_id: str) -> None:
    engine: Callable[[], None] = shop.engine.drain
    shop.engine.drain = lambda: None  # type: ignore[method-assign]
    try:
        shop.says({"type": "track", "event": "After", "messageId": message_id, **shop.user("lan")})
    finally:
        shop.engine.drain = engine  # type: ignore[method-assign]
