from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import clean_email, cleaned_email


@pytest.mark.parametrize(
    ("written", "clean", "key", "done"),
    [
        ("lan@x.vn", "lan@x.vn", "lan@x.vn", ()),
        (" Lan.Nguyen@Gmail.COM ", "Lan.Nguyen@gmail.com", "lannguyen@gmail.com", ("domain_lowered", "gmail_folded")),
        ("lan+shop@googlemail.com", "lan+shop@googlemail.com", "lan@gmail.com", ("gmail_folded",)),
        ("Lan.Nguyen+shop@yahoo.com", "Lan.Nguyen+shop@yahoo.com", "lan.nguyen+shop@yahoo.com", ()),
        ("Lan Nguyễn <Lan@x.vn>", "Lan@x.vn", "lan@x.vn", ("unwrapped",)),
        ("MAILTO:lan@x.vn", "lan@x.vn", "lan@x.vn", ("unwrapped",)),
        ("ｌａｎ@ｘ．ｖｎ", "lan@x.vn", "lan@x.vn", ("plain_letters",)),
        ("Chị@Đồ.vn", "Chị@xn--fea053m.vn", "chị@xn--fea053m.vn", ("domain_lowered",)),
    ],
)
def test_the_three_forms(written: str, clean: str, key: str, done: tuple[str, ...]) -> None:
    cleaned = cleaned_email(written)
    assert (cleaned.given, cleaned.clean, cleaned.key, cleaned.done) == (written, clean, key, done)


@pytest.mark.parametrize(
    ("written", "hints"),
    [
        ("lan@mailinator.com", ("disposable",)),
        ("lan@eu.box.mailinator.com", ("disposable",)),
        ("lan@notmailinator.com", ()),
        ("lan@com.vn", ()),
        ("CSKH@shop.vn", ("role",)),
        ("info+hcm@shop.vn", ("role",)),
        ("infor@shop.vn", ()),
    ],
)
def test_throw_away_and_role_addresses_are_hints(written: str, hints: tuple[str, ...]) -> None:
    assert cleaned_email(written).hints == hints


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmail.con", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com.vn", "yahoo.com.vn"),
        ("outlok.com", "outlook.com"),
        ("gmail.com", None),
        ("mail.com", None),
        ("email.com", None),
        ("ymail.com", None),
        ("gmail.com.vn", None),
        ("hotmail.fr", None),
        ("shop.vn", None),
        ("abc.xyz", None),
    ],
)
def test_a_likely_slip_is_told_and_never_corrected(domain: str, meant: str | None) -> None:
    cleaned = cleaned_email(f"lan@{domain}")
    assert cleaned.clean == cleaned.key == f"lan@{domain}"
    assert cleaned.part("meant") == meant
    assert ("typo" in cleaned.hints) == (meant is not None)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        (" ", "empty"),
        ({}, "not_text"),
        ("x" * 401, "too_long"),
        ("không có", "no_at"),
        (912345678, "no_at"),
        ("a@b.com; c@d.com", "several"),
        ("a..b@c.com", "not_an_address"),
        ("lan@shop", "not_an_address"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_email(written)
    assert (cleaned.problem, cleaned.clean, cleaned.key) == (problem, None, None)


@given(
    st.text(max_size=60)
    | st.emails()
    | st.from_regex(r"[A-Za-z.+]{1,9}@[A-Zａ-ｚa-zđ]{1,9}\.(com|vn)\.?", fullmatch=True)
)
def test_it_agrees_with_the_hot_path_keeps_what_came_and_changes_nothing_twice(value: str) -> None:
    cleaned = cleaned_email(value)
    assert cleaned.given is value
    assert (cleaned.clean is None) == (cleaned.problem is not None)
    assert cleaned.key == clean_email(value)
    if cleaned.clean:
        again = cleaned_email(cleaned.clean)
        assert (again.clean, again.key) == (cleaned.clean, cleaned.key)
