"""Links folded into the rows of events: readers see no difference, and nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quen.engine import folding
from quen.engine.folding import Folder
from quen.events.store import EventRow, event_store
from quen.identity import orders
from quen.identity.models import Edge, Link
from quen.ids import now_ms
from tests.engine_world import DAY, Shop, counted, events_of, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(folding, "QUIET_S", float("inf"))  # on a slow machine the engine would fold by itself
    made = Shop(tmp_path)
    yield made
    made.journal.close()


def two_who_became_one(shop: Shop) -> tuple[int, int]:
    """The second with events of two months under an id of its own."""
    shop.does("Ordered", shop.user("lan"))
    shop.says(shop.mail("hoa") | {"type": "track", "event": "Ordered", "timestamp": now_ms() - 45 * DAY})
    shop.says(shop.mail("hoa") | {"type": "track", "event": "Ordered"})
    lan, hoa = owner(shop.user_key("lan")), owner(shop.mail_key("hoa"))
    shop.says(shop.mail("hoa") | shop.user("lan") | {"type": "identify"})
    return lan, hoa


def under(profile_id: int) -> list[tuple[str, int]]:
    """(event, origin) of the rows that stand under exactly this id."""
    rows = event_store().rows(
        "SELECT event, origin FROM events WHERE profile_id = {id:UInt64} AND source_id > 0 ORDER BY time, id",
        {"id": profile_id},
    )
    return [(event, int(origin)) for event, origin in rows]


def fold(folder: Folder) -> None:
    """All that is to be folded, and the look that finds nothing more."""
    for _ in range(2):
        folder._look_at = 0.0
        while folder.step():
            pass


def test_rows_stand_under_the_person_of_today_and_remember_the_id_of_their_moment(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    before = events_of(lan)
    assert under(hoa) == [("Ordered", hoa), ("Ordered", hoa)]
    fold(shop.engine._folder)
    assert under(hoa) == []
    assert sorted(under(lan)) == [("Identified", lan), ("Ordered", lan), ("Ordered", hoa), ("Ordered", hoa)]
    assert events_of(lan) == before
    assert counted(lan, "Ordered") == 3
    assert event_store().rows("SELECT count() FROM links WHERE from_id = {id:UInt64}", {"id": hoa}) == [(0,)]
    assert Link.objects.get(from_id=hoa).to_id == lan


def test_after_a_fold_people_come_apart_as_before(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    fold(shop.engine._folder)
    merge = Edge.objects.get(kind="merge", left__endswith=shop.name)
    assert shop.carried(orders.cut(merge.id, by="an@example.com")).status == "done"
    assert events_of(hoa) == ["Ordered", "Ordered"]
    assert events_of(lan) == ["Ordered", "Identified"]
    assert (counted(lan, "Ordered"), counted(hoa, "Ordered")) == (1, 2)
    assert under(hoa) == [("Ordered", hoa), ("Ordered", hoa)]


def test_events_and_merges_that_come_meanwhile_are_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "ROWS_A_STEP", 1)
    lan, hoa = two_who_became_one(shop)
    folder = shop.engine._folder
    folder._look_at = 0.0
    for number in range(200):
        if not folder.step():
            break
        if number % 3 == 0:
            shop.does("Ordered", shop.user("lan"))
        if number == 4:
            shop.says({"type": "track", "event": "Ordered", "anonymousId": f"v-{shop.name}"})
            shop.says({"type": "identify", "anonymousId": f"v-{shop.name}", **shop.user("lan")})
    # Where an earlier test's clock was ahead, rows that come meanwhile have lower ids than some that are there: the
    # month is then left as it was, and taken at the next look.
    fold(folder)
    ordered = 3 + len(range(0, number, 3)) + (number > 4)
    assert counted(lan, "Ordered") == ordered
    twice = "SELECT count() - uniqExact(id) FROM events WHERE profile_id = {id:UInt64}"
    assert event_store().rows(twice, {"id": lan}) == [(0,)]
    assert under(hoa) == []


def test_what_is_staged_is_thrown_away_when_people_are_taken_apart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "ROWS_A_STEP", 1)
    lan, hoa = two_who_became_one(shop)
    folder = shop.engine._folder
    folder._look_at = 0.0
    for _ in range(3):
        assert folder.step()
    merge = Edge.objects.get(kind="merge", left__endswith=shop.name)
    shop.carried(orders.cut(merge.id, by="an@example.com"))
    fold(folder)
    assert under(hoa) == [("Ordered", hoa), ("Ordered", hoa)]
    assert (counted(lan, "Ordered"), counted(hoa, "Ordered")) == (1, 2)


def test_what_is_deleted_meanwhile_does_not_come_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "ROWS_A_STEP", 1)
    lan, _hoa = two_who_became_one(shop)
    folder = shop.engine._folder
    folder._look_at = 0.0
    for _ in range(3):
        assert folder.step()
    event_store().rows("DELETE FROM events WHERE profile_id = {id:UInt64} AND event = 'Ordered'", {"id": lan})
    fold(folder)
    assert counted(lan, "Ordered") == 2


def test_a_crash_leaves_only_what_the_next_start_clears_away(shop: Shop) -> None:
    lan, hoa = two_who_became_one(shop)
    folder = shop.engine._folder
    folder._look_at = 0.0
    assert folder.step() and folder.step()
    shop.restart()
    assert event_store().rows("EXISTS TABLE events_folding") == [(0,)]
    assert len(under(hoa)) == 2
    fold(shop.engine._folder)
    assert counted(lan, "Ordered") == 3


def test_a_batch_that_is_repeated_after_a_fold_is_still_taken_once(shop: Shop) -> None:
    """The tokens of batches belong to the table: replacing its parts must not forget them."""
    lan, hoa = two_who_became_one(shop)
    row = EventRow(
        hoa, now_ms(), 7, "Ordered", "track", shop.source.id, f"m-{shop.name}", "", "", {}, "", 0, None, None
    )
    event_store().insert_events([row], f"token-{shop.name}")
    fold(shop.engine._folder)
    event_store().insert_events([row], f"token-{shop.name}")
    assert counted(lan, "Ordered") == 4


def test_readers_see_every_event_once_while_links_are_folded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "ROWS_A_STEP", 2_000)
    lan, hoa = two_who_became_one(shop)
    event_store().rows(
        "INSERT INTO events (profile_id, time, id, event, type, source_id, message_id, properties, received_at, origin)"
        f" SELECT if(number % 3 = 0, {lan}, {hoa}), now64(3) - toIntervalMinute(number % 60), number + 1, 'Ordered',"
        f" 'track', {shop.source.id}, toString(number), '{{}}', now64(3), {hoa} FROM numbers(20000)"
    )
    expected = 20_003
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(counted(lan, "Ordered"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        fold(shop.engine._folder)
    finally:
        done.set()
        reader.join()
    assert len(under(hoa)) == 0
    assert seen == {expected}
    assert len(under(lan)) == expected + 1


def test_quiet_is_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    two_who_became_one(shop)
    folder = shop.engine._folder
    folder.busy()
    assert not folder.run_one(idle=True)
    monkeypatch.setattr(folding, "QUIET_S", 0.0)
    assert folder.run_one(idle=True)
    assert not folder.run_one(idle=False)
    assert folder.run_one(idle=True)
