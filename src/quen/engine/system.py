"""Quen's own messages: what it did to a person, told through the journal like everything else.

Their message ids say what happened to whom and when, so a batch that is replayed tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quen.engine.batch import Batch
from quen.engine.told import try_of
from quen.journal.protocol import NewEntry
from quen.protocol.messages import Envelope
from quen.segments.facts import Change
from quen.segments.models import Segment

MESSAGES_AN_ENTRY = 500

_encode = msgspec.json.Encoder().encode


def system_entries(batch: Batch) -> list[NewEntry]:
    """Journal entries for the segment changes and journey events of a batch, and for the traits journeys write."""
    messages = segment_messages(batch.changes)
    if batch.effects is not None:
        messages += [
            system_message(e.profile_id, e.event, e.properties, e.key, batch.now) for e in batch.effects.system_events
        ]
        messages += [
            {
                "type": "identify",
                "messageId": w.key,
                "profileId": str(w.profile_id),
                "traits": w.traits,
                "timestamp": batch.now,
            }
            for w in batch.effects.trait_writes
        ]
    return entries_of(messages, try_of(batch))


def system_message(profile_id: int, event: str, properties: dict[str, Any], key: str, time: int) -> dict[str, Any]:
    """A message of type `system`. `key` becomes its message id; `time` is ms UTC."""
    return {
        "type": "system",
        "messageId": key,
        "profileId": str(profile_id),
        "event": event,
        "properties": properties,
        "timestamp": time,
    }


def entries_of(messages: list[dict[str, Any]], by: str = "") -> list[NewEntry]:
    """`by`: the try of a batch that tells it."""
    slices = [messages[i : i + MESSAGES_AN_ENTRY] for i in range(0, len(messages), MESSAGES_AN_ENTRY)]
    return [NewEntry("track", 0, _encode(Envelope([msgspec.Raw(_encode(m)) for m in s], by=by))) for s in slices]


def segment_messages(changes: Sequence[tuple[int, Change]], telling: str = "") -> list[dict[str, Any]]:
    """Entries and exits of (profile id, change). `telling` takes the place of the instant in the message ids."""
    if not changes:
        return []
    wanted = {change.segment_id for _, change in changes}
    # Internal segments follow the rules of journeys: their entries are no news to anyone.
    names = dict(Segment.objects.filter(id__in=wanted, kind="segment").values_list("id", "name"))
    return [
        system_message(
            profile_id,
            "Segment Entered" if change.entered else "Segment Exited",
            {"segment_id": str(change.segment_id), "segment": names[change.segment_id]},
            f"segment-{change.segment_id}-{profile_id}-{telling or change.at}-{'in' if change.entered else 'out'}",
            change.at,
        )
        for profile_id, change in changes
        if change.segment_id in names
    ]
