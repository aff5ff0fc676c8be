from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import clean_email, cleaned_email
from quen.cleaning.mail_domains import _CORRECTIONS, corrected_domain


@pytest.mark.parametrize(
    ("written", "clean", "key", "done"),
    [
        ("lan@x.vn", "lan@x.vn", "lan@x.vn", ()),
        (" Lan.Nguyen@Gmail.COM ", "Lan.Nguyen@gmail.com", "lannguyen@gmail.com", ("domain_lowered", "gmail_folded")),
        ("lan+shop@googlemail.com", "lan+shop@googlemail.com", "lan@gmail.com", ("gmail_folded",)),
        ("Lan.Nguyen+shop@yahoo.com", "Lan.Nguyen+shop@yahoo.com", "lan.nguyen+shop@yahoo.com", ()),
        ("Lan Nguyễn <Lan@x.vn>", "Lan@x.vn", "lan@x.vn", ("unwrapped",)),
        ("lan @ x.vn", "lan@x.vn", "lan@x.vn", ("unwrapped",)),
        ("lan.nguyen@gmial.con", "lan.nguyen@gmail.com", "lannguyen@gmail.com", ("domain_corrected", "gmail_folded")),
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
        ("lan@a.notmailinator.com.example", ()),
        ("lan@temp-mail.io", ("disposable",)),
        ("khongco@gmail.com", ("placeholder",)),
        ("no-email+1@shop.vn", ("placeholder",)),
        ("lan@com.vn", ()),
        ("CSKH@shop.vn", ("role",)),
        ("info+hcm@shop.vn", ("role",)),
        ("infor@shop.vn", ()),
    ],
)
def test_throw_away_and_role_addresses_are_hints(written: str, hints: tuple[str, ...]) -> None:
    assert cleaned_email(written).hints == hints


@pytest.mark.parametrize(
    ("domain", "corrected"),
    [
        ("gmail.con", "gmail.com"),
        ("Gmail.Con", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmial.com", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail..com", "gmail.com"),
        ("gmail.com.com", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yahoo.con.vn", "yahoo.com.vn"),
        ("yaho.com.vn", "yahoo.com.vn"),
        ("outlok.com", "outlook.com"),
        ("icloud.con", "icloud.com"),
    ],
)
def test_a_slip_that_can_be_nothing_else_is_put_right(domain: str, corrected: str) -> None:
    cleaned = cleaned_email(f"lan@{domain}")
    assert cleaned.clean == cleaned.key == f"lan@{corrected}"
    assert "domain_corrected" in cleaned.done
    assert (cleaned.part("domain"), cleaned.part("meant"), cleaned.hints) == (corrected, None, ())


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmail.cm", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("tmail.com", "gmail.com"),
        ("yahoo.cm.vn", "yahoo.com.vn"),
        ("gmail.com", None),
        ("mail.com", None),
        ("email.com", None),
        ("ymail.com", None),
        ("gmail.com.vn", None),
        ("hotmail.fr", None),
        ("shop.vn", None),
        ("abc.xyz", None),
        ("shop.con", None),
    ],
)
def test_a_slip_that_may_be_a_name_is_told_and_never_corrected(domain: str, meant: str | None) -> None:
    cleaned = cleaned_email(f"lan@{domain}")
    assert cleaned.clean == cleaned.key == f"lan@{domain}"
    assert cleaned.part("meant") == meant
    assert ("typo" in cleaned.hints) == (meant is not None)


def test_no_slip_is_a_domain_of_its_own() -> None:
    assert not {"mail.com", "email.com", "ymail.com", "gmx.com", "live.com", "me.com", "mac.com"} & set(_CORRECTIONS)
    assert all(corrected_domain(known) == known for known in _CORRECTIONS.values())


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
