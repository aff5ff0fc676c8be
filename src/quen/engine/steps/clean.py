"""Identifiers of each message in the form they are matched by; who has none that can be used is set aside."""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.steps.decode import reject
from quen.identity.keys import Key, keys_of
from quen.protocol.messages import DropReason, Message

UNUSABLE = "no identifier of this message can be matched: each is missing, malformed, or a placeholder such as null"


def run(batch: Batch, context: Context) -> None:
    region = context.config.phone_region
    usable: list[Message] = []
    keys: list[list[Key]] = []
    for message in batch.messages:
        named = message.profile_id is not None  # by Quen itself
        found = [] if named else keys_of(message, context.rules, phone_region=region)
        if not found and not named:
            batch.rejected.append(reject(message, DropReason.NO_IDENTITY, UNUSABLE))
            continue
        usable.append(message)
        keys.append(found)
    batch.messages, batch.keys = usable, keys
    batch.row_ids = [batch.new_id() for _ in usable]
