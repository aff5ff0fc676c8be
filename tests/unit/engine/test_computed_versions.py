"""Computed traits that are edited: followed in both versions, until the next takes its place whole, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quen.computed import service
from quen.delivery import hooks
from quen.delivery.models import Message
from quen.events.store import event_store
from quen.segments import service as segments
from quen.segments.models import Member, Segment
from tests.computed_world import (
    SPENT,
    define,
    half_a_day_ahead,
    kept,
    look_again,
    right,
    values,
    waiting,
)
from tests.engine_world import Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from half_a_day_ahead(tmp_path)


def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quen.segments.backfill.CHUNK", 2)
    monkeypatch.setattr("quen.segments.backfill.run_chunk.__defaults__", (2,))


def test_an_edited_one_shows_the_values_before_until_all_are_new_and_changes_all_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And who is in a segment over it, and in a segment over that one."""
    define(shop, spent=SPENT)
    names = ["lan", "hoa", "mai", "tu", "ha"]
    for n, name in enumerate(names):
        shop.does("Ordered", shop.user(name), total=n, discount=10 - n)
    people = [owner(shop.user_key(name)) for name in names]
    dear = segments.create_segment(f"d {shop.name}", {"trait": "computed.spent", "op": "gte", "value": 3})
    others = segments.create_segment(f"o {shop.name}", {"not": {"segment": str(dear.id)}})
    look_again(shop)

    def shown() -> list[tuple[Any, bool, bool]]:
        inside = {
            s.id: set(Member.objects.filter(segment=s).values_list("profile_id", flat=True)) for s in (dear, others)
        }
        return [(values(p).get("spent"), p in inside[dear.id], p in inside[others.id]) for p in people]

    before = [(n, n >= 3, n < 3) for n in range(5)]
    after = [(10 - n, True, False) for n in range(5)]
    assert shown() == before
    small_chunks(monkeypatch)
    service.update(service.find("spent"), spec={**SPENT, "property": "discount"})
    shop.engine._reload_definitions(force=True)
    seen = [before]
    while shop.engine.cycle():
        if shown() != seen[-1]:
            seen.append(shown())
    assert seen == [before, after]
    assert [right(shop, p) for p in people] == [{"spent": 10 - n} for n in range(5)]
    assert [value for _, value in kept(people[0], "spent")] == [10, 0]
    assert all(waiting(p) == [] for p in people)
    assert [moved(p, dear.id) for p in people] == [["Segment Entered"]] * 5
    assert [moved(p, others.id) for p in people] == [["Segment Entered", "Segment Exited"]] * 3 + [[]] * 2


def moved(profile_id: int, segment_id: int) -> list[str]:
    """What was told of a person entering and leaving a segment, oldest first."""
    rows = event_store().rows(
        "SELECT event FROM events WHERE profile_id = {id:UInt64} AND type = 'system' AND message_id LIKE {like:String}"
        " ORDER BY time, id",
        {"id": profile_id, "like": f"segment-{segment_id}-%"},
    )
    return [row[0] for row in rows]


def test_while_the_next_version_is_computed_the_one_before_is_followed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(shop, spent=SPENT)
    names = ["lan", "hoa", "mai", "tu", "ha"]
    for name in names:
        shop.does("Ordered", shop.user(name), total=1, discount=5)
    lan, *_, ha = people = [owner(shop.user_key(name)) for name in names]
    dear = segments.create_segment(f"d {shop.name}", {"trait": "computed.spent", "op": "gte", "value": 3})
    look_again(shop)
    small_chunks(monkeypatch)
    service.update(service.find("spent"), spec={**SPENT, "property": "discount"})
    engine = shop.engine
    engine._reload_definitions(force=True)
    engine.cycle()
    assert lan <= service.find("spent").computed_through < ha
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("quen.engine.backfills.run_one", lambda *_: False)
        for name in ("lan", "ha", "new"):
            shop.does("Ordered", shop.user(name), total=2, discount=7)
    new = owner(shop.user_key("new"))
    assert [values(p)["spent"] for p in (lan, ha, new)] == [3, 3, 2]
    assert [(waiting(p)) for p in (lan, ha, new)] == [[12], [], []]
    inside = Member.objects.filter(segment=dear).values_list("profile_id", flat=True)
    assert set(inside.all()) == {lan, ha}
    look_again(shop)
    assert [right(shop, p)["spent"] for p in (*people, new)] == [12, 5, 5, 5, 12, 7]
    assert set(inside.all()) == {*people, new}
    shop.does("Ordered", shop.user("new"), total=9, discount=1)
    assert right(shop, new) == {"spent": 8}


