"""What SQL shows of computed traits while versions are computed, take their place, are given up: what all see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from quen.computed import service
from quen.computed.distribution import distribution
from quen.db import fetch
from quen.engine import backfills
from quen.engine.context import Context
from quen.errors import TemporaryError
from quen.events.store import ProfileRow, event_store
from quen.journeys.answers import holds
from quen.profiles import store as profiles
from quen.profiles.models import Profile
from quen.segments import service as segments
from quen.segments import suggestions
from quen.segments.models import Member, Segment
from tests.engine_world import Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)
TOTAL: dict[str, Any] = {"kind": "sum", "event": "Ordered", "property": "total"}
PAID: dict[str, Any] = {"kind": "sum", "event": "Ordered", "property": "paid"}
NONE: dict[str, Any] = {"kind": "last", "event": "Ordered", "property": "none"}
NAMES = ("lan", "hoa", "mai", "tu", "ha")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Everyone ordered once, for 1 and 5; two of them are computed at a time."""
    made = Shop(tmp_path)
    monkeypatch.setattr("quen.segments.backfill.CHUNK", 2)
    monkeypatch.setattr("quen.segments.backfill.run_chunk.__defaults__", (2,))
    for name in NAMES:
        made.does(f"Ordered {made.name}", made.user(name), total=1, paid=5)
    yield made
    made.journal.close()


def name_of(shop: Shop) -> str:
    """Its trait: what other tests left in the mirror is of other names."""
    return f"spent_{shop.name}"


def spec(shop: Shop, asked: dict[str, Any]) -> dict[str, Any]:
    return {**asked, "event": f"Ordered {shop.name}"}


def define(shop: Shop, asked: dict[str, Any]) -> None:
    service.create(name_of(shop), "Spent", spec(shop, asked))
    look_again(shop)


def edit(shop: Shop, asked: dict[str, Any]) -> None:
    service.update(service.find(name_of(shop)), spec=spec(shop, asked))
    shop.engine._reload_definitions(force=True)


def look_again(shop: Shop) -> None:
    shop.engine._reload_definitions(force=True)
    shop.engine.drain()


def count(rule: dict[str, Any]) -> int:
    return int(segments.preview(rule)["count"])


def shown(shop: Shop) -> dict[str, Any]:
    """The trait of these five, as each who reads it sees it: value → people."""
    name, people = name_of(shop), [owner(shop.user_key(who)) for who in NAMES]
    path = f"computed.{name}"
    found = [person.traits.get("computed", {}).get(name) for person in profiles.load(people).values()]
    told = distribution(service.read(service.find(name)), event_store())
    rules = [{"trait": path, "op": "eq", "value": value} for value in (1, 5)]
    why = segments.preview({"any": rules})["sample"]
    return {
        "everyone": {value: found.count(value) for value in set(found) if value is not None},
        "previews": {value: n for value, rule in zip((1, 5), rules, strict=True) if (n := count(rule))},
        "why": {v: n for v, at in ((1, 0), (5, 1)) if (n := sum(each["why"][at][0].holds for each in why))},
        "bars": {bar.value: bar.people for bar in told.bars},
        "suggested": {int(value): people for value, people in suggestions.values("", path)},
        "dry walks": {v: n for v, r in zip((1, 5), rules, strict=True) if (n := sum(holds([r], p)[0] for p in people))},
    }


def all_alike(found: dict[str, Any]) -> dict[Any, int]:
    first: dict[Any, int] = found["everyone"]
    assert dict.fromkeys(found, first) == found
    return first


def test_the_first_values_and_those_of_each_edit_are_there_for_all_readers_at_once(shop: Shop) -> None:
    service.create(name_of(shop), "Spent", spec(shop, TOTAL))
    shop.engine._reload_definitions(force=True)
    seen, turned = [all_alike(shown(shop))], []
    for asked in (PAID, TOTAL, None):
        while shop.engine.cycle():
            if (now := all_alike(shown(shop))) != seen[-1]:
                seen.append(now)
        turned.append(name_of(shop) in profiles.sides().turned)
        if asked:
            edit(shop, asked)
    assert seen == [{}, {1: 5}, {5: 5}, {1: 5}]
    assert turned == [False, True, False]  # most are never edited: their profiles are mirrored as they are


