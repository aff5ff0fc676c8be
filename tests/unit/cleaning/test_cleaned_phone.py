from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Locale, clean_phone, cleaned_phone
from tests.unit.cleaning.shared import shared_file


@pytest.mark.parametrize(
    ("written", "clean", "done"),
    [
        ("+84912345678", "+84912345678", ()),
        ("+84 912 345 678", "+84912345678", ("formatted",)),
        ("0912.345.678", "+84912345678", ("country_code",)),
        ("０９１２３４５６７８", "+84912345678", ("plain_letters", "country_code")),
        ("O912345678", "+84912345678", ("letter_o", "country_code")),
        ("912345678.0", "+84912345678", ("float_repaired", "country_code")),
        ("9.12345678E8", "+84912345678", ("float_repaired", "country_code")),
        (912345678.0, "+84912345678", ("country_code",)),
        ("01628123456", "+84328123456", ("moved_2018", "country_code")),
        ("+841628123456", "+84328123456", ("moved_2018", "formatted")),
        ("(04) 3822 1234", "+842438221234", ("moved_2017", "country_code")),
        ("024 3822 1234 máy lẻ 12", "+842438221234", ("extension_dropped", "country_code")),
        ("0912345678 / 0987654321", "+84912345678", ("first_of_several", "country_code")),
        ("không có; 0987654321", "+84987654321", ("country_code",)),
    ],
)
def test_what_was_done(written: object, clean: str, done: tuple[str, ...]) -> None:
    cleaned = cleaned_phone(written)
    assert (cleaned.given, cleaned.clean, cleaned.key, cleaned.problem) == (written, clean, clean, None)
    assert cleaned.done == done


def test_what_is_inside() -> None:
    assert cleaned_phone("0912345678").part("kind") == "mobile"
    assert cleaned_phone("024 3822 1234 ext. 12").part("kind") == "landline"
    assert cleaned_phone("024 3822 1234 ext. 12").part("extension") == "12"
    assert cleaned_phone("0912345678 - 0987654321; 0912 345 678").part("others") == "+84987654321"
    assert cleaned_phone("+1 650 253 0000").part("kind") == "mobile_or_landline"
    assert cleaned_phone("020 7946 0958", Locale(region="GB")).part("kind") == "landline"
    assert cleaned_phone("+800 1234 5678").part("kind") == "other"


def test_a_landline_of_before_2017_with_the_digits_of_a_mobile_number_is_a_hint() -> None:
    assert cleaned_phone("(08) 3822 1234").hints == ("old_landline",)
    assert cleaned_phone("08 3822 1234").hints == ("old_landline",)
    assert cleaned_phone("083 822 1234").hints == ()
    assert cleaned_phone("(0912) 345 678").hints == ()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ([], "not_text"),
        (True, "not_text"),
        ("0" * 500, "too_long"),
        ("9.12E+08", "digits_lost"),
        ("không có", "no_digits"),
        ("12345", "too_short"),
        ("19001234", "service_number"),
        ("1800 1234", "service_number"),
        ("0000000000", "impossible"),
        ("09123456789", "impossible"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_phone(written)
    assert (cleaned.problem, cleaned.clean, cleaned.key) == (problem, None, None)
    assert cleaned.given is written


def test_every_prefix_that_moved_in_2018() -> None:
    with shared_file("phone_2018_11to10_migration.csv").open() as file:
        for row in csv.DictReader(file):
            cleaned = cleaned_phone(row["old_prefix"] + "3456789")
            assert cleaned.clean == "+84" + row["new_prefix"][1:] + "3456789"
            assert "moved_2018" in cleaned.done


@given(st.text(max_size=60) | st.integers() | st.floats() | st.from_regex(r"[+(]?0?[0-9 .()/-]{6,24}"))
def test_it_agrees_with_the_hot_path_keeps_what_came_and_changes_nothing_twice(value: object) -> None:
    cleaned = cleaned_phone(value)
    assert cleaned.given is value
    assert (cleaned.clean is None) == (cleaned.problem is not None)
    assert cleaned.clean == clean_phone(value)
    if cleaned.clean:
        again = cleaned_phone(cleaned.clean)
        assert (again.clean, again.key, again.done) == (cleaned.clean, cleaned.key, ())
