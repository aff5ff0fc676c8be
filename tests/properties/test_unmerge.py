"""Two people who were taken apart are as they would be had the message that joined them named only one of them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge, Identifier, Order
from quen.identity.store import merged_ids
from quen.profiles.models import Profile
from quen.segments import service as segments
from quen.segments.models import Member, Segment
from tests.engine_world import Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)
CITIES = ("Huế", "Đà Nẵng", "Hà Nội", None)


def rules(shop: Shop) -> list[Segment]:
    made = [
        {"event": "Ordered", "count": {"op": "gte", "value": 3}},
        {"event": "Ordered", "sum": {"property": "total", "op": "gt", "value": 20}, "within": "30d"},
        {"all": [{"trait": "city", "op": "eq", "value": "Huế"}, {"event": "Viewed"}]},
        {"event": "Viewed", "count": {"op": "eq", "value": 0}},
    ]
    return [segments.create_segment(f"{shop.name} {number}", rule) for number, rule in enumerate(made)]


class Two:
    """A with a customer code and a visitor's id, B with a loyalty card and a device: what they do is drawn."""

    def __init__(self, shop: Shop, random: Random) -> None:
        self.shop, self.random = shop, random
        shop.name_anew()
        self.name, self.source = shop.name, shop.source
        self.a = [shop.user("a"), {"anonymousId": f"a-{shop.name}"}]
        self.b = [card(shop), {"context": {"externalIds": [{"type": "zalo_user_id", "id": f"z-{shop.name}"}]}}]
        self.strongest = {"a": shop.user_key("a"), "b": f"loyalty_card||card-{shop.name}"}

    def begin(self) -> None:
        self.shop.says(self._message({**self.a[0], **self.a[1]}))
        external = [*self.b[0]["context"]["externalIds"], *self.b[1]["context"]["externalIds"]]
        self.shop.says(self._message({"context": {"externalIds": external}}))
        self.live(8)

    def live(self, times: int) -> None:
        for _ in range(times):
            self.shop.says(self._message(self.random.choice([*self.a, *self.b])))
        self.now = self.shop.now

    def meet(self, joining: bool) -> None:
        message = {"type": "identify", "traits": {"city": "Hội An", "met": True}, **self.shop.user("a")}
        self.shop.says(message | (card(self.shop) if joining else {}))

    def _message(self, who: dict[str, Any]) -> dict[str, Any]:
        at = self.shop.now - self.random.randrange(20) * 3_600_000 + self.random.randrange(1000)
        if self.random.random() < 0.4:
            traits = {"city": self.random.choice(CITIES), f"trait{self.random.randrange(3)}": self.random.randrange(9)}
            return {"type": "identify", "traits": traits, "timestamp": at, **who}
        event, total = self.random.choice(["Ordered", "Viewed"]), self.random.randrange(15)
        return {"type": "track", "event": event, "properties": {"total": total}, "timestamp": at, **who}


def card(shop: Shop) -> dict[str, Any]:
    return {"context": {"externalIds": [{"type": "loyalty_card", "id": f"card-{shop.name}"}]}}


def seen_as(two: Two, made: list[Segment], side: str) -> Any:
    """All that is known of one of the two, without the names that differ from world to world."""
    person = owner(two.strongest[side])
    profile = Profile.objects.get(id=person)
    base = two.shop.began
    events = event_store().rows(
        "SELECT event, toUnixTimestamp64Milli(time) AS at, properties, traits FROM events"
        " WHERE profile_id IN {ids:Array(UInt64)} AND source_id > 0 ORDER BY at, id",
        {"ids": merged_ids(person)},
    )
    keys = Identifier.objects.filter(profile_id=person).values_list("key", flat=True)
    inside = set(Member.objects.filter(profile_id=person).values_list("segment_id", flat=True))
    people = "SELECT id FROM profiles FINAL WHERE id = {id:UInt64} AND deleted = 0"
    seen = {
        "traits": profile.traits,
        "meta": {name: [meta[0] - base, *meta[3:]] for name, meta in profile.trait_meta.items()},
        "seen": (profile.first_seen - base, profile.last_seen - base, profile.first_source_id == two.source.id),
        "events": [(event, at - base, properties, traits) for event, at, properties, traits in events],
        "identifiers": sorted(keys),
        "segments": [segment.id in inside for segment in made],
        "mirrored": event_store().rows(people, {"id": person}) != [],
    }
    text = msgspec.json.encode(seen).decode()
    return msgspec.json.decode(text.replace(two.name, "").replace(str(two.source.id), ""))


def lived(shop: Shop, seed: int, *, joining: bool) -> Two:
    two = Two(shop, Random(seed))
    two.begin()
    two.meet(joining)
    two.live(8)
    return two


def take_apart(two: Two) -> Order:
    merge = Edge.objects.filter(kind="merge", left__endswith=two.name).latest("id")
    return two.shop.carried(orders.cut(merge.id, by="an@example.com"))


def same(apart: Two, never: Two, made: list[Segment]) -> None:
    for side in ("a", "b"):
        assert seen_as(apart, made, side) == seen_as(never, made, side)
    for segment in Segment.objects.filter(id__in=[s.id for s in made]):
        assert segment.count == Member.objects.filter(segment=segment).count()


@pytest.mark.parametrize("seed", range(6))
def test_apart_is_as_never_joined(tmp_path: Path, seed: int) -> None:
    shop = Shop(tmp_path)
    made = rules(shop)
    never = lived(shop, seed, joining=False)
    apart = lived(shop, seed, joining=True)
    assert owner(apart.strongest["a"]) == owner(apart.strongest["b"])
    assert take_apart(apart).status == "done"
    same(apart, never, made)
    # Joined by hand and taken apart once more, with more happening in between.
    shop.carried(orders.join([(apart.strongest["a"], apart.strongest["b"])], by="an@example.com"))
    assert owner(apart.strongest["a"]) == owner(apart.strongest["b"])
    apart.live(4)
    assert take_apart(apart).status == "done"
    _back_in(never)
    never.live(4)
    same(apart, never, made)


def _back_in(two: Two) -> None:
    """Let the shop be again the one whose people these are."""
    two.shop.name, two.shop.source, two.shop.now = two.name, two.source, two.now
