"""Columns are known by their headers, and rows come out in the forms that are compared."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.duplicates import blocking
from quen.duplicates.columns import roles_of
from quen.duplicates.nicknames import called
from quen.duplicates.records import Reader, Record, day_first, style_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("unique_id first_name surname dob city email", "given family birth place email"),
        ("rec_id given_name surname street_number address_1 address_2 suburb postcode state date_of_birth soc_sec_id",
         "given family number street place postcode province birth code"),
        ("Mã;Họ tên;Ngày sinh;SĐT;Địa chỉ;Giới tính;Tỉnh/Thành phố", "name birth phone street gender province"),
        ("Họ và tên;Số điện thoại 1;Số điện thoại 2;E-mail", "name phone email"),
        ("fname_c1 lname_c1 by bm bd", "given family birth_year birth_month birth_day"),
        ("full_name dob birth_place postcode_fake gender occupation", "name birth other postcode gender"),
    ],
)  # fmt: skip
def test_columns_by_their_headers(header: str, roles: str) -> None:
    columns = header.split(";") if ";" in header else header.split()
    assert set(roles_of(columns, [])) == set(roles.split())


def test_columns_by_their_values() -> None:
    rows = [[f"lan{n}@example.com", f"09123456{n:02}", f"text {n}"] for n in range(10)]
    assert roles_of(["a", "b", "c"], rows) == {"email": [0], "phone": [1]}


def record(style: str = "vi", **cells: str) -> Record:
    names = list(cells)
    read = Reader({name: [at] for at, name in enumerate(names)}, style, day_first=True, today=TODAY)  # type: ignore[arg-type]
    return read([cells[name] for name in names])


def test_a_vietnamese_row() -> None:
    r = record(
        name="Chị NGUYỄN THỊ LAN", phone="0162 812 3456", birth="01/02/1990", email="Lan.Nguyen+x@Gmail.com",
        street="12 Lê Lợi, Quận 1, TP.HCM", gender="Nữ",
    )  # fmt: skip
    assert (r.name, r.family, r.middle, r.given) == ("nguyen thi lan", "nguyen", "thi", "lan")
    assert r.marked == "nguyễn thị lan"
    assert r.phones == ("+84328123456",) and r.emails == ("lannguyen@gmail.com",)
    assert (r.birth, r.year) == ("1990-02-01", "1990")
    assert (r.street, r.place, r.province, r.gender) == ("12 le loi", "quan 1", "79", "female")


def test_names_in_either_order_and_by_halves() -> None:
    assert record(name="Lan Thị Nguyễn").name == "nguyen thi lan"
    assert record(given="Lan", middle="Thị", family="Nguyễn").name == "nguyen thi lan"
    assert (record(name="Lan").given, record(name="Lan").family) == ("lan", "")
    western = record("western", name="Smith, John Paul")
    assert (western.given, western.middle, western.family) == ("john", "paul", "smith")
    assert record("western", given="Mary-Ann", family="van der Berg").family == "vanderberg"


def test_what_is_no_day_keeps_its_digits() -> None:
    assert record("western", birth="19751339").birth == "1975-13-39"
    assert record(birth="1990").year == "1990" and record(birth="1990").birth == ""


def test_placeholders_say_nothing() -> None:
    assert record("western", given="N/A", family="unknown", email="-", phone="0") == Record()


def test_the_address_of_an_office_is_nobodys_own() -> None:
    assert record(email="info@shop.vn").emails == ()


def test_what_names_are_like() -> None:
    assert style_of(["Nguyễn Văn An", "tran thi lan", "Lan Pham"]) == "vi"
    assert style_of(["John Smith", "Ann Lee", "Mary Jones"]) == "western"
    assert style_of([]) == "vi"


def test_days_before_months_unless_the_column_says_otherwise() -> None:
    assert day_first(["01/02/1990", "02/03/1991"]) and day_first(["25/12/1990"])
    assert not day_first(["12/25/1990", "01/02/1990"])


def test_short_forms_of_names() -> None:
    assert set(called("bob")) & set(called("robert")) and set(called("peggy")) & set(called("margaret"))
    assert not set(called("mark")) & set(called("mary"))


def test_keys_forgive_one_mistake_each() -> None:
    lan = record(name="Nguyễn Thị Lan", birth="1990-02-01", phone="0912345678", email="lan90@example.com")
    others = {
        "another telephone and name": record(name="Lan", birth="1990-02-01"),
        "day and month": record(name="Nguyen Thi Lan", birth="1990-01-02"),
        "another year": record(name="Lan Nguyễn", birth="1991-02-01"),
        "another provider": record(name="Lan", email="lan90@example.org"),
        "an older telephone": record(name="X", phone="0912345678"),
        "a slip in the name": record(name="Nguyễn Thị Lna", birth="1990-02-05"),
    }
    mine = set(blocking.keys(lan))
    for mistake, other in others.items():
        assert mine & set(blocking.keys(other)), mistake


def test_what_sounds_alike_has_one_key() -> None:
    assert blocking.sound("catherine") == blocking.sound("katherine")
    assert blocking.sound("trinh") == blocking.sound("chinh") and blocking.sound("phan") == blocking.sound("fan")


@given(st.lists(st.tuples(st.integers(2, 30), st.integers(1, 10_000)), max_size=20), st.integers(1, 10_000))
def test_pairs_stay_within_their_number(sizes: list[tuple[int, int]], records: int) -> None:
    rows = sorted({size: size * blocks for size, blocks in sizes}.items())
    largest = blocking.largest_block(rows, records)
    pairs = sum(count * (size - 1) // 2 for size, count in rows if size <= largest and largest > 2)
    assert pairs <= max(blocking.PAIRS_AT_LEAST, blocking.PAIRS_PER_RECORD * records)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.sampled_from(["vi", "western"]))
def test_any_text_makes_a_record_with_keys(name: str, birth: str, contact: str, style: str) -> None:
    r = record(style, name=name, birth=birth, phone=contact, email=contact, street=contact, gender=birth)
    assert all(isinstance(key, str) and key for key in blocking.keys(r))
