"""What keeps segments right and cheap: comparing members with SQL in quiet moments, pausing what costs too much."""

from __future__ import annotations

import time

import structlog

from quen.computed import audit as computed_audit
from quen.computed import service as computed
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.errors import QuenError
from quen.segments import audit, service

log = structlog.get_logger("quen.engine")
AUDIT_EVERY_S = 60.0


def audit_if_due(context: Context, now: int) -> None:
    """Compare some people of one segment, and of one computed trait, once a minute; called when there is nothing else
    to do."""
    if time.monotonic() - context.audited < AUDIT_EVERY_S:
        return
    context.audited = time.monotonic()
    try:
        audit.run_one(context.program, context.store, now)
        computed_audit.run_one(context.program, context.store, now)
    except QuenError as error:
        log.warning("segments and computed traits could not be compared with SQL", error=error.message)


def watch_costs(batch: Batch, context: Context) -> None:
    """Look at what the segments cost for the person of this batch of whom most is kept; about once a second."""
    if not batch.live or not context.costs.is_time():
        return
    here = [id_ for id_ in batch.live if id_ in batch.profiles and id_ not in batch.merged]
    heaviest = max(here, key=lambda id_: len(batch.profiles[id_].live or b""), default=None)
    if heaviest is None:
        return
    found = context.costs.look(context.program, batch.live[heaviest], batch.profiles[heaviest], batch.now)
    for id_, seconds in found.items():
        why = f"following it took {seconds * 1000:.0f} ms for one person, again and again"
        if not computed.pause_by_id(id_, why):
            service.pause(id_, why)
