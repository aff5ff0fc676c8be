"""Named points between two steps, at which a test lets the process die as by a power cut. Off unless QUEN_FAILPOINT is
set.

`QUEN_FAILPOINT=engine.record` dies there the first time, `engine.record:3` the third time. `@/a/file` reads the same
from a file when the process starts, and removes the file before it dies: so the next life of the process goes on.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

# Every point, and what has been done when it is reached.
POINTS: dict[str, str] = {
    "edge.received": "a request's messages are read, nothing is written",
    "edge.durable": "they are in the journal, the answer is not sent",
    "journal.appending": "entries are written, their transaction is not committed",
    "journal.appended": "entries are durable, nobody knows yet",
    "engine.planned": "the batch's plan is written down",
    "engine.decode": "the step has run",
    "engine.admit": "the step has run",
    "engine.clean": "the step has run",
    "engine.resolve": "the step has run",
    "engine.apply": "the step has run",
    "engine.segment": "the step has run",
    "engine.advance": "the step has run",
    "record.events": "events are on their way into the event store",
    "record.profiles": "the mirror of profiles is written",
    "record.links": "links are written",
    "engine.record": "Quen's own events are in the journal",
    "commit.written": "the state is written, events may be on their way still",
    "commit.recorded": "events are stored, the state is not committed",
    "engine.commit": "the state is committed, the journal does not know",
    "engine.done": "the journal knows how far the engine has come",
    "backfill.computed": "a chunk is computed and mirrored, its state is not written",
    "backfill.placed": "versions have taken their place, the engine follows those before",
    "backfill.told": "who entered and left by a version is in the journal, and still to be told",
    "backfill.mirrored": "a chunk of its values is mirrored, their rows are not written",
    "separating.planned": "an order to take people apart is planned",
    "separating.written": "the state is made anew",
    "separating.moved": "the events are under their people",
    "separating.told": "links, mirror and journal are told",
    "folding.staged": "some people of a month are staged",
    "folding.replaced": "a folded month has taken the old one's place",
    "outbox.claimed": "messages are claimed",
    "outbox.prepared": "letters are written down as they will go",
    "outbox.sent": "the mail server has answered for a letter",
    "outbox.called": "a webhook's receiver has answered",
    "outbox.recorded": "outcomes are written down, the timeline does not know",
}


def hit(name: str) -> None:
    """Die here, if this is the point and the time."""
    if name == _wanted:
        _die_in_turn()


def _read(given: str) -> tuple[str, int, Path | None]:
    """(point, how many times it may still be passed, file to remove before dying)."""
    path = Path(given[1:]) if given.startswith("@") else None
    if path is not None:
        try:
            given = path.read_text().strip()
        except OSError:
            given = ""
    name, _, count = given.partition(":")
    return name, int(count or 1) - 1, path


_wanted, _passes, _file = _read(os.environ.get("QUEN_FAILPOINT", ""))


def _die_in_turn() -> None:
    global _passes
    if _passes > 0:
        _passes -= 1
        return
    if _file is not None:
        try:
            _file.unlink()
        except OSError:  # another process died of it
            return
    os.kill(os.getpid(), signal.SIGKILL)
