"""Why a person is in a segment or out of it: sentence by sentence, with the facts each one rests on.

Whether a sentence holds is asked of SQL, which is the meaning of a rule (sql.py). Times are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from quen.db import fetch_in
from quen.profiles.mirror import Sides
from quen.profiles.state import ProfileState
from quen.segments.about import Asked, Facts, Happened, OfEvents
from quen.segments.conditions.base import Condition, SqlContext
from quen.segments.rules import Rule
from quen.segments.sql import MAX_SECONDS, Store, explain, no_rule
from quen.segments.told import PERSON
from quen.segments.values import reader

LATEST = 3


class Said(msgspec.Struct, frozen=True):
    """One node of the rule: whether it holds, and its parts, or the facts of a sentence."""

    condition: Condition
    holds: bool
    parts: list[Said]
    facts: Facts | None


def why(
    rule: Rule,
    person: ProfileState,
    store: Store,
    now: int,
    zone: ZoneInfo,
    rule_of: Callable[[int], Condition],
    sides: Sides,
) -> Said:
    """The whole rule for one person. A query for all the truths, one for the facts of each sentence about events."""
    reasons = explain(rule, [person.id], store, now, zone, rule_of, sides).get(person.id, [])
    truths = {id(reason.condition): reason.holds for reason in reasons}
    found = facts([reason.condition for reason in reasons], {person.id: person}, store, now, zone)[person.id]
    fact_of = {id(reason.condition): fact for reason, fact in zip(reasons, found, strict=True)}

    def tell(condition: Condition) -> Said:
        parts = [tell(part) for part in condition.parts()]
        if not parts:
            return Said(condition, truths.get(id(condition), False), [], fact_of.get(id(condition)))
        return Said(condition, condition.join([part.holds for part in parts]), parts, None)

    return tell(rule.root)


def facts(
    conditions: Sequence[Condition], people: Mapping[int, ProfileState], store: Store, now: int, zone: ZoneInfo
) -> dict[int, list[Facts | None]]:
    """Person → what there is about each of these innermost conditions.

    A query for each condition about events, whatever the number of people.
    """
    found: dict[int, list[Facts | None]] = {id_: [] for id_ in people}
    context = SqlContext(now, zone, no_rule, tuple(people))
    for condition in conditions:
        asked = _answer(condition.asks(context), people, store)
        for id_, person in people.items():
            known = condition.about(person.traits, person.trait_meta)
            found[id_].append(asked.get(id_) if known is None else known)
    return found


def _answer(asked: Asked | None, people: Collection[int], store: Store) -> Mapping[int, Facts]:
    """What the stores know, by person."""
    if asked is None:
        return {}
    if isinstance(asked, OfEvents):
        return _events(asked, store, people)
    rows = fetch_in("SELECT profile_id, segment_id, since FROM segments_member WHERE {in}", people, column="profile_id")
    since = {id_: at for id_, segment_id, at in rows if segment_id == asked.segment_id}
    return {id_: Facts("segment", since=since.get(id_)) for id_ in people}


def _events(asked: OfEvents, store: Store, people: Collection[int]) -> dict[int, Facts]:
    reads = {name: reader(name) for name in asked.properties}
    latest: dict[int, list[Happened]] = {id_: [] for id_ in people}
    counts: dict[int, int] = {}
    for person, at, event, properties, count in store.rows(
        "SELECT person, toUnixTimestamp64Milli(time), event, properties, count() OVER (PARTITION BY person) FROM"
        f" (SELECT {PERSON} AS person, time, id, event, properties FROM events WHERE {asked.rows})"
        f" ORDER BY person, time DESC, id DESC LIMIT {LATEST:d} BY person"
        f" SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"
    ):
        values = {name: value for name, read in reads.items() if (value := read(properties)) is not None}
        if (told := latest.get(int(person))) is not None:
            told.append(Happened(int(at), event, values))
            counts[int(person)] = int(count)
    return {id_: Facts("events", count=counts.get(id_, 0), latest=told) for id_, told in latest.items()}
