"""Traits through the engine over real stores: strategies, late deletions, what browsers may not do, rebuilding."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import msgspec
import pytest

from quen.connectors.models import Source
from quen.engine.loop import Engine
from quen.errors import Conflict
from quen.events.store import event_store
from quen.identity.store import merged_ids
from quen.ids import now_ms
from quen.journal.protocol import Journal, NewEntry
from quen.profiles import history, strategy_store
from quen.profiles.models import Profile, TraitsRebuild
from quen.profiles.rebuilding import rebuild_traits
from quen.profiles.strategies import Strategies, Strategy, read_strategies
from quen.protocol.messages import Envelope
from quen.segments import service as segments
from quen.segments.models import Member

pytestmark = pytest.mark.django_db(transaction=True)
_numbers = count()


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name=f"traits {next(_numbers)}", kind="server")


@pytest.fixture
def browser() -> Source:
    return Source.objects.create(name=f"traits browser {next(_numbers)}", kind="browser")


def put(journal: Journal, source: Source, *messages: dict[str, Any]) -> None:
    raw = [msgspec.Raw(msgspec.json.encode(m)) for m in messages]
    journal.append([NewEntry("track", source.id, msgspec.json.encode(Envelope(raw)))])


NOW = now_ms() - 86_400_000


def says(at: int, user: str = "lan", /, **traits: Any) -> dict[str, Any]:
    """An identify `at` seconds of a day ago."""
    return {"type": "identify", "userId": user, "traits": traits, "timestamp": NOW + at * 1000}


def person(source: Source) -> Profile:
    return Profile.objects.get(first_source_id=source.id)


def recorded(source: Source) -> list[dict[str, Any]]:
    rows = event_store().rows(
        "SELECT traits FROM events WHERE source_id = {source:UInt64} ORDER BY time, id", {"source": source.id}
    )
    return [msgspec.json.decode(text) if text else {} for (text,) in rows]


def test_a_value_seen_again_is_remembered_as_seen_then(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    """Each in a batch of its own: where a value is from is stored though the value is not new."""
    for message in (says(100, city="Huế"), says(300, city="Huế"), says(200, city="Vinh")):
        put(journal, source, message)
        engine().drain()
    assert person(source).traits == {"city": "Huế"}
    assert person(source).trait_meta["city"][:2] == [NOW + 300_000, source.id]


@pytest.mark.parametrize(
    ("strategy", "expected"), [("first", "b"), ("most_frequent", "c"), ("keep_all", ["b", "c"]), ("latest", "c")]
)
def test_a_deletion_that_comes_late_forgets_what_was_before_it(
    journal: Journal, source: Source, engine: Callable[[], Engine], strategy: Any, expected: Any
) -> None:
    strategy_store.save(read_strategies({"tag": {"strategy": strategy}}), "tests")
    for at, value in ((10, "a"), (11, "a"), (12, "a"), (30, "b"), (40, "c"), (50, "c")):
        put(journal, source, says(at, tag=value))
    engine().drain()
    put(journal, source, says(20, tag=None), says(15, tag="z"))
    engine().drain()
    assert person(source).traits == {"tag": expected}


def test_a_deletion_counts_for_the_other_half_of_a_merge(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    strategy_store.save(read_strategies({"tag": {"strategy": "first"}}), "tests")
    put(
        journal,
        source,
        {**says(10, tag="old"), "userId": None, "anonymousId": "one"},
        {**says(30, tag="new"), "userId": None, "anonymousId": "one"},
        {**says(20, tag=None), "userId": None, "anonymousId": "two"},
    )
    engine().drain()
    assert Profile.objects.filter(first_source_id=source.id).count() == 2
    put(
        journal,
        source,
        {"type": "identify", "userId": "lan", "anonymousId": "one"},
        {"type": "identify", "userId": "lan", "anonymousId": "two"},
    )
    engine().drain()
    assert person(source).traits == {"tag": "new"}


def test_a_browser_changes_no_contact_data_that_is_there(
    journal: Journal, source: Source, browser: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, source, says(10, email="lan@example.com", phone="0912345678", city="Huế"))
    engine().drain()
    put(
        journal,
        browser,
        says(20, email="thief@example.com", phone=None, city="Vinh"),
        says(30, phone="0987654321"),
        says(40, email="lan@example.com"),
    )
    engine().drain()
    assert person(source).traits == {"email": "lan@example.com", "phone": "+84912345678", "city": "Vinh"}
    assert recorded(browser) == [{"city": "Vinh"}, {}, {"email": "lan@example.com"}]


def test_a_browser_gives_contact_data_to_who_has_none(
    journal: Journal, browser: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, browser, {**says(10, email="mai@example.com"), "userId": None, "anonymousId": "mai"})
    engine().drain()
    assert person(browser).traits == {"email": "mai@example.com"}


def test_the_strategies_applied_to_the_present_data(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    for index, user in enumerate(("lan", "mai", "hoa")):
        put(journal, source, says(10, user, tag="a", city="Huế"), says(20 + index, user, tag="b", city="Vinh"))
    segment = segments.create_segment("Tagged a", {"trait": "tag", "op": "eq", "value": "a"})
    engine().drain()
    people = Profile.objects.filter(first_source_id=source.id)
    assert {p.traits["tag"] for p in people} == {"b"}
    strategy_store.save(read_strategies({"tag": {"strategy": "first"}}), "tests")
    rebuild = strategy_store.start_rebuild("tests")
    engine().drain()
    assert [p.traits for p in people.all()] == [{"tag": "a", "city": "Vinh"}] * 3
    rebuild.refresh_from_db()
    assert (rebuild.people, rebuild.changed) == (3, 3)
    assert rebuild.done_at is not None
    assert Member.objects.filter(segment_id=segment.id).count() == 3
    mirror = event_store().rows(
        "SELECT traits.tag::String FROM profiles FINAL WHERE id IN {ids:Array(UInt64)}", {"ids": [p.id for p in people]}
    )
    assert mirror == [("a",)] * 3


def test_a_rebuild_goes_on_where_it_was_and_repeats_a_chunk_to_the_same_end(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quen.engine.renewals.CHUNK", 2)
    users = [f"user-{i}" for i in range(5)]
    put(journal, source, *(says(at, user, tag=str(at)) for at in (10, 20) for user in users))
    engine().drain()
    strategy_store.save(read_strategies({"tag": {"strategy": "keep_all"}}), "tests")
    strategy_store.start_rebuild("tests")
    dying = engine()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("quen.engine.renewals.segments.apply_changes", _dies)
        with pytest.raises(KeyboardInterrupt):
            dying.drain()
    engine().drain()
    assert [p.traits for p in Profile.objects.filter(first_source_id=source.id)] == [{"tag": ["10", "20"]}] * 5
    rebuild = TraitsRebuild.objects.get()
    assert (rebuild.people, rebuild.changed) == (5, 5)


def _dies(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_one_rebuild_at_a_time_and_another_choice_begins_it_anew(
    journal: Journal, source: Source, engine: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quen.engine.renewals.CHUNK", 2)
    put(journal, source, *(says(at, f"user-{i}", tag=str(at)) for at in (10, 20) for i in range(5)))
    engine().drain()
    strategy_store.save(read_strategies({"tag": {"strategy": "keep_all"}}), "tests")
    strategy_store.start_rebuild("tests")
    with pytest.raises(Conflict):
        strategy_store.start_rebuild("tests")
    engine().cycle()
    assert TraitsRebuild.objects.get().people == 2
    strategy_store.save(read_strategies({"tag": {"strategy": "first"}}), "tests")
    assert TraitsRebuild.objects.get().people == 0
    engine().drain()
    assert [p.traits for p in Profile.objects.filter(first_source_id=source.id)] == [{"tag": "10"}] * 5
    rebuild = TraitsRebuild.objects.get()
    assert (rebuild.people, rebuild.changed, strategy_store.rebuild_percent(rebuild)) == (5, 5, 100)


def test_a_rebuild_keeps_what_the_history_has_lost(
    journal: Journal, source: Source, engine: Callable[[], Engine]
) -> None:
    put(journal, source, says(10, city="Huế"))
    engine().drain()
    Profile.objects.filter(first_source_id=source.id).update(
        traits={"city": "Huế", "tag": "old"},
        trait_meta={**person(source).trait_meta, "tag": [NOW, 1], "gone": [NOW, 1]},
    )
    strategy_store.start_rebuild("tests")
    engine().drain()
    assert person(source).traits == {"city": "Huế", "tag": "old"}
    assert person(source).trait_meta["gone"][:2] == [NOW, 1]


@pytest.mark.parametrize("seed", range(4))
def test_the_history_gives_what_the_engine_made(
    journal: Journal, source: Source, browser: Source, engine: Callable[[], Engine], seed: int
) -> None:
    dice = Random(seed)
    special = {
        "first": Strategy("first"),
        "many": Strategy("most_frequent"),
        "ranked": Strategy("source_priority", (source.id,)),
        "all": Strategy("keep_all"),
    }
    strategies = Strategies(special)
    strategy_store.save(strategies, "tests")
    for _ in range(6):
        for _ in range(dice.randrange(1, 6)):
            name = dice.choice(["first", "many", "ranked", "all", "city", "email"])
            value = dice.choice([None, "a@example.com", "b@example.com", "c@example.com"])
            sender = dice.choice([source, source, browser])
            identity = dice.choice([{"userId": "lan"}, {"anonymousId": "v1"}, {"userId": "lan", "anonymousId": "v1"}])
            put(
                journal,
                sender,
                {"type": "identify", "traits": {name: value}, "timestamp": NOW + dice.randrange(9)} | identity,
            )
        engine().drain()
    put(journal, source, {"type": "identify", "userId": "lan", "anonymousId": "v1"})
    engine().drain()
    profile = Profile.objects.get()
    seen = history.observations(event_store(), {profile.id: merged_ids(profile.id)})[profile.id]
    traits, metas = rebuild_traits(seen, strategies)
    assert profile.traits == traits
    assert profile.trait_meta == msgspec.json.decode(msgspec.json.encode(metas))
