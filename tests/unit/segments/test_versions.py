"""While a new version is computed the members stay those of the one before, whole, and change places all at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import transaction

from quen.events.store import event_store
from quen.profiles import store as profiles
from quen.segments import backfill, service, store
from quen.segments.facts import Change
from quen.segments.live import Program
from quen.segments.models import Member, Pending, Segment
from quen.segments.rules import parse_rule
from tests.conformance.segment_world import NOON, sql_members
from tests.unit.segments.test_following import compute, members, shop

pytestmark = pytest.mark.django_db
HUE: dict[str, Any] = {"trait": "city", "op": "eq", "value": "Huế"}
HANOI: dict[str, Any] = {"trait": "city", "op": "eq", "value": "Hà Nội"}


def one_chunk(limit: int = 5) -> list[tuple[int, Change]]:
    program = service.load_program()
    chunk = backfill.run_chunk(program, service.computing()[0], event_store(), NOON, limit)
    assert chunk is not None
    with transaction.atomic():
        backfill.save_chunk(program, chunk)
    return chunk.changes


def test_the_members_of_the_version_before_stand_until_the_new_ones_are_whole() -> None:
    people = shop(23)
    segment = service.create_segment("x", HUE)
    compute()
    before = members(segment)
    service.update_segment(segment, rule=HANOI)
    seen = 0
    while service.computing():
        segment.refresh_from_db()
        assert (segment.status, segment.shown_version, segment.version) == ("computing", 1, 2)
        assert (members(segment), segment.count) == (before, len(before))
        seen += len(one_chunk())
    segment.refresh_from_db()
    after = sql_members(parse_rule(HANOI), NOON, people)
    assert (segment.status, segment.shown_version, segment.count) == ("live", 2, len(after))
    assert members(segment) == after
    assert seen == len(before | after)
    assert not Pending.objects.exists()


def test_changed_again_half_way_nothing_is_told_twice_or_lost() -> None:
    people = shop(20)
    segment = service.create_segment("x", HUE)
    told = dict.fromkeys(id_ for id_, change in compute() if change.entered)
    dice = random.Random(3)
    for rule in (HANOI, {"event": "Bought"}, {"any": [HUE, {"event": "Bought"}]}, HANOI):
        service.update_segment(segment, rule=rule)
        for _ in range(dice.randrange(1, 4)):
            for id_, change in one_chunk():
                assert (id_ in told) is not change.entered
                if change.entered:
                    told[id_] = None
                else:
                    del told[id_]
    for id_, change in compute():
        assert (id_ in told) is not change.entered
        if change.entered:
            told[id_] = None
        else:
            del told[id_]
    assert members(segment) == set(told) == sql_members(parse_rule(HANOI), NOON, people)


def test_who_becomes_one_meanwhile_is_shown_once_and_waits_as_one() -> None:
    people = shop(12)
    segment = service.create_segment("x", HUE)
    compute()
    service.update_segment(segment, rule=HANOI)
    one_chunk(12)  # all but the end: the next one is empty, and makes it live
    segment.refresh_from_db()
    assert segment.status == "computing"
    hue = [p.id for p in people if p.traits["city"] == "Huế"]
    hanoi = [p.id for p in people if p.traits["city"] != "Huế"]
    with transaction.atomic():
        store.apply_changes([], {hue[0]: hue[1], hue[2]: hanoi[0], hanoi[1]: hanoi[2]})
    segment.refresh_from_db()
    assert members(segment) == {*hue[1:2], *hue[3:], hanoi[0]}
    assert segment.count == len(members(segment))
    with transaction.atomic():
        store.finish(segment.id, segment.version)
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
    (first,) = service.computing()
    compute()
    service.pause(segment.id)
    service.restore(Segment.objects.get(id=segment.id))
    (again,) = service.computing()
    assert again.version == first.version
    assert again.begun != first.begun


def test_who_was_in_a_paused_segment_still_counts_as_in_it() -> None:
    people = shop(15)
    dear = service.create_segment("dear", {"event": "Bought", "within": "30d"})
    asks = service.create_segment("asks", {"all": [HUE, {"segment": str(dear.id)}]})
    compute()
    inside = members(asks)
    assert inside
    service.pause(dear.id, "following it took 90 ms")
    program = service.load_program()
    assert service.paused_within(Segment.objects.get(id=asks.id)) == [Segment.objects.get(id=dear.id)]
    who = next(p for p in people if p.id in inside)
    profile = profiles.load([who.id])[who.id]
    # All that goes on: another batch, a flip by time of what is paused, a restart in between.
    state = program.decode(profile.live)
    assert program.apply(state, profile, [], ["city"], NOON) == []
    later = NOON + 90 * 86_400_000
    assert program.wake(state, profile, later) == []
    again = service.load_program()
    state = again.decode(program.encode(state))
    assert again.evaluate_all(state, profile, later) == []
    assert {dear.id, asks.id} <= state.members.keys()
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
    assert isinstance(service.load_program(), Program)
