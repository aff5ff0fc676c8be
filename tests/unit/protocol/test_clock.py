"""Whose clock is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.protocol.clock import correct, parse_time, storable

NOW = 1_767_000_000_000
moments = st.integers(0, 4_000_000_000_000)
maybe = st.none() | moments


@given(timestamp=maybe, original=maybe, sent=maybe, rudder=st.booleans())
def test_nothing_happens_after_it_was_received(
    timestamp: int | None, original: int | None, sent: int | None, rudder: bool
) -> None:
    times = correct(timestamp=timestamp, original_timestamp=original, sent_at=sent, received_at=NOW, rudder=rudder)
    assert times.time <= NOW
    assert times.sent_at == sent
    assert times.original == (timestamp if original is None else original)


@given(skew=st.integers(-(10**11), 10**11), waited=st.integers(0, 10**9), travelled=st.integers(0, 60_000))
def test_a_wrong_clock_does_not_matter_when_it_says_when_it_sent(skew: int, waited: int, travelled: int) -> None:
    happened = NOW - waited - travelled
    times = correct(
        timestamp=happened + skew,
        original_timestamp=None,
        sent_at=happened + skew + waited,
        received_at=NOW,
        rudder=False,
    )
    assert times.time == happened + travelled  # only the way here cannot be known


def test_segment_corrects_a_lone_timestamp_and_rudder_keeps_it() -> None:
    an_hour_ahead = NOW - 60_000 + 3_600_000
    given_times = {"timestamp": an_hour_ahead, "original_timestamp": None, "sent_at": an_hour_ahead + 50_000}
    assert correct(**given_times, received_at=NOW, rudder=False).time == NOW - 50_000
    assert correct(**given_times, received_at=NOW, rudder=True).time == NOW  # kept, but bounded
    old = {"timestamp": NOW - 10**10, "original_timestamp": NOW - 10**9, "sent_at": NOW}
    for rudder in (True, False):  # beside an original, somebody has corrected it already
        assert correct(**old, received_at=NOW, rudder=rudder).time == NOW - 10**10


def test_rudder_corrects_a_lone_original() -> None:
    times = correct(timestamp=None, original_timestamp=NOW + 5_000, sent_at=NOW + 8_000, received_at=NOW, rudder=True)
    assert times == (NOW - 3_000, NOW + 5_000, NOW + 8_000)


def test_without_any_time_it_is_when_it_came() -> None:
    assert correct(timestamp=None, original_timestamp=None, sent_at=None, received_at=NOW, rudder=False) == (
        NOW,
        None,
        None,
    )


def test_an_old_timestamp_without_sent_at_is_history() -> None:
    old = NOW - 5 * 365 * 86_400_000
    assert correct(timestamp=old, original_timestamp=None, sent_at=None, received_at=NOW, rudder=False).time == old


@given(
    moment=st.datetimes(datetime(1600, 1, 1), datetime(2400, 1, 1)),
    offset=st.integers(-14 * 60, 14 * 60),
    digits=st.sampled_from(["milliseconds", "microseconds", "seconds"]),
)
def test_reads_every_iso_time(moment: datetime, offset: int, digits: str) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000 if digits != "seconds" else 0)
    expected = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_time(moment.isoformat(timespec=digits) + "Z") == expected
    assert parse_time(moment.isoformat(" ", timespec=digits)) == expected  # without an offset: UTC
    shifted = expected - offset * 60_000
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    for form in (f"{sign}{minutes // 60:02}:{minutes % 60:02}", f"{sign}{minutes // 60:02}{minutes % 60:02}"):
        assert parse_time(moment.isoformat(timespec=digits) + form) == shifted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31", 1_769_817_600_000),
        ("2026-01-31T00:00:00.123456789Z", 1_769_817_600_123),  # Go
        (" 2026-01-31T00:00:00Z ", 1_769_817_600_000),
        ("2026-01-31 07:00:00 +0700", 1_769_817_600_000),  # Ruby
        ("2026-01-31 00:00:00 UTC", 1_769_817_600_000),
        (1_769_817_600_000, 1_769_817_600_000),
        (1_769_817_600, 1_769_817_600_000),
        (1_769_817_600.5, 1_769_817_600_500),
        ("1769817600000", 1_769_817_600_000),
        ("yesterday", None),
        ("", None),
        ("31/01/2026", None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        (None, None),
        ([], None),
    ],
)
def test_reads_what_sdks_send(value: object, expected: int | None) -> None:
    assert parse_time(value) == expected


@given(st.text() | st.floats() | st.integers())
def test_never_fails(value: object) -> None:
    parse_time(value)


def test_times_that_no_store_can_keep_are_left_out() -> None:
    assert storable(parse_time("9999-12-31T23:59:59Z")) is None
    assert storable(parse_time("1812-01-01T00:00:00Z")) is None
    assert storable(NOW) == NOW
    assert storable(None) is None
