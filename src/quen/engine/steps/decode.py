"""Journal entries → messages. What cannot be understood is rejected with its reason, and costs nobody else anything."""

from __future__ import annotations

from quen.delivery import tracking
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.protocol.decode import decode_entry
from quen.protocol.messages import Message, Rejected


def run(batch: Batch, context: Context) -> None:
    about_messages = []
    for entry in batch.entries:
        if entry.kind != "track":
            about_messages.append(entry)
            continue
        for item in decode_entry(entry, source_kind=context.source_kind(entry.source_id), now=batch.now):
            if isinstance(item, Message):
                batch.messages.append(item)
            else:
                batch.rejected.append(item)
    if about_messages:
        _tracking(batch, about_messages)


def _tracking(batch: Batch, entries: list[object]) -> None:
    """Opens, clicks, unsubscribes and outcomes of sends: they change messages and are events of the person."""
