"""The counters over a real engine and stores: once for each message whatever fails, bounded, and forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec
import pytest

from quen.connectors.models import Source
from quen.connectors.service import change_source
from quen.engine.loop import Engine
from quen.engine.models import Quarantined
from quen.ids import now_ms
from quen.journal.protocol import Journal, NewEntry
from quen.profiles.models import Profile
from quen.protocol.messages import Envelope
from quen.quality import store
from quen.quality.models import Counter, Example
from quen.quality.queries import examples, overviews, words
from quen.quality.tally import EXAMPLES
from quen.web.times import last_days

pytestmark = pytest.mark.django_db(transaction=True)
DAY_MS = 86_400_000
_sources = count()


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name=f"quality tests {next(_sources)}", kind="server")


def put(journal: Journal, source: Source, *messages: dict[str, Any]) -> None:
    raw = [msgspec.Raw(msgspec.json.encode(message)) for message in messages]
    journal.append([NewEntry("track", source.id, msgspec.json.encode(Envelope(raw)))])


def says(user: str | None, **traits: Any) -> dict[str, Any]:
    who = {"userId": user} if user else {}
    return {"type": "identify", **who, "traits": traits}


def counted(source: Source) -> dict[tuple[str, str, str], int]:
    rows = Counter.objects.filter(source_id=source.id).values_list("field", "outcome", "word", "count")
    return {(field, outcome, word): number for field, outcome, word, number in rows}


def test_a_batch_that_a_crash_repeats_counts_once(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(journal, source, says("a", phone="12345", city="TP HCM"), says("b", phone="0912345678"))

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt  # what no handler of the engine catches: the process is gone at this point

    monkeypatch.setattr("quen.engine.steps.commit._messages", dies)
    with pytest.raises(KeyboardInterrupt):
        engine().drain()
    assert counted(source) == {}
    monkeypatch.undo()
    engine().drain()
    once = {
        ("", "seen", ""): 2,
        ("phone", "rejected", ""): 1,
        ("phone", "problem", "too_short"): 1,
        ("phone", "fixed", ""): 1,
        ("phone", "done", "country_code"): 1,
        ("city", "fixed", ""): 1,
        ("city", "done", "spelling"): 1,
    }
    assert counted(source) == once
    put(journal, source, says("a", phone="12345", city="TP HCM"), says("b", phone="0912345678"))
    engine().drain()
    assert counted(source) == {key: 2 * number for key, number in once.items()}


def test_examples_name_their_person_and_are_bounded(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    running = engine()
    for batch in range(3):
        put(journal, source, *(says(f"p{batch}-{n}", phone=f"1{batch}{n:02}") for n in range(15)))
        running.drain()
    kept = examples(source.id, "phone", "problem", "too_short")
    assert len(kept) == EXAMPLES
    assert [example.given for example in kept[:2]] == ["1214", "1213"]
    newest = Profile.objects.get(pk=kept[0].profile_id)
    assert newest.traits == {"phone": "1214"}
    put(journal, source, says("again", phone="1214"))
    running.drain()
    kept = examples(source.id, "phone", "problem", "too_short")
    assert (len(kept), kept[0].given, kept[0].profile_id != newest.id) == (EXAMPLES, "1214", True)


def test_what_identifies_nobody_is_counted_and_can_be_replayed_as_it_came(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, source, says(None, phone="1234", birthday="05/03/1990"))
    engine().drain()
    (held,) = Quarantined.objects.filter(source_id=source.id)
    assert msgspec.json.decode(held.body)["traits"] == {"phone": "1234", "birthday": "05/03/1990"}
    assert counted(source)["phone", "rejected", ""] == 1
    (example,) = examples(source.id, "phone", "problem", "too_short")
    assert example.profile_id is None


def test_what_a_source_declares_holds_from_its_next_batch_on(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quen.engine.definitions.LOOK_EVERY_S", 0)
    running = engine()
    put(journal, source, says("before", dob="03/05/1990"))
    running.drain()
    change_source(source, locale={"region": "US", "day_first": False})
    put(journal, source, says("after", dob="03/05/1990", phone="(415) 555-2671"))
    running.drain()
    first, second = Profile.objects.filter(first_source_id=source.id).order_by("id")
    assert first.traits == {"dob": "1990-05-03"}
    assert second.traits == {"dob": "1990-03-05", "phone": "+14155552671"}


def test_events_that_say_nothing_of_people_are_not_counted(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, source, {"type": "track", "event": "Seen", "userId": "a", "properties": {"phone": "12345"}})
    engine().drain()
    assert counted(source) == {}


def test_an_overview(journal: Journal, source: Source, engine: Callable[[], Engine]) -> None:
    put(journal, source, *(says(f"o{n}", email="info@shop.vn" if n % 2 else f"lan.{n}@shop.vn") for n in range(10)))
    engine().drain()
    today = last_days(now_ms(), 1)[0]
    for back, valid, rejected in ((7, 6, 4), (13, 6, 4), (40, 0, 90)):
        day = last_days(now_ms(), back + 1)[0].isoformat()
        for outcome, number in (("seen", valid + rejected), ("valid", valid), ("rejected", rejected)):
            field = "" if outcome == "seen" else "email"
            Counter.objects.create(day=day, source_id=source.id, field=field, outcome=outcome, count=number)
    (found,) = overviews(last_days(now_ms(), 30), source.id)
    assert (found.messages, found.total.filled, found.total.doubtful) == (30, 30, 5)
    assert found.score == round(100 * (22 - 2.5) / 30)
    assert found.trend == 75 - 60  # the last seven days against the seven before
    assert [day.score for day in found.days if day.score is not None] == [60, 60, 75]
    assert words(source.id, today)["email"].hint == [("role", 5)]
    assert overviews(last_days(now_ms(), 30), source.id + 1) == []


def test_examples_are_forgotten_before_the_counts(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, source, says("f", phone="1234"))
    engine().drain()
    store.forget(now_ms() + 29 * DAY_MS, 30)
    assert Example.objects.filter(place__startswith=f"{source.id}|").count() == 1
    store.forget(now_ms() + 31 * DAY_MS, 30)
    assert Example.objects.filter(place__startswith=f"{source.id}|").count() == 0
    assert counted(source)
    store.forget(now_ms() + 800 * DAY_MS, 30)
    assert counted(source) == {}
