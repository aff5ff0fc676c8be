"""What a computed trait is called in a sentence."""

from __future__ import annotations

import pytest

from quen.computed.definitions import parse_computed


@pytest.mark.parametrize(
    ("kind", "vi", "en"),
    [
        ("first", "order_id của lần Order Completed đầu tiên", "order_id of the first Order Completed"),
        ("max", "Giá trị lớn nhất của order_id trong các lần Order Completed", "Largest order_id of Order Completed"),
        ("sum", "Tổng của order_id trong các lần Order Completed", "Sum of order_id over all Order Completed"),
    ],
)
def test_a_phrase_begins_with_a_large_letter_but_a_property_is_called_as_it_is(kind: str, vi: str, en: str) -> None:
    trait = parse_computed("n", "N", {"kind": kind, "event": "Order Completed", "property": "order_id"})
    assert (trait.words("vi"), trait.words("en")) == (vi, en)
