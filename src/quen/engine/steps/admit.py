"""Drop what was stored before: a message id of a source counts once in 24 hours at least, of an import once
for ever."""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.seen import hash_of
from quen.engine.steps.decode import reject
from quen.protocol.messages import DropReason, Message

REMEMBER_MS = 24 * 3600 * 1000


def run(batch: Batch, context: Context) -> None:
    hashes = [m.digest or hash_of(m) for m in batch.messages]
    known = context.seen.among(hashes)
    stored = _stored_long_ago(batch, context)
    admitted: list[Message] = []
    expires_at = batch.now + REMEMBER_MS
    for message, hash_ in zip(batch.messages, hashes, strict=True):
        if hash_ in known or (stored and (message.source_id, message.message_id) in stored):
            batch.rejected.append(
                reject(message, DropReason.DUPLICATE, "a message with this messageId is stored already")
            )
            continue
        known.add(hash_)
        batch.seen.append((hash_, None if message.remember else expires_at))
        admitted.append(message)
    batch.messages = admitted


def _stored_long_ago(batch: Batch, context: Context) -> set[tuple[int, str]]:
    """Messages received longer ago than the memory reaches come from a replay: the event store itself is asked."""
    old = [m for m in batch.messages if m.received_at < batch.now - REMEMBER_MS]
    if not old:
        return set()
    rows = context.store.rows(
        "SELECT source_id, message_id FROM events WHERE message_id IN {ids:Array(String)}",
        {"ids": [m.message_id for m in old]},
    )
    return {(source_id, message_id) for source_id, message_id in rows}
