"""Drop what was stored before: a message id of a source counts once in 24 hours, of an import once for ever."""

from __future__ import annotations

from hashlib import blake2b

from quen.db import fetch_in
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.protocol.messages import DropReason, Message, Rejected

REMEMBER_MS = 24 * 3600 * 1000


def run(batch: Batch, context: Context) -> None:
    halves = [_hash(m) for m in batch.messages]
    known = {
        key: verify
        for key, verify, expires_at in fetch_in(
            "SELECT key, verify, expires_at FROM engine_seenmessage WHERE {in}", [h[0] for h in halves], column="key"
        )
        if expires_at is None or expires_at > batch.now
    }
    admitted: list[Message] = []
    for message, (key, verify) in zip(batch.messages, halves, strict=True):
        if known.get(key) == verify:
            batch.rejected.append(
                Rejected(
                    DropReason.DUPLICATE,
                    "a message with this messageId was stored already",
                    b"",
                    message.source_id,
                    message.position,
                    message.offset,
                    message.received_at,
                    message.message_id,
                    message.type,
                    message.event,
                )
            )
            continue
        known[key] = verify
        batch.seen.append((key, verify, None if message.remember else batch.now + REMEMBER_MS))
        admitted.append(message)
    batch.messages = admitted


def _hash(message: Message) -> tuple[int, int]:
    digest = blake2b(f"{message.source_id}:{message.message_id}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big", signed=True), int.from_bytes(digest[8:], "big", signed=True)