@pytest.mark.parametrize("order", [("last", "outer"), ("outer", "last")], ids=", then ".join)
def test_what_is_computed_upon_what_waits_waits_for_it(shop: Shop, order: tuple[str, str]) -> None:
    """A paused segment is resumed while the one that it refers to is edited, which another holds back."""
    inner = segments.create_segment("inner", {"event": f"Ordered {shop.name}"})
    refers = {"segment": str(inner.id)}
    rules: dict[str, dict[str, Any]] = {"last": refers, "outer": {"not": refers}}
    made = {name: segments.create_segment(name, rules[name]) for name in order}
    last, outer = made["last"], made["outer"]
    look_again(shop)
    segments.pause(last.id)
    look_again(shop)
    segments.update_segment(Segment.objects.get(id=inner.id), rule={"event": f"Nothing {shop.name}"})
    segments.restore(Segment.objects.get(id=last.id))
    shop.engine._reload_definitions(force=True)
    people = [owner(shop.user_key(who)) for who in NAMES]

    def counts() -> list[int]:
        return [Member.objects.filter(segment=each, profile_id__in=people).count() for each in (inner, last, outer)]

    seen = [counts()]
    while shop.engine.cycle():
        if counts() != seen[-1]:
            seen.append(counts())
    # Until it is computed, the resumed one has those whom it had when it was paused.
    still_resuming = [[0, 5, 5]] if order[0] == "outer" else []
    assert seen == [[5, 5, 0], *still_resuming, [0, 0, 5]]


