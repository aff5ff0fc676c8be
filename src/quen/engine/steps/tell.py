"""Entries and exits are events of their people: of this batch already, unless a rule asks about them.

What a rule asks about takes the way by the journal (`record`), and is a fact of the next batch: no step has to loop.
"""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.system import own_message, segment_events


def run(batch: Batch, context: Context) -> None:
    resolution = batch.resolution
    assert resolution is not None
    asked = context.program.events
    for event in segment_events(batch.changes):
        if event.event in asked:
            batch.asked.append(event)
            continue
        batch.messages.append(own_message(event, batch))
        batch.profile_ids.append(event.profile_id)
        batch.row_ids.append(batch.new_id())
        resolution.used.append([])
