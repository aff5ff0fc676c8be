"""Lists, consents and who can be reached, through the engine over real stores; live and SQL agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from quen.config import config
from quen.delivery import service as delivery
from quen.delivery import telling, tracking
from quen.delivery.models import Message, Suppression
from quen.errors import Conflict, InvalidInput, NotFound
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge
from quen.ids import new_id, now_ms
from quen.journal.protocol import NewEntry
from quen.profiles.models import Profile
from quen.profiles.queries import document, person
from quen.segments import lists, service, sql
from quen.segments.lists import Named
from quen.segments.models import Member, Segment
from quen.segments.rules import RuleError, parse_rule
from tests.engine_world import Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop(tmp_path)
    monkeypatch.setattr(telling, "_journal", lambda: made.journal)
    yield made
    made.journal.close()


@pytest.fixture
def segment(shop: Shop) -> Callable[[Any], Segment]:
    def make(rule: Any) -> Segment:
        made = service.create_segment(f"s {shop.name}", rule)
        shop.engine._reload_definitions(force=True)
        shop.engine.drain()
        return made

    return make


def members(of: Segment) -> set[int]:
    return set(Member.objects.filter(segment_id=of.id).values_list("profile_id", flat=True))


def by_sql(of: Segment) -> set[int]:
    query, params = sql.members_sql(parse_rule(of.rule), now_ms(), config().zone, service.roots())
    found = {int(row[0]) for row in event_store().rows(query, params)}
    return found & set(Profile.objects.values_list("id", flat=True))  # the event store has those of other tests too


def tell(shop: Shop, change: lists.Change) -> None:
    shop.journal.append(change.entries)
    shop.engine._reload_definitions(force=True)
    shop.engine.drain()


def both(of: Segment) -> set[int]:
    """Who is in a segment; live and SQL say the same."""
    found = members(of)
    assert found == by_sql(of)
    return found


def test_people_are_put_on_a_list_and_taken_off(shop: Shop, segment: Callable[[Any], Segment]) -> None:
    shop.says({"type": "identify", **shop.user("lan")}, shop.mail("hoa"), {"type": "identify", **shop.user("an")})
    lan, hoa, an = owner(shop.user_key("lan")), owner(shop.mail_key("hoa")), owner(shop.user_key("an"))
    vip = lists.create("VIP", by="an@example.com")
    asks = segment({"all": [{"list": str(vip.id)}]})
    named = [
        Named("user_id", shop.user("lan")["userId"]),
        Named("email", f"HOA@{shop.name}.example"),
        Named("email", "nobody@example.com"),
        Named("id", str(an)),
        Named("id", "12"),
        Named("id", "x"),
    ]
    change = lists.change(vip, named, on=True)
    assert (change.people, change.unknown) == (3, [2, 4, 5])
    tell(shop, change)
    assert both(asks) == both(vip) == {lan, hoa, an}
    vip.refresh_from_db()
    assert vip.count == 3
    tell(shop, lists.change(vip, [Named("id", str(hoa))], on=False))
    assert both(asks) == both(vip) == {lan, an}
    assert Profile.objects.get(id=lan).traits == {f"quen:list:{vip.id}": True}
    assert document(person(lan, masked=False))["traits"] == {}
    with pytest.raises(Conflict, match="s t"):
        service.archive(vip)
    service.archive(asks)
    service.archive(vip)
    with pytest.raises(NotFound):
        lists.find(vip.id)
    with pytest.raises(RuleError) as caught:
        service.check_rule({"any": [{"event": "x"}, {"not": {"list": str(vip.id)}}]})
    assert caught.value.details["path"] == "$.any[1].not.list"


def test_the_place_on_a_list_follows_merges_and_separations(shop: Shop, segment: Callable[[Any], Segment]) -> None:
    vip = lists.create("VIP")
    asks = segment({"list": str(vip.id)})
    shop.says({"type": "identify", **shop.user("lan")}, shop.mail("hoa"))
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    tell(shop, lists.change(vip, [Named("email", f"hoa@{shop.name}.example")], on=True))
    assert both(asks) == {hoa}
    shop.says(shop.mail("hoa") | shop.user("lan"))
    one = min(lan, hoa)
    assert owner(shop.user_key("lan")) == one
    assert both(asks) == both(vip) == {one}
    # Named by the address while they are one: it goes with the address.
    other = lists.create("Newsletter")
    tell(shop, lists.change(other, [Named("email", f"hoa@{shop.name}.example")], on=True))
    assert both(other) == {one}
    edge = Edge.objects.filter(kind="merge", left__endswith=shop.name).latest("id")
    order = shop.carried(orders.cut(edge.id, by="an@example.com", note="two people"))
    assert (order.status, order.problem) == ("done", "")
    assert both(asks) == both(vip) == both(other) == {owner(shop.mail_key("hoa"))}
    assert owner(shop.user_key("lan")) != owner(shop.mail_key("hoa"))


def test_a_file_of_identifiers() -> None:
    data = '\ufeffEmail;name\na@example.com;An\n\n"b@example.com",B\n c@example.com \n'.encode()
    found = lists.read_file(data, "email")
    assert found == [Named("email", f"{letter}@example.com") for letter in "abc"]
    for wrong, detail in ((b"\xff\xfe", "encoding"), (b"email\n\n", "empty")):
        with pytest.raises(InvalidInput) as caught:
            lists.read_file(wrong, "email")
        assert caught.value.details == {"file": detail}
    with pytest.raises(InvalidInput) as caught:
        lists.change(Segment(id=1, name="x"), [Named("id", "1"), Named("zalo_user_id", "5")], on=True)
    assert caught.value.details == {"path": "members[1].type"}


def test_consents_are_what_the_person_said_last(shop: Shop, segment: Callable[[Any], Segment]) -> None:
    def says(who: dict[str, Any], at: int, **purposes: Any) -> None:
        context = {"consent": {"categoryPreferences": purposes}}
        shop.says({"type": "page", "timestamp": shop.began + at, "context": context, **who}, source=shop.browser)

    asks, none = segment({"consent": "marketing"}), segment({"not": {"consent": "marketing"}})
    says({"anonymousId": f"x{shop.name}"}, 5_000, marketing=True, analytics=False, odd="yes")
    (lan,) = both(asks)
    found = document(person(lan, masked=False))["consents"]
    assert {name: consent["granted"] for name, consent in found.items()} == {"marketing": True, "analytics": False}
    says({"anonymousId": f"x{shop.name}"}, 4_000, marketing=False)  # earlier, told later
    assert both(asks) == {lan}
    says({"anonymousId": f"x{shop.name}"}, 6_000, marketing=False)
    assert both(asks) == set()
    assert lan in both(none)
    # A person known by an address said yes later: as one they have.
    says(shop.user("lan"), 9_000, marketing=True)
    both(asks)
    shop.says({"type": "identify", "anonymousId": f"x{shop.name}", **shop.user("lan")})
    assert both(asks) == {owner(shop.user_key("lan"))}


def test_nobody_else_sets_a_mark(shop: Shop) -> None:
    shop.says(
        {
            "type": "identify",
            "traits": {"quen:consent:marketing": True, "city": "Huế"},
            "context": {"suppressed": {"email": "x"}, "consent": {"categoryPreferences": "all"}},
            **shop.user("lan"),
        },
        {"type": "track", "event": "List Joined", "properties": {"list_id": "5"}, **shop.user("lan")},
    )
    assert Profile.objects.get(id=owner(shop.user_key("lan"))).traits == {"city": "Huế"}


def test_an_identifier_that_was_set_aside_is_no_address(shop: Shop) -> None:
    shop.says(shop.mail("hoa"))
    ids = [{"type": "zalo_user_id", "id": f"9{shop.name}0000"}, {"type": "email", "id": f"hoa@{shop.name}.example"}]
    lan = {"type": "identify", **shop.user("lan")}
    shop.says(lan, source=shop.browser)
    shop.says(lan | {"context": {"externalIds": ids}}, source=shop.browser)
    traits = Profile.objects.get(id=owner(shop.user_key("lan"))).traits
    assert traits == {"quen:address:zalo_user_id": f"9{shop.name}0000"}


def test_who_can_be_reached_follows_suppressions(shop: Shop, segment: Callable[[Any], Segment]) -> None:
    asks = segment({"reachable": "email"})
    before = members(asks)
    shop.says(shop.mail("lan"))
    lan, address = owner(shop.mail_key("lan")), f"lan@{shop.name}.example"
    assert both(asks) - before == {lan}
    delivery.add_suppression("email", address)
    shop.engine.drain()
    assert both(asks) == before
    delivery.remove_suppression("email", address)
    shop.engine.drain()
    assert both(asks) - before == {lan}
    message = Message.objects.create(
        id=new_id(), idempotency_key=shop.name, channel="email", profile_id=lan, address=address
    )
    shop.journal.append([NewEntry("unsubscribe", 0, b'{"m": %d, "t": %d}' % (message.id, now_ms()))])
    shop.engine.drain()
    assert both(asks) == before
    shop.says(shop.mail("lan") | {"traits": {"email": f"lan2@{shop.name}.example"}, **shop.user("lan")})
    assert owner(shop.user_key("lan")) in both(asks)
    # Whoever comes to have a suppressed address cannot be reached by it.
    Suppression.objects.create(id=new_id(), channel="email", address=f"hoa@{shop.name}.example", reason="by_hand", at=1)
    shop.says(shop.mail("hoa"))
    assert owner(shop.mail_key("hoa")) not in both(asks)


def test_a_bounce_and_a_held_back_mail_leave_the_mark() -> None:
    def effects(bounced: set[int], **changed: Any) -> list[dict[str, Any]]:
        values: dict[str, Any] = {
            "profile_id": 42, "channel": "email", "address": "Lan@example.com", "status": "failed", "reason": "",
            "subject": "", "journey_id": None, "run_id": None, "done_at": 1_000, "opened_at": None,
            "clicked_at": None, "activity": [], "noted": "",
        }  # fmt: skip
        state = tracking.MessageState(7, **values | changed)
        entry = (tracking.Entry(1, 2_000, "sent", 0, b""), tracking.Told(7, 2_000))
        return [event.context for event in tracking.plan([entry], {7: state}, {}, {}, bounced).events]

    marked = [{"suppressed": {"email": "lan@example.com"}}]
    assert effects({7}) == marked
    assert effects(set()) == [{}]
    assert effects(set(), status="suppressed", reason="by_hand") == marked
    assert effects(set(), status="suppressed", reason="no_address") == [{}]
