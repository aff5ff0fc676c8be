"""People with histories, and what each evaluator says of them: SQL on the real event store, and live."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.events.store import EventRow, LinkRow, ProfileRow, event_store
from quen.profiles.state import NewValue
from quen.segments.definitions import SegmentDef, atom_specs
from quen.segments.facts import Change, Fact, LiveState
from quen.segments.live import Program
from quen.segments.rules import Rule, parse_rule
from quen.segments.sql import members_sql

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = 1_782_882_000_000  # 2026-07-01T05:00:00Z, noon in the zone
_ids = itertools.count(1_000_000)


class Person(msgspec.Struct):
    id: int
    traits: dict[str, Any]
    facts: list[Fact] = msgspec.field(default_factory=list)
    valued: tuple[NewValue, ...] = ()


def person(traits: Mapping[str, Any] | None = None, facts: Iterable[tuple[str, int, Mapping[str, Any]]] = ()) -> Person:
    """A person with events (name, time, properties)."""
    return Person(
        next(_ids), dict(traits or {}), [Fact(name, dict(props), time, next(_ids)) for name, time, props in facts]
    )


def store_people(people: Sequence[Person], merged: Mapping[int, int] | None = None) -> None:
    """Write people to the event store as the engine does. `merged`: ids that lead to another person's."""
    token, gone = f"world-{next(_ids)}", merged or {}
    event_store().insert_events(
        [
            EventRow(
                p.id, f.time, f.id, f.event, "track", 1, f"m{f.id}", "", "", f.properties, "{}", f.time, None, None
            )
            for p in people
            for f in p.facts
        ],
        token,
    )
    event_store().insert_profiles([ProfileRow(p.id, 1, int(p.id in gone), 0, p.traits) for p in people])
    event_store().insert_links([LinkRow(a, b, 1) for a, b in gone.items()])


def sql_members(rule: Rule, now: int, among: Iterable[Person], others: Mapping[int, Rule] | None = None) -> set[int]:
    sql, params = members_sql(rule, now, ZONE, lambda id: (others or {})[id].root)
    return {int(row[0]) for row in event_store().rows(sql, params)} & {p.id for p in among}


def compiled(rules: Mapping[int, Rule]) -> Program:
    keys = dict.fromkeys(key for rule in rules.values() for key in atom_specs(rule))
    numbers = {key: number for number, key in enumerate(keys, 1)}
    return Program.compile([SegmentDef(id, rule, numbers) for id, rule in rules.items()], ZONE)


class Follower:
    """One person followed live, through the same encoded state that the engine keeps."""

    def __init__(self, program: Program, who: Person) -> None:
        self.program, self.who = program, who
        self.blob: bytes | None = None
        self.changes: list[Change] = []

    @property
    def state(self) -> LiveState:
        return self.program.decode(self.blob)

    def apply(self, facts: Sequence[Fact], now: int, changed_traits: Sequence[str] = ()) -> list[Change]:
        state = self.state
        changes = self.program.apply(state, self.who, facts, changed_traits, now)
        return self._keep(state, changes)

    def wake(self, now: int) -> list[Change]:
        state = self.state
        return self._keep(state, self.program.wake(state, self.who, now))

    def evaluate_all(self, now: int) -> list[Change]:
        state = self.state
        return self._keep(state, self.program.evaluate_all(state, self.who, now))

    def _keep(self, state: LiveState, changes: list[Change]) -> list[Change]:
        self.blob = self.program.encode(state)
        self.changes += changes
        return changes

    @property
    def due_at(self) -> int | None:
        return self.state.due_at

    def is_in(self, segment_id: int = 1) -> bool:
        return segment_id in self.state.members


def live_members(rule: Any, now: int, among: Iterable[Person]) -> set[int]:
    """Everyone's history arrives in its order at `now`."""
    program = compiled({1: rule if isinstance(rule, Rule) else parse_rule(rule)})
    found = set()
    for who in among:
        follower = Follower(program, who)
        follower.apply(who.facts, now)
        if follower.is_in():
            found.add(who.id)
    return found
