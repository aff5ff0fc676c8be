"""Many questions about the same events: each is answered as if it were the only one, and states of an older Quen, where
each had kept its own, go on."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.segments.definitions import SegmentDef, atom_specs, former_keys
from quen.segments.facts import LiveState
from quen.segments.live import Program
from quen.segments.rules import Rule, parse_rule
from tests.conformance.segment_world import NOON, ZONE, Follower, Person, compiled
from tests.properties.segment_oracle import DAY, holds
from tests.properties.test_segments import aggregate, follow, make_person, merged, windows

HOUR = 3_600_000
KINDS = ("once", "count", "count", "sum", "avg", "min", "max")
# Many that share a series: of one kind, of one event.
questions = st.sampled_from(KINDS).flatmap(
    lambda kind: st.lists(merged(st.just({"event": "A"}), aggregate(kind), windows), min_size=3, max_size=10)
)
# Where windows begin and end, and how late or early it arrives; the same times come again and again.
_edges = st.sampled_from([0, 1, DAY, DAY - 1, DAY + 1, 6 * HOUR, 6 * HOUR - 1, 2 * DAY, HOUR // 4, 30 * HOUR])
histories = st.lists(
    st.tuples(
        st.just("A"),
        _edges,
        st.sampled_from([0, 0, 0, -1, HOUR // 4, 6 * HOUR, DAY]),
        st.sampled_from([0, 1, 2, -1, 1.5, "x"]).map(lambda n: {"n": n}),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questions, histories, st.lists(_edges, max_size=4))
def test_each_is_answered_as_if_it_were_alone(
    asked: list[dict[str, Any]], history: list[Any], clock: list[int]
) -> None:
    who, arrivals = make_person(history, {})
    together = Follower(compiled(_numbered(asked)), who)
    # Of a rule that asks more than one thing the answers are not told but asked for: another way to the same.
    alone = [Follower(compiled({1: parse_rule({"not": {"not": rule}})}), who) for rule in asked]
    now, known = NOON - 4 * DAY, []
    for arrival, index in [(now, -1), *arrivals, *((arrivals[-1][0] + later, -1) for later in sorted(clock))]:
        now = max(now, arrival)
        came = [who.facts[index]] if index >= 0 else []
        known += came
        for follower in (together, *alone):
            follower.wake(now)
            follower.apply(came, now)
        truths = [holds(rule, {}, known, now, ZONE) for rule in asked]
        assert [together.is_in(n) for n in range(1, len(asked) + 1)] == truths, (asked, together.state)
        assert [each.is_in() for each in alone] == truths
    flips = {(n, change.entered, change.at) for n, each in enumerate(alone, 1) for change in each.changes}
    assert {(change.segment_id, change.entered, change.at) for change in together.changes} == flips


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questions, histories, st.lists(st.integers(1, 5), min_size=12, max_size=12), st.lists(_edges, max_size=4))
def test_what_comes_in_one_batch_is_answered_together(
    asked: list[dict[str, Any]], history: list[Any], sizes: list[int], clock: list[int]
) -> None:
    who, arrivals = make_person(history, {})
    rules = _numbered([*asked, {"any": asked}, {"all": [asked[0], {"not": asked[1]}]}])
    follower = Follower(compiled(rules), who)
    now, known, waiting = NOON - 4 * DAY, [], list(arrivals)
    follower.apply([], now)
    for size in sizes:
        batch, waiting = waiting[:size], waiting[size:]
        now = max([now, *(arrival for arrival, _ in batch)])
        came = [who.facts[index] for _, index in batch]
        known += came
        follower.apply(came, now)
        assert [follower.is_in(n) for n in rules] == [holds(rule.json, {}, known, now, ZONE) for rule in rules.values()]
    for later in sorted(clock):
        follower.wake(now + later)
        truths = [holds(rule.json, {}, known, now + later, ZONE) for rule in rules.values()]
        assert [follower.is_in(n) for n in rules] == truths


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questions, histories, histories)
def test_two_who_become_one_and_go_on(asked: list[dict[str, Any]], history: list[Any], others: list[Any]) -> None:
    rules = _numbered(asked)
    program = compiled(rules)
    (who, arrivals), (other, other_arrivals) = make_person(history, {}), make_person(others, {})
    mine, theirs = Follower(program, who), Follower(program, other)
    now = max(follow(mine, who, arrivals, NOON - 4 * DAY), follow(theirs, other, other_arrivals, NOON - 4 * DAY), NOON)
    state = program.merge(mine.state, theirs.state)
    program.evaluate_all(state, who, now)
    mine.blob = program.encode(state)
    both = [*who.facts, *other.facts]
    for at in (now, now + DAY - 1, now + DAY, now + 2 * DAY):
        mine.wake(at)
        assert [mine.is_in(n) for n in rules] == [holds(rule, {}, both, at, ZONE) for rule in asked]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questions, histories, st.integers(1, 12), st.lists(_edges, max_size=3), st.sampled_from((2, 3)))
def test_what_an_older_quen_kept_for_each_alone_goes_on(
    asked: list[dict[str, Any]], history: list[Any], until: int, clock: list[int], layout: int
) -> None:
    who, arrivals = make_person(history, {})
    rules = _numbered(asked)
    now = NOON - 4 * DAY
    alone = {n: Follower(compiled({n: rule}), who) for n, rule in rules.items()}
    for follower in alone.values():
        now = follow(follower, who, arrivals[:until], NOON - 4 * DAY)
    program, former = _after_an_upgrade(rules)
    together = Follower(program, who)
    together.blob = _of_layout(layout, {n: each.state for n, each in alone.items()}, former)
    known = [who.facts[index] for _, index in arrivals[:until]]
    for arrival, index in [*arrivals[until:], *((arrivals[-1][0] + later, -1) for later in sorted(clock))]:
        now = max(now, arrival)
        came = [who.facts[index]] if index >= 0 else []
        known += came
        together.wake(now)
        together.apply(came, now)
        assert [together.is_in(n) for n in rules] == [holds(rule, {}, known, now, ZONE) for rule in asked]


def test_one_list_of_times_serves_all_who_count_them_and_is_no_longer_than_they_need() -> None:
    asked = [{"count": {"op": "gte", "value": 3}, "within": "1d"}, {"within": "2d"}, {"within": "6h"}]
    follower = Follower(compiled(_numbered([{"event": "A", **each} for each in asked])), _busy())
    for fact in follower.who.facts:
        follower.apply([fact], fact.time)
    assert follower.state.atoms == {1: [NOON - 2 * HOUR, NOON - HOUR, NOON]}
    later = NOON + 20 * HOUR  # of two days only the latest is asked for
    follower.wake(later)
    follower.apply([follower.who.facts[0]], later)
    assert follower.state.atoms == {1: [NOON - 2 * HOUR, NOON - HOUR, NOON]}
    assert follower.due_at == NOON - 2 * HOUR + DAY
    assert [follower.is_in(n) for n in (1, 2, 3)] == [True, True, False]


def _busy() -> Person:
    who, _ = make_person([("A", ago * HOUR, 0, {}) for ago in range(30, -1, -1)], {})
    return who


def _numbered(asked: list[dict[str, Any]]) -> dict[int, Rule]:
    return {n: parse_rule(rule) for n, rule in enumerate(asked, 1)}


def _after_an_upgrade(rules: dict[int, Rule]) -> tuple[Program, dict[int, int]]:
    """A program with new numbers beside the former ones, and the former number of what each rule keeps."""
    keys = dict.fromkeys(key for rule in rules.values() for key in [*former_keys(rule), *atom_specs(rule)])
    numbers = {key: number for number, key in enumerate(keys, 1)}
    former = {n: numbers[next(iter(former_keys(rule)))] for n, rule in rules.items()}
    return Program.compile([SegmentDef(n, rule, numbers) for n, rule in rules.items()], ZONE), former


def _of_layout(layout: int, states: dict[int, LiveState], former: dict[int, int]) -> bytes:
    """As an older Quen packed it: one group, for all of them ask about one event."""
    encode = msgspec.msgpack.encode
    atoms = {former[n]: kept for n, state in states.items() for kept in state.atoms.values()}
    members = [n for state in states.values() for n in state.members]
    dues = {n: at for state in states.values() for n, at in state.dues.items()}
    first, groups = min(dues.values(), default=None), [encode(atoms)] if atoms else []
    if layout == 2:
        since = dict.fromkeys(members, NOON)
        return encode((2, {7 + at: group for at, group in enumerate(groups)}, encode(since), encode(dues), first))
    by_instant = {at: [n for n in dues if dues[n] == at] for at in dues.values()}
    return encode((3, first, "g" * len(groups), groups, encode(members), encode(by_instant)))
