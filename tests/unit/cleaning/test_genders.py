from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import cleaned_gender


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("Nam", "male"),
        ("nữ", "female"),
        ("NU\u031b\u0303", "female"),
        ("Nu", "female"),
        ("Nữ giới", "female"),
        ("M", "male"),
        ("F", "female"),
        ("Female", "female"),
        ("Ông", "male"),
        ("Chị", "female"),
        ("ｎａｍ", "male"),
        ("Khác", "other"),
        ("Nam / Male", "male"),
        ("Nữ (Female)", "female"),
        ("Giới tính: Nữ", "female"),
        ("NAM.", "male"),
        ("bé gái", "female"),
        ("Madam", "female"),
        ("Non-binary", "other"),
        ("male", "male"),
    ],
)
def test_words(written: str, clean: str) -> None:
    cleaned = cleaned_gender(written)
    assert (cleaned.clean, cleaned.key, cleaned.done) == (clean, clean, () if written == clean else ("word",))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        ("", "empty"),
        (True, "not_text"),
        ("x" * 61, "too_long"),
        ("N", "ambiguous"),
        (1, "ambiguous"),
        ("0", "ambiguous"),
        ("không rõ", "not_said"),
        ("n/a", "not_said"),
        ("Không xác định", "not_said"),
        ("Lan", "unknown_word"),
        ("Nam/Nữ", "unknown_word"),
        ("Nam Nguyễn", "unknown_word"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_gender(written)
    assert (cleaned.problem, cleaned.clean) == (problem, None)


@given(st.text(max_size=20))
def test_what_came_is_kept_and_nothing_changes_twice(value: str) -> None:
    cleaned = cleaned_gender(value)
    assert cleaned.given is value
    if cleaned.clean:
        assert cleaned_gender(cleaned.clean).clean == cleaned.clean
