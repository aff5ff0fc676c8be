from __future__ import annotations

from typing import Any

from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from quen.events.words import KINDS, PHRASES, describe, events_of_kind


def test_every_phrase_is_of_a_kind_and_is_translated() -> None:
    for name, phrase in PHRASES.items():
        assert phrase.kind in KINDS
        with override("en"):
            english = str(phrase.title)
        with override("vi"):
            assert str(phrase.title) != english, name
    assert sum(len(events_of_kind(kind)) for kind in KINDS) == len(PHRASES)


def test_an_order_says_its_number_total_and_products() -> None:
    with override("en"):
        words = describe("Order Completed", "track", {"order_id": "A1", "total": 450000, "products": [{}, {}]})
    assert (words.title, words.about, words.kind) == ("Placed the order", "#A1", "orders")
    assert [(fact.kind, fact.value) for fact in words.facts] == [("money", 450000), ("items", "2 products")]


def test_an_unknown_event_keeps_its_name_and_shows_its_first_properties() -> None:
    words = describe("Quiz Taken", "track", {"score": 7, "answers": [1], "empty": ""})
    assert (words.title, words.kind) == ("Quiz Taken", "other")
    assert [(fact.label, fact.value) for fact in words.facts] == [("score", "7")]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    event=st.sampled_from([*PHRASES, "Something else"]),
    properties=st.dictionaries(st.sampled_from(["name", "total", "products", "order_id", "step", "x"]), json),
)
def test_nothing_that_is_sent_breaks_it(event: str, properties: dict[str, Any]) -> None:
    words = describe(event, "track", properties)
    assert len(words.about) <= 201
    assert len(words.facts) <= 4