@pytest.mark.parametrize("point", ["backfill.computed", "backfill.placed", "backfill.told", "backfill.kept"])
@pytest.mark.parametrize("time", [1, 2, 3])
def test_whatever_a_crash_cuts_off_an_edited_one_comes_to_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, point: str, time: int
) -> None:
    define(shop, spent=SPENT)
    names = ["lan", "hoa", "mai"]
    for n, name in enumerate(names):
        shop.does("Ordered", shop.user(name), total=n, discount=10 - n)
    people = [owner(shop.user_key(name)) for name in names]
    dear = segments.create_segment(f"d {shop.name}", {"trait": "computed.spent", "op": "lte", "value": 1})
    look_again(shop)
    small_chunks(monkeypatch)
    service.update(service.find("spent"), spec={**SPENT, "property": "discount"})
    hits = iter(range(1, 100))

    def dies(name: str, _messages: object = ()) -> None:
        if name == point and next(hits) == time:
            raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("quen.engine.backfills.failpoints.hit", dies)
        try:
            look_again(shop)
        except SystemExit:
            shop.restart()
        shop.does("Ordered", shop.user("lan"), total=5, discount=5)
        look_again(shop)
    assert [right(shop, p)["spent"] for p in people] == [15, 9, 8]
    assert not Member.objects.filter(segment=dear).exists()
    assert [moved(p, dear.id).count("Segment Exited") for p in people] == [1, 1, 0]
    assert all(waiting(p) == [] for p in people)


def test_who_left_again_before_it_was_told_has_not_entered_last_for_a_receiver(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lan", "hoa"):
        shop.does("Ordered", shop.user(name), total=1)
    lan, hoa = (owner(shop.user_key(name)) for name in ("lan", "hoa"))
    dear = segments.create_segment(f"d {shop.name}", {"trait": "gone", "op": "missing"})
    hook, _ = hooks.create(dear, hooks.Settings("https://example.com/told", backfills=True), "an")
    engine = shop.engine
    engine._reload_definitions(force=True)
    while Segment.objects.get(id=dear.id).status == "computing":
        engine.cycle()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("quen.engine.backfills.run_one", lambda *_: False)
        shop.says({"type": "identify", **shop.user("lan"), "traits": {"gone": True}})
    look_again(shop)
    told = Message.objects.filter(hook_id=hook.id).order_by("id").values_list("payload", flat=True)
    assert [(each["event"], [int(p) for p, _ in each["people"]]) for each in told] == [
        ("segment.exited", [lan]),
        ("segment.entered", [hoa]),
    ]
    assert moved(lan, dear.id) == ["Segment Entered", "Segment Exited"]  # the history has all of it, in its order


def test_changed_again_or_paused_half_way_nothing_of_it_is_left(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    define(shop, spent=SPENT)
    names = ["lan", "hoa", "mai"]
    for name in names:
        shop.does("Ordered", shop.user(name), total=1, discount=5, paid=8)
    people = [owner(shop.user_key(name)) for name in names]
    small_chunks(monkeypatch)
    engine = shop.engine
    for prop in ("discount", "paid"):
        service.update(service.find("spent"), spec={**SPENT, "property": prop})
        engine._reload_definitions(force=True)
        engine.cycle()
        assert [values(p)["spent"] for p in people] == [1, 1, 1]
    assert (waiting(people[0]), waiting(people[2])) == ([8], [])
    service.pause(service.find("spent"))
    look_again(shop)
    shop.does("Ordered", shop.user("lan"), total=1, paid=1)
    assert [values(p)["spent"] for p in people] == [1, 1, 1]
    service.resume(service.find("spent"))
    look_again(shop)
    assert [right(shop, p)["spent"] for p in people] == [9, 8, 8]
    assert all(waiting(p) == [] for p in people)
    service.update(service.find("spent"), spec=SPENT)
    engine._reload_definitions(force=True)
    engine.cycle()
    service.delete(service.find("spent"))
    look_again(shop)
    assert [(values(p), waiting(p)) for p in people] == [({}, [])] * 3
