"""Taking people apart through the engine over real stores: each has their own again, and a crash changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quen.delivery.models import Message
from quen.engine import separating
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge, Link, Separation
from quen.ids import now_ms
from quen.journeys import service as journeys
from quen.journeys.models import Journey, Run
from quen.profiles import strategy_store
from quen.profiles.models import Profile
from quen.segments import service as segments
from quen.segments.models import Member
from tests.engine_world import Shop, counted, events_of, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.journal.close()


def two_who_became_one(shop: Shop) -> tuple[int, int]:
    """A user with two orders and an e-mail address with one; the ids they had before a message named both."""
    shop.says({"type": "identify", **shop.user("lan"), "traits": {"city": "Huế"}})
    shop.does("Ordered", shop.user("lan"))
    shop.does("Ordered", shop.user("lan"))
    shop.says(shop.mail("hoa", name="Hoa"))
    shop.says(shop.mail("hoa", city="Đà Nẵng") | {"type": "track", "event": "Ordered"})
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    assert lan != hoa
    shop.says(shop.mail("hoa", tier="gold") | shop.user("lan"))
    assert owner(shop.user_key("lan")) == owner(shop.mail_key("hoa")) == min(lan, hoa)
    shop.says(shop.mail("hoa", age=30) | {"type": "track", "event": "Reviewed"})
    return lan, hoa


def the_merge(shop: Shop) -> Edge:
    return Edge.objects.filter(kind="merge", left__endswith=shop.name).latest("id")


def test_a_merge_is_taken_back_and_each_has_their_own_again(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    order = shop.carried(orders.cut(the_merge(shop).id, by="an@example.com", note="two people"))
    assert (order.status, order.problem) == ("done", "")
    assert order.result["profiles"] == [str(lan), str(hoa)]
    assert (owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))) == (lan, hoa)
    assert not Link.objects.filter(from_id=hoa).exists()
    assert Profile.objects.get(id=lan).traits["city"] == "Huế"
    assert Profile.objects.get(id=lan).traits["tier"] == "gold"
    assert Profile.objects.get(id=hoa).traits["city"] == "Đà Nẵng"
    assert "tier" not in Profile.objects.get(id=hoa).traits
    assert events_of(lan) == ["Identified", "Ordered", "Ordered", "Identified"]
    assert events_of(hoa) == ["Identified", "Ordered", "Reviewed"]
    assert (counted(lan, "Ordered"), counted(hoa, "Ordered")) == (2, 1)


def test_later_messages_do_not_join_them_again_but_a_person_may(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    shop.carried(orders.cut(the_merge(shop).id, by="an@example.com"))
    shop.says(shop.mail("hoa") | shop.user("lan"))
    assert (owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))) == (lan, hoa)
    joined = shop.carried(orders.join([(shop.user_key("lan"), shop.mail_key("hoa"))], by="an@example.com"))
    assert joined.status == "done"
    assert owner(shop.mail_key("hoa")) == lan
    assert not Separation.objects.filter(left__endswith=shop.name).exists()
    assert counted(lan, "Ordered") == 3
    shop.carried(orders.cut(the_merge(shop).id, by="an@example.com"))
    assert (owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))) == (lan, hoa)
    assert (counted(lan, "Ordered"), counted(hoa, "Ordered")) == (2, 1)


def test_segments_come_apart_and_start_no_journey(shop: Shop) -> None:
    segment = segments.create_segment(
        f"three orders {shop.name}", {"event": "Ordered", "count": {"op": "gte", "value": 3}}
    )
    lan, hoa = two_who_became_one(shop)
    assert list(Member.objects.filter(segment=segment).values_list("profile_id", flat=True)) == [lan]
    shop.carried(orders.cut(the_merge(shop).id, by="an@example.com"))
    assert not Member.objects.filter(segment=segment).exists()
    segment.refresh_from_db()
    assert segment.count == 0
    assert counted(lan, "Segment Exited") == 1
    shop.does("Ordered", shop.user("lan"))
    assert list(Member.objects.filter(segment=segment).values_list("profile_id", flat=True)) == [lan]
    assert hoa


def test_an_address_goes_with_the_person_whose_it_is(shop: Shop) -> None:
    """The message that named both had set it on the one: nobody may be written to at somebody else's address."""
    lan, hoa = two_who_became_one(shop)
    assert Profile.objects.get(id=lan).traits["email"] == f"hoa@{shop.name}.example"
    shop.carried(orders.cut(the_merge(shop).id, by="an@example.com"))
    assert "email" not in Profile.objects.get(id=lan).traits
    assert Profile.objects.get(id=hoa).traits["email"] == f"hoa@{shop.name}.example"
    strategy_store.start_rebuild("an@example.com")
    shop.restart()
    shop.engine.drain()
    assert "email" not in Profile.objects.get(id=lan).traits


