"""The graph of a journey: what starts it, what ends it, and a tree of steps. Pure.

    {"trigger": {"type": "event", "event": "Product Added", "where": [], "max_age": "24h"}
              | {"type": "segment", "segment_id": "123", "max_age": "24h"},
     "entry_key": "properties.cart_id",             once at a time for each of these; null: for each person
     "reentry": "once" | "always" | "30d",          after the earlier run with the same key ended, counted from entry
     "exit_when": rule | null,                      leave while this holds; whoever it holds for does not enter
     "exit_on": [{"event": "Order Completed", "where": [], "same_key": false}],   leave when this happens after entry
     "nodes": [{"id": "n1", "type": "wait", "duration": "1h"},
               {"id": "n2", "type": "condition", "rule": rule, "yes": [steps], "no": [steps]}, …]}

Branches meet again: what follows a condition is where both of its ways go on, unless they end in an exit. A step's id
stays the same while the graph is edited, so that people waiting at it can be moved to a new version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from quen.config import config
from quen.journeys.steps.base import Step
from quen.segments.operators.base import Filter
from quen.segments.where import Where

SEGMENT = "segment"
EVENT = "event"
MAX_STEPS = 200
MAX_DEPTH = 20
LINT_STEPS = 30


class EventMatch(msgspec.Struct, frozen=True, dict=True):
    """An event by name, with filters on its properties as in a segment's rule."""

    event: str = ""
    where: tuple[Where, ...] = ()

    @cached_property
    def holds(self) -> Filter:
        """Whether properties pass the filters."""
        return Where("all", self.where).live(config().zone)


class Trigger(msgspec.Struct, frozen=True):
    """What starts a run. Older than `max_age` (ms) at arrival, as in imports of history, it starts none."""

    type: str
    max_age: int
    segment_id: int = 0
    match: EventMatch = EventMatch()


class ExitEvent(msgspec.Struct, frozen=True):
    """An event that ends the run. `same_key`: only where it carries the run's own entry key."""

    match: EventMatch
    same_key: bool = False


class Place(msgspec.Struct, frozen=True):
    """A step and where each way out of it leads: a step's id, or None at the end of the journey."""

    step: Step
    next: str | None
    branches: dict[str, str | None]


class Graph(msgspec.Struct, frozen=True, dict=True):
    """A graph without problems. `reentry`: ms since the last entry; 0 at once, None never."""

    trigger: Trigger
    entry_key: str | None
    reentry: int | None
    exit_when: Any | None
    exit_on: tuple[ExitEvent, ...]
    nodes: tuple[Step, ...]

    @cached_property
    def places(self) -> dict[str, Place]:
        found: dict[str, Place] = {}
        _lay_out(self.nodes, None, found)
        return found

    @property
    def first(self) -> str | None:
        return self.nodes[0].id if self.nodes else None


def walk(nodes: Sequence[Step]) -> Iterator[Step]:
    """Every step, in the order people read them."""
    for step in nodes:
        yield step
        for branch in step.branches.values():
            yield from walk(branch)


def _lay_out(nodes: Sequence[Step], after: str | None, found: dict[str, Place]) -> None:
    for index, step in enumerate(nodes):
        following = nodes[index + 1].id if index + 1 < len(nodes) else after
        heads = {name: steps[0].id if steps else following for name, steps in step.branches.items()}
        found[step.id] = Place(step, following, heads)
        for steps in step.branches.values():
            _lay_out(steps, following, found)


def entry_key(path: str | None, properties: dict[str, Any]) -> str:
    """The run's key from an event: "" where there is no path or the event has no such value."""
    if path is None:
        return ""
    value: Any = properties
    for part in path.removeprefix("properties.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)[:200]
