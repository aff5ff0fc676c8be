"""Counts of the event names, properties and traits really received. Kept in memory by the only writer, written with
each batch.

Bounded: a client that makes up names must not fill the catalogue. What is beyond the bounds is stored as events all the
same, it is just not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from quen.db import execute_many, fetch

MAX_EVENTS = 2_000
MAX_PROPERTIES = 300  # of one event
MAX_EXAMPLES = 8
MAX_EXAMPLE_LENGTH = 80
MAX_NAME = 200
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
    __slots__ = ("count", "first_seen", "last_seen", "properties")

    def __init__(self, first_seen: int) -> None:
        self.count = 0
        self.first_seen = first_seen
        self.last_seen = first_seen
        self.properties: dict[str, _Property] = {}


class Catalogue:
    def __init__(self) -> None:
        self._events: dict[str, _Event] = {}
        self._touched: dict[str, set[str]] = {}

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
        self._touched = {}

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
        self._saw(name, event, properties, time)

    def saw_traits(self, traits: Mapping[str, Any], time: int) -> None:
        self._saw(TRAITS, self._events.setdefault(TRAITS, _Event(0)), traits, time)

    def _saw(self, name: str, event: _Event, values: Mapping[str, Any], time: int) -> None:
        touched = self._touched.get(name)
        if touched is None:
            touched = self._touched[name] = set()
        properties = event.properties
        for key, value in values.items():
            property_ = properties.get(key)
            if property_ is None:
                if len(properties) >= MAX_PROPERTIES or len(key) > MAX_NAME:
                    continue
                property_ = properties[key] = _Property()
            touched.add(key)
            type_name = _TYPE_NAMES.get(type(value))
            if type_name is None:
                continue
            property_.count += 1
            property_.types[type_name] = property_.types.get(type_name, 0) + 1
            if time > property_.last_seen:
                property_.last_seen = time
            if len(property_.examples) < MAX_EXAMPLES and type_name in _SHOWN and value not in property_.examples:
                property_.examples.append(value if type_name != "string" else value[:MAX_EXAMPLE_LENGTH])

    def write(self) -> None:
        """Write what was touched since the last write. Inside the batch's transaction."""
        touched, self._touched = self._touched, {}
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
            list(_property_rows(touched, events)),
        )


def _property_rows(touched: Mapping[str, set[str]], events: Mapping[str, _Event]) -> Iterable[tuple[Any, ...]]:
    for event_name, names in touched.items():
        properties = events[event_name].properties
        for name in names:
            p = properties[name]
            yield (event_name, name, _encode(p.types).decode(), _encode(p.examples).decode(), p.count, p.last_seen)
