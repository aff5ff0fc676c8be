"""Computed traits in tests: specs, and their values as each who asks is told them, as SQL finds them, as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from quen.computed import history, service, sql
from quen.computed.models import Definition
from quen.config import config
from quen.events.store import event_store
from quen.identity.store import merged_ids
from quen.profiles import store as profiles
from quen.profiles.models import Profile
from tests.engine_world import DAY, Shop

ORDERS: dict[str, Any] = {"kind": "count", "event": "Ordered", "within": "3d"}
SPENT: dict[str, Any] = {"kind": "sum", "event": "Ordered", "property": "total"}
SHOPS: dict[str, Any] = {"kind": "distinct", "event": ["Ordered", "Visited"], "property": "shop"}
IDLE: dict[str, Any] = {"kind": "days_since", "event": "Ordered"}
SPECS = {"orders": ORDERS, "spent": SPENT, "shops": SHOPS, "idle": IDLE}


def half_a_day_ahead(tmp_path: Path) -> Iterator[Shop]:
    """A shop in whose days nothing ends while a test runs: no day since an event, no "within 1d"."""
    made = Shop(tmp_path)
    made.now += DAY // 2
    yield made
    made.journal.close()


def define(shop: Shop, **specs: dict[str, Any]) -> None:
    for name, spec in specs.items():
        service.create(name, name.title(), spec)
    look_again(shop)


def look_again(shop: Shop) -> None:
    shop.engine._reload_definitions(force=True)
    shop.engine.drain()


def values(profile_id: int) -> dict[str, Any]:
    """As whoever asks is told."""
    return dict(profiles.load([profile_id])[profile_id].traits.get("computed", {}))


def waiting(profile_id: int) -> list[Any]:
    """The values that nobody sees yet."""
    return list(Profile.objects.get(id=profile_id).traits.get("quen:computed", {}).values())


def right(shop: Shop, profile_id: int) -> dict[str, Any]:
    """The values of a person, which are those that SQL says, in the state and in the mirror."""
    found, now = values(profile_id), shop.engine.clock()
    for definition in Definition.objects.filter(status="live"):
        expected = sql.values(service.read(definition), [profile_id], event_store(), now, config().zone)[profile_id]
        assert found.get(definition.name) == expected, definition.name
    assert mirrored(profile_id, {*found, *Definition.objects.values_list("name", flat=True)}) == found
    return found


def mirrored(profile_id: int, names: Collection[str]) -> dict[str, Any]:
    """What SQL finds of these computed traits."""
    sides = profiles.sides()
    found = {}
    for name in names:
        first, _, rest = sides.path(f"computed.{name}").partition(".")
        sql_ = f"SELECT traits.^`{first}` FROM profiles FINAL WHERE id = {{id:UInt64}}"
        found[name] = event_store().rows(sql_, {"id": profile_id})[0][0].get(rest)
    return {name: value for name, value in found.items() if value is not None}


def wait_until(shop: Shop, at: int) -> None:
    shop.engine.clock = lambda: at
    shop.engine._next_due = None
    shop.engine.drain()


def kept(profile_id: int, name: str) -> list[tuple[int, Any]]:
    found = history.values(service.find(name).id, merged_ids(profile_id), event_store())
    return [(value.at, value.value) for value in found]
