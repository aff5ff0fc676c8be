"""Counts of the event names, properties and traits really received. Kept in memory by the only writer, written with
each batch.

Bounded: a client that makes up names must not fill the catalogue. What is beyond the bounds is stored as events all the
same, it is just not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from quen.db import execute_many, fetch

MAX_EVENTS = 2_000
MAX_PROPERTIES = 300  # of one event
MAX_EXAMPLES = 8
MAX_EXAMPLE_LENGTH = 80
MAX_NAME = 200
SAMPLED = 20  # messages of an event that are looked at for examples between two writes
TRAITS = ""  # the "event" under which traits of people are listed

_TYPE_NAMES: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}
_SHOWN = frozenset({"string", "number", "boolean"})
_encode = msgspec.json.Encoder().encode


class _Property:
    __slots__ = ("count", "examples", "last_seen", "types")

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self.examples: list[Any] = []
        self.count = 0
        self.last_seen = 0


class _Event:
    __slots__ = ("count", "first_seen", "last_seen", "properties", "sampled", "shapes")

    def __init__(self, first_seen: int) -> None:
        self.count = 0
        self.first_seen = first_seen
        self.last_seen = first_seen
        self.properties: dict[str, _Property] = {}
        self.shapes: dict[tuple[tuple[str, ...], tuple[type, ...]], int] = {}  # since the last write
        self.sampled = 0


class Catalogue:
    def __init__(self) -> None:
        self._events: dict[str, _Event] = {}
        self._touched: set[str] = set()

    def load(self) -> None:
        """Read what earlier processes counted."""
        self._events = {TRAITS: _Event(0)}
        for name, count, first_seen, last_seen in fetch(
            "SELECT name, count, first_seen, last_seen FROM events_eventname"
        ):
            event = self._events.setdefault(name, _Event(first_seen))
            event.count, event.last_seen = count, last_seen
        for event_name, name, types, examples, count, last_seen in fetch(
            "SELECT event, name, types, examples, count, last_seen FROM events_property"
        ):
            property_ = _Property()
            property_.types = msgspec.json.decode(types)
            property_.examples = msgspec.json.decode(examples)
            property_.count, property_.last_seen = count, last_seen
            self._events.setdefault(event_name, _Event(0)).properties[name] = property_
        self._touched = set()

    def saw_event(self, name: str, properties: Mapping[str, Any], time: int) -> None:
        event = self._events.get(name)
        if event is None:
            if len(self._events) > MAX_EVENTS or len(name) > MAX_NAME:
                return
            event = self._events[name] = _Event(time)
        event.count += 1
        if time > event.last_seen:
            event.last_seen = time
        elif time < event.first_seen:
            event.first_seen = time
        self._saw(name, event, properties)

    def saw_traits(self, traits: Mapping[str, Any], time: int) -> None:
        people = self._events.setdefault(TRAITS, _Event(0))
        people.last_seen = max(people.last_seen, time)
        self._saw(TRAITS, people, traits)

    def _saw(self, name: str, event: _Event, values: Mapping[str, Any]) -> None:
        self._touched.add(name)
        # By shape, and taken apart once a batch: this runs for every message, and most are alike.
        shape = (tuple(values), tuple(map(type, values.values())))
        event.shapes[shape] = event.shapes.get(shape, 0) + 1
        if event.sampled < SAMPLED:
            event.sampled += 1
            for key, value in values.items():
                self._example(event, key, value)

    def _example(self, event: _Event, key: str, value: Any) -> None:
        property_ = self._property(event, key)
        if property_ is None or len(property_.examples) >= MAX_EXAMPLES or _TYPE_NAMES.get(type(value)) not in _SHOWN:
            return
        if isinstance(value, str):
            value = value[:MAX_EXAMPLE_LENGTH]
        if value not in property_.examples:
            property_.examples.append(value)

    def _property(self, event: _Event, key: str) -> _Property | None:
        property_ = event.properties.get(key)
        if property_ is None and len(event.properties) < MAX_PROPERTIES and len(key) <= MAX_NAME:
            property_ = event.properties[key] = _Property()
        return property_

    def write(self) -> None:
        """Write what was seen since the last write. Inside the batch's transaction."""
        touched, self._touched = self._touched, set()
        events = self._events
        execute_many(
            "INSERT INTO events_eventname (name, count, first_seen, last_seen) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET count = excluded.count, first_seen = excluded.first_seen,"
            " last_seen = excluded.last_seen",
            [(n, events[n].count, events[n].first_seen, events[n].last_seen) for n in touched if n != TRAITS],
        )
        execute_many(
            "INSERT INTO events_property (event, name, types, examples, count, last_seen)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (event, name) DO UPDATE SET types = excluded.types, examples = excluded.examples,"
            " count = excluded.count, last_seen = excluded.last_seen",
            [row for name in touched for row in self._property_rows(name, events[name])],
        )

    def _property_rows(self, name: str, event: _Event) -> Iterator[tuple[Any, ...]]:
        shapes, event.shapes, event.sampled = event.shapes, {}, 0
        seen: Counter[tuple[str, type]] = Counter()
        for (keys, types), count in shapes.items():
            for key, type_ in zip(keys, types, strict=True):
                seen[key, type_] += count
        changed: dict[str, _Property] = {}
        for (key, type_), count in seen.items():
            property_, type_name = self._property(event, key), _TYPE_NAMES.get(type_)
            if property_ is None or type_name is None:
                continue
            property_.count += count
            property_.types[type_name] = property_.types.get(type_name, 0) + count
            property_.last_seen = event.last_seen
            changed[key] = property_
        for key, p in changed.items():
            yield (name, key, _encode(p.types).decode(), _encode(p.examples).decode(), p.count, p.last_seen)
