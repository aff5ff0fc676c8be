"""Ids that people's things get: each later one is larger, so that sorting by id is sorting by creation."""

from __future__ import annotations

import threading

import pytest

from quen import ids


def test_later_is_larger_in_one_millisecond_and_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new_id()
    made = [ids.new_id() for _ in range(2_000)]  # several in each millisecond
    monkeypatch.setattr(ids, "now_ms", lambda: ids.EPOCH_MS + 5)
    made += [ids.new_id() for _ in range(3)]
    assert [before, *made] == sorted({before, *made})
    assert made[-1] < 1 << 63


def test_two_threads_never_make_the_same() -> None:
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.extend([ids.new_id() for _ in range(5_000)])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 10_000
