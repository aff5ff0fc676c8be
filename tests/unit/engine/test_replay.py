"""A replay stores nothing twice, brings back what was kept back, and leaves the quarantine true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from quen.config import Config, config
from quen.engine import replay as replaying
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.models import Quarantined
from quen.engine.replay import Replayed, replay
from quen.engine.steps import STEPS, Step, clean
from quen.journal.protocol import NewEntry
from quen.protocol.messages import Envelope
from tests.engine_world import Shop, counted, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop(tmp_path)
    monkeypatch.setattr(replaying, "open_journal", lambda settings, bounded=True: made.journal)
    yield made
    made.journal.close()


def work_through(shop: Shop) -> None:
    """As the engine's own loop does: what fails is narrowed down."""
    while True:
        try:
            if not shop.engine.cycle():
                return
        except Exception as error:
            shop.engine._failed(error)


def again(settings: Config | None = None) -> Replayed:
    return replay(settings or config(), 0, lambda done, of: None)


def test_what_is_stored_is_not_stored_twice(shop: Shop) -> None:
    for _ in range(3):
        shop.does("Ordered", shop.user("lan"))
    replayed = again()
    assert (replayed.entries, replayed.stored, replayed.quarantined) == (3, 0, 0)
    assert counted(owner(shop.user_key("lan")), "Ordered") == 3


def test_what_cannot_be_stored_now_either_stands_in_quarantine_once(shop: Shop) -> None:
    shop.does("Ordered", shop.user("lan"))
    shop.journal.append([NewEntry("track", shop.source.pk, b"not a message")])
    shop.engine.drain()
    for _ in range(2):
        assert again().quarantined == 1
        assert Quarantined.objects.filter(source_id=shop.source.pk).count() == 1


def test_what_was_quarantined_is_stored_after_the_fix(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(batch: Batch, context: Context) -> None:
        if any(m.event == "Poison" for m in batch.messages):
            raise ZeroDivisionError
        clean.run(batch, context)

    with monkeypatch.context() as patched:
        at = [step.name for step in STEPS].index("clean")
        patched.setattr("quen.engine.loop.STEPS", (*STEPS[:at], Step("clean", poisoned), *STEPS[at + 1 :]))
        messages = [{"type": "track", "event": event, **shop.user("lan")} for event in ("Poison", "Ordered")]
        body = msgspec.json.encode(Envelope([msgspec.Raw(msgspec.json.encode(m)) for m in messages]))
        shop.journal.append([NewEntry("track", shop.source.pk, body)])
        work_through(shop)
    assert Quarantined.objects.filter(reason="step_failed").count() == 1
    replayed = again()
    assert (replayed.stored, replayed.quarantined) == (1, 0)
    lan = owner(shop.user_key("lan"))
    assert (counted(lan, "Poison"), counted(lan, "Ordered")) == (1, 1)
    assert not Quarantined.objects.filter(reason="step_failed").exists()
