"""Whatever happens while versions are computed: what is shown is what SQL says of the version that is shown, at every
moment; and what comes of it is what SQL says of the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from quen.computed import service as computed
from quen.computed import sql as computed_sql
from quen.computed.definitions import parse_computed
from quen.computed.models import DefinitionVersion
from quen.config import config
from quen.engine import backfills
from quen.engine.context import Context
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge, Identifier
from quen.profiles import store as profiles
from quen.profiles.models import Profile
from quen.segments import service, sql
from quen.segments.conditions.base import Condition
from quen.segments.models import Member, Pending, Segment, SegmentVersion, Untold
from quen.segments.rules import Rule, parse_rule
from tests.engine_world import DAY, Shop

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("lan", "hoa", "mai", "tu", "ha", "nga")
SPECS: list[dict[str, Any]] = [
    {"kind": "sum", "event": "Ordered", "property": "total"},
    {"kind": "sum", "event": "Ordered", "property": "paid", "within": "2d"},
    {"kind": "count", "event": ["Ordered", "Viewed"]},
    {"kind": "max", "event": "Ordered", "property": "paid"},
]
RULES: list[dict[str, Any]] = [
    {"event": "Ordered", "count": {"op": "gte", "value": 2}},
    {"event": "Ordered", "sum": {"property": "paid", "op": "gt", "value": 9}, "within": "2d"},
    {"trait": "city", "op": "eq", "value": "Huế"},
    {"trait": "computed.spent", "op": "gte", "value": 8},
    {"any": [{"trait": "computed.spent", "op": "missing"}, {"not": {"event": "Viewed", "within": "1d"}}]},
]


class World:
    """Six people, a computed trait, a segment that asks for it or not, and one that asks for that segment."""

    def __init__(self, shop: Shop, random: Random) -> None:
        self.shop, self.random, self.allowed, self.die = shop, random, 0, False
        shop.engine.clock = lambda: shop.now
        for name in NAMES:
            shop.says({"type": "identify", **shop.user(name), "traits": {"city": "Huế"}})
            shop.says({"type": "identify", **shop.user(name), **shop.mail(name)})
        computed.create("spent", "Spent", SPECS[0])
        self.inner = service.create_segment("inner", RULES[3])
        self.outer = service.create_segment("outer", {"not": {"segment": str(self.inner.id)}})
        self.last = service.create_segment("last", {"all": [{"segment": str(self.outer.id)}, RULES[2]]})

    def run_one(self, real: Callable[..., bool], context: Context, now: int, batch: int) -> bool:
        """The chunks that the test allows."""
        if not self.allowed:
            return False
        self.allowed -= 1
        return real(context, now, batch)

    def step(self) -> None:
        random = self.random
        often = [self.order, self.compute]
        does = random.choice(
            [
                *(2 * often),
                *(self.view, self.move, self.wait, self.merge, self.cut, self.compute, self.crash),
                *(self.edit_trait, self.edit_inner, self.edit_last, self.pause),
            ]
        )
        does()
        self.work()
        self.die = False

    def work(self) -> None:
        try:
            self.shop.engine._reload_definitions(force=True)
            self.shop.engine.drain()
        except SystemExit:
            self.die = False
            self.shop.restart().clock = lambda: self.shop.now
            self.shop.engine.drain()

    def hit(self, name: str, _messages: object = ()) -> None:
        if name.startswith("backfill."):
            self.check()  # between the steps of a chunk too
            if self.die:
                raise SystemExit

    def who(self) -> dict[str, Any]:
        return self.shop.user(self.random.choice(NAMES))

    def order(self) -> None:
        numbers = {"total": self.random.randrange(6), "paid": self.random.randrange(6)}
        self.shop.now += 1_000
        at = self.shop.now - self.random.choice((0, 0, DAY))
        self.shop.says({"type": "track", "event": "Ordered", "properties": numbers, "timestamp": at, **self.who()})

    def view(self) -> None:
        self.shop.does("Viewed", self.who())

    def move(self) -> None:
        self.shop.says({"type": "identify", **self.who(), "traits": {"city": self.random.choice(("Huế", "Vinh"))}})

    def wait(self) -> None:
        self.shop.now += self.random.randrange(DAY)
        self.shop.engine._next_due = None

    def merge(self) -> None:
        one, other = self.random.sample(NAMES, 2)
        self.shop.says({"type": "identify", **self.shop.user(one), **self.shop.mail(other)})

    def cut(self) -> None:
        merges = list(Edge.objects.filter(kind="merge", left__endswith=self.shop.name).order_by("id"))
        if merges:
            orders.cut(self.random.choice(merges).id, by="an@example.com")

    def compute(self) -> None:
        self.allowed = self.random.randrange(1, 5)

    def crash(self) -> None:
        self.die, self.allowed = True, 1

    def edit_trait(self) -> None:
        computed.update(computed.find("spent"), spec=self.random.choice(SPECS))

    def edit_inner(self) -> None:
        service.update_segment(Segment.objects.get(id=self.inner.id), rule=self.random.choice(RULES))

    def edit_last(self) -> None:
        other = self.random.choice([self.inner, self.outer])
        rule = {"all": [{"segment": str(other.id)}, self.random.choice(RULES)]}
        service.update_segment(Segment.objects.get(id=self.last.id), rule=rule)

    def pause(self) -> None:
        """Of what nothing refers to; it stands still until it is resumed, and computed anew."""
        last = Segment.objects.get(id=self.last.id)
        if last.status == "paused":
            service.restore(last)
        else:
            service.pause(last.id)

    def check(self) -> None:
        now, zone, store = self.shop.engine.clock(), config().zone, event_store()
        people = sorted(Profile.objects.values_list("id", flat=True))
        trait = computed.find("spent")
        shown = {p.id: p.traits.get("computed", {}).get("spent") for p in profiles.load(people).values()}
        if trait.is_followed:
            version = DefinitionVersion.objects.get(definition=trait, number=trait.shown_version)
            asked = parse_computed("spent", "Spent", version.spec)
            expected = computed_sql.values(asked, people, store, now, zone)
            assert shown == expected
        values = [value for value in set(shown.values()) if value is not None]
        asked = [{"trait": "computed.spent", "op": "eq", "value": value} for value in values]
        rule = parse_rule({"any": [{"trait": "computed.spent", "op": "missing"}, *asked]})
        found = sql.explain(rule, people, store, now, zone, sides=profiles.sides())
        by_rules = {p: [reason.holds for reason in reasons] for p, reasons in found.items()}
        assert by_rules == {p: [shown[p] is None, *(shown[p] == value for value in values)] for p in people}
        for segment in Segment.objects.filter(id__in=[self.inner.id, self.outer.id, self.last.id]):
            if segment.is_followed:
                rule = shown_rule(segment.id)
                among = sql.members_among(rule, people, store, now, zone, shown_root, profiles.sides())
                assert set(Member.objects.filter(segment=segment).values_list("profile_id", flat=True)) == among
                assert segment.count == len(among), segment.name


def shown_rule(segment_id: int) -> Rule:
    segment = Segment.objects.get(id=segment_id)
    return parse_rule(SegmentVersion.objects.get(segment=segment, number=segment.shown_version).rule)


def shown_root(segment_id: int) -> Condition:
    return shown_rule(segment_id).root


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.journal.close()


@pytest.mark.parametrize("seed", range(12))
def test_what_is_shown_is_right_at_every_moment(shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    real = backfills.run_one
    monkeypatch.setattr("quen.segments.backfill.CHUNK", 2)
    monkeypatch.setattr("quen.segments.backfill.run_chunk.__defaults__", (2,))
    world = World(shop, Random(seed))
    monkeypatch.setattr("quen.engine.backfills.failpoints.hit", world.hit)
    monkeypatch.setattr("quen.engine.backfills.run_one", lambda *given: world.run_one(real, *given))
    world.allowed = 1_000
    world.work()
    world.check()
    for _ in range(40):
        world.allowed = 0
        world.step()
        world.check()
    service.restore(Segment.objects.get(id=world.last.id))
    world.allowed = 1_000
    world.work()
    world.check()
    states = Segment.objects.values_list("status", "next_slot", "stands")
    assert set(states) == {("live", 0, False)}
    assert not Pending.objects.exists() and not Untold.objects.exists()
    people = {i.profile_id for i in Identifier.objects.filter(key__endswith=shop.name)}
    assert not any("quen:computed" in p.traits for p in Profile.objects.filter(id__in=people))
