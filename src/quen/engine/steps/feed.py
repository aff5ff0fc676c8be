"""Webhooks of segments: who entered and left goes to the outbox in the batch's own transaction."""

from __future__ import annotations

from quen.delivery import hooks
from quen.engine.batch import Batch
from quen.engine.context import Context


def run(batch: Batch, context: Context) -> None:
    changes = batch.changes
    if changes:
        batch.writers.append(lambda: hooks.queue(changes, f"b{batch.number}", batch.now))
