"""Trying messages in a process of its own, which dies in the engine's place of one that ends the process.

`python -m quen.engine.trial DIRECTORY` reads a JSON list of [offset, position] a line, lets these messages pass all
steps, inserts their events into a store of its own in the directory, rolls the commit back, and answers with a line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from quen.config import config
from quen.journal.protocol import Entry
from quen.protocol.messages import Envelope

if TYPE_CHECKING:
    from quen.engine.plan import Plan

One = tuple[int, int]  # (offset, position) of a message
ANSWER_WITHIN_S = 120.0  # a batch takes a second or two; what hangs is as bad as what dies
FEW = 16  # so many are tried one by one at once

_envelope = msgspec.json.Decoder(Envelope)


def deadly(planned: Plan, entries: Sequence[Entry]) -> set[One]:
    """The messages of a plan that end a process, each of them alone, and twice."""
    left = [one for entry in entries for one in _messages(entry) if one not in planned.skip]
    with tempfile.TemporaryDirectory(prefix="quen-trial-") as directory, _Tried(directory) as tried:
        return set(those_that_fail(left, tried.survives))


def those_that_fail(items: list[One], passes: Callable[[list[One]], bool]) -> list[One]:
    """Those that fail alone, and do so again. Few of many are found with few failures, which are dear."""
    if not items or passes(items):
        return []
    if len(items) == 1:
        return [] if passes(items) else items
    size = isqrt(len(items)) if len(items) > FEW else 1
    chunks = [items[i : i + size] for i in range(0, len(items), size)]
    return [one for chunk in chunks for one in those_that_fail(chunk, passes)]


def _messages(entry: Entry) -> list[One]:
    if entry.kind != "track":
        return []
    try:
        count = len(_envelope.decode(entry.body).messages)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [(entry.offset, position) for position in range(count)]


class _Tried:
    """The process that tries; another one after each that died."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> _Tried:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def survives(self, messages: list[One]) -> bool:
        """Whether a process survives these. One that has survived others goes on; who died is followed by a new one."""
        process = self._process = self._process or self._start()
        assert process.stdin and process.stdout
        too_long = threading.Timer(ANSWER_WITHIN_S, process.kill)
        too_long.start()
        try:
            process.stdin.write(msgspec.json.encode(messages) + b"\n")
            process.stdin.flush()
            if process.stdout.readline():
                return True
        except BrokenPipeError:
            pass
        finally:
            too_long.cancel()
        self._end()
        return False

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"QUEN_DATA_DIR": str(config().data_dir)}
        arguments = [sys.executable, "-m", "quen.engine.trial", tempfile.mkdtemp(dir=self._directory)]
        return subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def main(directory: str) -> None:
    from quen.logs import configure
    from quen.processes import die_with_parent

    configure()
    die_with_parent()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints is no answer
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quen.settings")
    import django

    django.setup()
    from quen.engine.loop import Engine
    from quen.events.store import EventStore
    from quen.journal import open_journal

    journal, store = open_journal(config(), bounded=False), EventStore(Path(directory) / "events")
    engine = Engine(config(), journal, store)
    for line in sys.stdin.buffer:
        wanted = msgspec.json.decode(line, type=list[One])
        entries = [entry for offset in sorted({o for o, _ in wanted}) for entry in journal.read(offset - 1, 1)]
        engine.passes(entries, frozenset(wanted), whole=True, scratch=store)  # an error is none of ours: it was caught
        answers.write(b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
