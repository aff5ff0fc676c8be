"""Identifiers of each message in the form they are matched by; who has none that can be used is set aside."""

from __future__ import annotations

import msgspec

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.identity.keys import Key, keys_of
from quen.protocol.messages import DropReason, Message, Rejected

_encode = msgspec.json.Encoder().encode


def run(batch: Batch, context: Context) -> None:
    region = context.config.phone_region
    usable: list[Message] = []
    keys: list[list[Key]] = []
    for message in batch.messages:
        found = [] if message.profile_id is not None else keys_of(message, phone_region=region)
        if not found and message.profile_id is None:
            batch.rejected.append(_nobody(message))
            continue
        usable.append(message)
        keys.append(found)
    batch.messages, batch.keys = usable, keys


def _nobody(message: Message) -> Rejected:
    body = _encode(
        {
            "type": message.type,
            "messageId": message.message_id,
            "userId": message.user_id,
            "anonymousId": message.anonymous_id,
            "event": message.event,
            "traits": message.traits,
            "properties": message.properties,
            "context": message.context,
            "timestamp": None,
        }
    )
    return Rejected(
        DropReason.NO_IDENTITY,
        "no identifier of this message can be matched: each is missing, malformed, or a placeholder such as null",
        body,
        message.source_id,
        message.position,
        message.offset,
        message.received_at,
        message.message_id,
        message.type,
        message.event,
    )
