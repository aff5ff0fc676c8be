"""What was really received: event names, their properties and the traits of people, with types and examples.

The engine keeps these rows up to date; here they are only read. An event "" stands for traits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from quen.events.models import EventName, Property


class PropertySeen(msgspec.Struct, frozen=True):
    """`types`: how often each JSON type came, most frequent first. `examples`: a few values as they came."""

    name: str
    types: dict[str, int]
    examples: list[Any]
    count: int
    last_seen: int  # ms UTC

    @property
    def type(self) -> str:
        """The usual type: string, number, boolean, array or object."""
        return next(iter(self.types), "string")


class EventSeen(msgspec.Struct, frozen=True):
    name: str
    count: int
    first_seen: int  # ms UTC
    last_seen: int  # ms UTC
    properties: list[PropertySeen]


def events(*, containing: str = "", limit: int = 500) -> list[EventSeen]:
    """Events with their properties, by how often they came. Two queries whatever the number."""
    rows = EventName.objects.order_by("-count", "name")
    if containing:
        rows = rows.filter(name__icontains=containing)
    found = list(rows[:limit])
    by_event = properties_of([row.name for row in found])
    return [EventSeen(r.name, r.count, r.first_seen, r.last_seen, by_event.get(r.name, [])) for r in found]


def properties(event: str, *, limit: int = 500) -> list[PropertySeen]:
    """Properties of one event, the most frequent first."""
    return properties_of([event], limit=limit).get(event, [])


def traits(*, limit: int = 500) -> list[PropertySeen]:
    """Traits of people, the most frequent first."""
    return properties("", limit=limit)


def properties_of(names: Sequence[str], *, limit: int = 20_000) -> Mapping[str, list[PropertySeen]]:
    """Properties of several events at once, the most frequent first."""
    result: dict[str, list[PropertySeen]] = {}
    for row in Property.objects.filter(event__in=names).order_by("-count", "name")[:limit]:
        types = dict(sorted(row.types.items(), key=lambda item: -item[1]))
        seen = PropertySeen(row.name, types, list(row.examples), row.count, row.last_seen)
        result.setdefault(row.event, []).append(seen)
    return result
