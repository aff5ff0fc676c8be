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
        ("0912345678-0987654321", "+84912345678", ("first_of_several", "country_code")),
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
    assert cleaned_phone("0912345678 01628123456").part("others") == "+84328123456"
    assert cleaned_phone("+1 650 253 0000").part("kind") == "mobile_or_landline"
    assert cleaned_phone("020 7946 0958", Locale(region="GB")).part("kind") == "landline"
    assert cleaned_phone("+800 1234 5678").part("kind") == "other"


@pytest.mark.parametrize("written", ["(08) 3822 1234", "(08)38221234", "(84-8) 3822.1234", "+84 (8) 3822 1234"])
def test_the_area_code_of_ho_chi_minh_city_in_brackets_is_no_mobile_prefix(written: str) -> None:
    cleaned = cleaned_phone(written)
    assert (cleaned.clean, cleaned.part("kind"), cleaned.hints) == ("+842838221234", "landline", ())
    assert "moved_2017" in cleaned.done


def test_a_landline_of_before_2017_with_the_digits_of_a_mobile_number_is_a_hint() -> None:
    assert cleaned_phone("08 3822 1234").hints == ("old_landline",)
    assert cleaned_phone("08.38221234").hints == ("old_landline",)
    assert cleaned_phone("+84 8 3822 1234").hints == ("old_landline",)
    assert cleaned_phone("+84 83 822 1234").hints == ()
    assert cleaned_phone("(037) 3852123").hints == ("old_landline",)
    assert cleaned_phone("(079) 3822 123").hints == ("old_landline",)
    assert cleaned_phone("083 822 1234").hints == ()
    assert cleaned_phone("(0912) 345 678").hints == ()
    assert cleaned_phone("(091) 234 5678").hints == ()


@pytest.mark.parametrize(
    ("written", "carrier"),
    [
        ("0981234567", "Viettel"),
        ("01681234567", "Viettel"),
        ("0321234567", "Viettel"),
        ("0301234567", "MobiFone"),
        ("0791234567", "MobiFone"),
        ("0831234567", "VinaPhone"),
        ("0561234567", "Vietnamobile"),
        ("0599234567", "Gmobile"),
        ("0871234567", "Itel"),
        ("0951234567", None),
        ("024 3822 1234", None),
        ("+1 650 253 0000", None),
    ],
)
def test_the_carrier_is_only_said(written: str, carrier: str | None) -> None:
    cleaned = cleaned_phone(written)
    assert cleaned.part("carrier") == carrier
    assert carrier is None or carrier.lower() not in str((cleaned.clean, cleaned.key)).lower()


# Area code of before, of today.
MOVED_2017 = """
4 24, 8 28, 20 214, 22 212, 25 205, 26 206, 27 207, 29 216, 30 229, 31 225, 33 203, 36 227, 37 237, 38 238, 39 239,
52 232, 53 233, 54 234, 55 255, 56 256, 57 257, 58 258, 59 269, 60 260, 61 251, 62 252, 63 263, 64 254, 66 276, 67 277,
68 259, 70 270, 72 272, 73 273, 74 294, 75 275, 76 296, 77 297, 79 299, 230 215, 231 213, 240 204, 241 222, 280 208,
281 209, 320 220, 321 221, 350 228, 351 226, 500 262, 501 261, 510 235, 511 236, 650 274, 651 271, 710 292, 711 293,
780 290, 781 291
"""
AREAS = [tuple(pair.split()) for pair in MOVED_2017.replace("\n", " ").split(",")]


def test_every_area_code_that_moved_in_2017() -> None:
    assert len(AREAS) == len({new for _, new in AREAS}) == 59
    looks_mobile = []
    for old, new in AREAS:
        rest = "38221234" if len(old) == 1 else "3822123"
        cleaned = cleaned_phone(f"0{old}{rest}")
        if cleaned.part("kind") == "mobile":
            looks_mobile.append(old)
            assert cleaned.clean == f"+84{old}{rest}"
        else:
            assert (cleaned.clean, "moved_2017" in cleaned.done) == (f"+84{new}{rest}", True)
        # As they are written today.
        assert cleaned_phone(f"0{new}{rest}").clean == f"+84{new}{rest}"
        assert "moved_2017" not in cleaned_phone(f"0{new} {rest}").done
    assert " ".join(looks_mobile) == "8 30 31 33 36 37 38 39 52 55 56 58 59 70 76 77 79"


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
