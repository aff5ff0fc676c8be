"""Strategies as a document, and what the traits tab makes of values that look alike."""

from __future__ import annotations

import pytest

from quen.errors import InvalidInput
from quen.profiles.provenance import Given, others, place_of
from quen.profiles.strategies import LATEST, MAX_TRAITS_SET, Strategy, read_strategies, to_document


def test_a_document_is_read_and_written_alike() -> None:
    document = {
        "campaign": {"strategy": "first"},
        "tier": {"strategy": "source_priority", "sources": ["12", "0"]},
    }
    strategies = read_strategies({**document, "city": {"strategy": "latest"}})
    assert to_document(strategies) == document
    assert strategies.of("tier") == Strategy("source_priority", (12, 0))
    assert strategies.of("city") is LATEST


def test_ids_may_be_numbers() -> None:
    assert read_strategies({"a": {"strategy": "source_priority", "sources": [7]}}).of("a").sources == (7,)


@pytest.mark.parametrize("document", [[], None, {f"t{i}": {} for i in range(MAX_TRAITS_SET + 1)}])
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput):
        read_strategies(document)


def test_every_wrong_trait_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_strategies({"a": {"strategy": "best"}, "b": {"strategy": "first"}, "c": {}})
    assert set(refused.value.details) == {"a", "c"}


def test_a_source_that_is_not_listed_is_the_weakest() -> None:
    strategy = Strategy("source_priority", (5, 3))
    assert [strategy.rank(s) for s in (5, 3, 9, 0)] == [0, 1, 2, 2]


def given(value: object) -> Given:
    return Given(value, 1, 0, 0, 1)


def test_what_counts_is_not_among_the_others() -> None:
    assert [g.value for g in others([given(1), given(True), given(None), given(1.0)], 1)] == [True, None]
    assert [g.value for g in others([given("a"), given("b"), given(["a"])], ["a"])] == ["b"]


@pytest.mark.parametrize("cursor", [7, [1, 2], [1, 2, 3], ["1", 2, "a"], [1, -2, "a"], [2**70, 2, "a"], {"a": 1}])
def test_a_cursor_that_quen_did_not_make_is_refused(cursor: object) -> None:
    with pytest.raises(InvalidInput):
        place_of(cursor)
