"""What a webhook of a segment is told: together as far as nobody's order changes, in bounded calls, once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from quen.delivery import hooks
from quen.delivery.models import Message, SegmentHook
from quen.delivery.rendering import Person
from quen.errors import InvalidInput
from quen.segments.facts import Change
from quen.segments.models import Segment

pytestmark = pytest.mark.django_db
NOW = 1_782_882_000_000
URL = "https://receiver.example/quen"


def segment() -> Segment:
    return Segment.objects.create(name="VIP", rule={"trait": "vip", "op": "exists"}, updated_at=NOW)


def queued(hook: SegmentHook) -> list[dict[str, Any]]:
    return list(Message.objects.filter(hook_id=hook.id).order_by("id").values_list("payload", flat=True))


def test_entries_and_exits_of_a_batch_are_two_calls_unless_somebody_does_both() -> None:
    of = segment()
    hook, _secret = hooks.create(of, hooks.Settings(URL), "lan")
    changes = [(n, Change(of.id, n % 2 == 0, NOW)) for n in range(40)]
    hooks.queue([*changes, (7, Change(of.id + 1, True, NOW))], "b1", NOW)
    assert [(p["event"], len(p["people"])) for p in queued(hook)] == [("segment.entered", 20), ("segment.exited", 20)]
    back_and_forth = [(1, Change(of.id, entered, NOW + at)) for at, entered in enumerate((False, True, False))]
    hooks.queue(back_and_forth, "b2", NOW)
    assert [p["event"][8:] for p in queued(hook)[2:]] == ["exited", "entered", "exited"]
    hooks.queue(back_and_forth, "b2", NOW)  # repeated
    assert len(queued(hook)) == 5


def test_many_are_told_in_bounded_calls_and_backfills_only_where_asked_for() -> None:
    of = segment()
    quiet, _ = hooks.create(of, hooks.Settings(URL, exited=False), "lan")
    asked, _ = hooks.create(of, hooks.Settings(URL, backfills=True), "lan")
    found = [(n, Change(of.id, True, NOW, backfill=True)) for n in range(2 * hooks.MOST_PEOPLE + 1)]
    hooks.queue([*found, (9_999, Change(of.id, False, NOW))], "v2", NOW)
    assert queued(quiet) == []
    assert [(p["backfill"], len(p["people"])) for p in queued(asked)] == [
        (True, hooks.MOST_PEOPLE),
        (True, hooks.MOST_PEOPLE),
        (True, 1),
        (False, 1),
    ]


def test_one_call_at_a_time_and_what_fails_holds_back_what_follows() -> None:
    of = segment()
    one, _ = hooks.create(of, hooks.Settings(URL), "lan")
    other, _ = hooks.create(of, hooks.Settings(URL), "lan")
    for batch in range(3):
        hooks.queue([(batch, Change(of.id, True, NOW))], f"b{batch}", NOW)
    ids = {hook.id: list(Message.objects.filter(hook_id=hook.id).order_by("id")) for hook in (one, other)}
    assert set(hooks.claimable(NOW, (), 8)) == {ids[one.id][0].id, ids[other.id][0].id}
    assert hooks.claimable(NOW, [one.id], 8) == [ids[other.id][0].id]
    Message.objects.filter(id=ids[one.id][0].id).update(not_before=NOW + 1)
    assert hooks.claimable(NOW, (), 8) == [ids[other.id][0].id]
    hooks.pause([other.id], "gone")
    assert hooks.claimable(NOW + 1, (), 8) == [ids[one.id][0].id]
    hooks.delete(one)
    assert not Message.objects.filter(hook_id=one.id).exists()


def test_only_what_the_settings_say_is_told_of_whoever_is_still_there() -> None:
    of = segment()
    hook, _ = hooks.create(of, hooks.Settings(URL, identifiers=False, traits=["city", "none"]), "lan")
    people = {1: Person(1, {"city": "Huế", "email": "a@b.vn", "quen:list:5": True}, [("email", "a@b.vn")])}
    payload = {
        "event": "segment.entered",
        "backfill": False,
        "segment": {"id": "5", "name": "VIP"},
        "people": [["1", NOW], ["2", NOW]],
    }
    told = msgspec.json.decode(hooks.body(hook, payload, people, NOW) or b"null")
    at = "2026-07-01T05:00:00.000Z"
    assert told["data"]["profiles"] == [{"id": "1", "at": at, "traits": {"city": "Huế"}}]
    hooks.change(hook, hooks.Settings(URL, traits=["*"]))
    told = msgspec.json.decode(hooks.body(hook, payload, people, NOW) or b"null")
    assert told["data"]["profiles"][0]["traits"] == {"city": "Huế", "email": "a@b.vn"}
    assert hooks.body(hook, payload, {}, NOW) is None


def test_secrets_differ_and_the_old_one_ends_after_a_day() -> None:
    of = segment()
    one, first = hooks.create(of, hooks.Settings(URL), "lan")
    _two, other = hooks.create(of, hooks.Settings(URL), "lan")
    assert first != other
    new = hooks.rotate(one)
    assert hooks.secrets(one, one.rotated_at) == (new, first)
    assert hooks.secrets(one, one.rotated_at + hooks.OLD_SECRET_MS) == (new,)


@pytest.mark.parametrize("settings", [{"url": "ftp://x"}, {"url": "https://u:p@x"}, {"url": URL, "traits": [""]}])
def test_what_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        hooks.create(segment(), hooks.Settings(**settings), "lan")
