"""RFM and the lifecycle stage through the engine over real stores: at their instants, merged, by new boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from quen.computed import rfm_job, service
from quen.computed.distribution import distribution
from quen.computed.moves import moves, since
from quen.computed.rfm_table import scored, summed
from quen.config import config
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments import service as segments
from quen.segments.models import Member
from quen.web.times import day_start, last_days
from tests.computed_world import define, half_a_day_ahead, kept, look_again, right, wait_until
from tests.engine_world import DAY, Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)
THRESHOLDS = {"recency": ["10d", "20d", "30d", "40d"], "frequency": [2, 3, 4, 5], "monetary": [100, 200, 300, 400]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from half_a_day_ahead(tmp_path)


def lifecycle(event: str) -> dict[str, Any]:
    return {"kind": "lifecycle", "event": event, "new": "5d", "active": "10d", "lapsed": "30d", "returning": "5d"}


def test_stages_flip_at_their_instants_and_their_moves_are_counted(shop: Shop) -> None:
    event, name = f"Ordered {shop.name}", f"stage_{shop.name}"
    define(shop, **{name: lifecycle(event)})
    shop.does(event, shop.user("lan"))
    lan, bought = owner(shop.user_key("lan")), shop.now
    shop.says(shop.mail("minh"))
    minh = owner(shop.mail_key("minh"))
    assert right(shop, lan)[name] == "new"
    assert right(shop, minh)[name] == "prospect"
    for days, stage in ((5, "active"), (10, "at_risk"), (30, "lapsed")):
        wait_until(shop, bought + days * DAY - 1)
        assert right(shop, lan)[name] != stage
        wait_until(shop, bought + days * DAY)
        assert right(shop, lan)[name] == stage
    told = [(value, at - bought) for at, value in reversed(kept(lan, name))]
    assert [stage for stage, _ in told] == ["new", "active", "at_risk", "lapsed"]
    assert [at for _, at in told[1:]] == [5 * DAY, 10 * DAY, 30 * DAY]
    definition = service.find(name)
    assert since([lan], event_store())[definition.id] == kept(lan, name)[0][0]
    days_shown = last_days(shop.engine.clock(), 60)
    found = moves(definition.id, days_shown, day_start(days_shown[0]), str(config().timezone), event_store())
    assert {(move.before, move.after, move.people) for move in found} == {
        ("new", "active", 1),
        ("active", "at_risk", 1),
        ("at_risk", "lapsed", 1),
    }


def test_two_who_are_one_have_the_stage_of_both(shop: Shop) -> None:
    event, name = f"Ordered {shop.name}", f"stage_{shop.name}"
    define(shop, **{name: lifecycle(event)})
    shop.now -= 50 * DAY
    shop.does(event, shop.user("lan"))
    shop.now += 50 * DAY
    shop.does(event, shop.card("lan"))
    assert right(shop, owner(shop.card_key("lan")))[name] == "new"
    shop.says({"type": "identify", **shop.user("lan"), **shop.card("lan")})
    whole = owner(shop.user_key("lan"))
    assert owner(shop.card_key("lan")) == whole
    assert right(shop, whole)[name] == "returning"  # fifty days lay between


def test_a_segment_of_an_rfm_group_is_left_when_the_recency_score_falls(shop: Shop) -> None:
    event, name = f"Ordered {shop.name}", f"rfm_{shop.name}"
    define(shop, **{name: {"kind": "rfm", "event": event, "scoring": "thresholds", "thresholds": THRESHOLDS}})
    segment = segments.create_segment("Mới", {"trait": f"computed.{name}.group", "op": "eq", "value": "new"})
    look_again(shop)
    shop.does(event, shop.user("lan"), total=150)
    lan, bought = owner(shop.user_key("lan")), shop.now
    assert right(shop, lan)[name] == {"r": 5, "f": 1, "m": 2, "score": 8, "group": "new"}
    assert Member.objects.filter(segment=segment, profile_id=lan).exists()
    wait_until(shop, bought + 10 * DAY - 1)
    assert Member.objects.filter(segment=segment, profile_id=lan).exists()
    wait_until(shop, bought + 10 * DAY)
    assert right(shop, lan)[name]["group"] == "promising"
    assert not Member.objects.filter(segment=segment, profile_id=lan).exists()
    wait_until(shop, bought + 365 * DAY)
    assert name not in right(shop, lan)


def test_boundaries_are_found_kept_as_versions_and_in_force_for_everyone(shop: Shop) -> None:
    event, name = f"Ordered {shop.name}", f"rfm_{shop.name}"
    spec = {"kind": "rfm", "event": event}
    define(shop, **{name: spec})
    now = datetime.now(config().zone)
    assert rfm_job.look(now) == []  # nobody bought yet
    people = [f"p{number}" for number in range(10)]
    for place, who in enumerate(people):
        for _ in range(place + 1):
            shop.does(event, shop.user(who), total=100 * (place + 1))
    ids = [owner(shop.user_key(who)) for who in people]
    assert all(name not in right(shop, id_) for id_ in ids)
    assert rfm_job.look(now) == [name]
    at = now_ms()
    shop.engine.clock = lambda: at  # recency scores begin to fall seconds after their boundaries were found
    look_again(shop)
    definition = service.find(name)
    assert (definition.status, definition.version) == ("live", 2)
    assert [(v.number, v.created_by) for v in definition.versions.order_by("number")] == [(1, ""), (2, "Quen")]
    found = [right(shop, id_)[name] for id_ in ids]
    assert [value["f"] for value in found] == [value["m"] for value in found] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert rfm_job.look(now) == []  # not before the next night
    # What is asked of the same orders keeps the boundaries; of others it gets new ones.
    spec = service.find(name).spec
    same = {key: value for key, value in spec.items() if key != "boundaries"}
    assert rfm_job.prepared(same, spec) == spec
    assert rfm_job.prepared({**same, "within": "1d"}, spec)["boundaries"]["at"] > spec["boundaries"]["at"]
    # The picture of it.
    trait = service.read(definition)
    assert distribution(trait, event_store()).people == 10
    cells = scored(trait.path, event_store())
    assert summed(cells).people == 10
    assert summed(cell for cell in cells if cell.f == 5).monetary == 5
