"""An event that crashes a step, whichever: it alone is set aside with its reason, and all others are stored once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.models import Quarantined
from quen.engine.steps import STEPS
from quen.events.store import event_store
from quen.profiles.models import Profile
from tests.engine_world import Shop
from tests.support import Quen, eventually

pytestmark = pytest.mark.django_db(transaction=True)


# Steps before `record` are alike to who looks for the culprit; `make faults` takes them all.
SOME = ("apply", "record", "commit")


@pytest.mark.parametrize(
    "name", [s.name for s in STEPS if s.name in SOME or (s.name != "decode" and "QUEN_FAULT_MINUTES" in os.environ)]
)
def test_a_poisonous_event(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path)
    at = next(i for i, s in enumerate(STEPS) if s.name == name)

    def poisoned(batch: Batch, context: Context) -> None:
        STEPS[at].run(batch, context)
        if any(m.event == "Poison" for m in batch.messages):
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr("quen.engine.loop.STEPS", (*STEPS[:at], STEPS[at]._replace(run=poisoned), *STEPS[at + 1 :]))
    if name in {"record", "commit"}:  # which the search for it does not run, or runs in a transaction: fail there too
        _poison_rows(monkeypatch)
    drain, shop.engine.drain = shop.engine.drain, lambda: None  # type: ignore[method-assign]
    for entry in range(3):
        good = [_track(shop, "Good", f"g-{entry}-{n}", f"{entry}-{n}") for n in range(8)]
        bad = [_track(shop, "Poison", "poison", "victim")] if entry == 1 else []
        shop.says(*good[:4], *bad, *good[4:])
    shop.engine.drain = drain  # type: ignore[method-assign]
    tries = 0
    works = True
    while works and tries < 25:
        try:
            works = shop.engine.cycle()
        except Exception as error:
            tries += 1
            shop.engine._failed(error)
    assert not works, "it is tried again and again"
    of_shop = {"s": shop.source.id}
    stored = event_store().rows(
        "SELECT event, message_id, count() FROM events WHERE source_id = {s:UInt64} GROUP BY 1, 2", of_shop
    )
    assert sorted((e, int(n)) for e, _, n in stored) == [("Good", 1)] * 24
    kept = Quarantined.objects.get(source_id=shop.source.id)
    assert (kept.reason, "poison" in kept.body) == ("step_failed", True)
    people = set(Profile.objects.filter(first_source_id=shop.source.id).values_list("id", flat=True))
    rows = event_store().rows("SELECT DISTINCT profile_id FROM events WHERE source_id = {s:UInt64}", of_shop)
    assert len(people) == 24 and {int(p) for (p,) in rows} == people
    mirror = {int(i) for (i,) in event_store().rows("SELECT id FROM profiles FINAL WHERE deleted = 0")}
    assert mirror >= people
    everybody = set(Profile.objects.values_list("id", flat=True))
    assert not {i for i in mirror if min(people) <= i <= max(people)} - everybody, "nobody who was never made"


def _poison_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    from quen.engine.steps import commit

    messages = commit._messages

    def failing(batch: Batch, *rest: Any) -> None:
        messages(batch, *rest)
        if any(m.event == "Poison" for m in batch.messages):
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(commit, "_messages", failing)


def _track(shop: Shop, event: str, id_: str, who: str) -> dict[str, Any]:
    return {"type": "track", "event": event, "messageId": id_, **shop.user(who)}


# tests/faults/lives.py lets an engine die so in `make test`, without the app around it.
@pytest.mark.skipif("QUEN_FAULT_MINUTES" not in os.environ, reason="make faults tries it: the app starts five times")
@pytest.mark.parametrize("point", ["engine.apply", "engine.record"])
def test_an_event_that_ends_the_app(point: str, new_quen: Callable[..., Quen]) -> None:
    """Whatever kills it in the middle of a message: after a few starts it is set aside, and all others are stored."""
    quen = new_quen(FAILPOINT=f"{point}@deadly")
    quen.start()
    good = [{"type": "track", "event": "Good", "userId": f"u{n}", "messageId": f"good-{n}"} for n in range(60)]
    deadly = {"type": "track", "event": "Deadly", "userId": "victim", "messageId": "deadly"}
    quen.send(*good[:30])
    quen.send(*good[30:40], deadly, *good[40:50])
    quen.send(*good[50:])
    (kept,) = eventually(lambda: _quarantine(quen), timeout=240, interval=1)
    assert (kept["reason"], kept["body"]["event"]) == ("step_failed", "Deadly")
    quen.wait_until_healthy()
    quen.settle()
    stored = quen.cli("export", "events").stdout
    assert sorted(stored.count(f'"good-{n}"') for n in range(60)) == [1] * 60 and '"deadly"' not in stored


def _quarantine(quen: Quen) -> list[dict[str, Any]]:
    try:
        answer = quen.api().get("quarantine")
    except httpx.TransportError:
        return []  # the app is away again
    return list(answer.json()["items"]) if answer.status_code == 200 else []
