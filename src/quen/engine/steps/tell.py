"""Entries and exits are events of their people: of this batch already, unless a rule asks about them.

What a rule asks about takes the way by the journal (`mirror`), and is a fact of the next batch: no step has to loop.
"""

from __future__ import annotations

from quen.engine.batch import Batch, Own
from quen.engine.context import Context
from quen.engine.seen import hash_of
from quen.engine.steps.admit import REMEMBER_MS
from quen.engine.system import own_message, segment_events


def run(batch: Batch, context: Context) -> None:
    asked = context.program.events
    for event in segment_events(batch.changes):
        if event.event in asked:
            batch.asked.append(event)
        else:
            batch.own.append(Own(batch.new_id(), event.profile_id, own_message(event, batch)))
    if batch.repeated is not None:  # an earlier try may have told the journal, if a rule asked about them then
        batch.seen += [(hash_of(own.message), batch.now + REMEMBER_MS) for own in batch.own]
