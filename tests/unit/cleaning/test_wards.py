from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Cleaned, cleaned_address
from quen.cleaning.provinces import PROVINCES
from quen.cleaning.wards import Wards, read_wards
from quen.errors import InvalidInput
from tests.unit.cleaning.shared import all_wards

HEAD = "code,name,province_code,old_code,old_name,old_district_code,old_district,old_province_code\n"
TABLE = f"""# version: test-1
{HEAD}101,Phường Sài Gòn,79,901,Phường Bến Nghé,760,Quận 1,79
101,Phường Sài Gòn,79,902,Phường Đa Kao,760,Quận 1,79
102,Phường Tân Định,79,902,Phường Đa Kao,760,Quận 1,79
103,Phường Hòa Hưng,79,903,Phường 12,771,Quận 10,79
104,Phường Diên Hồng,79,904,Phường 07,771,Quận 10,79
105,Phường Bình Thạnh,79,905,Phường 14,765,Quận Bình Thạnh,79
106,Phường Gia Định,79,906,Phường 7,765,Quận Bình Thạnh,79
107,Phường Thủ Dầu Một,79,907,Phường Phú Cường,718,Thành phố Thủ Dầu Một,74
108,Xã Bắc Hà,15,908,Xã Na Hối,085,Huyện Bắc Hà,10
108,Xã Bắc Hà,15,909,Thị trấn Bắc Hà,085,Huyện Bắc Hà,10
110,Phường Láng,01,910,Phường Láng Hạ,006,Quận Đống Đa,01
111,Phường Láng Mới,01,,,,,
112,Phường Cao Lãnh,82,912,Phường 3,866,Thành phố Cao Lãnh,87
113,Xã Mỹ Thọ,82,913,Xã Mỹ Thọ,873,Huyện Cao Lãnh,87
114,Phường Mỹ Tho,82,914,Phường 3,815,Thành phố Mỹ Tho,82
115,Phường Vũng Tàu,79,915,Phường 9,747,Thành phố Vũng Tàu,77
116,Phường Nhiêu Lộc,79,916,Phường 9,770,Quận 3,79
117,Phường Hạnh Thông,79,917,Phường 9,764,Quận Gò Vấp,79
"""


@pytest.fixture(scope="module")
def wards() -> Wards:
    return read_wards(TABLE)


def codes(cleaned: Cleaned) -> tuple[str | None, str | None, str | None]:
    return cleaned.part("ward_code"), cleaned.part("old_ward_code"), cleaned.part("new_ward_codes")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # Of today.
        ("1 Trần Phú, Phường Sài Gòn, TP.HCM", ("101", None, None)),
        ("1 tran phu, phuong sai gon, tp hcm", ("101", None, None)),
        ("1 Trần Phú, P. Sài Gòn, Hồ Chí Minh", ("101", None, None)),
        ("Xã Bắc Hà, Lào Cai", ("108", None, None)),
        ("1 Trần Phú, Phường Láng Mới, Hà Nội", ("111", None, None)),
        # Of before, in one ward of today.
        ("1 Trần Phú, Phường Bến Nghé, Quận 1, TP.HCM", ("101", "901", None)),
        ("1 Trần Phú, Phường Bến Nghé, TP.HCM", ("101", "901", None)),
        ("1 Trần Phú, P.7, Q.10, TP.HCM", ("104", "904", None)),
        ("1 Trần Phú, F07, Q10, TP.HCM", ("104", "904", None)),
        ("1 Trần Phú, P.7, Bình Thạnh, TP.HCM", ("106", "906", None)),
        ("1 Trần Phú, Phường Phú Cường, TP Thủ Dầu Một, Bình Dương", ("107", "907", None)),
        ("1 Trần Phú, Phường Phú Cường, TP Thủ Dầu Một, TP.HCM", ("107", "907", None)),
        ("Thị trấn Bắc Hà, Huyện Bắc Hà, Lào Cai", ("108", "909", None)),
        ("1 Trần Phú, Phường 3, Cao Lãnh, Đồng Tháp", ("112", "912", None)),
        ("1 Trần Phú, Xã Mỹ Tân, Cao Lãnh, Đồng Tháp", (None, None, None)),
        # Split.
        ("1 Trần Phú, Phường Đa Kao, Quận 1, TP.HCM", (None, "902", "101 102")),
        # Without a first word.
        ("1 Trần Phú, Bến Nghé, Quận 1, TP.HCM", ("101", "901", None)),
        ("1 Trần Phú, Bến Nghé, TP.HCM", ("101", "901", None)),
        ("1 Trần Phú, Sài Gòn, TP.HCM", ("101", None, None)),
        # Nothing is guessed.
        ("1 Trần Phú, P.7, TP.HCM", (None, None, None)),
        ("1 Trần Phú, P.9, TP.HCM", (None, None, None)),  # not that of Vũng Tàu
        ("1 Trần Phú, Phường 99, Quận 10, TP.HCM", (None, None, None)),
        ("Chung cư Bến Nghé, TP.HCM", (None, None, None)),
        ("Bến Nghé, TP.HCM", (None, None, None)),
        ("1 Trần Phú, Phường Bến Nghé", (None, None, None)),
    ],
)
def test_codes_of_old_and_new_wards(wards: Wards, written: str, expected: tuple[str | None, ...]) -> None:
    cleaned = cleaned_address(written, wards=wards)
    assert codes(cleaned) == expected
    assert cleaned.given == written
    assert (cleaned.part("wards_version") == "test-1") == any(expected)
    assert ("before_2025" in cleaned.hints) >= (expected[1] is not None)


