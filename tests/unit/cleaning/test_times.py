from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import parse_when

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def local(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "20240305",
        "5/3/2024",
        "05/03/2024",
        "05-03-2024",
        "5.3.2024",
        "2024/03/05",
        "5/3/24",
        "ngày 5 tháng 3 năm 2024",
        "5 thg 3, 2024",
        "5 thg 3 2024",
        "5 tháng 3, 2024",
        "5 Mar 2024",
        "5-Mar-24",
        "5 thg 3 24",
        "March 5, 2024",
        "2024-03-05 00:00",
        "2024-03-05T00:00:00",
        "０５/０３/２０２４",
        " 5/3/2024 ",
    ],
)
def test_one_day_however_it_is_written(text: str) -> None:
    assert parse_when(text, zone=ZONE) == local("2024-03-05")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/12/2010 8:26", "2010-12-01T08:26"),
        ("2010-12-01 08:26:00", "2010-12-01T08:26"),
        ("05-03-2024 08:30:00 CH", "2024-03-05T20:30"),
        ("05/03/2024 8:30 PM", "2024-03-05T20:30"),
        ("05/03/2024, 12:05 AM", "2024-03-05T00:05"),
        ("8:30 05/03/2024", "2024-03-05T08:30"),
        ("5/3/2024 8h30", "2024-03-05T08:30"),
        ("20240305T083000", "2024-03-05T08:30"),
        ("01/02/1990", "1990-02-01"),
        ("2024-03-05T01:30:00Z", "2024-03-05T08:30"),
        ("2024-03-05T02:30:00.250+01:00", "2024-03-05T08:30:00.250"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert parse_when(text, zone=ZONE) == local(expected)


def test_the_month_stands_first_only_where_that_is_said() -> None:
    assert parse_when("3/5/2024", dayfirst=False, zone=ZONE) == local("2024-03-05")
    assert parse_when("12/25/2010", zone=ZONE) is None
    assert parse_when("2024-03-05", dayfirst=False, zone=ZONE) == local("2024-03-05")  # ISO is ISO


def test_since_1970() -> None:
    assert parse_when("1700000000", zone=ZONE) == parse_when("1700000000000", zone=ZONE) == 1_700_000_000_000
    assert parse_when(1_700_000_000, zone=ZONE) == 1_700_000_000_000


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1990",
        "3/2024",
        "31/02/2024",
        "2024-13-01",
        "hôm qua",
        "20241",
        "5/3",
        "5 foo 2024",
        "5 marx 2024",
        "5 thg 3 08:30",
        "2024-03-05 25:00",
        None,
        True,
        "2024-03-05T10:00:00+99:99",
        "x" * 100,
        float("nan"),
        5,
        "0000-01-01",
    ],
)
def test_nothing_is_guessed(value: object) -> None:
    assert parse_when(value, zone=ZONE) is None


@given(st.text(max_size=40))
def test_no_input_raises(text: str) -> None:
    parse_when(text, zone=ZONE)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_iso_is_read_back(ms: int) -> None:
    text = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
    assert parse_when(text, zone=ZONE) == ms
