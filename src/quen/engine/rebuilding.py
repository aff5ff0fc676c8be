"""Profiles made anew from the history, for people who were one and are several: as if they had never been one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from quen.engine.context import Context
from quen.events.moving import Apart
from quen.identity.models import Edge, Identifier
from quen.profiles import kept
from quen.profiles.rebuilding import Observation, rebuild_traits, without_others
from quen.profiles.state import COMPUTED, ProfileState
from quen.segments import rebuild as segments
from quen.segments import store as segment_store
from quen.segments.facts import Change
from quen.segments.live import Program

_decode = msgspec.json.decode


class Seen(NamedTuple):
    """What the history says of a person's visits. Times are milliseconds UTC."""

    first: int
    last: int
    first_source_id: int
    received: int


class Rebuilt(NamedTuple):
    profiles: list[ProfileState]
    changes: list[tuple[int, Change]]


def rebuild(
    context: Context,
    apart: Apart,
    identifiers: Mapping[int, Sequence[Identifier]],
    edges: Sequence[Edge],
    before: Mapping[int, ProfileState],
    now: int,
) -> Rebuilt:
    """Make the profile of every person in `identifiers` (person → theirs) anew; writes nothing.

    `before`: the profiles of the people that were there; `edges`: the log about them. Reads the history in three
    queries, and memberships in two, whatever the number of people.
    """
    seen, told = _seen(context, apart), _observations(context, apart, before)
    follow, params = context.program, apart.params()
    happened = segments.facts(follow, context.store, apart.owner(), apart.rows(), params)
    began = _began(edges, apart.ids)
    members = {person: follow.decode(profile.live).members for person, profile in before.items()}
    earlier = _earlier(follow, before)
    profiles: list[ProfileState] = []
    changes: list[tuple[int, Change]] = []
    for person, theirs in sorted(identifiers.items()):
        profile = _visits(person, seen.get(person), theirs, now)
        stood = before.get(person)
        profile.created_at = began.get(person) or (stood.created_at if stood else profile.created_at)
        profile.traits, profile.trait_meta = rebuild_traits(told.get(person, ()), context.strategies)
        if stood and COMPUTED in stood.traits:  # so that what is not another value is not told as one
            profile.traits[COMPUTED], profile.valued = stood.traits[COMPUTED], stood.valued
        found_changes = segments.rebuild(
            follow, profile, happened.get(person, ()), members.get(person, {}), {} if stood else earlier, now
        )
        changes += [(person, change) for change in found_changes]
        profiles.append(profile)
    for person in sorted(before.keys() - identifiers.keys()):  # went into another one: its memberships go with it
        changes += [(person, follow.change(slot, False, now, backfill=True)) for slot in members[person]]
    return Rebuilt(profiles, changes)


def _seen(context: Context, apart: Apart) -> dict[int, Seen]:
    rows = context.store.rows(
        "SELECT person, toUnixTimestamp64Milli(min(time)), toUnixTimestamp64Milli(max(time)),"
        " argMin(source_id, (time, id)), toUnixTimestamp64Milli(min(received_at))"
        f" FROM (SELECT {apart.owner()} AS person, time, id, source_id, received_at FROM events"
        f" WHERE {apart.rows()} AND source_id > 0) GROUP BY person",
        apart.params(),
    )
    return {int(person): Seen(*map(int, row)) for person, *row in rows}


def _observations(context: Context, apart: Apart, before: Mapping[int, ProfileState]) -> dict[int, list[Observation]]:
    """Person → what was said of their traits."""
    found: dict[int, list[Observation]] = defaultdict(list)
    every: list[Observation] = []
    for whose, time, row_id, source_id, traits, keys in context.store.rows(
        f"SELECT {apart.owner()}, toUnixTimestamp64Milli(time) AS at, id, source_id, traits, identifiers FROM events"
        f" WHERE {apart.rows()} AND traits != '' ORDER BY at, id",
        apart.params(),
    ):
        person = int(whose)
        seen = Observation(int(time), int(row_id), int(source_id), _decode(traits))
        every.append(seen)
        found[person].append(seen._replace(traits=without_others(seen.traits, keys, apart.keys, person)))
    for person, more in _untold(before, every).items():
        found[person] += more
    return found


def _untold(before: Mapping[int, ProfileState], told: Sequence[Observation]) -> dict[int, list[Observation]]:
    """What the profiles know though no event tells of it (any more): it stays with whoever has it."""
    rows = {(seen.row_id, name) for seen in told for name in seen.traits}
    moments = {(seen.time_ms, seen.source_id, name) for seen in told for name in seen.traits}
    found: dict[int, list[Observation]] = defaultdict(list)
    for person, profile in before.items():
        for name, meta in profile.trait_meta.items():
            for time, row, source, value in kept.sightings(meta, profile.traits.get(name)):
                # Rows of earlier versions do not say which message it was.
                if (row, name) not in rows if row else (time, source, name) not in moments:
                    found[person].append(Observation(time, row, source, {name: value}))
    return found


def _began(edges: Sequence[Edge], leads: Mapping[int, int]) -> dict[int, int]:
    """Person → when the first profile that leads to them began."""
    found: dict[int, int] = {}
    for edge in edges:
        if edge.kind in ("create", "shared") and (person := leads.get(edge.profile_id)) is not None:
            found[person] = min(edge.at, found.get(person, edge.at))
    return found


def _earlier(program: Program, people: Collection[int]) -> dict[int, int]:
    """Slot → since when the first of these people is in it."""
    segments_since, slots_since = segment_store.earliest(people)
    return slots_since | {program.shown(segment_id): since for segment_id, since in segments_since.items()}


def _visits(person: int, seen: Seen | None, identifiers: Sequence[Identifier], now: int) -> ProfileState:
    """A profile with its first and last visit; whose events all speak of somebody else has those of its identifiers."""
    if seen is not None:
        return ProfileState(person, seen.received, seen.first, seen.last, seen.first_source_id)
    first = min(identifiers, key=lambda i: (i.first_seen, i.key))
    return ProfileState(person, now, first.first_seen, max(i.last_seen for i in identifiers), first.source_id)
