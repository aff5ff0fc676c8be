"""History to the event store, under a token that makes a replay harmless.

The insert goes on beside the steps that follow; `commit` waits for it before it commits. From here on a batch that
fails is repeated with the same range, since part of it may be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quen import failpoints
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.events.store import EventRow, EventStore
from quen.identity.keys import Key
from quen.protocol.messages import Message

_encode = msgspec.json.Encoder().encode
MAX_CONTEXT = 8_192
WORTH_BEGINNING = 1_000  # rows, whose insert takes longer than what two of them cost


def run(batch: Batch, context: Context) -> None:
    prepare(batch)
    # Of a repeated batch what is there decides, and is asked about all of its rows at once; of a small one two inserts
    # would only be two parts to merge. Both are left to `mirror`.
    if batch.repeated is None and len(batch.rows) >= WORTH_BEGINNING:
        batch.recorded.append(context.recorder.submit(_insert, batch, context.store))


def prepare(batch: Batch) -> None:
    """The rows of what came; nothing is written."""
    assert batch.resolution is not None
    batch.rows = [
        event_row(row_id, message, profile_id, keys, batch.taken.get(index))
        for index, (row_id, message, profile_id, keys) in enumerate(
            zip(batch.row_ids, batch.messages, batch.profile_ids, batch.resolution.used, strict=True)
        )
        if profile_id is not None
    ]


def _insert(batch: Batch, store: EventStore) -> None:
    store.insert_events(batch.rows, batch.token)
    failpoints.hit("record.events")


def event_row(
    row_id: int, message: Message, profile_id: int, keys: Sequence[Key] = (), taken: dict[str, Any] | None = None
) -> EventRow:
    return EventRow(
        profile_id,
        message.time,
        row_id,
        message.event,
        message.type,
        message.source_id,
        message.message_id,
        message.user_id or "",
        message.anonymous_id or "",
        message.properties,
        message.context if len(message.context) <= MAX_CONTEXT else "",
        message.received_at,
        message.original_time,
        message.sent_at,
        [k.key for k in keys],
        traits=_encode(taken).decode() if taken else "",
    )
