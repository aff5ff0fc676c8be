"""Drop what was stored before: a message id of a source counts once in 24 hours at least, of an import once
for ever."""

from __future__ import annotations

from hashlib import blake2b

from quen.db import fetch_in
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.steps.decode import reject
from quen.protocol.messages import DropReason, Message

REMEMBER_MS = 24 * 3600 * 1000


def run(batch: Batch, context: Context) -> None:
    halves = [_hash(m) for m in batch.messages]
    # Whatever has not been deleted for its age yet: the clock may be ahead for a moment.
    known = dict(
        fetch_in("SELECT key, verify FROM engine_seenmessage WHERE {in}", [h[0] for h in halves], column="key")
    )
    stored = _stored_long_ago(batch, context)
    admitted: list[Message] = []
    for message, (key, verify) in zip(batch.messages, halves, strict=True):
        if known.get(key) == verify or (message.source_id, message.message_id) in stored:
            batch.rejected.append(
                reject(message, DropReason.DUPLICATE, "a message with this messageId is stored already")
            )
            continue
        known[key] = verify
        batch.seen.append((key, verify, None if message.remember else batch.now + REMEMBER_MS))
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


def _hash(message: Message) -> tuple[int, int]:
    digest = blake2b(f"{message.source_id}:{message.message_id}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big", signed=True), int.from_bytes(digest[8:], "big", signed=True)
