"""What is remembered of message ids: by hash, first in a log and in memory, then slice by slice in a table."""

from __future__ import annotations

from hashlib import blake2b
from itertools import count

import pytest

from quen.db import execute, fetch
from quen.engine import seen
from quen.engine.seen import Seen

pytestmark = pytest.mark.django_db
LATER = 1_000_000
_numbers = count()


@pytest.fixture(autouse=True)
def few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "MOST_WAITING", 200)
    for table in ("engine_seenlog", "engine_seenmessage"):
        execute(f"DELETE FROM {table}")


def hashes(number: int) -> list[bytes]:
    return [blake2b(str(next(_numbers)).encode(), digest_size=16).digest() for _ in range(number)]


def logged() -> int:
    return int(fetch("SELECT COUNT(*) FROM engine_seenlog")[0][0])


def stored() -> int:
    return int(fetch("SELECT COUNT(*) FROM engine_seenmessage")[0][0])


def test_all_are_found_wherever_they_are_and_after_a_restart() -> None:
    memory, all_ = Seen(), []
    memory.load()
    for batch in range(20):
        new = hashes(50)
        memory.write([(h, LATER) for h in new], batch * 10)
        all_ += new
        assert memory.among(all_) == set(all_)
        again = Seen()
        again.load()
        assert again.among(all_) == set(all_)
    assert stored() >= 800
    assert memory.among(hashes(100)) == set()


def test_what_a_batch_that_failed_wrote_is_forgotten() -> None:
    memory, new = Seen(), hashes(300)
    memory.write([(h, LATER) for h in new], 1)
    execute("DELETE FROM engine_seenlog")  # as the end of the transaction would
    execute("DELETE FROM engine_seenmessage")
    memory.load()
    assert memory.among(new) == set()


def test_they_expire_and_leave_the_table_but_for_imported_ones() -> None:
    memory, old, imported = Seen(), hashes(600), hashes(600)
    memory.write([*((h, LATER) for h in old), *((h, None) for h in imported)], 1)
    assert memory.among(old) == set(old)
    memory.forget(LATER)
    assert memory.among(old) == set()
    for batch in range(8):
        memory.write([(h, LATER + 9) for h in hashes(200)], 10 + batch)
    assert memory.among(imported) == set(imported)
    assert fetch("SELECT COUNT(*) FROM engine_seenmessage WHERE expires_at = %s", [LATER])[0][0] == 0
    again = Seen()
    again.load()
    again.forget(LATER)
    assert again.among(old + imported) == set(imported)


def test_the_log_stays_short() -> None:
    memory, most = Seen(), 0
    for batch in range(100):
        memory.write([(h, LATER) for h in hashes(50)], batch * 10)
        most = max(most, logged())
    assert most < 20
    memory.forget(LATER)
    assert logged() == 0
