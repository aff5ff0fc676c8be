"""The packed state of a profile: what nobody asks for stays packed, and what an older Quen wrote is read."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from quen.segments.moments import FOREVER
from quen.segments.rules import parse_rule
from quen.segments.state import Known, LiveState, group_of
from tests.conformance.segment_world import NOON, Follower, compiled, person

DAY = 86_400_000
RULES = {
    1: parse_rule({"event": "Bought", "within": "3d"}),
    2: parse_rule({"event": "Viewed", "count": {"op": "gte", "value": 2}, "within": "1d"}),
}


def test_a_state_without_a_layout_number_is_read_and_goes_on() -> None:
    who = person({}, [("Bought", NOON, {}), ("Viewed", NOON, {}), ("Viewed", NOON, {})])
    follower = Follower(compiled(RULES), who)
    follower.apply(who.facts, NOON)
    now = follower.state
    since = dict.fromkeys(now.members, NOON)
    older = msgspec.msgpack.encode([dict(now.atoms), since, now.dues, False])
    read = follower.program.decode(older)
    assert (read.atoms, read.members, read.dues, read.due_at) == (now.atoms, now.members, now.dues, NOON + DAY)
    follower.blob = older
    assert [(change.segment_id, change.at) for change in follower.wake(NOON + 3 * DAY)] == [
        (2, NOON + DAY),
        (1, NOON + 3 * DAY),
    ]


def test_a_due_that_was_put_off_wakes_once_more_and_the_exit_is_at_its_instant() -> None:
    who = person({}, [("Bought", NOON, {}), ("Bought", NOON + DAY, {})])
    follower = Follower(compiled(RULES), who)
    first, second = who.facts
    assert [change.entered for change in follower.apply([first], NOON)] == [True]
    assert follower.apply([second], NOON + DAY) == []
    assert follower.due_at == NOON + 3 * DAY
    assert follower.wake(NOON + 3 * DAY) == []
    assert follower.due_at == NOON + 4 * DAY
    assert [(change.entered, change.at) for change in follower.wake(NOON + 5 * DAY)] == [(False, NOON + 4 * DAY)]


def test_an_event_opens_only_what_asks_about_it() -> None:
    who = person({}, [("Bought", NOON, {}), *[("Viewed", NOON, {})] * 3])
    follower = Follower(compiled(RULES), who)
    follower.apply(who.facts[:3], NOON)
    state = follower.state
    follower.program.apply(state, who, who.facts[3:], (), NOON)
    assert len(state._opened) == 1
    assert state._members is None


def test_whatever_is_kept_comes_back_as_it_was() -> None:
    """Groups come, grow, shrink and go; what is beside them stays."""
    dice, numbers = random.Random(4), range(1, 400)
    known = Known({n: group_of([f"Event {n % 150}"]) for n in numbers}, set(range(100)), {})
    state, atoms, members, dues = LiveState(known), dict[int, Any](), set[int](), dict[int, int]()
    assert len({known.groups[n] for n in numbers}) == 150
    for _ in range(3_000):
        number = dice.choice(numbers)
        does = dice.random()
        if does < 0.5:
            atoms[number] = state.group_of(number)[number] = [dice.randrange(1 << dice.randrange(1, 64))] * dice.choice(
                (1, 1, 2, 9, 300)
            )
        elif does < 0.8:
            atoms.pop(number, None)
            state.group_of(number).pop(number, None)
        elif does < 0.9:
            members ^= {number % 100}
            state.members.symmetric_difference_update({number % 100})
        else:
            due = state.later[number % 7] = dice.choice((FOREVER, dice.randrange(1, 1 << 44)))
            dues = {id_: at for id_, at in {**dues, number % 7: due}.items() if at < FOREVER}
        blob = state.encode()
        assert state.due_at == min(dues.values(), default=None)
        if dice.random() < 0.7:  # else it goes on with what it was encoded from
            state = LiveState(known, blob)
        assert (state.atom(number), state.due_at) == (atoms.get(number), min(dues.values(), default=None))
        if dice.random() < 0.1:
            assert (state.atoms, state.members, state.dues) == (atoms, members, dues)
            assert len(state.encode()) == len(blob)
