"""Sequences through the engine over real stores: as things come, late, merged, taken apart; SQL says the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quen.config import config
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge
from quen.profiles.models import Profile
from quen.segments import service, sql
from quen.segments.models import Member, Segment
from quen.segments.rules import parse_rule
from tests.engine_world import DAY, Shop, owner

pytestmark = pytest.mark.django_db(transaction=True)
LEFT = {"sequence": [{"event": "Added"}, {"event": "Ordered", "not": True}], "within": "3d"}
AGAIN = {"sequence": [{"event": "Ordered"}, {"event": "Ordered"}], "within": "30d"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.journal.close()


def segment(shop: Shop, rule: dict[str, Any]) -> Segment:
    made = service.create_segment(f"s {shop.name}", rule)
    shop.engine._reload_definitions(force=True)
    shop.engine.drain()
    return made


def does(shop: Shop, event: str, who: dict[str, Any], at: int) -> None:
    shop.says({"type": "track", "event": event, "timestamp": at, **who})


def both(shop: Shop, of: Segment) -> set[int]:
    now = shop.engine.clock()
    query, params = sql.members_sql(parse_rule(of.rule), now, config().zone)
    expected = {int(row[0]) for row in event_store().rows(query, params)}
    found = set(Member.objects.filter(segment_id=of.id).values_list("profile_id", flat=True))
    assert found == expected & set(Profile.objects.values_list("id", flat=True))
    return found


def test_the_timer_wakes_it_to_the_second_and_what_is_late_takes_it_back(shop: Shop) -> None:
    left = segment(shop, LEFT)
    real = shop.engine.clock()
    added = real - 3 * DAY + 3_600_000
    does(shop, "Added", shop.user("lan"), added)
    lan = owner(shop.user_key("lan"))
    assert both(shop, left) == set()
    assert Profile.objects.get(id=lan).due_at == added + 3 * DAY
    shop.engine.clock = lambda: added + 3 * DAY + 5_000
    shop.engine._next_due = None
    shop.engine.drain()
    assert both(shop, left) == {lan}
    assert Member.objects.get(segment=left).since == added + 3 * DAY
    does(shop, "Ordered", shop.user("lan"), added + 1_000)
    assert both(shop, left) == set()


def test_it_follows_people_who_become_one_and_are_taken_apart(shop: Shop) -> None:
    left, again = segment(shop, LEFT), segment(shop, AGAIN)
    start = shop.engine.clock() - 20 * DAY
    hoa_said = shop.mail("hoa")
    shop.says({"type": "identify", **shop.user("lan")}, hoa_said)
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    does(shop, "Added", shop.user("lan"), start)
    does(shop, "Ordered", {"traits": hoa_said["traits"]}, start + DAY)
    does(shop, "Ordered", shop.user("lan"), start + 9 * DAY)
    assert both(shop, left) == {lan}
    assert both(shop, again) == set()
    shop.says(shop.mail("hoa") | shop.user("lan"))
    one = min(lan, hoa)
    assert both(shop, left) == set()  # together they did order
    assert both(shop, again) == {one}
    edge = Edge.objects.filter(kind="merge", left__endswith=shop.name).latest("id")
    assert shop.carried(orders.cut(edge.id, by="an@example.com", note="two people")).status == "done"
    assert both(shop, left) == {owner(shop.user_key("lan"))}
    assert both(shop, again) == set()


def test_a_long_history_that_comes_backwards_or_of_two_people_is_judged_whole(shop: Shop) -> None:
    left = segment(shop, {**LEFT, "in_last": "300d"})
    start = shop.engine.clock() - 100 * DAY
    hoa_said = shop.mail("hoa")
    for day in range(90, 0, -1):  # newest first, more than are kept
        does(shop, "Added" if day % 9 else "Ordered", shop.user("lan"), start + day * DAY)
        if day % 30 == 0:
            both(shop, left)
    for day in range(0, 80, 2):
        does(shop, "Ordered", {"traits": hoa_said["traits"]}, start + day * DAY + 3_600_000)
        does(shop, "Added", {"traits": hoa_said["traits"]}, start + day * DAY + 7_200_000)
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    assert both(shop, left) == {lan, hoa}
    live = shop.engine.context.program.decode(bytes(Profile.objects.get(id=lan).live or b""))
    (kept,) = [kept for kept in live.atoms.values() if isinstance(kept, list) and len(kept) == 5]
    assert len(kept[1]) <= 64
    shop.says(shop.mail("hoa") | shop.user("lan"))
    both(shop, left)
    again = shop.engine.context.program
    one = Profile.objects.get(id=min(lan, hoa))
    state = again.decode(bytes(one.live or b""))
    told = [kept for kept in state.atoms.values() if isinstance(kept, list) and len(kept) == 5]
    assert told
    # Late, far below what is kept: an order that takes back one of the chains, and one that does not matter.
    does(shop, "Ordered", shop.user("lan"), start + 85 * DAY + 1)
    both(shop, left)
