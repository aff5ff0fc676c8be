"""Nothing that a masked viewer gets holds a whole e-mail address or phone number."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.profiles.masking import mask, mask_email, mask_identifier, mask_phone, mask_text

LOCAL = "lan.nguyen"
PHONE = "0912345678"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("lan.nguyen@gmail.com", "l•••@gmail.com"),
        ("write to lan.nguyen@gmail.com, please", "write to l•••@gmail.com, please"),
        ("https://shop.example/?email=lan.nguyen%40gmail.com&x=1", "https://shop.example/?email=l•••@gmail.com&x=1"),
        ("gọi 0912 345 678 nhé", "gọi •••678 nhé"),
        ("+84 (91) 234-56-78", "•••678"),
        ("0912.345.678", "•••678"),
        ("DH0912345678", "DH0912345678"),  # an order code
        ("450000", "450000"),
        ("2026-01-31", "2026-01-31"),
        ("Đặng Đức Bình", "Đặng Đức Bình"),
    ],
)
def test_texts(given: str, shown: str) -> None:
    assert mask_text(given) == shown


def test_identifiers() -> None:
    assert mask_identifier("email", "lan@x.vn") == "l•••@x.vn"
    assert mask_identifier("phone", "+84912345678") == "•••678"
    assert mask_identifier("user_id", "KH-1") == "KH-1"
    assert mask_identifier("user_id", "lan@x.vn") == "l•••@x.vn"
    assert mask_phone("12") == "•••"
    assert mask_email("no address") == "n•••"


def test_names_of_keys_tell_numbers_that_are_phones() -> None:
    assert mask({"phone": 912345678, "total": 912345678}) == {"phone": "•••678", "total": 912345678}
    assert mask({"customer": {"mobile_number": "84912345678"}}) == {"customer": {"mobile_number": "•••678"}}
    assert mask({"n": [True, None, 1.5]}) == {"n": [True, None, 1.5]}


words = st.text(st.characters(codec="utf-8", exclude_categories=["Nd"], exclude_characters="@%."), max_size=12)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        words,
        st.builds(lambda a, b: f"{a} {LOCAL}@gmail.com {b}", words, words),
        st.builds(lambda a, b: f"{a} {PHONE} {b}", words, words),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=12,
)


@given(values)
def test_no_address_and_no_number_gets_through(value: Any) -> None:
    shown = msgspec.json.encode(mask(value)).decode()
    assert LOCAL not in shown
    assert not re.search(r"\d{6,}", shown)
    assert mask(mask(value)) == mask(value)