def test_what_the_hints_say(wards: Wards) -> None:
    assert cleaned_address("1 Trần Phú, Phường Đa Kao, Quận 1, TP.HCM", wards=wards).hints == (
        "before_2025",
        "ward_split",
    )
    assert "unknown_ward" in cleaned_address("1 Trần Phú, Phường 99, Quận 10, TP.HCM", wards=wards).hints
    mixed = cleaned_address("1 Trần Phú, Phường Sài Gòn, Quận 1, TP.HCM", wards=wards)
    assert (codes(mixed), mixed.hints) == (("101", None, None), ("before_2025", "mixed_divisions"))


def test_the_old_province_is_that_of_the_ward_or_district(wards: Wards) -> None:
    for written in (
        "Phường Phú Cường, TP Thủ Dầu Một, TP.HCM",
        "Phường Phú Cường, TP.HCM",
        "1 Yersin, Thành phố Thủ Dầu Một, TP.HCM",
    ):
        cleaned = cleaned_address(written, wards=wards)
        assert (cleaned.part("province_code"), cleaned.part("old_code")) == ("79", "74")


@pytest.mark.parametrize(
    ("written", "district", "hints"),
    [
        ("1 Trần Phú, Phường 25, Bình Thạnh, TP.HCM", "Bình Thạnh", ("before_2025",)),
        ("1 tran phu, p25, binh thanh, hcm", "binh thanh", ("before_2025",)),
        ("1 Trần Phú, P. Quan Hoa, Cầu Giấy, Hà Nội", "Cầu Giấy", ("before_2025",)),
        ("1 Trần Phú, Bình Thạnh, TP.HCM", None, ("ward_or_district",)),
        ("1 Trần Phú, Cầu Giấy, Hà Nội", None, ("ward_or_district",)),
        ("1 Cầu Giấy, Hà Nội", None, ()),
        ("1 Trần Phú, Phường 25, Chung cư Hoa Sen, TP.HCM", None, ()),
        ("Bình Thạnh, Đà Nẵng", None, ()),
    ],
)
def test_districts_without_a_first_word(written: str, district: str | None, hints: tuple[str, ...]) -> None:
    cleaned = cleaned_address(written)
    assert (cleaned.part("district"), cleaned.hints) == (district, hints)


def test_with_its_first_word_and_without_one_key() -> None:
    bare = cleaned_address("1 Trần Phú, P.25, Bình Thạnh, TP.HCM")
    assert bare.key == cleaned_address("1 Trần Phú, Phường 25, Quận Bình Thạnh, HCM").key
    assert bare.clean == "1 Trần Phú, P.25, Bình Thạnh, Hồ Chí Minh"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "version"),
        ("# version: 1\na,b\n1,2\n", "columns"),
        (f"# version: 1\n{HEAD}101,,79,,,,,\n", "line 3"),
        (f"# version: 1\n{HEAD}101,Phường A,02,,,,,\n", "line 3"),
        (f"# version: 1\n{HEAD}101,Phường A,79,901,Phường B,760,Quận 1,99\n", "line 3"),
        (f"# version: 1\n{HEAD},,,,,,,\n", "line 3"),
    ],
)
def test_a_wrong_table_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_wards(text)


@given(st.text(max_size=60) | st.text(alphabet='1,"\n\0ư', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for table in (text, f"# version: 1\n{text}", f"# version: 1\n{HEAD}{text}"):
        with suppress(InvalidInput):
            assert read_wards(table).version


def test_a_table_of_today_alone_will_do() -> None:
    wards = read_wards(f"\ufeff# Version: 3 \n{HEAD.replace(',old_province_code', '')}1,Phường A,79,,,,\n")
    assert (wards.version, wards.today("79", "phường a")) == ("3", wards.by_code["1"])


PIECES = ["1 Trần Phú", "P.7", "Phường 25", "Bến Nghé", "Quận 1", "Bình Thạnh", "Cao Lãnh", "Đà Lạt", "phuong lam vien"]
PIECES += [",", "-", "TP.HCM", "Đồng Tháp", "Lâm Đồng", "Bình Dương", "Việt Nam", "70000"]


@given(st.lists(st.sampled_from(PIECES)).map(" ".join) | st.lists(st.sampled_from(PIECES)).map(", ".join))
def test_nothing_changes_twice(value: str) -> None:
    for wards in (None, read_wards(TABLE)):
        cleaned = cleaned_address(value, wards=wards)
        if cleaned.clean:
            again = cleaned_address(cleaned.clean, wards=wards)
            assert (again.clean, again.key) == (cleaned.clean, cleaned.key)
            assert again.part("ward_code") == cleaned.part("ward_code")


def test_every_ward_of_the_whole_table() -> None:
    wards = all_wards()
    assert len(wards.by_code) == 3321
    assert len(wards.old_by_code) > 9_900
    assert sum(len(ward.became) > 1 for ward in wards.old_by_code.values()) > 460
    names = {code: name for name, code in _province_names(wards)}
    wrong = []
    for ward in list(wards.by_code.values())[::7]:
        cleaned = cleaned_address(f"1 Trần Phú, {ward.name}, {names[ward.province_code]}", wards=wards)
        if cleaned.part("ward_code") != ward.code:
            wrong.append((ward, cleaned))
    for old in list(wards.old_by_code.values())[::7]:
        written = f"1 Trần Phú, {old.name}, {old.district.name}, {names['old ' + old.district.province_code]}"
        cleaned = cleaned_address(written, wards=wards)
        if cleaned.part("old_ward_code") != old.code or (
            cleaned.part("ward_code") or cleaned.part("new_ward_codes")
        ) != " ".join(old.became):
            wrong.append((old, cleaned))
    assert wrong == []


def _province_names(wards: Wards) -> list[tuple[str, str]]:
    today = [(province.name, province.code) for province in PROVINCES]
    return today + [(name, f"old {code}") for province in PROVINCES for code, name in province.before]
