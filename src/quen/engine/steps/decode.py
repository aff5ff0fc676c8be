"""Journal entries → messages. What cannot be understood is rejected with its reason, and costs nobody else anything."""

from __future__ import annotations

import msgspec

from quen.delivery import tracking
from quen.engine import told
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.system import own_message
from quen.protocol.decode import decode_entry
from quen.protocol.messages import DropReason, Message, Rejected

_encode = msgspec.json.Encoder().encode


def run(batch: Batch, context: Context) -> None:
    about_messages = []
    for entry in told.in_force(batch.entries, context.lessened):
        if entry.kind != "track":
            about_messages.append(entry)
            continue
        items = batch.decoded.get(entry.offset)
        if items is None:
            items = decode_entry(entry, source_kind=context.source_kind(entry.source_id))
        for item in items:
            if isinstance(item, Rejected):
                batch.rejected.append(item)
            elif batch.skip and (item.offset, item.position) in batch.skip:
                batch.rejected.append(
                    reject(item, DropReason.STEP_FAILED, "a step of the engine failed on this message; see the log")
                )
            else:
                batch.messages.append(item)
    if about_messages:
        # Opens, clicks, unsubscribes, outcomes of sends: they change messages and are events of the person.
        effects = tracking.apply(about_messages)
        batch.messages += [own_message(event, batch) for event in effects.events]
        batch.writers.append(lambda: tracking.store(effects))


def reject(message: Message, reason: DropReason, detail: str) -> Rejected:
    """Set aside a message that was decoded: its body is rebuilt, so that a replay can read it again."""
    body = {
        "type": message.type,
        "messageId": message.message_id,
        "userId": message.user_id,
        "anonymousId": message.anonymous_id,
        "previousId": message.previous_id,
        "groupId": message.group_id,
        "event": message.event if message.type == "track" else None,
        "traits": message.traits,
        "properties": message.properties if message.type != "identify" else None,
        "context": msgspec.Raw(message.context) if message.context else None,
    }
    return Rejected(
        reason,
        detail,
        _encode({k: v for k, v in body.items() if v}),
        message.source_id,
        message.position,
        message.offset,
        message.received_at,
        message.message_id,
        message.type,
        message.event,
    )
