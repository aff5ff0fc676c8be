from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Locale, cleaned_money

POUNDS = Locale(region="GB", currency="GBP", decimal=".")


@pytest.mark.parametrize(
    ("written", "clean", "done"),
    [
        ("-50.000đ", "-50000 VND", ("groups", "currency_written")),
        ("(50.000)", "-50000 VND", ("sign", "groups")),
        ("50.000-", "-50000 VND", ("sign", "groups")),
        ("250k", "250000 VND", ("unit",)),
        ("1tr2", "1200000 VND", ("unit",)),
        ("2 tỷ", "2000000000 VND", ("unit",)),
        ("1.234.567 VNĐ", "1234567 VND", ("groups", "currency_written")),
        ("２５０ｋ", "250000 VND", ("plain_letters", "unit")),
        ("$2.5", "2.50 USD", ("currency_written",)),
        ("250000 VND", "250000 VND", ("currency_written",)),
        (250_000.0, "250000 VND", ()),
        (0.1 + 0.2, "0.30 VND", ("rounded",)),
        (-2.125, "-2.1250 VND", ()),
    ],
)
def test_what_was_done(written: object, clean: str, done: tuple[str, ...]) -> None:
    cleaned = cleaned_money(written)
    assert (cleaned.given, cleaned.clean, cleaned.key, cleaned.done) == (written, clean, clean, done)


def test_the_currency_of_the_source_is_told_as_assumed() -> None:
    assert cleaned_money("2.55", POUNDS).clean == "2.55 GBP"
    assert cleaned_money("2.55", POUNDS).hints == ("currency_assumed",)
    assert cleaned_money("£2.55", POUNDS).hints == ()
    assert cleaned_money("1,2 triệu").part("amount") == "1200000"
    assert cleaned_money("$1.50").part("currency") == "USD"
    assert cleaned_money("5 SEK", Locale(currency="SEK")).clean == "5 SEK"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        (True, "not_text"),
        ("9" * 61, "too_long"),
        ("9" * 20, "too_large"),
        (1e300, "too_large"),
        ("không", "not_an_amount"),
        ("1tr2k", "not_an_amount"),
        ("VND", "not_an_amount"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_money(written)
    assert (cleaned.problem, cleaned.clean) == (problem, None)


@given(
    st.text(max_size=30)
    | st.floats()
    | st.integers()
    | st.from_regex(r"[-(]?[$]?[0-9]{1,5}([.,][0-9]{1,4}){0,2} ?(k|tr|tr2|đ|USD|SEK)?[)-]?", fullmatch=True)
)
def test_what_came_is_kept_and_nothing_changes_twice(value: object) -> None:
    for locale in (Locale(), POUNDS, Locale(currency="SEK")):
        cleaned = cleaned_money(value, locale)
        assert cleaned.given is value
        assert (cleaned.clean is None) == (cleaned.problem is not None)
        if cleaned.clean:
            again = cleaned_money(cleaned.clean, locale)
            assert (again.clean, again.key) == (cleaned.clean, cleaned.key)
