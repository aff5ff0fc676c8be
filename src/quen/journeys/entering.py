"""Who may enter which journey because of what happened. Pure: the store asks it too, for whose past to load."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from quen.journeys.effects import LiveVersion, Occurrence
from quen.journeys.graph import EVENT, entry_key


class Candidate(msgspec.Struct, frozen=True):
    """An occurrence that a journey starts from, before its re-entry rule is asked."""

    version: LiveVersion
    occurrence: Occurrence
    profile_id: int
    entry_key: str

    @property
    def key(self) -> tuple[int, int, str]:
        return (self.version.journey_id, self.profile_id, self.entry_key)


class Triggers:
    """The live journeys by what starts them: one look-up an occurrence."""

    def __init__(self, starting: Sequence[LiveVersion]) -> None:
        self._by_start: dict[tuple[str, str], list[LiveVersion]] = defaultdict(list)
        for version in starting:
            trigger = version.graph.trigger
            start = (
                ("event", trigger.match.event)
                if trigger.type == EVENT
                else ("segment_entered", str(trigger.segment_id))
            )
            self._by_start[start].append(version)

    def candidates(self, occurrence: Occurrence, merged: Mapping[int, int], now: int) -> list[Candidate]:
        """The journeys this may start, in the order of `starting`."""
        versions = self._by_start.get((occurrence.kind, occurrence.name))
        if not versions or occurrence.backfill:
            return []
        profile_id = survivor(occurrence.profile_id, merged)
        return [
            Candidate(version, occurrence, profile_id, entry_key(version.graph.entry_key, occurrence.properties))
            for version in versions
            if now - occurrence.time <= version.graph.trigger.max_age
            and version.graph.trigger.match.holds(occurrence.properties)
        ]


def survivor(profile_id: int, merged: Mapping[int, int]) -> int:
    """The profile that now stands for this one; a batch may merge a survivor again."""
    while profile_id in merged:
        profile_id = merged[profile_id]
    return profile_id
