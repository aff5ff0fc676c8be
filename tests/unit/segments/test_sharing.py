"""Segments and computed traits that share what is kept: one that comes later needs more of it, and an older Quen kept
it for each alone. On the real stores."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from quen.computed import backfill, versions
from quen.computed import service as computed_service
from quen.db import execute
from quen.events.store import event_store
from quen.profiles import store as profiles
from quen.segments import following, service, store
from quen.segments.live import Program
from quen.segments.rules import digest, parse_rule
from tests.conformance.segment_world import NOON, ZONE, Follower, Person, sql_members
from tests.unit.segments.test_following import DAY, compute, members, shop

pytestmark = pytest.mark.django_db
ASKED: list[dict[str, Any]] = [
    {"event": "Bought", "within": "3d"},
    {"event": "Bought", "count": {"op": "gte", "value": 2}, "within": "40d"},
    {"event": "Bought", "count": {"op": "lt", "value": 4}},
    {"event": "Bought", "count": {"op": "gte", "value": 2}},
    {"event": "Bought", "sum": {"property": "total", "op": "gt", "value": 700}, "within": "9d"},
    {"event": "Bought", "sum": {"property": "total", "op": "gt", "value": 900}, "within": "50d"},
    {"event": "Bought", "avg": {"property": "total", "op": "gt", "value": 300}},
]


def test_one_that_comes_later_and_needs_more_is_computed_and_the_others_stay_right() -> None:
    people = shop(30)
    first = [service.create_segment(str(n), rule) for n, rule in enumerate(ASKED[:1])]
    compute()
    assert _kept(people) == 1
    later = [service.create_segment(str(n), rule) for n, rule in enumerate(ASKED[1:], 1)]
    compute()
    for segment, rule in zip([*first, *later], ASKED, strict=True):
        assert members(segment) == sql_members(parse_rule(rule), NOON, people), rule
    assert _kept(people) == 4, "the times of the last 40 days, how many, the amounts of 50 days, their sum"
    _go_on_rightly(people, following.load_program())


def test_what_an_older_quen_kept_for_each_goes_on_without_being_computed_anew() -> None:
    people = shop(30)
    segments = [service.create_segment(str(n), rule) for n, rule in enumerate(ASKED)]
    computed_service.create("orders", "Orders", {"kind": "count", "event": "Bought", "within": "20d"})
    _compute_traits()
    compute()
    ids = [who.id for who in people]
    values = {id_: profile.traits["computed"]["orders"] for id_, profile in profiles.load(ids).items()}
    _put_back(people)
    program = computed_service.load_program()
    assert set(program.segment_ids) == {segment.id for segment in segments}
    assert set(program.told) == {"orders"}
    _go_on_rightly(people, program)
    for who in people:
        profile = profiles.load([who.id])[who.id]
        state = program.decode(profile.live)
        program.evaluate_all(state, profile, NOON)
        assert profile.traits["computed"]["orders"] == values[who.id]


def _compute_traits() -> None:
    """As the engine does."""
    program = computed_service.load_program()
    while jobs := backfill.jobs():
        chunk = backfill.run_chunk(program, jobs[0], event_store(), NOON)
        assert chunk is not None
        backfill.save_chunk(program, jobs[0], chunk)
        versions.take_place(NOON)


def _put_back(people: list[Person]) -> None:
    """Let an older Quen have written it all: the numbers of what is kept, and the states."""
    program = computed_service.load_program()
    new_of: dict[str, str] = {}  # former key → key
    specs: dict[str, Any] = {}
    for rule in ASKED:
        former, new = former_specs(rule)
        new_of[digest(former)], specs[digest(former)] = digest(new), former
    for _, trait in computed_service.traits():
        for followed in trait.of_kind.follows(trait.operand, ZONE):
            assert followed.former is not None
            new_of[digest(followed.former)] = digest(followed.spec)
            specs[digest(followed.former)] = followed.former
    numbers, now = store.number_atoms(specs), store.atom_numbers(new_of.values())
    for key in now:
        execute("DELETE FROM segments_atom WHERE key = %s", [key])
    encode = msgspec.msgpack.encode
    for who in people:
        profile = profiles.load([who.id])[who.id]
        state = program.decode(profile.live)
        kept = {numbers[old]: state.atom(now[new]) for old, new in new_of.items() if state.atom(now[new]) is not None}
        groups = {7: encode(kept)} if kept else {}
        since = dict.fromkeys(state.members, NOON)
        profile.live = encode((2, groups, encode(since), encode(state.dues), state.due_at))
        profiles.save_activity([profile])


def former_specs(rule: dict[str, Any]) -> tuple[Any, Any]:
    condition = parse_rule(rule).root
    return condition.to_json(), condition.keeps()


def _go_on_rightly(people: list[Person], program: Program) -> None:
    """Time passes for each."""
    slots = [service.listed().get(name=str(n)).slot for n in range(len(ASKED))]
    for who in people:
        follower = Follower(program, who)
        follower.blob = profiles.load([who.id])[who.id].live
        for now in (NOON + DAY, NOON + 8 * DAY, NOON + 45 * DAY):
            follower.wake(now)
            for slot, rule in zip(slots, ASKED, strict=True):
                assert follower.is_in(slot) is (who.id in sql_members(parse_rule(rule), now, [who])), (rule, now)


def _kept(people: list[Person]) -> int:
    """The most series of a person."""
    program = following.load_program()
    return max(len(program.decode(profile.live).atoms) for profile in profiles.load([p.id for p in people]).values())
