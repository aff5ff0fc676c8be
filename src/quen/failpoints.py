"""Named points between two steps, at which a test lets the process die as by a power cut. Off unless QUEN_FAILPOINT is
set.

`QUEN_FAILPOINT=engine.record` dies there the first time, `engine.record:3` the third time, `engine.record@m-1` whenever
the message with the messageId `m-1` is there. `@/a/file` reads the same from a file when the process starts, and
removes the file before it dies: so the next life of the process goes on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

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
    "engine.record": "events are on their way into the event store",
    "record.events": "they are stored, of a large batch",
    "engine.segment": "the step has run",
    "engine.tell": "the step has run",
    "engine.advance": "the step has run",
    "mirror.links": "links are written",
    "mirror.events": "all events are stored",
    "mirror.profiles": "own events and the mirror of profiles are written",
    "engine.mirror": "what Quen tells the journal is in it",
    "commit.written": "the state is written, events may be on their way still",
    "commit.recorded": "events are stored, the state is not committed",
    "engine.commit": "the state is committed, the journal does not know",
    "engine.done": "the journal knows how far the engine has come",
    "backfill.computed": "a chunk is computed and mirrored, its state is not written",
    "backfill.placed": "versions have taken their place, the engine follows those before",
    "backfill.told": "who entered and left by a version is in the journal, and still to be told",
    "backfill.kept": "the history has a chunk of its values, their rows are not written",
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


class Carries(Protocol):
    @property
    def message_id(self) -> str: ...


class Armed(NamedTuple):
    """What QUEN_FAILPOINT says."""

    point: str = ""
    passes: int = 0  # how many times the point may still be passed
    message_id: str = ""  # only with this one, and then always
    file: Path | None = None  # to remove before dying
    given: str = ""  # what stood in it


def hit(name: str, messages: Iterable[Carries] = ()) -> None:
    """Die here, if this is the point, the time, and one of the messages that it is about."""
    if name == _armed.point:
        _die_in_turn(messages)


def read(given: str) -> Armed:
    path = Path(given[1:]) if given.startswith("@") else None
    if path is not None:
        try:
            given = path.read_text().strip()
        except OSError:
            given = ""
    rest, _, message_id = given.partition("@")
    name, _, count = rest.partition(":")
    return Armed(name, int(count or 1) - 1, message_id, path, given)


_armed = read(os.environ.get("QUEN_FAILPOINT", ""))


def _die_in_turn(messages: Iterable[Carries]) -> None:
    global _armed
    if _armed.message_id and not any(m.message_id == _armed.message_id for m in messages):
        return
    if _armed.passes > 0:
        _armed = _armed._replace(passes=_armed.passes - 1)
        return
    if _armed.file is not None:
        try:
            if _armed.file.read_text().strip() != _armed.given:  # it arms another point by now
                return
            _armed.file.unlink()
        except OSError:  # another process died of it
            return
    os.kill(os.getpid(), signal.SIGKILL)
