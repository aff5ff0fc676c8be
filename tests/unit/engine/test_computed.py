"""Computed traits through the engine over real stores: computed, followed, merged, taken apart; as SQL says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quen.computed import audit, backfill, service
from quen.computed.models import Definition
from quen.errors import Conflict
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge
from quen.profiles import strategy_store
from quen.profiles.models import Profile
from quen.profiles.strategies import Strategies, Strategy
from quen.segments import service as segments
from quen.segments.models import Member
from tests.computed_world import (
    ORDERS,
    SPECS,
    SPENT,
    define,
    half_a_day_ahead,
    kept,
    look_again,
    right,
    values,
    wait_until,
    waiting,
)
from tests.engine_world import DAY, Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from half_a_day_ahead(tmp_path)


def test_it_is_computed_from_the_history_and_followed_from_there_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lan", "hoa", "mai"):
        shop.does("Ordered", shop.user(name), total=2.5, shop="A")
    shop.does("Ordered", shop.user("lan"), total=1.5, shop="B")
    monkeypatch.setattr("quen.segments.backfill.CHUNK", 2)
    monkeypatch.setattr("quen.segments.backfill.run_chunk.__defaults__", (2,))
    define(shop, **SPECS)
    assert set(Definition.objects.values_list("status", flat=True)) == {"live"}
    lan = owner(shop.user_key("lan"))
    found = right(shop, lan)
    assert found == {"orders": 2, "spent": 4, "shops": ["A", "B"], "idle": found["idle"]}
    shop.does("Ordered", shop.user("lan"), total=1, shop="C")
    assert right(shop, lan)["spent"] == 5
    shop.does("Visited", shop.user("hoa"), shop="D")
    assert right(shop, owner(shop.user_key("hoa")))["shops"] == ["A", "D"]
    shop.says({"type": "identify", **shop.user("new")})
    assert right(shop, owner(shop.user_key("new"))) == {"orders": 0, "spent": 0}
    assert [value for _, value in kept(lan, "spent")] == [5, 4]
    assert kept(lan, "idle") == []


def test_it_changes_at_the_very_instant_and_a_segment_over_it_with_it(shop: Shop) -> None:
    define(shop, **SPECS)
    active = segments.create_segment(f"s {shop.name}", {"trait": "computed.orders", "op": "gte", "value": 1})
    look_again(shop)
    shop.does("Ordered", shop.user("lan"), total=1)
    lan, ordered = owner(shop.user_key("lan")), shop.now
    assert Member.objects.filter(segment=active, profile_id=lan).exists()
    assert Profile.objects.get(id=lan).due_at == min(ordered + 3 * DAY, ordered + (values(lan)["idle"] + 1) * DAY)
    wait_until(shop, ordered + 3 * DAY - 1)
    assert (right(shop, lan)["orders"], right(shop, lan)["idle"]) == (1, 2)
    wait_until(shop, ordered + 3 * DAY)
    assert (right(shop, lan)["orders"], right(shop, lan)["idle"]) == (0, 3)
    assert not Member.objects.filter(segment=active, profile_id=lan).exists()
    assert kept(lan, "orders")[0] == (ordered + 3 * DAY, 0)


def test_after_downtime_missed_changes_come_with_their_true_instants(shop: Shop) -> None:
    define(shop, **SPECS)
    shop.does("Ordered", shop.user("lan"), total=1)
    lan, first = owner(shop.user_key("lan")), shop.now
    shop.says({"type": "track", "event": "Ordered", "timestamp": first - DAY, **shop.user("lan")})
    wait_until(shop, first + 20 * DAY)
    assert right(shop, lan)["orders"] == 0
    assert kept(lan, "orders")[:2] == [(first + 3 * DAY, 0), (first + 2 * DAY, 1)]


def test_people_who_become_one_and_are_taken_apart_have_what_is_theirs(shop: Shop) -> None:
    define(shop, **SPECS)
    shop.does("Ordered", shop.user("lan"), total=10, shop="A")
    shop.says(shop.mail("hoa") | {"type": "track", "event": "Ordered", "properties": {"total": 5, "shop": "B"}})
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    shop.says(shop.mail("hoa") | shop.user("lan"))
    both = owner(shop.user_key("lan"))
    assert both == owner(shop.mail_key("hoa"))
    assert right(shop, both) == {"orders": 2, "spent": 15, "shops": ["A", "B"], "idle": values(both)["idle"]}
    merge = Edge.objects.filter(kind="merge", left__endswith=shop.name).latest("id")
    order = shop.carried(orders.cut(merge.id, by="an@example.com"))
    assert (order.status, order.problem) == ("done", "")
    assert (right(shop, lan)["spent"], right(shop, hoa)["spent"]) == (10, 5)
    assert (right(shop, lan)["shops"], right(shop, hoa)["shops"]) == (["A"], ["B"])
    assert [value for _, value in kept(lan, "spent")][:2] == [10, 15]
    shop.does("Ordered", shop.user("lan"), total=1)
    assert (right(shop, lan)["spent"], right(shop, hoa)["spent"]) == (11, 5)


def test_nobody_else_can_set_one_and_rebuilding_traits_leaves_them(shop: Shop) -> None:
    define(shop, spent=SPENT)
    forged = {"computed": {"spent": 99}, "computed.spent": 99, "city": "Huế"}
    shop.says({"type": "identify", **shop.user("lan"), "traits": forged})
    shop.does("Ordered", shop.user("lan"), total=3)
    lan = owner(shop.user_key("lan"))
    assert Profile.objects.get(id=lan).traits == {"city": "Huế", "computed": {"spent": 3}}
    shop.says({"type": "identify", **shop.user("lan"), "traits": {"city": "Hà Nội"}})
    strategy_store.save(Strategies({"city": Strategy("first")}), by="an@example.com")
    strategy_store.start_rebuild("tests")
    look_again(shop)
    assert Profile.objects.get(id=lan).traits == {"city": "Huế", "computed": {"spent": 3}}
    assert right(shop, lan) == {"spent": 3}


def test_another_question_is_a_version_that_is_computed_anew(shop: Shop) -> None:
    define(shop, spent=SPENT)
    shop.does("Ordered", shop.user("lan"), total=3, discount=1)
    lan = owner(shop.user_key("lan"))
    dear = segments.create_segment(f"s {shop.name}", {"trait": "computed.spent", "op": "gte", "value": 2})
    look_again(shop)
    assert Member.objects.filter(segment=dear, profile_id=lan).exists()
    definition = service.update(service.find("spent"), spec={**SPENT, "property": "discount"})
    assert (definition.version, definition.status) == (2, "computing")
    look_again(shop)
    assert right(shop, lan) == {"spent": 1}
    assert not Member.objects.filter(segment=dear, profile_id=lan).exists()
    service.pause(service.find("spent"))
    look_again(shop)
    shop.does("Ordered", shop.user("lan"), discount=1)
    assert values(lan) == {"spent": 1}
    service.resume(service.find("spent"))
    look_again(shop)
    assert right(shop, lan) == {"spent": 2}


def test_a_deleted_one_is_taken_from_everyone_unless_it_is_used(shop: Shop) -> None:
    define(shop, spent=SPENT, orders=ORDERS)
    shop.does("Ordered", shop.user("lan"), total=3)
    lan = owner(shop.user_key("lan"))
    dear = segments.create_segment("Dear", {"not": {"trait": "computed.spent", "op": "gte", "value": 2}})
    with pytest.raises(Conflict) as refused:
        service.delete(service.find("spent"))
    assert refused.value.details == {"used_by": ["Dear"]}
    segments.archive(dear)
    service.delete(service.find("spent"))
    with pytest.raises(Conflict, match="still being deleted"):
        service.create("spent", "Spent", SPENT)
    look_again(shop)
    assert not Definition.objects.filter(name="spent").exists()
    assert right(shop, lan) == {"orders": 1}
    define(shop, spent={**SPENT, "event": "Visited"})
    assert right(shop, lan) == {"orders": 1, "spent": 0}


def test_what_a_crash_cut_off_is_done_again_to_the_same_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    define(shop, **SPECS)
    shop.does("Ordered", shop.user("lan"), total=3)
    lan = owner(shop.user_key("lan"))

    def cut_off(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("quen.engine.steps.commit.segments.apply_changes", cut_off)
        with pytest.raises(SystemExit):
            shop.does("Ordered", shop.user("lan"), total=4)
    assert values(lan)["spent"] == 3
    shop.restart().drain()
    assert right(shop, lan)["spent"] == 7
    assert [value for _, value in kept(lan, "spent")] == [7, 3]

    service.update(service.find("spent"), spec={**SPENT, "where": [{"property": "total", "op": "gt", "value": 3}]})
    with monkeypatch.context() as patched:
        patched.setattr(backfill, "save_chunk", cut_off)
        with pytest.raises(SystemExit):
            look_again(shop)
    shop.restart().drain()
    assert right(shop, lan)["spent"] == 4


def test_one_that_costs_too_much_is_paused_and_says_so(shop: Shop) -> None:
    define(shop, spent=SPENT)
    definition = service.find("spent")
    assert service.pause_by_id(definition.id, "too slow")
    assert not service.pause_by_id(1, "nobody")
    definition.refresh_from_db()
    assert (definition.status, definition.problem) == ("paused", "too slow")
    look_again(shop)
    assert shop.engine.context.program.segment_ids == []


def test_stored_values_are_compared_with_sql(shop: Shop) -> None:
    assert audit.run_one(shop.engine.context.program, event_store(), shop.engine.clock()) is None
    define(shop, spent=SPENT)
    shop.does("Ordered", shop.user("lan"), total=3)
    lan = owner(shop.user_key("lan"))
    trait, program = service.read(service.find("spent")), shop.engine.context.program
    assert audit.compare(program, trait, [lan], event_store(), shop.engine.clock()).wrong == []
    Profile.objects.filter(id=lan).update(traits={"computed": {"spent": 4}})
    assert audit.compare(program, trait, [lan], event_store(), shop.engine.clock()).wrong == [lan]
    assert audit.run_one(program, event_store(), shop.engine.clock()) is not None


def test_who_becomes_one_while_it_is_computed_has_what_both_did(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two is computed already, the other is not yet."""
    shop.does("Ordered", shop.user("lan"), total=10)
    shop.says(shop.mail("hoa") | {"type": "track", "event": "Ordered", "properties": {"total": 5}})
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    service.create("spent", "Spent", SPENT)
    monkeypatch.setattr("quen.segments.backfill.run_chunk.__defaults__", (1,))
    engine = shop.engine
    engine._reload_definitions(force=True)
    engine.cycle()
    assert service.find("spent").computed_through == lan
    assert (values(lan), values(hoa), waiting(lan), waiting(hoa)) == ({}, {}, [10], [])
    monkeypatch.setattr("quen.engine.backfills.run_one", lambda *_: False)
    shop.says(shop.mail("hoa") | shop.user("lan") | {"type": "track", "event": "Ordered", "properties": {"total": 1}})
    assert (values(owner(shop.user_key("lan"))), waiting(owner(shop.user_key("lan")))) == ({}, [16])
    monkeypatch.undo()
    look_again(shop)
    assert right(shop, lan) == {"spent": 16}
