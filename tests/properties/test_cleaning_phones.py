"""The quick patterns for Vietnamese numbers answer as phonenumbers does."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from quen.cleaning import clean_phone
from quen.cleaning.phones import _MOBILE, _OLD_AREA, _OLD_MOBILE

# Machines' numbers, which nobody answers: M2M cards.
MACHINES = ("12", "14", "16")
# The blocks that carriers have opened so far. The plan gave these prefixes to them whole.
OPENED = {"52": "238", "55": "9", "89": "6789", "99": "013456789"}


def is_opened(national: str) -> bool:
    return bool(_MOBILE.fullmatch(national)) and national[2] in OPENED.get(national[:2], "0123456789")


def by_the_library(national: str) -> str | None:
    number = phonenumbers.parse(f"+84{national}", None)
    if phonenumbers.number_type(number) not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.integers(min_value=10**8, max_value=10**9 - 1).map(str))
def test_mobile_numbers(national: str) -> None:
    expected = None if national.startswith(MACHINES) else by_the_library(national)
    assert clean_phone(f"+84{national}") == clean_phone(f"0{national}")
    if is_opened(national):
        assert clean_phone(f"0{national}") == f"+84{national}" == expected
    else:
        assert expected is None


@given(st.integers(min_value=2 * 10**9, max_value=3 * 10**9 - 1).map(str))
def test_landline_numbers(national: str) -> None:
    expected = by_the_library(national)
    moved = any(national.startswith(area) for area in _OLD_AREA)
    if expected is not None or not moved:
        assert clean_phone(f"0{national}") == clean_phone(f"+84{national}") == expected


@pytest.mark.parametrize("prefix", [f"{n:03}" for n in range(100, 1000)])
def test_every_prefix_of_three_digits(prefix: str) -> None:
    national = f"{prefix}456789"
    expected = None if national.startswith(MACHINES) else by_the_library(national)
    assert (f"+84{national}" if is_opened(national) else None) == expected


@given(st.sampled_from(sorted(_OLD_MOBILE)), st.integers(min_value=0, max_value=10**7 - 1))
def test_what_moved_is_valid_where_it_went(old: str, rest: int) -> None:
    new = clean_phone(f"0{old}{rest:07}")
    assert new is not None and new == by_the_library(new[3:])
    # Before it moved the library calls it possible, and invalid.
    assert by_the_library(f"{old}{rest:07}") is None
