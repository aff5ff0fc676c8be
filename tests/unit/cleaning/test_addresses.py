from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Locale, cleaned_address
from quen.cleaning.provinces import PROVINCES
from tests.unit.cleaning.shared import shared_file


@pytest.mark.parametrize(
    "written",
    [
        "12 Lý Thường Kiệt, Phường 7, Quận 10, Hồ Chí Minh",
        "12 Lý Thường Kiệt, P.7, Q.10, TP.HCM",
        "12 Lý Thường Kiệt P.7 Q.10 TP.HCM",
        "12 Lý Thường Kiệt F.7 Q.10 TP.HCM",
        "12 Lý Thường Kiệt, P7, Q10, TP HCM, Việt Nam",
        "12 Lý Thường Kiệt - Phường 07 - Quận 10 - Sài Gòn",
        "12 Lý Thường Kiệt phường 7 quận 10 Thành phố Hồ Chí Minh",
        "12 ly thuong kiet, phuong 7, quan 10, tp hcm",
        "12 Lý Thường Kiệt\nPhường 7\nQuận 10\nHồ Chí Minh 700000\nVietnam",
        "１２ Lý Thường Kiệt, Phường 7, Quận 10, Hồ Chí Minh.",
    ],
)
def test_one_address_however_it_is_written(written: str) -> None:
    cleaned = cleaned_address(written)
    assert cleaned.key == "12 ly thuong kiet, phuong 7, quan 10, 79"
    assert (cleaned.part("province"), cleaned.part("province_code")) == ("Hồ Chí Minh", "79")
    assert cleaned.given == written


def test_what_was_done() -> None:
    cleaned = cleaned_address("12 Lý Thường Kiệt P.7 Q.10 TP.HCM")
    assert cleaned.clean == "12 Lý Thường Kiệt, P.7, Q.10, Hồ Chí Minh"
    assert cleaned.done == ("parted", "province_spelling")
    assert cleaned.parts == (
        ("ward", "P.7"),
        ("district", "Q.10"),
        ("province", "Hồ Chí Minh"),
        ("province_code", "79"),
        ("old_province", "Hồ Chí Minh"),
        ("old_code", "79"),
    )
    postal = cleaned_address("1 Trần Phú, Hà Nội 100000, Việt Nam")
    assert postal.done == ("country_dropped", "postal_code_dropped")
    assert (postal.clean, postal.part("postal_code")) == ("1 Trần Phú, Hà Nội", "100000")


def test_old_and_new_codes_and_the_province_that_was_written() -> None:
    old = cleaned_address("5 Yersin, Phường Phú Cường, Thành phố Thủ Dầu Một, Tỉnh Bình Dương")
    assert old.clean == "5 Yersin, Phường Phú Cường, Thành phố Thủ Dầu Một, Bình Dương"
    assert old.part("district") == "Thành phố Thủ Dầu Một"
    assert (old.part("province_code"), old.part("old_code"), old.hints) == ("79", "74", ("before_2025",))
    # The name went on: that it is of before is told by the district alone.
    lao_cai = cleaned_address("Xã Bắc Hà, Huyện Bắc Hà, Lào Cai")
    assert (lao_cai.part("province_code"), lao_cai.part("old_code")) == ("15", "10")
    new = cleaned_address("Xã Bắc Hà, Lào Cai")
    assert (new.part("province_code"), new.part("old_code"), new.hints) == ("15", None, ())
    sea = cleaned_address("1 Hạ Long, Phường 1, TP. Vũng Tàu, Bà Rịa - Vũng Tàu")
    assert sea.clean == "1 Hạ Long, Phường 1, TP. Vũng Tàu, Bà Rịa - Vũng Tàu"
    assert all(province.before[0][1] == province.name or province.name == "Huế" for province in PROVINCES)


@pytest.mark.parametrize(
    "written",
    [
        "12 Nguyễn Huệ",
        "12 Nguyen Hue",
        "12 đường Quảng Ninh",
        "Xa lộ Hà Nội, Thảo Điền",
        "xa lo ha noi, thao dien",
        "12 Xã Đàn",
        "Lan, BD",
    ],
)
def test_a_street_is_no_province(written: str) -> None:
    cleaned = cleaned_address(written)
    assert (cleaned.clean, cleaned.parts, cleaned.hints) == (written, (), ("no_province",))


@pytest.mark.parametrize(
    ("written", "ward"),
    [
        ("1 Trần Phú, Phường Lâm Viên - Đà Lạt, Lâm Đồng", "Phường Lâm Viên - Đà Lạt"),
        ("1 Trần Phú - Phường Xuân Hương - Đà Lạt - Lâm Đồng", "Phường Xuân Hương - Đà Lạt"),
        ("1 Trần Phú - Phường 1 - Đà Lạt - Lâm Đồng", "Phường 1"),
        ("1 Trần Phú, phuong van mieu - quoc tu giam, ha noi", "phuong van mieu - quoc tu giam"),
        ("Thôn 1, Xã Lơ Pang, Gia Lai", "Xã Lơ Pang"),
    ],
)
def test_wards_whose_names_hold_what_parts_others(written: str, ward: str) -> None:
    assert cleaned_address(written).part("ward") == ward


def test_the_tone_of_a_place() -> None:
    assert cleaned_address("Xã Hoà Bình, Khánh Hoà").clean == "Xã Hòa Bình, Khánh Hòa"
    assert cleaned_address("Xã Hoà Bình, Khánh Hoà").key == cleaned_address("xa hoa binh, khanh hoa").key


def test_other_countries_are_only_put_in_order() -> None:
    cleaned = cleaned_address("10  Downing Street,London\nSW1A 2AA", Locale(region="GB"))
    assert (cleaned.clean, cleaned.key) == (
        "10 Downing Street, London, SW1A 2AA",
        "10 downing street, london, sw1a 2aa",
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [(None, "empty"), ([], "not_text"), ("x" * 501, "too_long"), ("12", "no_letters"), ("..., -", "no_letters")],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    assert cleaned_address(written).problem == problem


def test_every_province_at_the_end_of_an_address() -> None:
    new = json.loads(gzip.decompress(shared_file("provinces34_wards3321_2026-07-25.json.gz").read_bytes()))
    for province in new:
        for ward in province["Wards"][:20]:
            cleaned = cleaned_address(f"1 Trần Phú, {ward['FullName']}, {province['FullName']}")
            assert cleaned.part("province_code") == province["Code"]
            assert cleaned.part("ward") is not None and cleaned.part("district") is None


PIECES = ["12", "Hoà", "P.7", "Q10", "TP", "HCM", ",", "-", "\n", "Việt Nam", "Bà Rịa", "Vũng Tàu", "70000", "Huế", "."]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_what_came_is_kept_and_nothing_changes_twice(value: str) -> None:
    for locale in (Locale(), Locale(region="GB")):
        cleaned = cleaned_address(value, locale)
        assert cleaned.given is value
        assert (cleaned.clean is None) == (cleaned.problem is not None)
        if cleaned.clean:
            again = cleaned_address(cleaned.clean, locale)
            assert (again.clean, again.key) == (cleaned.clean, cleaned.key)
