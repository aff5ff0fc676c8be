"""What holds for every cleaner, whatever comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quen import cleaning
from quen.cleaning import Cleaned, Locale

CLEANERS: list[Callable[..., Cleaned]] = [
    cleaning.cleaned_address,
    partial(cleaning.cleaned_birth, today=date(2026, 11, 22)),
    cleaning.cleaned_date,
    cleaning.cleaned_email,
    cleaning.cleaned_gender,
    cleaning.cleaned_money,
    cleaning.cleaned_name,
    cleaning.cleaned_phone,
    cleaning.cleaned_province,
    cleaning.cleaned_url,
]
LOCALES = [Locale(), Locale(region="US", day_first=False, currency="USD", decimal=".", zone="America/New_York")]
STRANGE = [None, "", " ", True, [], {}, b"x", 10**400, -(10**400), float("nan"), float("inf"), 1e300, -0.0, object()]
# Half a letter, as broken JSON brings it, in front of a value of each kind.
BROKEN = [
    f"\ud800{text}"
    for text in ("", "0912345678", "lan@x.vn", "Lan Nguyễn", "01/02/1990", "250k", "1 Trần Phú, Hà Nội", "shop.vn/a?b")
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("clean", CLEANERS)
def test_strange_values(clean: Callable[..., Cleaned], locale: Locale) -> None:
    for value in STRANGE + BROKEN:
        cleaned = clean(value, locale)
        assert cleaned.given is value
        assert (cleaned.clean is None) == (cleaned.problem is not None) == (cleaned.key is None)


@given(st.text(st.characters()) | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.text()))
@example("\U00021cb7")
def test_any_value(value: Any) -> None:
    for clean in CLEANERS:
        for locale in LOCALES:
            cleaned = clean(value, locale)
            assert cleaned.given is value
            assert (cleaned.clean is None) == (cleaned.problem is not None) == (cleaned.key is None)
            assert cleaned.clean != "" and cleaned.key != ""
