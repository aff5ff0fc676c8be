"""Finding among many messages the few that end a process, with few ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quen.engine.trial import One, those_that_fail

MANY = [(offset, position) for offset in range(1, 41) for position in range(50)]


@given(st.sets(st.sampled_from(MANY), max_size=3), st.integers(0, len(MANY)))
def test_exactly_those_that_fail_are_found_with_few_failures(deadly: set[One], count: int) -> None:
    among, failures = MANY[:count], 0

    def passes(tried: list[One]) -> bool:
        nonlocal failures
        failed = not deadly.isdisjoint(tried)
        failures += failed
        return not failed

    found = those_that_fail(among, passes)
    assert found == sorted(deadly.intersection(among))
    assert failures <= 5 * len(found)


def test_who_was_ended_from_outside_is_innocent() -> None:
    """The process that tried it was killed, by a person or for want of memory: once, not each time."""
    for killed_at in range(12):
        tries = iter(range(1_000))
        assert those_that_fail(MANY[:10], lambda _, tries=tries, at=killed_at: next(tries) != at) == []  # type: ignore[misc]


def test_what_fails_only_together_is_nobodys_fault() -> None:
    assert those_that_fail(MANY[:100], lambda tried: len(tried) < 100) == []
