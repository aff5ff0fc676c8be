"""Every trap of Vietnamese phone data that a shop's lists hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import clean_phone
from quen.cleaning.phones import _OLD_MOBILE

WAYS_TO_WRITE_ONE_NUMBER = [
    "0912345678",
    "+84912345678",
    "+84 912 345 678",
    "0084912345678",
    "84912345678",
    "+84(0)912345678",
    "840912345678",
    "0912.345.678",
    "0912-345-678",
    "(0912) 345 678",
    "0912,345,678",
    "０９１２３４５６７８",
    "O912345678",
    "o912345678",
    "912345678",
    "912345678.0",
    "912345678.00",
    "9.12345678E8",
    "9.12345678E+08",
    "9,12345678E+08",
    " 0912345678\u200b",
    "84912345678.0",
    "8.4912345678E10",
    "ĐT: 0912 345 678",
    "0912345678 (mẹ)",
    "+0912345678",
    "zalo 0912345678",
    "OO84912345678",
    "09I2345678 0912345678",
    912345678,
    912345678.0,
]


@pytest.mark.parametrize("written", WAYS_TO_WRITE_ONE_NUMBER)
def test_one_number_however_it_is_written(written: object) -> None:
    assert clean_phone(written) == "+84912345678"


@pytest.mark.parametrize(("old", "new"), sorted(_OLD_MOBILE.items()))
@pytest.mark.parametrize("form", ["0{}3456789", "+84{}3456789", "84{}3456789", "{}3456789"])
def test_eleven_digit_mobile_numbers_of_before_2018(old: str, new: str, form: str) -> None:
    assert clean_phone(form.format(old)) == f"+84{new}3456789"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0438221234", "+842438221234"),  # Hà Nội, 04 → 024
        ("(04) 3822 1234", "+842438221234"),
        ("0511 3822123", "+842363822123"),  # Đà Nẵng
        ("02438221234", "+842438221234"),
        ("028 3822 1234", "+842838221234"),
        ("0838221234", "+84838221234"),  # looks like old Hồ Chí Minh City, is a mobile number of today
        ("024 3822 1234 máy lẻ 12", "+842438221234"),
        ("024 3822 1234 ext. 12", "+842438221234"),
    ],
)
def test_landlines(written: str, expected: str) -> None:
    assert clean_phone(written) == expected


def test_of_two_numbers_in_one_field_the_first_that_is_one() -> None:
    assert clean_phone("0912345678 / 0987654321") == "+84912345678"
    assert clean_phone("0912345678 - 0987654321") == "+84912345678"
    assert clean_phone("0912345678 hoặc 0987654321") == "+84912345678"
    assert clean_phone("không có; 0987654321") == "+84987654321"
    assert clean_phone("0912345678-0987654321") == "+84912345678"
    assert clean_phone("0912345678 0987654321") == "+84912345678"
    assert clean_phone("0912 345 678 (anh Tuấn) 0987 654 321") == "+84912345678"
    assert clean_phone("+84912345678 01628123456") == "+84912345678"


def test_a_spreadsheet_number_that_lost_digits_is_refused() -> None:
    assert clean_phone("9.12E+08") is None
    assert clean_phone("8.49E+10") is None
    assert clean_phone("9.1234567E8") == "+84912345670"  # only a last zero is not written


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "0",
        "abc",
        "0000000000",
        "0123456789",
        "19001234",
        "12345",
        "091234567",
        "09123456789",
        "0" * 500,
        None,
        True,
        [],
        float("nan"),
        float("inf"),
        -5,
        "+999 123 456 789",
        "ngày 5 tháng 3 năm 2024",
    ],
)
def test_what_is_no_number(value: object) -> None:
    assert clean_phone(value) is None


def test_other_countries() -> None:
    assert clean_phone("+1 650 253 0000") == "+16502530000"
    assert clean_phone("650 253 0000", "US") == "+16502530000"
    assert clean_phone("+84 912 345 678", "US") == "+84912345678"
    assert clean_phone("0044 20 7946 0958") == "+442079460958"


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_any_input_gives_e164_or_none_and_cleaning_twice_changes_nothing(value: object) -> None:
    number = clean_phone(value)
    if number is not None:
        assert number.startswith("+")
        assert number[1:].isdigit()
        assert number.isascii()
        assert clean_phone(number) == number
