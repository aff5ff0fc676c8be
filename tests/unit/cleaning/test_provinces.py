from __future__ import annotations

import csv
import gzip
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Locale, cleaned_province, fold
from quen.cleaning.provinces import PROVINCES, find_province
from tests.unit.cleaning.shared import shared_file


def test_there_are_34_made_of_63() -> None:
    assert len(PROVINCES) == len({p.code for p in PROVINCES}) == len({p.name for p in PROVINCES}) == 34
    before = [old for p in PROVINCES for old in p.before]
    assert len(before) == len({code for code, _ in before}) == len({name for _, name in before}) == 63
    # What the module promises of bare codes.
    assert all(p.code in {code for code, _ in p.before} for p in PROVINCES)


@pytest.mark.parametrize(
    "written",
    [
        "Hồ Chí Minh",
        "TP. Hồ Chí Minh",
        "TP.HCM",
        "tphcm",
        "TP HCM",
        "HCM",
        "Ho Chi Minh City",
        "thành phố hồ chí minh",
        "Sài Gòn",
        "Saigon",
        "SG",
        "79",
        79,
        79.0,
        "ＴＰ．ＨＣＭ",
        "Hồ Chí Minh\u200b",
    ],
)
def test_one_province_however_it_is_written(written: object) -> None:
    cleaned = cleaned_province(written)
    assert (cleaned.clean, cleaned.key, cleaned.parts) == ("Hồ Chí Minh", "79", ())


@pytest.mark.parametrize(
    ("written", "name", "code", "old"),
    [
        ("Bình Dương", "Hồ Chí Minh", "79", "74"),
        ("Tỉnh Bà Rịa – Vũng Tàu", "Hồ Chí Minh", "79", "77"),
        ("T.Tiền Giang", "Đồng Tháp", "82", "82"),
        ("T. Phú Thọ", "Phú Thọ", "25", None),
        ("T.P. Huế", "Huế", "46", None),
        ("BRVT", "Hồ Chí Minh", "79", "77"),
        ("Thừa Thiên - Huế", "Huế", "46", "46"),
        ("TT Huế", "Huế", "46", "46"),
        ("TP Huế", "Huế", "46", None),
        ("Đắc Lắc", "Đắk Lắk", "66", None),
        ("Daklak", "Đắk Lắk", "66", None),
        ("Ðắk Nông", "Lâm Đồng", "68", "67"),
        ("hoà bình", "Phú Thọ", "25", "17"),
        ("Khánh Hoà", "Khánh Hòa", "56", None),
        ("Tỉnh Hà Tĩnh", "Hà Tĩnh", "42", None),
        ("ha giang", "Tuyên Quang", "08", "02"),
        ("15", "Lào Cai", "15", None),  # of today, whichever was meant: the old 15 (Yên Bái) is a part of it
        ("10", "Lào Cai", "15", "10"),
        ("1", "Hà Nội", "01", None),
        ("77", "Hồ Chí Minh", "79", "77"),
    ],
)
def test_names_and_codes_of_today_and_of_before(written: str, name: str, code: str, old: str | None) -> None:
    cleaned = cleaned_province(written)
    assert (cleaned.clean, cleaned.key, cleaned.part("old_code")) == (name, code, old)
    assert ("merged_2025" in cleaned.done) == (old is not None)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        ([], "not_text"),
        ("x" * 101, "too_long"),
        ("ĐN", "unknown"),
        ("BD", "unknown"),
        ("03", "unknown"),
        ("Bangkok", "unknown"),
        ("Hà", "unknown"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    assert cleaned_province(written).problem == problem


def test_other_countries_are_not_known() -> None:
    assert cleaned_province("Ontario", Locale(region="CA")).problem == "unknown_country"


def test_marks_may_matter() -> None:
    assert find_province("Huệ", marks_matter=True) is None
    found = find_province("Hue", marks_matter=True)
    assert found is not None and found.province.code == "46"


def test_the_table_is_that_of_the_statistics_office() -> None:
    new = json.loads(gzip.decompress(shared_file("provinces34_wards3321_2026-07-25.json.gz").read_bytes()))
    assert {(p["Code"], fold(p["Name"])) for p in new} == {(p.code, fold(p.name)) for p in PROVINCES}
    old = csv.DictReader(io.StringIO(gzip.decompress(shared_file("legacy63_units.csv.gz").read_bytes()).decode()))
    for code, name in {(row["provinceCode"], row["province"]) for row in old}:
        found = find_province(name)
        assert found is not None
        # Huế was renamed, from Thừa Thiên Huế, half a year before.
        assert code in {old for old, written in found.province.before if written == found.name or found.name == "Huế"}


def test_the_old_went_where_the_law_put_them() -> None:
    table = json.loads(gzip.decompress(shared_file("converter_2025.json.gz").read_bytes()))["DICT_PROVINCE"]
    assert len(table) == 34
    for new, olds in table.items():
        for old in olds:
            found = find_province(old)
            assert found is not None
            assert found.province == find_province(new).province  # type: ignore[union-attr]


@given(
    st.text(max_size=30)
    | st.sampled_from([name for p in PROVINCES for _, name in p.before]).map(lambda n: unicodedata.normalize("NFD", n))
)
def test_what_came_is_kept_and_nothing_changes_twice(value: str) -> None:
    cleaned = cleaned_province(value)
    assert cleaned.given is value
    if cleaned.clean:
        again = cleaned_province(cleaned.clean)
        assert (again.clean, again.key, again.done) == (cleaned.clean, cleaned.key, ())
