from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import clean_id, fold, tidy
from quen.cleaning.text import unify_tone


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "name", ["Đặng Thị Hoà", "Đặng Thị Hòa", "ĐẶNG THỊ HÒA", "  đặng   thị hoà\n", "Đặng\u00a0Thị\u200b Hoà"]
)
def test_one_name_however_it_is_written(name: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, name)) == "dang thi hoa"  # type: ignore[arg-type]


def test_the_two_letters_that_look_like_a_crossed_d() -> None:
    assert fold("Ðoàn") == fold("Đoàn") == "doan"


def test_full_width() -> None:
    assert fold("ＮＧＵＹỄＮ Ｖăｎ ９") == "nguyen van 9"


def test_tidy_keeps_marks_and_drops_what_cannot_be_seen() -> None:
    assert tidy(" Nguye\u0302\u0303n\u200b  Văn\0 A\ufeff ") == "Nguyễn Văn A"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert tidy(tidy(text)) == tidy(text)


def test_ids() -> None:
    assert clean_id(" A-01 ") == "A-01"
    assert clean_id("a\0b") == "ab"
    assert clean_id("00123") == "00123"  # leading zeros and case may tell two ids apart
    assert clean_id(17850.0) == clean_id(17850) == "17850"
    assert clean_id(1.5) == "1.5"
    assert clean_id("😀") == "😀"
    for value in ("", "  ", "\u200b", "x" * 256, None, True, [], {}, float("nan"), float("inf")):
        assert clean_id(value) is None


@pytest.mark.parametrize(
    ("written", "unified"),
    [
        ("Hoà", "Hòa"),
        ("Hòa", "Hòa"),
        ("HOÀ", "HÒA"),
        ("Thuý Khoẻ", "Thúy Khỏe"),
        ("Hoàng Hoài Hoá", "Hoàng Hoài Hóa"),
        ("Quý Quà Quế", "Quý Quà Quế"),
        ("Qúy", "Quý"),
        ("Thuỷ-Tuý", "Thủy-Túy"),
        ("Huế Thuở Nguyễn", "Huế Thuở Nguyễn"),
        ("John", "John"),
    ],
)
def test_the_tone_stands_in_one_place(written: str, unified: str) -> None:
    assert unify_tone(written) == unified
    assert unify_tone(unified) == unified
    assert fold(written) == fold(unified)
