from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Money, parse_money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-50.000đ", -50_000),
        ("(50.000)", -50_000),
        ("50.000 -", -50_000),
        ("−50.000", -50_000),
        ("250k", 250_000),
        ("250 K", 250_000),
        ("250 nghìn", 250_000),
        ("250 ngàn đồng", 250_000),
        ("1.200k", 1_200_000),
        ("1tr2", 1_200_000),
        ("1tr250", 1_250_000),
        ("1 triệu 2", 1_200_000),
        ("1,2 triệu", 1_200_000),
        ("1.2tr", 1_200_000),
        ("1 tỷ 2", 1_200_000_000),
        ("1 triệu rưỡi", 1_500_000),
        ("2 triệu 500 nghìn", 2_500_000),
        ("1 tỷ 500 triệu đồng", 1_500_000_000),
        ("1tr 500k", 1_500_000),
        ("(1tr 50k)", -1_050_000),
        ("2tr rưỡi", 2_500_000),
        ("2 trăm nghìn", 200_000),
        ("2 trăm rưỡi nghìn", 250_000),
        ("(250k)", -250_000),
        ("-1tr2", -1_200_000),
        ("- 50.000 đ", -50_000),
        ("50.000đ-", -50_000),
        ("2 tỉ", 2_000_000_000),
        ("5 nghìn tỷ", 5_000_000_000_000),
        ("1.234.567", 1_234_567),
        ("1,234,567", 1_234_567),
        ("1.234", 1_234),
        ("50,000đ", 50_000),
        ("50 000 ₫", 50_000),
        ("1.500.000 VNĐ", 1_500_000),
        ("₫250.000", 250_000),
        ("VND 250000", 250_000),
        ("0", 0),
        ("+5.000", 5_000),
        ("２５０．０００", 250_000),
        ("1.234.567,5", Decimal("1234567.5")),
        ("12,5", Decimal("12.5")),
    ],
)
def test_amounts_of_vietnamese_sources(text: str, amount: object) -> None:
    assert parse_money(text) == Money(amount, "VND")  # type: ignore[arg-type]


def test_decimal_point_sources() -> None:
    assert parse_money("2.55", currency="GBP", decimal=".") == Money(Decimal("2.55"), "GBP")
    assert parse_money("1.045", currency="GBP", decimal=".") == Money(Decimal("1.045"), "GBP")
    assert parse_money("1,234.50", currency="GBP", decimal=".") == Money(Decimal("1234.50"), "GBP")
    assert parse_money("1,234", currency="GBP", decimal=".") == Money(Decimal(1234), "GBP")
    assert parse_money("1.234", currency="EUR") == Money(Decimal(1234), "EUR")
    assert parse_money("1,234", currency="EUR") == Money(Decimal("1.234"), "EUR")


def test_the_currency_written_is_believed() -> None:
    assert parse_money("$1,234.50") == Money(Decimal("1234.50"), "USD")
    assert parse_money("-£3.5") == Money(Decimal("-3.5"), "GBP")
    assert parse_money("US$ 5") == parse_money("5 USD") == Money(Decimal(5), "USD")
    assert parse_money("S$12,50") == Money(Decimal("12.50"), "SGD")
    assert parse_money("1.5k USD", decimal=".") == Money(Decimal(1500), "USD")
    assert parse_money("250 ¥") == Money(Decimal(250), "JPY")


def test_numbers() -> None:
    assert parse_money(1.5) == Money(Decimal("1.5"), "VND")
    assert parse_money(-2) == Money(Decimal(-2), "VND")
    assert parse_money(250_000.0) == Money(Decimal(250_000), "VND")
    assert Money(Decimal("250000.00"), "VND").number == 250_000
    assert Money(Decimal("2.50"), "GBP").number == 2.5


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "abc",
        "12-34",
        "--5",
        "1.23.456",
        "1,23,456",
        "5 quả",
        "1tr2k",
        "1k 2tr",
        "1tr 2k quả",
        "10.000 - 20.000",
        "rưỡi",
        "5 rưỡi",
        "1tr2 rưỡi",
        "1tr rưỡi rưỡi",
        "1tr2345",
        "5x5",
        "1.2.3",
        "đ",
        "-",
        None,
        True,
        [],
        float("nan"),
        float("inf"),
        "9" * 100,
        "k",
        "1e5",
        "(-50.000)",
        "-(50.000)",
    ],
)
def test_what_is_no_amount(value: object) -> None:
    assert parse_money(value) is None


@given(st.text(max_size=30))
def test_no_input_raises(text: str) -> None:
    parse_money(text)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_grouped_as_vietnamese_write_it(amount: int) -> None:
    assert parse_money(f"{amount:,}".replace(",", ".") + "đ") == Money(Decimal(amount), "VND")
