"""While a new version is computed the members stay those of the one before, whole, and change places all at once."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from django.db import transaction

from quen.profiles import store as profiles
from quen.profiles.state import ProfileState
from quen.segments import following, service, store
from quen.segments.facts import Change, Fact, LiveState
from quen.segments.live import Program
from quen.segments.models import Member, Pending, Segment, SegmentVersion
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, Person, sql_members, store_people
from tests.unit.segments.test_following import DAY, compute, members, one_chunk, shop, told

pytestmark = pytest.mark.django_db
HUE: dict[str, Any] = {"trait": "city", "op": "eq", "value": "Huế"}
HANOI: dict[str, Any] = {"trait": "city", "op": "eq", "value": "Hà Nội"}


def test_the_members_of_the_version_before_stand_until_the_new_ones_are_whole() -> None:
    people = shop(23)
    segment = service.create_segment("x", HUE)
    compute()
    before = members(segment)
    service.update_segment(segment, rule=HANOI)
    while one_chunk():
        segment.refresh_from_db()
        if segment.status == "computing":
            assert (segment.shown_version, segment.version) == (1, 2)
            assert (members(segment), segment.count) == (before, len(before))
            assert told() == []
    segment.refresh_from_db()
    after = sql_members(parse_rule(HANOI), NOON, people)
    assert (segment.status, segment.shown_version, segment.count) == ("live", 2, len(after))
    assert members(segment) == after
    changes = told()
    assert {id_ for id_, change in changes if change.entered} == after - before
    assert {id_ for id_, change in changes if not change.entered} == before - after
    assert all(change.backfill and change.at == NOON for _, change in changes)
    assert SegmentVersion.objects.filter(segment=segment).count() == 2
    assert not Pending.objects.exists()


def test_changed_again_half_way_nothing_is_told_twice_or_lost() -> None:
    people = shop(20)
    segment = service.create_segment("x", HUE)
    inside = {id_ for id_, change in compute() if change.entered}
    dice = random.Random(3)
    for rule in (HANOI, {"event": "Bought"}, {"any": [HUE, {"event": "Bought"}]}, HANOI):
        service.update_segment(segment, rule=rule)
        for _ in range(dice.randrange(1, 4)):
            one_chunk()
        inside = with_changes(inside, told())
    assert with_changes(inside, compute()) == members(segment) == sql_members(parse_rule(HANOI), NOON, people)


def with_changes(inside: set[int], changes: list[tuple[int, Change]]) -> set[int]:
    """Who is in it after what is told: who enters was not, who leaves was."""
    for id_, change in changes:
        assert (id_ in inside) is not change.entered
        inside = inside ^ {id_}
    return inside


def test_people_go_on_entering_and_leaving_while_the_next_version_is_computed() -> None:
    people = shop(12)
    segment = service.create_segment("x", {"event": "Visited", "within": "3d"})
    compute()
    service.update_segment(segment, rule={"event": "Visited", "count": {"op": "gte", "value": 2}, "within": "3d"})
    one_chunk(6)  # half of them
    program = following.load_program()
    computed, beyond = people[0], people[-1]
    for who, times in ((computed, 2), (beyond, 1)):
        visits(program, who, times)
    assert {computed.id, beyond.id} <= members(segment)
    assert set(Pending.objects.values_list("profile_id", flat=True)) & {computed.id, beyond.id} == {computed.id}
    wait(program, computed, NOON + 3 * DAY)
    assert computed.id not in members(segment)
    assert beyond.id in members(segment)
    compute()
    segment.refresh_from_db()
    assert segment.shown_version == 2
    assert not {computed.id, beyond.id} & members(segment)


def visits(program: Program, who: Person, times: int) -> None:
    """As the engine does; the event store has it too."""
    facts = [Fact("Visited", {}, NOON - 1_000 + n, NOON + n) for n in range(times)]
    store_people([msgspec.structs.replace(who, facts=facts)])
    profile = profiles.load([who.id])[who.id]
    state = program.decode(profile.live)
    _keep(program, profile, state, program.apply(state, profile, facts, (), NOON))


def wait(program: Program, who: Person, until: int) -> None:
    profile = profiles.load([who.id])[who.id]
    state = program.decode(profile.live)
    _keep(program, profile, state, program.wake(state, profile, until))


def _keep(program: Program, profile: ProfileState, state: LiveState, changes: list[Change]) -> None:
    profile.live, profile.due_at = program.encode(state), state.due_at
    with transaction.atomic():
        profiles.save([profile])
        store.apply_changes([(profile.id, change) for change in changes], {})


def test_what_refers_to_a_segment_changes_at_the_same_moment() -> None:
    people = shop(11)
    inner = service.create_segment("inner", HUE)
    outer = service.create_segment("outer", {"not": {"segment": str(inner.id)}})
    outermost = service.create_segment(
        "outermost", {"all": [{"segment": str(outer.id)}, {"trait": "city", "op": "exists"}]}
    )
    apart = service.create_segment("apart", HUE)
    compute()
    everyone, before = {p.id for p in people}, members(inner)
    service.update_segment(inner, rule=HANOI)
    seen = set()
    while one_chunk(4):
        now = tuple(frozenset(members(each)) for each in (inner, outer, outermost))
        seen.add(now)
        assert Segment.objects.get(id=outer.id).status == "live"
    assert seen == {
        tuple(map(frozenset, (before, everyone - before, everyone - before))),
        tuple(map(frozenset, (everyone - before, before, before))),
    }
    assert {change.segment_id for _, change in told()} == {inner.id, outer.id, outermost.id}
    assert members(apart) == before
    state = following.load_program()
    assert not any(next_ for _, next_ in state._tells)


def test_changed_again_what_refers_to_it_is_computed_again_too() -> None:
    people = shop(11)
    inner = service.create_segment("inner", HUE)
    outer = service.create_segment("outer", {"not": {"segment": str(inner.id)}})
    compute()
    service.update_segment(inner, rule={"event": "Bought"})
    while one_chunk(4) and Segment.objects.get(id=outer.id).computed_through == 0:
        pass
    first = Segment.objects.get(id=outer.id)
    assert 0 < first.computed_through < people[-1].id
    service.update_segment(inner, rule=HANOI)
    one_chunk(4)
    again = Segment.objects.get(id=outer.id)
    assert (again.computed_through, again.version) == (0, first.version)
    assert again.next_slot != first.next_slot
    compute()
    assert members(outer) == {p.id for p in people if p.traits["city"] == "Huế"}
    assert not Pending.objects.exists()


def test_what_is_paused_meanwhile_lets_go_of_what_refers_to_it() -> None:
    shop(11)
    inner = service.create_segment("inner", HUE)
    outer = service.create_segment("outer", {"not": {"segment": str(inner.id)}})
    compute()
    before = members(outer)
    service.update_segment(inner, rule=HANOI)
    while one_chunk(4) and not Segment.objects.get(id=outer.id).computed_through:
        pass
    service.pause(inner.id, "took too long")
    compute()
    outer.refresh_from_db()
    assert (outer.next_slot, outer.computed_through, members(outer)) == (0, 0, before)
    assert not Pending.objects.exists()


def test_who_becomes_one_meanwhile_is_shown_once_and_waits_as_one() -> None:
    people = shop(12)
    segment = service.create_segment("x", HUE)
    compute()
    service.update_segment(segment, rule=HANOI)
    one_chunk(12)  # all but the end: the next one is empty, and makes it whole
    segment.refresh_from_db()
    assert segment.status == "computing"
    hue = [p.id for p in people if p.traits["city"] == "Huế"]
    hanoi = [p.id for p in people if p.traits["city"] != "Huế"]
    with transaction.atomic():
        store.apply_changes([], {hue[0]: hue[1], hue[2]: hanoi[0], hanoi[1]: hanoi[2]})
    segment.refresh_from_db()
    assert members(segment) == {*hue[1:2], *hue[3:], hanoi[0]}
    assert segment.count == len(members(segment))
    one_chunk(12)
    segment.refresh_from_db()
    assert members(segment) == {hanoi[0], *hanoi[2:]}
    assert segment.count == len(members(segment))


def test_paused_half_way_it_shows_the_whole_version_before() -> None:
    shop(20)
    segment = service.create_segment("x", HUE)
    compute()
    before = members(segment)
    service.update_segment(segment, rule=HANOI)
    one_chunk()
    service.pause(segment.id, "took too long")
    segment.refresh_from_db()
    assert (segment.is_known, segment.shown_version) == (True, 1)
    assert members(segment) == before
    service.restore(segment)
    compute()
    segment.refresh_from_db()
    assert segment.shown_version == 2
    assert members(segment).isdisjoint(before)
    service.archive(segment)
    assert not segment.is_known
    assert not Member.objects.filter(segment=segment).exists()


def test_a_version_that_is_computed_again_is_told_apart_from_the_first_time() -> None:
    """Or those whom resuming finds would be taken for what was told before."""
    shop(3)
    segment = service.create_segment("x", HUE)
    (first,) = following.computing()
    compute()
    service.pause(segment.id)
    service.restore(Segment.objects.get(id=segment.id))
    (again,) = following.computing()
    assert again.version == first.version
    assert again.slot != first.slot


def test_who_was_in_a_paused_segment_still_counts_as_in_it() -> None:
    people = shop(15)
    dear = service.create_segment("dear", {"event": "Bought", "within": "30d"})
    asks = service.create_segment("asks", {"all": [HUE, {"segment": str(dear.id)}]})
    compute()
    inside = members(asks)
    assert inside
    service.pause(dear.id, "following it took 90 ms")
    program = following.load_program()
    assert service.paused_within(Segment.objects.get(id=asks.id)) == [Segment.objects.get(id=dear.id)]
    who = next(p for p in people if p.id in inside)
    profile = profiles.load([who.id])[who.id]
    # All that goes on: another batch, a flip by time of what is paused, a restart in between.
    state = program.decode(profile.live)
    assert program.apply(state, profile, [], ["city"], NOON) == []
    later = NOON + 90 * 86_400_000
    assert program.wake(state, profile, later) == []
    again = following.load_program()
    state = again.decode(program.encode(state))
    assert again.evaluate_all(state, profile, later) == []
    assert {dear.id, asks.id} <= again.members(state)
    # The other half of the condition is still followed.
    profile.traits = {"city": "Hà Nội"}
    assert [(c.segment_id, c.entered) for c in again.apply(state, profile, [], ["city"], later)] == [(asks.id, False)]
    service.restore(Segment.objects.get(id=dear.id))
    compute()
    assert service.paused_within(Segment.objects.get(id=asks.id)) == []


def test_what_waits_for_a_segment_that_was_never_whole_is_paused_with_it() -> None:
    shop(5)
    dear = service.create_segment("dear", {"event": "Bought"})
    asks = service.create_segment("asks", {"not": {"segment": str(dear.id)}})
    service.pause(dear.id, "computing it took over 60 s")
    asks.refresh_from_db()
    assert asks.status == "paused"
    assert "“dear”" in asks.problem
    assert isinstance(following.load_program(), Program)
