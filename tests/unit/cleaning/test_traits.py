"""Traits of a person: which is which field, what it becomes, and that nobody's name or data is lost on the way."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import VIETNAM, Locale
from quen.cleaning.trait_readers import READERS
from quen.cleaning.trait_shapes import SHORT_WAYS
from quen.cleaning.traits import FIELDS, CleanTrait, clean_traits, field_of
from quen.demo.people import make_people

TODAY = date(2026, 11, 22)
US = Locale(region="US", day_first=False, currency="USD", decimal=".", zone="America/New_York")
NAMES = {"amount": "income"}  # of fields that no trait is called by
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WRITTEN = [
    "0912345678", "0912 345 678", "01628123456", "+84 (0)912.345.678", "912345678.0", "1900 1234",
    "0912345678 / 0987654321",
    "Lan.Anh@Gmail.com", "Lan <lan@x.vn>", "lan@gmail.con", "info@x.vn", "a@mailinator.com", "không có",
    "cskh@shop.vn", "08 3822 1234", "0890082298",
    "NGUYỄN THỊ HOÀ", "nguyễn thuý", "Anh Khoa", "Anh Nguyễn Văn Khoa", "Mr.Tuan", "Khách lẻ", "Chị Lan (VIP)",
    "Ho Ten",
    "Ông Văn Nam", "Ðỗ Văn Ðạt", "Smith, John", "Trương Quý", "Lê Ánh", "Anh, (VIP) Ms. LAN", "Võ", "Co Nguyen Lan",
    "01/02/1990", "1990-02-01", "5 tháng 3 năm 1988", "2999-01-01", "1990", "31/31/1990", "3/2/89", "1890-01-01",
    "Nam", "nữ", "N", "TP HCM", "Sài Gòn", "Bình Dương", "Đà Lạt", "Vũng Tàu", "Tỉnh Lâm Đồng", "79", "T.Tiền Giang",
    "12 Lý Thường Kiệt P.7 Q.10 TPHCM", "www.shop.vn/a?utm_source=FB", "1tr2", "250k", "$5.50", "(50.000)", " ", "-",
]  # fmt: skip


def read(field: str, value: Any, locale: Locale = VIETNAM) -> CleanTrait:
    ((_name, trait),) = clean_traits({NAMES.get(field, field): value}, locale, today=TODAY).found
    return trait


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("email", "email"), ("firstName", "first_name"), ("first_name", "first_name"), ("Ngày sinh", "birthday"),
        ("ngay_sinh", "birthday"), ("dateOfBirth", "birthday"), ("dob", "birthday"), ("SĐT", "phone"),
        ("sdt", "phone"),
        ("Họ và tên", "name"), ("ho", "last_name"), ("gioi_tinh", "gender"), ("tinh_thanh", "province"),
        ("thanh_pho", "city"), ("id", None),
        ("title", None), ("company", None), ("zalo", None), ("", None), ("x" * 99, None),
    ],
)  # fmt: skip
def test_which_trait_is_which_field(name: str, field: str | None) -> None:
    assert field_of(name) == field


@pytest.mark.parametrize(
    ("field", "value", "clean"),
    [
        ("phone", "0912 345 678", "+84912345678"),
        ("phone", "01628123456", "+84328123456"),
        ("phone", 912345678.0, "+84912345678"),
        ("email", "Lan <Lan.Anh@GMAIL.com>", "Lan.Anh@gmail.com"),
        ("birthday", "05/03/1990", "1990-03-05"),
        ("gender", "Nữ", "female"),
        ("city", "TP. HCM", "Hồ Chí Minh"),
        ("province", "Tỉnh Bình Dương", "Bình Dương"),
        ("website", "Shop.vn", "https://shop.vn/"),
        ("income", "1tr2", 1_200_000),
        ("address", " 12  Lê Lợi , Quận 1 , tp hcm ", "12 Lê Lợi, Quận 1, Hồ Chí Minh"),
        ("name", "NGUYỄN THỊ LAN", "Nguyễn Thị Lan"),
        ("name", "Anh Nguyễn Văn Khoa", "Nguyễn Văn Khoa"),
        ("first_name", " THANH ", "Thanh"),
    ],
)
def test_what_can_be_read_is_stored_clean(field: str, value: Any, clean: Any) -> None:
    cleaned = clean_traits({field: value, "tier": "gold"}, today=TODAY)
    assert cleaned.traits == {field: clean, "tier": "gold"}
    assert type(cleaned.traits[field]) is type(clean)
    assert cleaned.found[0][1].outcome == "fixed" and cleaned.found[0][1].done


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("phone", "0912 34", "too_short"),
        ("phone", "0000000000", "impossible"),
        ("phone", ["0912345678"], "not_text"),
        ("email", "lan at gmail", "no_at"),
        ("birthday", "2027-01-01", "in_future"),
        ("birthday", "1990", "partial"),
        ("birthday", "30/02/1990", "no_such_day"),
        ("gender", "1", "ambiguous"),
        ("name", "Khách lẻ", "placeholder"),
        ("province", "California", "unknown"),
    ],
)
def test_what_cannot_be_valid_stays_as_given(field: str, value: Any, problem: str) -> None:
    cleaned = clean_traits({field: value}, today=TODAY)
    assert cleaned.traits == {field: value}
    assert (cleaned.found[0][1].outcome, cleaned.found[0][1].problem) == ("rejected", problem)


@pytest.mark.parametrize(
    "name",
    [
        "Hoà",
        "Thuý Kiều",
        "Nguyễn Thị Hoà",
        "Anh Khoa",
        "Chị Lan",
        "Bà Rịa",
        "McDonald",
        "D'Arcy Jones",
        "Ý Nhi",
        "<b>lan</b> (1)",
    ],
)
def test_people_write_their_names_as_they_do(name: str) -> None:
    assert read("name", name).outcome == "valid"
    assert read("first_name", name).outcome == "valid"


def test_marks_stay_where_they_were_when_capitals_are_mended() -> None:
    assert read("name", "nguyễn thị hoà").value == "Nguyễn Thị Hoà"
    assert read("name", "CHỊ LAN").value == "Chị Lan"


def test_a_city_need_not_be_a_province() -> None:
    assert read("city", "Đà Lạt").outcome == read("city", "Vũng Tàu").outcome == "valid"
    assert read("city", "79").value == "79"
    assert read("city", 79).outcome == "valid"


def test_nobody_judges_the_places_of_another_country() -> None:
    traits = {"province": "California", "country": "USA", "city": "hcm"}
    assert clean_traits(traits, today=TODAY) == type(clean_traits({}, today=TODAY))(traits)
    assert clean_traits({"province": "California"}, US, today=TODAY).found[0][1].outcome == "valid"


def test_parts_of_an_address() -> None:
    given = {"street": " 12  Lê Lợi", "city": "hcm", "state": "Bình Dương", "postalCode": "70000", "more": [1]}
    assert read("address", given).value == {**given, "street": "12 Lê Lợi", "city": "Hồ Chí Minh"}
    assert read("address", {"street": ""}).outcome == "empty"
    assert read("address", {"city": "Hà Nội"}).outcome == "valid"


def test_an_address_needs_no_province_beside_a_city() -> None:
    assert read("address", "12 Lê Lợi").hints == ("no_province",)
    beside = clean_traits({"address": "12 Lê Lợi", "city": "Huế"}, today=TODAY).found
    assert [trait.hints for _name, trait in beside] == [(), ()]


def test_what_a_source_declares_decides() -> None:
    assert read("birthday", "03/05/1990").value == "1990-05-03"
    assert read("birthday", "03/05/1990", US).value == "1990-03-05"
    assert read("phone", "(415) 555-2671", US).value == "+14155552671"
    assert read("phone", "(415) 555-2671").outcome == "rejected"
    assert read("amount", "1,234.50", US).value == 1234.5
    assert read("amount", "$5").hints == ("other_currency",)


def test_nothing_said_is_no_problem() -> None:
    for field in FIELDS:
        assert read(field, "  ").outcome == "empty", field
    assert clean_traits({"email": None, "phone": None}, today=TODAY).found == ()
    assert read("gender", "không rõ").outcome == "empty"


@given(st.dictionaries(st.sampled_from([*FIELDS, "sdt", "country", "other"]) | st.text(max_size=6), JSON))
def test_any_traits(traits: dict[str, Any]) -> None:
    before = copy.deepcopy(traits)
    for locale in (VIETNAM, US):
        cleaned = clean_traits(traits, locale, today=TODAY)
        assert repr(traits) == repr(before)
        assert cleaned.traits.keys() == traits.keys()
        for name, trait in cleaned.found:
            assert (trait.problem is not None) == (trait.outcome == "rejected")
            assert bool(trait.done) == (trait.outcome == "fixed")
            assert trait.outcome == "fixed" or repr(trait.value) == repr(traits[name])


@pytest.mark.parametrize("locale", [VIETNAM, US])
@given(st.sampled_from(FIELDS), st.text() | st.sampled_from(WRITTEN) | st.integers())
def test_what_is_clean_stays_as_it_is(locale: Locale, field: str, value: Any) -> None:
    once = READERS[field](field, value, locale, TODAY)
    if once.outcome == "fixed":
        again = READERS[field](field, once.value, locale, TODAY)
        assert (again.outcome, again.value) == ("valid", once.value)


def test_the_short_ways_answer_what_the_readers_do() -> None:
    people = make_people(11, 400)
    values = [*WRITTEN]
    for person in people:
        values += [person.name, person.phone, person.birthday, person.pos_name, person.pos_phone]
        values += [text for account in person.accounts for text in (account.email, account.phone, account.name)]
    for value in values:
        same_short_way(value)


@given(
    st.from_regex(r"[a-z0-9]{1,6}[._]?[a-z0-9]{0,6}@(gmail|gmial|yopmail|x)\.(com|vn|con)", fullmatch=True)
    | st.from_regex(r"(0|\+84)[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{3,4}", fullmatch=True)
    | st.from_regex(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True)
    | st.from_regex(r"(Nguyễn|Trần|Ông|Bà|Anh|Hồ|Mai|Em|Đỗ|Ho|Ba|Lan)( (Văn|Lê|Cong Ty|Ten|Hoà)){1,2}", fullmatch=True)
)  # fmt: skip
def test_the_short_ways_answer_what_the_readers_do_to_what_looks_plain(value: str) -> None:
    same_short_way(value)


def same_short_way(value: str) -> None:
    for field, short in SHORT_WAYS.items():
        for locale in (VIETNAM, US):
            answer = short(value, locale, TODAY)
            assert answer is None or answer == READERS[field](field, value, locale, TODAY), (field, value)
