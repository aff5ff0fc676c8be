"""Counting a batch: what was said of every value, and the latest of each."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning.traits import clean_traits
from quen.quality.score import Values, score
from quen.quality.tally import EXAMPLES, FIXES_A_BATCH, LONGEST, Tally

TODAY = date(2026, 11, 22)


def tallied(*messages: dict[str, Any], source_id: int = 7) -> Tally:
    tally = Tally()
    for index, traits in enumerate(messages):
        tally.add(source_id, traits, clean_traits(traits, today=TODAY).found, f"m-{index}", index)
    return tally


def counts(tally: Tally) -> dict[tuple[str, str, str], int]:
    return {(field, outcome, word): count for _source, field, outcome, word, count in tally.counters()}


def test_every_value_is_counted_once_and_every_word_that_was_said_of_it() -> None:
    tally = tallied(
        {"phone": "0912 345 678", "email": "info@shop.vn", "city": "Huế"},
        {"phone": "01628123456", "email": "  ", "birthday": "2030-01-01"},
        {"phone": "12345", "tier": "gold"},
    )
    assert counts(tally) == {
        ("", "seen", ""): 3,
        ("phone", "fixed", ""): 2,
        ("phone", "done", "country_code"): 2,
        ("phone", "done", "moved_2018"): 1,
        ("phone", "rejected", ""): 1,
        ("phone", "problem", "too_short"): 1,
        ("email", "valid", ""): 1,
        ("email", "hint", "role"): 1,
        ("city", "valid", ""): 1,
        ("birthday", "rejected", ""): 1,
        ("birthday", "problem", "in_future"): 1,
    }


def test_examples_are_the_latest_and_each_value_once() -> None:
    tally = tallied(*({"phone": f"12{n % 30:02}"} for n in range(100)))
    places = {place for place, _ in tally.examples()}
    assert places == {"7|phone|problem|too_short"}
    seen = [example.given for _, example in tally.examples()]
    assert seen == [f"12{n % 30:02}" for n in range(80, 100)]
    assert len(seen) == EXAMPLES


def test_a_few_examples_of_what_is_fixed_all_the_time() -> None:
    tally = tallied(*({"phone": f"091234567{n}"} for n in range(10)))
    shown = [(example.given, example.stored) for _, example in tally.examples()]
    assert shown == [(f"091234567{n}", f"+8491234567{n}") for n in range(FIXES_A_BATCH)]


def test_examples_hold_what_a_database_takes() -> None:
    tally = tallied({"phone": ["\ud800", 1] * 200, "email": "\x00" * 300, "name": {"a": float("nan")}})
    texts = [example.given for _, example in tally.examples()]
    assert texts
    for text in texts:
        assert len(text.encode()) and len(text) <= LONGEST and "\x00" not in text


VALUES = st.builds(Values, *[st.integers(0, 50)] * 4)


@given(st.dictionaries(st.sampled_from(["email", "phone", "name", "city"]), VALUES))
def test_a_score_is_from_0_to_100(fields: dict[str, Values]) -> None:
    found = score(fields)
    assert (found is None) == (not any(values.filled for values in fields.values()))
    assert found is None or 0 <= found <= 100


def test_the_score_by_hand() -> None:
    assert score({}) is None
    assert score({"city": Values(valid=3, fixed=5)}) == 100
    assert score({"city": Values(rejected=4)}) == 0
    assert score({"email": Values(valid=10, doubtful=4)}) == 80
    # (3 × 8 + 1 × 10) ÷ (3 × 10 + 1 × 10)
    assert score({"phone": Values(fixed=8, rejected=2), "city": Values(valid=10)}) == 85