def test_what_one_message_said_goes_back_together(shop: Shop) -> None:
    """An address and a card of somebody else in one message are two pairs: one would not do without the other."""
    card = shop.card("hoa")
    shop.says({"type": "identify", **shop.user("lan")})
    shop.says(shop.mail("hoa") | card)
    shop.says(shop.mail("hoa") | card | shop.user("lan"))
    order = shop.carried(orders.cut(the_merge(shop).id, by="an@example.com"))
    assert order.status == "done"
    assert owner(shop.mail_key("hoa")) == owner(shop.card_key("hoa")) != owner(shop.user_key("lan"))


def test_a_cut_is_refused_while_other_evidence_ties_them(shop: Shop) -> None:
    two_who_became_one(shop)
    merge = the_merge(shop)
    device = {"anonymousId": f"a-{shop.name}"}
    shop.says({"type": "track", "event": "Seen", **shop.user("lan"), **device})
    shop.says(shop.mail("hoa") | device)
    order = shop.carried(orders.cut(merge.id, by="an@example.com"))
    assert (order.status, order.problem) == ("refused", "still_one")
    in_the_way = Edge.objects.filter(id__in=order.result["edges"])
    assert {(e.left, e.right) for e in in_the_way} == {
        (shop.user_key("lan"), f"anonymous_id||a-{shop.name}"),
        (shop.mail_key("hoa"), f"anonymous_id||a-{shop.name}"),
    }
    assert owner(shop.mail_key("hoa")) == owner(shop.user_key("lan"))


def test_a_cut_of_what_ties_nobody_is_refused(shop: Shop) -> None:
    two_who_became_one(shop)
    merge = the_merge(shop)
    shop.carried(orders.cut(merge.id, by="an@example.com"))
    assert shop.carried(orders.cut(merge.id, by="an@example.com")).problem == "not_live"
    assert shop.carried(orders.cut(1, by="an@example.com")).problem == "missing"