def test_what_was_computed_upon_what_is_given_up_meanwhile_takes_nobodys_place(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trait is paused while the last people of the segment are computed."""
    define(shop, TOTAL)
    paid = segments.create_segment("paid", {"trait": f"computed.{name_of(shop)}", "op": "eq", "value": 5})
    look_again(shop)
    edit(shop, PAID)
    last_but_one = sorted(owner(shop.user_key(who)) for who in NAMES)[3]
    paused = []

    def hit(point: str, *_: Any) -> None:
        if point == "backfill.computed" and Segment.objects.get(id=paid.id).computed_through == last_but_one:
            service.pause(service.find(name_of(shop)))
            paused.append(point)

    monkeypatch.setattr("quen.engine.backfills.failpoints.hit", hit)
    shop.engine.drain()
    look_again(shop)
    assert paused
    assert all_alike(shown(shop)) == {1: 5}
    assert not Member.objects.filter(segment=paid).exists()
    assert Segment.objects.get(id=paid.id).status == "live"


@pytest.mark.parametrize("edits", [[NONE], [PAID, NONE]], ids=["across", "and back"])
def test_a_name_that_is_used_again_begins_with_nothing(shop: Shop, edits: list[dict[str, Any]]) -> None:
    """Though the other side has what was there before an edit, and of a version that was given up."""
    define(shop, TOTAL)
    for asked in edits:
        edit(shop, asked)
        shop.engine.drain()
    assert all_alike(shown(shop)) == {}
    edit(shop, PAID)
    shop.engine.cycle()
    service.delete(service.find(name_of(shop)))
    look_again(shop)
    assert not any("quen:computed" in p.traits for p in Profile.objects.all())
    service.create(name_of(shop), "Spent", spec(shop, TOTAL))
    assert count({"trait": f"computed.{name_of(shop)}", "op": "exists"}) == 0
    shop.engine._reload_definitions(force=True)
    seen = [all_alike(shown(shop))]
    while shop.engine.cycle():
        if (now := all_alike(shown(shop))) != seen[-1]:
            seen.append(now)
    assert seen == [{}, {1: 5}]


def test_nobody_can_ask_for_what_waits(shop: Shop) -> None:
    define(shop, TOTAL)
    paths = ["quen:computed", f"quen:computed.{name_of(shop)}"]
    asking = [segments.create_segment(path, {"trait": path, "op": "exists"}) for path in paths]
    look_again(shop)
    edit(shop, PAID)
    shop.engine.cycle()
    slot = service.find(name_of(shop)).next_slot
    assert 0 < sum(str(slot) in p.traits.get("quen:computed", {}) for p in Profile.objects.all()) < len(NAMES)
    for path in (*paths, f"quen:computed.{slot}"):
        rule = {"trait": path, "op": "exists"}
        missing = segments.preview({"not": rule})
        assert (count(rule), missing["count"]) == (0, missing["total"])
        told = [each["why"][0] for each in missing["sample"]]
        assert {(reason.holds, facts.trait) for reason, facts in told if facts} == {(False, (path, None))}
    assert not Member.objects.filter(segment__in=asking).exists()


def test_whether_there_is_any_computed_trait_can_be_asked_on_either_side(shop: Shop) -> None:
    mine = {"trait": f"only {shop.name}", "op": "exists"}
    shop.says({"type": "identify", **shop.user("lan"), "traits": {f"only {shop.name}": 1}})
    rule = {"all": [mine, {"trait": "computed", "op": "exists"}]}
    counts = [count(rule)]
    define(shop, TOTAL)
    for asked in (None, PAID, NONE, PAID, NONE):
        if asked:
            edit(shop, asked)
            shop.engine.drain()
        counts.append(count(rule))
    assert counts == [0, 1, 1, 0, 1, 0]


def test_who_asks_while_another_version_takes_its_place_is_told_of_one_moment(shop: Shop) -> None:
    define(shop, TOTAL)
    edit(shop, PAID)
    trait = service.read(service.find(name_of(shop)))

    class Slow:
        """All is computed, and somebody written anew, between the look at where values are and the query."""

        asked = 0

        def rows(self, sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
            if not self.asked:
                shop.engine.drain()
                shop.says({"type": "identify", **shop.user("lan"), "traits": {"city": "Huế"}})
            self.asked += 1
            return event_store().rows(sql, params)

    slow = Slow()
    assert {bar.value: bar.people for bar in distribution(trait, slow).bars} == {5: 5}
    assert slow.asked > 3  # the bars of one moment are asked for with three queries at most


def test_an_engine_that_fails_when_versions_have_taken_their_place_goes_on_by_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(shop, TOTAL)
    edit(shop, PAID)
    with monkeypatch.context() as failing:
        real = service.load_program

        def fails() -> Any:
            if service.find(name_of(shop)).status == "live":
                raise TemporaryError("the state database: locked")
            return real()

        failing.setattr("quen.engine.backfills.computed.load_program", fails)
        with pytest.raises(TemporaryError) as failed:
            shop.engine.drain()
        shop.engine._failed(failed.value)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("quen.engine.backfills.run_one", lambda *_: False)
        shop.says({"type": "identify", **shop.user("lan"), "traits": {"city": "Huế"}})
        assert all_alike(shown(shop)) == {5: 5}


def as_an_older_quen_left_it() -> None:
    """Of what waits and of what has just taken its place its mirror had nothing."""
    call_command("migrate", "profiles", "0004", verbosity=0)
    [(batch,)] = fetch("SELECT batch FROM engine_position")
    rows = []
    for p in Profile.objects.all():
        traits = {name: value for name, value in p.traits.items() if name != "quen:computed"}
        rows.append(ProfileRow(p.id, batch, 0, p.created_at, traits))
    event_store().insert_profiles(rows)


@pytest.mark.parametrize("through", ["computing", "first", "taken over"])
def test_what_an_older_quen_has_begun_comes_to_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    define(shop, TOTAL)
    dear = segments.create_segment("dear", {"trait": f"computed.{name_of(shop)}", "op": "gte", "value": 3})
    look_again(shop)
    other = f"other_{shop.name}"
    if through == "first":
        service.create(other, "Other", spec(shop, PAID))
    else:
        edit(shop, PAID)

    def until(context: Context, now: int, batch: int) -> bool:
        done = not profiles.takeovers() if through == "taken over" else not any_waits()
        return done and real(context, now, batch)

    def any_waits() -> bool:
        return any("quen:computed" in p.traits for p in Profile.objects.all())

    real = backfills.run_one
    profiles.forget_takeovers(name_of(shop))
    with monkeypatch.context() as half:
        half.setattr("quen.engine.backfills.run_one", until)
        look_again(shop)
    assert any_waits()
    began = service.find(name_of(shop)).next_slot
    try:
        as_an_older_quen_left_it()
    finally:
        call_command("migrate", verbosity=0)
    assert began == 0 or service.find(name_of(shop)).next_slot not in (0, began)
    shop.restart()
    look_again(shop)
    assert all_alike(shown(shop)) == ({1: 5} if through == "first" else {5: 5})
    if through == "first":
        assert count({"trait": f"computed.{other}", "op": "eq", "value": 5}) == 5
        assert not profiles.sides().turned & {other, name_of(shop)}
    assert Member.objects.filter(segment=dear).count() == (0 if through == "first" else 5)
    assert not any_waits()
