"""What holds for every cleaner, whatever JSON comes and whatever the source declares."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quen import cleaning
from quen.cleaning import Cleaned, Locale
from quen.cleaning.urls import _CLICK_IDS

CLEANERS: dict[str, Callable[..., Cleaned]] = {
    "address": cleaning.cleaned_address,
    "birth": partial(cleaning.cleaned_birth, today=date(2026, 11, 22)),
    "date": cleaning.cleaned_date,
    "email": cleaning.cleaned_email,
    "gender": cleaning.cleaned_gender,
    "money": cleaning.cleaned_money,
    "name": cleaning.cleaned_name,
    "phone": cleaning.cleaned_phone,
    "province": cleaning.cleaned_province,
    "url": cleaning.cleaned_url,
}
# What a docstring names it may say, and nothing else.
WORDS = {kind: set(re.findall(r"[a-z][a-z0-9_]*", getattr(cleaning, f"cleaned_{kind}").__doc__)) for kind in CLEANERS}
WORDS["birth"] |= WORDS["date"]
WORDS["url"] |= _CLICK_IDS
LOCALES = st.sampled_from(
    [
        Locale(),
        Locale(decimal="."),
        Locale(currency="USD", day_first=False),
        Locale(region="US", day_first=False, currency="USD", decimal=".", zone="America/New_York"),
        Locale(region="GB", currency="GBP", decimal=".", zone="Europe/London"),
    ]
)
# What real fields are made of, put together as no one would.
SCRAPS = """0912345678|+84|(0)|01628123456|(08) 3822 1234|912345678.0|9.12E+08|ext. 12|lan@x.vn|Lan.N+a@GMAIL.con|<|>|
mailto:|Nguyễn|HOÀ|thuý|Anh|Mr.|Cty|TNHH|(VIP)|01/02/1990|1990-02-01|1990|45291|ngày 5|tháng ba|thg 3|năm|Mar|March 5th|
T2|12:30|Z|250k|1tr2|1,2 triệu|rưỡi|-50.000đ|(50.000)|$|USD|VNĐ|Nam|Nữ|Male|P.7|Quận 10|Bình Thạnh|TP.HCM|Huế|Việt Nam|
700000|-|https://|shop.vn/a|?utm_source=Zalo|&amp;|%3F|#/b|gclid=1|;|,|/|.|0|00|１２|ａ|\u200b|e\u0301|\ud800"""
PIECES = SCRAPS.replace("\n", "").split("|")
MADE = st.tuples(st.lists(st.sampled_from(PIECES), max_size=7), st.sampled_from(["", " ", ", "])).map(
    lambda made: made[1].join(made[0])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=60) | MADE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", CLEANERS)
@settings(max_examples=150)
@given(value=JSON, locale=LOCALES)
def test_a_cleaner_keeps_what_came_and_says_one_thing(kind: str, value: Any, locale: Locale) -> None:
    before = copy.deepcopy(value)
    cleaned = CLEANERS[kind](value, locale)
    assert cleaned.given is value
    assert repr(value) == repr(before)
    assert (cleaned.clean is None) == (cleaned.problem is not None) == (cleaned.key is None)
    assert cleaned.clean != "" and cleaned.key != ""
    assert {*cleaned.done, *cleaned.hints, cleaned.problem or "empty"} <= WORDS[kind]
    assert {name for name, _ in cleaned.parts} <= WORDS[kind]
    assert len(set(cleaned.done)) == len(cleaned.done)
    assert all(isinstance(part, str) and part for pair in cleaned.parts for part in pair)


@pytest.mark.parametrize("kind", CLEANERS)
@settings(max_examples=150)
@given(value=MADE | st.text(max_size=40) | st.integers() | st.floats(), locale=LOCALES)
def test_what_is_clean_stays_as_it_is(kind: str, value: Any, locale: Locale) -> None:
    cleaned = CLEANERS[kind](value, locale)
    if cleaned.clean is not None:
        again = CLEANERS[kind](cleaned.clean, locale)
        assert (again.clean, again.key) == (cleaned.clean, cleaned.key)


@settings(max_examples=150)
@given(value=JSON)
def test_the_quick_ways_agree(value: Any) -> None:
    assert cleaning.clean_phone(value) == cleaning.cleaned_phone(value).clean
    if not isinstance(value, (int, float)):
        assert cleaning.clean_email(value) == cleaning.cleaned_email(value).key
    cleaning.clean_id(value)
    cleaning.parse_money(value)
