"""Proposals, the schedule and the waterfall: the parts that need no running Quen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.duplicates.pairs import Found, Pair, bits_of, probability
from quen.duplicates.people import People
from quen.duplicates.store import proposals
from quen.duplicates.words import waterfall
from quen.duplicates.worker import is_due


def people(count: int, unique: dict[int, str] | None = None) -> People:
    accounts = [{"user_id": {unique[n]}} if unique and n in unique else {} for n in range(count)]
    return People([*range(count)], [f"email||{n}@x.vn" for n in range(count)], [], accounts, "vi", 0)


def test_a_cluster_is_proposed_by_the_pairs_that_hold_it_together() -> None:
    weights = {(0, 1): 9.0, (0, 2): 3.0, (1, 2): 8.0, (3, 4): 2.0}
    inside = {key: Pair(*key, bits, (("name", "same", bits + 10),)) for key, bits in weights.items()}
    found = Found([], [[0, 1, 2], [3, 4]], 4, inside, -10.0)
    chosen = proposals(found, people(5, {3: "u1", 4: "u2", 0: "u3"}))
    assert [(p.left[7], p.right[7]) for p in chosen] == [("0", "1"), ("1", "2"), ("3", "4")]
    assert [p.two_accounts for p in chosen] == [False, False, True]
    assert chosen[0].parts == [("prior", "", -10.0), ("name", "same", 19.0)]


def test_what_a_rule_took_away_is_a_part_of_its_own() -> None:
    pair = Pair(0, 1, -4.0, (("phone", "same", 14.0), ("name", "different", -6.0)))
    [proposal] = proposals(Found([pair], [[0, 1]], 1, {(0, 1): pair}, -12.0), people(2))
    assert "guard" not in {name for name, _, _ in proposal.parts}
    pair = Pair(0, 1, 1.0, (("phone", "same", 14.0), ("street", "same", 9.0)))
    [proposal] = proposals(Found([pair], [[0, 1]], 1, {(0, 1): pair}, -12.0), people(2))
    assert proposal.parts[-1] == ("guard", "", -10.0)
    assert sum(bits for _, _, bits in proposal.parts) == pytest.approx(1.0)


MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "since", "now", "due"),
    [
        ("off", MONDAY - timedelta(days=30), MONDAY, False),
        ("daily", MONDAY - timedelta(hours=1), MONDAY, True),
        ("daily", MONDAY - timedelta(hours=1), MONDAY - timedelta(minutes=1), False),
        ("daily", MONDAY + timedelta(minutes=1), MONDAY + timedelta(hours=20), False),
        ("daily", MONDAY, MONDAY + timedelta(hours=24), True),
        ("weekly", MONDAY - timedelta(days=1), MONDAY, True),
        ("weekly", MONDAY + timedelta(minutes=1), MONDAY + timedelta(days=6), False),
        ("weekly", MONDAY + timedelta(minutes=1), MONDAY + timedelta(days=7), True),
        # Quen was off at the moment: it is made up for.
        ("weekly", MONDAY - timedelta(days=1), MONDAY + timedelta(days=3), True),
    ],
)
def test_when_a_search_is_due(schedule: str, since: datetime, now: datetime, due: bool) -> None:
    assert is_due(schedule, int(since.timestamp() * 1000), now) is due


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=12))
def test_every_bar_of_the_waterfall_is_on_the_drawing(weights: list[float]) -> None:
    drawn = waterfall([["name", "same", bits] for bits in weights], sum(weights))
    assert len(drawn.bars) == len(weights) + 1
    assert 0 <= drawn.zero <= 1000
    for bar, bits in zip(drawn.bars, weights, strict=False):
        assert 0 <= bar.x <= 1000 and 2 <= bar.width <= 1000
        assert (bar.tone == "for") is (bits > 0) and bar.strength and bar.says
    assert drawn.bars[-2].after == pytest.approx(sum(weights))


@given(st.floats(0.001, 0.999999))
def test_bits_and_probabilities(share: float) -> None:
    assert probability(bits_of(share)) == pytest.approx(share)
