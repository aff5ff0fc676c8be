"""The engine over real stores: once and only once, whatever fails in between; one bad message costs nobody else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec
import pytest

from quen.connectors.models import Source
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.loop import Engine
from quen.engine.models import DropCount, Quarantined
from quen.engine.steps import STEPS, apply, commit, record
from quen.events.store import event_store
from quen.journal.protocol import Journal, NewEntry
from quen.profiles.models import Profile
from quen.protocol.messages import Envelope

pytestmark = pytest.mark.django_db(transaction=True)
_sources = count()


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name=f"engine tests {next(_sources)}", kind="server")


def put(journal: Journal, source: Source, *messages: dict[str, Any] | bytes) -> None:
    raw = [msgspec.Raw(m if isinstance(m, bytes) else msgspec.json.encode(m)) for m in messages]
    journal.append([NewEntry("track", source.id, msgspec.json.encode(Envelope(raw)))])


def track(event: str, user: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": user, **more}


def stored(source: Source) -> list[tuple[str, str]]:
    """(event, message id) of all that the event store has of a source."""
    rows = event_store().rows(
        "SELECT event, message_id FROM events WHERE source_id = {source:UInt64} ORDER BY event, message_id",
        {"source": source.id},
    )
    return [(event, message_id) for event, message_id in rows]


def dies(*_arguments: object) -> None:
    raise KeyboardInterrupt  # what no handler of the engine catches: the process is gone at this point


def test_messages_become_profiles_and_events(journal: Journal, source: Source, engine: Callable[[], Engine]) -> None:
    put(journal, source, {"type": "identify", "userId": "lan", "traits": {"city": "Huế"}}, track("Ordered", "lan"))
    engine().drain()
    assert [event for event, _ in stored(source)] == ["Identified", "Ordered"]
    profile = Profile.objects.get(first_source_id=source.id)
    assert profile.traits == {"city": "Huế"}


def test_a_message_id_counts_once(journal: Journal, source: Source, engine: Callable[[], Engine]) -> None:
    put(journal, source, track("A", "lan", messageId="m-1"), track("A", "lan", messageId="m-1"))
    engine().drain()
    put(journal, source, track("A", "lan", messageId="m-1"))
    engine().drain()
    assert stored(source) == [("A", "m-1")]
    assert DropCount.objects.get(source_id=source.id, reason="duplicate").count == 2
    assert not Quarantined.objects.filter(source_id=source.id).exists()


@pytest.mark.parametrize("step", [record, commit])
def test_a_death_before_any_writing_step_changes_nothing(
    journal: Journal,
    source: Source,
    engine: Callable[[], Engine],
    monkeypatch: pytest.MonkeyPatch,
    step: Any,
) -> None:
    put(journal, source, *(track("B", f"user-{i}", messageId=f"m-{i}") for i in range(20)))
    dying = engine()
    at = next(i for i, s in enumerate(STEPS) if s.run is step.run)
    monkeypatch.setattr("quen.engine.loop.STEPS", (*STEPS[:at], STEPS[at]._replace(run=dies), *STEPS[at + 1 :]))
    with pytest.raises(KeyboardInterrupt):
        dying.drain()
    monkeypatch.undo()
    put(journal, source, track("B", "user-0", messageId="m-20"))
    engine().drain()
    assert sorted(m for _, m in stored(source)) == sorted(f"m-{i}" for i in range(21))
    assert Profile.objects.filter(first_source_id=source.id).count() == 20


def test_a_death_inside_the_commit_rolls_it_back_and_the_repetition_gives_the_same_ids(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(journal, source, *(track("C", f"user-{i}", messageId=f"m-{i}") for i in range(20)))
    dying = engine()
    monkeypatch.setattr("quen.engine.steps.commit.fates.show", dies)
    with pytest.raises(KeyboardInterrupt):
        dying.drain()
    monkeypatch.undo()
    assert Profile.objects.filter(first_source_id=source.id).count() == 0
    engine().drain()
    of_events = {
        row[0]
        for row in event_store().rows(
            "SELECT DISTINCT profile_id FROM events WHERE source_id = {s:UInt64}", {"s": source.id}
        )
    }
    assert of_events == set(Profile.objects.filter(first_source_id=source.id).values_list("id", flat=True))
    assert len(stored(source)) == 20


def test_a_message_that_crashes_a_step_is_set_aside_alone(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(batch: Batch, context: Context) -> None:
        if any(m.event == "Poison" for m in batch.messages):
            raise ZeroDivisionError("a bug")
        apply.run(batch, context)

    at = next(i for i, s in enumerate(STEPS) if s.name == "apply")
    monkeypatch.setattr("quen.engine.loop.STEPS", (*STEPS[:at], STEPS[at]._replace(run=poisoned), *STEPS[at + 1 :]))
    for entry in range(5):
        put(
            journal,
            source,
            *(track("Good", f"user-{i}", messageId=f"m-{entry}-{i}") for i in range(10)),
            *([track("Poison", "user-x", messageId="poison")] if entry == 3 else []),
        )
    tries = _drain_failing(engine())
    assert tries < 20
    assert len(stored(source)) == 50
    kept = Quarantined.objects.get(source_id=source.id)
    assert kept.reason == "step_failed"
    assert "poison" in kept.body


def test_trouble_that_passes_is_waited_for(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(journal, source, track("D", "lan", messageId="m-1"))
    left = [sqlite3.OperationalError("database or disk is full")] * 3

    def full(batch: Batch, context: Context) -> None:
        if left:
            raise left.pop()
        commit.run(batch, context)

    monkeypatch.setattr("quen.engine.loop.STEPS", (*STEPS[:-1], STEPS[-1]._replace(run=full)))
    assert _drain_failing(engine()) == 3
    assert stored(source) == [("D", "m-1")]
    assert not Quarantined.objects.filter(source_id=source.id).exists()


def test_what_the_decoder_refuses_is_kept_with_its_reason(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    nameless, nobody = {"type": "track", "userId": "lan"}, {"type": "track", "event": "E"}
    put(journal, source, b'"text"', track("Fine", "lan"), nameless, nobody)
    engine().drain()
    assert [event for event, _ in stored(source)] == ["Fine"]
    reasons = set(Quarantined.objects.filter(source_id=source.id).values_list("reason", flat=True))
    assert reasons == {"malformed", "no_event_name", "no_identity"}


def _drain_failing(engine: Engine) -> int:
    """Drain an engine as its thread would, without the waiting; how often it failed."""
    failures = 0
    while True:
        try:
            engine.drain()
            return failures
        except Exception as error:
            failures += 1
            if failures > 100:
                raise
            engine._failed(error)
