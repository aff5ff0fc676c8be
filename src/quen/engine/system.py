"""Quen's own events: what it did to a person.

Those found while a batch is worked through are part of it where no rule asks about them (steps.tell); the others are
told through the journal like everything else. Their message ids say what happened to whom and when, so a batch that is
replayed tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quen.delivery.tracking import SystemEvent
from quen.engine.batch import Batch
from quen.engine.told import try_of
from quen.journal.protocol import NewEntry
from quen.protocol.messages import Envelope, Message
from quen.segments.facts import Change
from quen.segments.models import Segment

MESSAGES_AN_ENTRY = 500
ENTERED, EXITED = "Segment Entered", "Segment Exited"

_encode = msgspec.json.Encoder().encode


def own_message(event: SystemEvent, batch: Batch) -> Message:
    """An event found in this batch, as a message of it: it need not go round by the journal."""
    return Message(
        message_id=event.key,
        source_id=0,
        trusted=True,
        type="system",
        event=event.event,
        time=event.time,
        received_at=batch.now,
        profile_id=event.profile_id,
        properties=event.properties,
        context=_encode(event.context).decode() if event.context else "",
        suppressed=event.context.get("suppressed"),
        offset=batch.to_offset,
    )


def system_entries(batch: Batch) -> list[NewEntry]:
    """Journal entries for what rules ask of the segment changes of a batch, for its journey events, and for the traits
    that journeys write."""
    messages = [_message(event) for event in batch.asked]
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
    """Messages for the journal of `segment_events`."""
    return [_message(event) for event in segment_events(changes, telling)]


def segment_events(changes: Sequence[tuple[int, Change]], telling: str = "") -> list[SystemEvent]:
    """Entries and exits of (profile id, change). `telling` takes the place of the instant in the message ids."""
    if not changes:
        return []
    wanted = {change.segment_id for _, change in changes}
    # Internal segments follow the rules of journeys: their entries are no news to anyone.
    names = dict(Segment.objects.filter(id__in=wanted, kind="segment").values_list("id", "name"))
    said = {id_: {"segment_id": str(id_), "segment": name} for id_, name in names.items()}
    return [
        SystemEvent(
            profile_id,
            ENTERED if change.entered else EXITED,
            said[change.segment_id],
            f"segment-{change.segment_id}-{profile_id}-{telling or change.at}-{'in' if change.entered else 'out'}",
            change.at,
        )
        for profile_id, change in changes
        if change.segment_id in said
    ]


def _message(event: SystemEvent) -> dict[str, Any]:
    return system_message(event.profile_id, event.event, event.properties, event.key, event.time)
