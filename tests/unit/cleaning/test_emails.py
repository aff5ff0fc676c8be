from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import clean_email


@pytest.mark.parametrize(
    "written",
    [
        "lannguyen@gmail.com",
        " Lan.Nguyen@Gmail.com ",
        "lan.nguyen+shop@googlemail.com",
        "ＬａｎＮｇｕｙｅｎ@ｇｍａｉｌ．ｃｏｍ",
        "Lan Nguyễn <lan.nguyen@gmail.com>",
        "mailto:lannguyen@gmail.com",
        "lannguyen@gmail.com.",
        "'lannguyen@gmail.com'",
        "\ufefflannguyen@gmail.com",
        "(lannguyen@gmail.com)",
        "E-mail: lannguyen@gmail.com",
        "lannguyen@gmail .com",
        "lannguyen @gmail. com",
        "l.a.n.n.g.u.y.e.n@GMAIL.COM",
    ],
)
def test_one_mailbox_however_it_is_written(written: str) -> None:
    assert clean_email(written) == "lannguyen@gmail.com"


def test_dots_and_tags_are_folded_for_gmail_only() -> None:
    assert clean_email("Lan.Nguyen+shop@Yahoo.com") == "lan.nguyen+shop@yahoo.com"
    assert clean_email("lan.nguyen@gmail.com.vn") == "lan.nguyen@gmail.com.vn"


def test_only_a_slip_that_can_be_nothing_else_is_put_right() -> None:
    assert clean_email("lan.nguyen@gmail.con") == "lannguyen@gmail.com"
    assert clean_email("lan.nguyen@gmial.com") == "lannguyen@gmail.com"
    assert clean_email("lan.nguyen@tmail.com") == "lan.nguyen@tmail.com"


def test_addresses_of_other_scripts() -> None:
    assert clean_email("chị@đồ.vn") == "chị@xn--fea053m.vn"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a@b",
        "a@@b.com",
        "a b@c.com",
        "a@b.com; c@d.com",
        "a@b.com c@d.com",
        "@b.com",
        "a@",
        "a..b@c.com",
        ".a@c.com",
        "a@-b.com",
        "a@b..com",
        "a" * 65 + "@b.com",
        "a@" + "b" * 300 + ".com",
        "+tag@gmail.com",
        "...@gmail.com",
        None,
        5,
        [],
        "a@b.c",
        "a\0@b.com",
        "không có",
        "a@1.2.3.4",
    ],
)
def test_what_is_no_single_address(value: object) -> None:
    assert clean_email(value) is None


@given(st.text(max_size=60) | st.emails())
def test_cleaning_twice_changes_nothing(value: str) -> None:
    key = clean_email(value)
    if key is not None:
        assert clean_email(key) == key
        assert key.count("@") == 1
        assert not any(c.isspace() for c in key)
