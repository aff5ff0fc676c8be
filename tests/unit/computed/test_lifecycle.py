"""The lifecycle stage from times alone: whatever came when, in which order, and as how many people."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quen.computed.kinds.lifecycle import KIND
from quen.computed.lifecycle import NAMES, STAGES, Lifecycle, Spans
from quen.segments.facts import Fact
from quen.segments.grammar import DAY, Place, RuleError
from quen.segments.moments import FOREVER


def told(times: list[int], now: int, spans: Spans) -> str:
    """What the words of the stages say, in the plainest way."""
    past = sorted({time for time in times if time <= now})
    if not past:
        return "prospect"
    if now - past[-1] >= spans.lapsed:
        return "lapsed"
    if now - past[-1] >= spans.active:
        return "at_risk"
    for before, at in pairwise(past):
        if at - before >= spans.lapsed and now - at < spans.returning:
            return "returning"
    return "new" if now - past[0] < spans.new else "active"


short = st.integers(1, 12)
spans_of = st.builds(
    lambda new, active, more, returning: Spans(new, active, active + more, returning), short, short, short, short
)
# (when it arrived, when it happened, who of two people did it)
histories = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 70), st.integers(0, 1)), max_size=16)


@settings(max_examples=400)
@given(spans_of, histories, st.integers(0, 60), st.integers(0, 30))
def test_late_out_of_order_and_merged(
    spans: Spans, history: list[tuple[int, int, int]], joined: int, after: int
) -> None:
    """Two people become one at `joined`; at every moment the stage is what their times up to then say."""
    fold = Lifecycle(spans, prospects=True)
    states: list[list[int] | None] = [None, None]
    times: list[list[int]] = [[], []]
    whole = False
    now = 0
    for arrived, time, who in sorted(history, key=lambda each: each[0]):
        now = arrived
        if now >= joined and not whole and states[0] and states[1]:
            states, times, whole = [fold.merge(states[0], states[1]), None], [times[0] + times[1], []], True
        who = 0 if whole else who
        states[who] = fold.add(states[who], Fact("A", {}, time), now)
        times[who].append(time)
        for state, mine in zip(states, times, strict=True):
            assert fold.truth(state, now)[0] == told(mine, now, spans)
    for state, mine in zip(states, times, strict=True):
        stage, until = fold.truth(state, now)
        for later in range(now, now + after):
            if later < until:
                assert told(mine, later, spans) == stage  # nothing is missed by waking at `until`
            assert fold.truth(state, later)[0] == told(mine, later, spans)


def test_each_stage_begins_at_its_instant() -> None:
    fold = Lifecycle(Spans(new=30, active=60, lapsed=180, returning=30), prospects=True)
    state = fold.add(None, Fact("A", {}, 1_000), 1_000)
    seen, now = [], 1_000
    while now < FOREVER:
        stage, until = fold.truth(state, now)
        seen.append((now - 1_000, stage))
        now = until
    assert seen == [(0, "new"), (30, "active"), (60, "at_risk"), (180, "lapsed")]
    fold.add(state, Fact("A", {}, 1_200), 1_200)
    assert fold.truth(state, 1_200) == ("returning", 1_230)
    assert fold.truth(state, 1_230) == ("active", 1_260)
    # Told late: they were there in between, so they had not lapsed.
    fold.add(state, Fact("A", {}, 1_100), 1_229)
    assert fold.truth(state, 1_229)[0] == "active"


def test_a_busy_person_costs_no_more_than_another() -> None:
    spans = Spans(*(days * DAY for days in (30, 60, 180, 30)))
    fold = Lifecycle(spans, prospects=True)
    state: list[int] | None = None
    for minute in range(0, 300 * 1440, 20):
        state = fold.add(state, Fact("A", {}, minute * 60_000), minute * 60_000)
    assert state is not None
    assert len(state) < 8


def test_nobody_is_no_prospect_where_they_are_not_wanted() -> None:
    assert Lifecycle(Spans(1, 1, 2, 1), prospects=False).truth(None, 5) == (None, FOREVER)


def test_the_spec_is_checked_where_it_is_wrong() -> None:
    usual = KIND.parse({"event": "Order Completed"}, Place())
    assert KIND.parse(KIND.to_json(usual), Place()) == usual
    assert set(NAMES) == set(STAGES)
    for spec, path in (
        ({}, "$"),
        ({"event": []}, "$.event"),
        ({"event": ["A", ""]}, "$.event[1]"),
        ({"event": "A", "active": "soon"}, "$.active"),
        ({"event": "A", "active": "60d", "lapsed": "60d"}, "$.lapsed"),
        ({"event": "A", "prospects": 1}, "$.prospects"),
        ({"event": "A", "stage": "new"}, "$.stage"),
        ({"event": "A", "within": "1d"}, "$.within"),
    ):
        with pytest.raises(RuleError) as wrong:
            KIND.parse(spec, Place())
        assert wrong.value.details["path"] == path
