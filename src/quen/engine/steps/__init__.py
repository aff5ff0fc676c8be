"""The engine's list of steps, in the order in which a batch passes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.steps import admit, advance, apply, clean, commit, decode, feed, mirror, record, resolve, segment, tell


class Step(NamedTuple):
    """A named step. Those before `record` touch no store but to read: a batch that fails there can be cut up; those
    after it leave the writing to `mirror` and `commit`."""

    name: str
    run: Callable[[Batch, Context], None]


STEPS: tuple[Step, ...] = (
    Step("decode", decode.run),  # journal entries → messages; what is malformed is rejected with its reason
    Step("admit", admit.run),  # drop what was stored already
    Step("clean", clean.run),  # identifiers in the form they are matched by
    Step("resolve", resolve.run),  # whose message it is: create, attach, merge
    Step("apply", apply.run),  # traits, first and last seen
    Step("record", record.run),  # history to the event store
    Step("segment", segment.run),  # who enters and leaves, now and by time alone
    Step("tell", tell.run),  # entries and exits as events of their people
    Step("advance", advance.run),  # journeys: start, step, wake, exit
    Step("feed", feed.run),  # webhooks of segments: what they are told
    Step("mirror", mirror.run),  # what it came to, for the event store; what Quen tells the journal
    Step("commit", commit.run),  # the state and the new position, in one transaction
)
