"""Examples without the right to contact data: masked, however broken the value is."""

from __future__ import annotations

import pytest

from quen.quality.showing import shown


@pytest.mark.parametrize(
    ("field", "value", "masked"),
    [
        ("email", "lan.anh@gmial.com", "l•••@gmial.com"),
        ("email", "lan anh gmail", "l•••"),
        ("phone", "0912 34", "•••234"),
        ("phone", "12", "•••"),
        ("phone", "không có", "không có"),
        ("name", "Lan 0912345678", "Lan •••678"),
        ("birthday", "2030-01-01", "2030-01-01"),
        ("address", "12 Lê Lợi, lan@x.vn", "12 Lê Lợi, l•••@x.vn"),
    ],
)
def test_masked(field: str, value: str, masked: str) -> None:
    assert shown(field, value, masked=True) == masked
    assert shown(field, value, masked=False) == value
