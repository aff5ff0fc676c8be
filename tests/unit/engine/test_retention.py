"""No table grows without bound: each is listed with its bound, and what has a bound by age or number keeps to it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from quen.config import SETTINGS, load
from quen.delivery.models import Message
from quen.duplicates.models import Run
from quen.engine import bounds, retention
from quen.engine.models import Quarantined
from quen.engine.retention import DAY_MS, Sweeper
from quen.events.store import ComputedRow, event_store
from quen.identity.models import Claim
from quen.ids import BatchIds, now_ms
from quen.journeys.models import Journey, StepExecution, Version
from quen.journeys.models import Run as JourneyRun
from tests.engine_world import Shop, counted, owner

pytestmark = pytest.mark.django_db(transaction=True)


def sweeper(tmp_path: Path, **settings: str) -> Sweeper:
    return Sweeper(load(tmp_path, {f"QUEN_{name}": value for name, value in settings.items()}), event_store())


def sweep(made: Sweeper) -> None:
    made.state(now_ms(), until=time.monotonic() + 60)


def id_of(days_ago: float) -> int:
    return BatchIds(now_ms() - int(days_ago * DAY_MS))()


def test_every_table_of_the_state_is_listed_with_its_bound() -> None:
    listed = [name for bound in bounds.STATE for name in bound.stores]
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    # Those of the full text search's own stand behind its table.
    tables |= {name for name in connection.introspection.table_names() if not name.startswith("profiles_search_")}
    assert sorted(listed) == sorted(set(listed))
    assert tables - set(listed) == set(), "say in quen.engine.bounds what bounds the new table"
    assert set(listed) - tables == set()


def test_every_table_of_the_events_is_listed_with_its_bound() -> None:
    listed = {name for bound in bounds.EVENTS for name in bound.stores}
    tables = {
        name
        for (name,) in event_store().rows("SELECT name FROM system.tables WHERE database = currentDatabase()")
        if not name.endswith("_dict")  # dictionaries are made of tables
    }
    assert tables - listed == set(), "say in quen.engine.bounds what bounds the new table"


def test_bounds_name_settings_that_there_are() -> None:
    text = " ".join(bound.by for bound in (*bounds.STATE, *bounds.EVENTS, *bounds.FILES))
    assert set(re.findall(r"\{([A-Z_]+)\}", text)) <= {setting.name for setting in SETTINGS}


def test_messages_lose_what_they_said_and_then_go_but_never_one_that_waits(tmp_path: Path) -> None:
    def message(days: float, status: str) -> int:
        return Message.objects.create(
            id=id_of(days),
            idempotency_key=f"k-{days}-{status}",
            channel="email",
            profile_id=1,
            html="<p>Xin chào</p>",
            status=status,
            done_at=None if status == "queued" else 1,
        ).pk

    young, old, ancient = message(5, "accepted"), message(50, "accepted"), message(500, "accepted")
    waiting = message(501, "queued")
    made = sweeper(tmp_path, MESSAGE_BODIES_KEEP_DAYS="30", MESSAGES_KEEP_DAYS="100")
    sweep(made)
    left = dict(Message.objects.filter(pk__in=[young, old, ancient, waiting]).values_list("pk", "html"))
    assert left == {young: "<p>Xin chào</p>", old: "", waiting: "<p>Xin chào</p>"}
    sweep(made)
    assert Message.objects.filter(pk__in=left).count() == 3


def test_steps_of_ended_runs_go_and_the_runs_stay(tmp_path: Path) -> None:
    journey = Journey.objects.create(name="old", updated_at=now_ms())
    version = Version.objects.create(journey=journey, number=1, graph={})

    def step(days: float, status: str) -> StepExecution:
        run = JourneyRun.objects.create(
            id=id_of(days),
            journey=journey,
            version=version,
            profile_id=1,
            entry=int(days),
            status=status,
            event_time=1,
            entered_at=1,
        )
        return StepExecution.objects.create(id=id_of(days), run=run, journey_id=journey.pk, node="n", outcome="x", at=1)

    kept = [step(5, "done"), step(900, "active")]
    step(901, "done")
    sweep(sweeper(tmp_path))
    assert set(StepExecution.objects.filter(journey_id=journey.pk)) == set(kept)
    assert JourneyRun.objects.filter(journey=journey).count() == 3


def test_rows_are_deleted_in_sets_until_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 3)
    ids = BatchIds(now_ms() - 60 * DAY_MS)
    for _ in range(10):
        Message.objects.create(id=ids(), idempotency_key=f"s-{ids()}", channel="email", profile_id=1, done_at=1)
    sweep(sweeper(tmp_path, MESSAGES_KEEP_DAYS="30"))
    assert not Message.objects.filter(pk__lt=id_of(50)).exists()


def test_what_is_bounded_by_number_keeps_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, quarantined = Run._meta.model.objects.order_by("-pk"), Quarantined.objects.order_by("-pk")
    for number in range(4):
        Run.objects.create(id=id_of(4 - number), status="done", by="t", threshold=0.9)
        Quarantined.objects.create(
            id=id_of(4 - number), at=1, source_id=1, reason="malformed", body="", offset=1, position=0, envelope={}
        )
    monkeypatch.setattr(retention, "_BY_NUMBER", tuple((2, statement) for _, statement in retention._BY_NUMBER))
    last = [list(rows.values_list("pk", flat=True)[:2]) for rows in (newest, quarantined)]
    sweep(sweeper(tmp_path))
    assert [list(rows.values_list("pk", flat=True)) for rows in (newest, quarantined)] == last


def test_claims_that_nobody_repeats_go(tmp_path: Path) -> None:
    def claim(pair: int, status: str, last_at: int) -> Claim:
        return Claim.objects.create(
            pair=pair,
            kind="merge",
            left="a",
            right="b",
            profile_id=1,
            source_id=1,
            message_id="m",
            first_at=1,
            last_at=last_at,
            status=status,
        )

    claim(1, "open", 1)
    kept = [claim(2, "open", now_ms()), claim(3, "refused", 1)]
    sweep(sweeper(tmp_path))
    assert set(Claim.objects.filter(pair__in=[1, 2, 3])) == set(kept)


def test_old_files_of_imports_go(tmp_path: Path) -> None:
    folder = tmp_path / "imports"
    folder.mkdir()
    for name, days in (("old.csv", 40), ("new.csv", 2)):
        (folder / name).write_text("x")
        at = time.time() - days * 86_400
        os.utime(folder / name, (at, at))
    sweeper(tmp_path).files(now_ms())
    assert [path.name for path in folder.iterdir()] == ["new.csv"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.journal.close()


def test_months_of_events_go_only_when_somebody_set_it(shop: Shop, tmp_path: Path) -> None:
    long_ago = now_ms() - 4000 * DAY_MS
    shop.says({"type": "track", "event": "Ordered", "timestamp": long_ago, **shop.user("lan")})
    shop.does("Ordered", shop.user("lan"))
    lan = owner(shop.user_key("lan"))
    assert not sweeper(tmp_path).events(now_ms())
    assert counted(lan, "Ordered") == 2
    assert sweeper(tmp_path, EVENTS_KEEP_DAYS="3900").events(now_ms())
    assert counted(lan, "Ordered") == 1


def test_old_values_of_computed_traits_go_a_day_at_a_time(tmp_path: Path) -> None:
    now, store = now_ms(), event_store()
    store.rows("TRUNCATE TABLE computed_changes")
    orders, stage = id_of(0), id_of(1)

    def insert(person: int, trait: int, *days: float) -> None:
        store.insert_computed([ComputedRow(person, trait, now - int(day * DAY_MS), "t", "1") for day in days])

    def kept(person: int, trait: int) -> list[float]:
        sql = (
            "SELECT toUnixTimestamp64Milli(at) FROM computed_changes"
            " WHERE profile_id = {person:UInt64} AND trait_id = {trait:UInt64} ORDER BY at DESC"
        )
        return [(now - int(at)) / DAY_MS for (at,) in store.rows(sql, {"person": person, "trait": trait})]

    insert(1, orders, 1, 30.5, 40)
    insert(1, stage, 29, 33)
    insert(2, orders, 31, 35, 400)  # nothing changed since: the last value is the present one
    insert(3, stage, 900)
    sweeping = sweeper(tmp_path, COMPUTED_CHANGES_KEEP_DAYS="30")
    sweeping.events(now)
    assert (kept(1, orders), kept(1, stage)) == ([1], [29])
    assert (kept(2, orders), kept(3, stage)) == ([31], [900])
    insert(4, orders, 1, 30.5)
    sweeping.events(now + DAY_MS // 4)
    assert kept(4, orders) == [1, 30.5]
    sweeping.events(now + DAY_MS)
    assert kept(4, orders) == [1]
    insert(2, orders, 2)
    sweeping.events(now + 2 * DAY_MS)
    assert kept(2, orders) == [2]
