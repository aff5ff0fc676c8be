"""Traits made anew from the history: after a separation, a change of strategy, or a deletion that came late.

`rebuild_traits` is pure; what it reads are the rows of
`SELECT time, id, source_id, traits FROM events WHERE profile_id IN (…) AND traits != '' ORDER BY time, id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from quen.profiles import kept
from quen.profiles.marks import ADDRESS
from quen.profiles.state import ProfileState, set_traits
from quen.profiles.strategies import Strategies


class Observation(NamedTuple):
    """The traits that one message set, as they were taken."""

    time_ms: int
    row_id: int
    source_id: int
    traits: dict[str, Any]


def rebuild_traits(
    observations: Iterable[Observation], strategies: Strategies
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(traits, trait_meta) of a profile that saw these, in whatever order they come."""
    profile = ProfileState(0, 0, 0, 0, 0)
    for seen in sorted(observations, key=_place):
        set_traits(profile, seen.traits, seen.time_ms, seen.source_id, seen.row_id, strategies)
    return profile.traits, profile.trait_meta


def rebuild_all(
    profile: ProfileState, observations: Iterable[Observation], strategies: Strategies
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same for a profile that goes on: what its state still knows counts too, though the history may have expired.

    Sightings of which the history tells already are not counted twice.
    """
    told = list(observations)
    rows = {(seen.row_id, name) for seen in told for name in seen.traits}
    moments = {(seen.time_ms, seen.source_id, name) for seen in told for name in seen.traits}
    for name, meta in profile.trait_meta.items():
        for time, row, source, value in kept.sightings(meta, profile.traits.get(name)):
            # Rows of earlier versions do not say which message it was.
            if (row, name) not in rows if row else (time, source, name) not in moments:
                told.append(Observation(time, row, source, {name: value}))
    return rebuild_traits(told, strategies)


def without_others(
    traits: dict[str, Any], identifiers: Iterable[str], owner: Mapping[str, int], person: int
) -> dict[str, Any]:
    """What a message set, without the addresses of somebody else.

    A message named two people as one; since they were taken apart, its e-mail address is no address of this person.
    `identifiers`: keys the message was matched by; `owner`: whose they are today.
    """
    others = {key.partition("|")[0] for key in identifiers if owner.get(key, person) != person}
    if not others:
        return traits
    return {name: value for name, value in traits.items() if name.removeprefix(ADDRESS) not in others}


def _place(observation: Observation) -> tuple[int, int]:
    return observation.time_ms, observation.row_id