def test_split_lets_identifiers_leave_together(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    shop.says(shop.user("lan") | {"type": "track", "event": "Seen", "anonymousId": f"a-{shop.name}"})
    device = f"anonymous_id||a-{shop.name}"
    order = shop.carried(orders.split([device, shop.mail_key("hoa")], by="an@example.com"))
    assert order.status == "done"
    assert owner(device) == owner(shop.mail_key("hoa")) == hoa
    assert owner(shop.user_key("lan")) == lan
    assert events_of(lan) == ["Identified", "Ordered", "Ordered", "Identified", "Seen"]
    tied = Edge.objects.get(kind="link", rule="by_hand", message_id=f"order-{order.id}")
    assert {tied.left, tied.right} == {device, shop.mail_key("hoa")}


def test_a_split_of_all_or_of_several_people_is_refused(shop: Shop) -> None:
    two_who_became_one(shop)
    keys = [shop.user_key("lan"), shop.mail_key("hoa")]
    assert shop.carried(orders.split(keys, by="an@example.com")).problem == "everything"
    shop.says({"type": "identify", **shop.user("minh")})
    assert shop.carried(orders.split([keys[0], shop.user_key("minh")], by="an@example.com")).problem == "not_one"
    assert shop.carried(orders.split(["email||nobody@example.com"], by="an@example.com")).problem == "missing"


def test_the_identifier_a_person_began_with_may_leave(shop: Shop) -> None:
    shop.says({"type": "identify", **shop.user("lan")} | shop.mail("lan"))
    person = owner(shop.user_key("lan"))
    shop.carried(orders.split([shop.user_key("lan")], by="an@example.com"))
    assert owner(shop.user_key("lan")) == person
    assert owner(shop.mail_key("lan")) > person
    left = Profile.objects.get(id=owner(shop.mail_key("lan")))
    assert left.traits == {}
    assert events_of(left.id) == []


def test_move_gives_an_identifier_and_its_events_to_another_person(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    shop.says({"type": "identify", **shop.user("minh")})
    minh = owner(shop.user_key("minh"))
    order = shop.carried(orders.move(shop.mail_key("hoa"), minh, by="an@example.com"))
    assert order.status == "done"
    person = owner(shop.mail_key("hoa"))
    assert person == owner(shop.user_key("minh")) == min(minh, hoa)
    assert owner(shop.user_key("lan")) == lan
    assert events_of(person) == ["Identified", "Ordered", "Reviewed", "Identified"]
    assert (counted(lan, "Ordered"), counted(person, "Ordered")) == (2, 1)
    assert Profile.objects.get(id=person).traits["name"] == "Hoa"
    assert not Profile.objects.filter(id=max(minh, hoa)).exists()
    assert set(order.result["profiles"]) == {str(lan), str(person)}


def test_move_never_gives_a_person_two_of_a_unique_type(shop: Shop) -> None:
    shop.says({"type": "identify", **shop.user("lan")} | shop.mail("lan"))
    shop.says({"type": "identify", **shop.user("minh")})
    order = shop.carried(orders.move(shop.user_key("lan"), owner(shop.user_key("minh")), by="an@example.com"))
    assert (order.status, order.problem) == ("refused", "unique:user_id")
    assert owner(shop.user_key("lan")) == owner(shop.mail_key("lan"))


def dies(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt  # what no handler of the engine catches: the process is gone at this point


@pytest.mark.parametrize(
    "place",
    [
        "separating.ordered.keep_plan",
        "separating.parting.cut",
        "separating.segments.apply_changes",
        "separating.moving.move",
        "separating.entries_of",
        "separating.ordered.close",
    ],
)
def test_a_death_anywhere_is_followed_by_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    lan, hoa = two_who_became_one(shop)
    order = orders.cut(the_merge(shop).id, by="an@example.com")
    monkeypatch.setattr(f"quen.engine.{place}", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.engine.drain()
    monkeypatch.undo()
    shop.says(shop.user("lan") | {"type": "track", "event": "Late"})
    shop.restart()
    assert shop.carried(order).status == "done"
    _apart(lan, hoa, shop)


@pytest.mark.parametrize("statement", ["INSERT INTO events", "DELETE FROM events"])
def test_a_death_while_events_move_loses_and_doubles_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    lan, hoa = two_who_became_one(shop)
    # A new person, so that rows really move.
    order = orders.split([shop.mail_key("hoa")], by="an@example.com")
    store, run = event_store(), event_store().rows

    def rows(sql: str, params: Any = None) -> Any:
        found = run(sql, params)
        if sql.startswith(statement):
            dies()
        return found

    monkeypatch.setattr(store, "rows", rows)
    with pytest.raises(KeyboardInterrupt):
        shop.engine.drain()
    monkeypatch.undo()
    shop.restart()
    assert shop.carried(order).status == "done"
    shop.says(shop.user("lan") | {"type": "track", "event": "Late"})
    _apart(lan, hoa, shop)


def _apart(lan: int, hoa: int, shop: Shop) -> None:
    assert (owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))) == (lan, hoa)
    assert events_of(lan) == ["Identified", "Ordered", "Ordered", "Identified", "Late"]
    assert events_of(hoa) == ["Identified", "Ordered", "Reviewed"]
    assert (counted(lan, "Ordered"), counted(hoa, "Ordered")) == (2, 1)
    assert Edge.objects.filter(kind="remove", left__endswith=shop.name).count() == 1


def test_an_order_that_fails_again_and_again_is_refused_and_events_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_who_became_one(shop)
    order = orders.cut(the_merge(shop).id, by="an@example.com")

    def breaks(*_arguments: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("quen.engine.separating.rebuild", breaks)
    assert _drained(shop) == separating.MOST_TRIES
    assert orders.outcome(order.id).problem == "failed"
    assert owner(shop.mail_key("hoa")) == owner(shop.user_key("lan"))
    assert not Edge.objects.filter(kind="remove", left__endswith=shop.name).exists()


def test_events_that_cannot_be_moved_are_moved_later_and_new_ones_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan, hoa = two_who_became_one(shop)
    order = orders.cut(the_merge(shop).id, by="an@example.com")

    def breaks(*_arguments: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("quen.engine.separating.moving.move", breaks)
    _drained(shop)
    shop.says(shop.user("lan") | {"type": "track", "event": "Late"})
    assert counted(lan, "Late") == 1
    assert orders.outcome(order.id).status == "working"
    monkeypatch.undo()
    shop.engine.clock = lambda: now_ms() + separating.RETRY_MS
    assert shop.carried(order).status == "done"
    _apart(lan, hoa, shop)


def _drained(shop: Shop) -> int:
    """Drain as the engine's thread would, without the waiting; how often it failed."""
    failures = 0
    while True:
        try:
            shop.engine.drain()
            return failures
        except Exception as error:
            failures += 1
            if failures > 50:
                raise
            shop.engine._failed(error)


def test_a_run_goes_along_with_whoever_started_it(shop: Shop) -> None:
    """One begun by each before they were one, and one by each while they were."""
    start = f"Asked {shop.name}"
    journey = live_journey(shop, start)
    lan_who, hoa_who = shop.user("lan"), {"type": "track", "event": start, **shop.card("hoa")}
    shop.does(start, lan_who, n=1)
    shop.says(hoa_who | {"properties": {"n": 2}})
    lan, hoa = owner(shop.user_key("lan")), owner(shop.card_key("hoa"))
    shop.says({"type": "identify", **lan_who, **shop.card("hoa")})
    shop.does(start, lan_who, n=3)
    shop.says(hoa_who | {"properties": {"n": 4}})
    assert {run.profile_id for run in Run.objects.filter(journey=journey)} == {lan}
    Message.objects.bulk_create(
        Message(
            idempotency_key=f"{shop.name}-{run.id}", channel="webhook", profile_id=lan, run_id=run.id, status="failed"
        )
        for run in Run.objects.filter(journey=journey)
    )
    assert shop.carried(orders.cut(the_merge(shop).id, by="an@example.com")).status == "done"
    of_run = {run.context["properties"]["n"]: run for run in Run.objects.filter(journey=journey)}
    assert {n: run.profile_id for n, run in of_run.items()} == {1: lan, 2: hoa, 3: lan, 4: hoa}
    sent = {m.run_id: m.profile_id for m in Message.objects.filter(idempotency_key__startswith=shop.name)}
    assert sent == {run.id: run.profile_id for run in of_run.values()}
    assert (counted(lan, "Journey Entered"), counted(hoa, "Journey Entered")) == (2, 2)


def live_journey(shop: Shop, start: str) -> Journey:
    """People wait in it for an hour, each as often as they start it with another `n`."""
    graph = {
        "trigger": {"type": "event", "event": start, "where": [], "max_age": "7d"},
        "entry_key": "properties.n", "reentry": "always", "exit_when": None, "exit_on": [],
        "nodes": [{"id": "w", "type": "wait", "duration": "1h"}],
    }  # fmt: skip
    journey = journeys.create_journey(start, "an@example.com", graph)
    journeys.publish(journey, "keep", "an@example.com")
    shop.engine.drain()
    return journey
