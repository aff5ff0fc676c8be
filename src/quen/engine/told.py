"""What a batch tells the journal, when it turns out otherwise.

A batch that is repeated tells the same under the same message ids, which are stored once. One that is repeated with
messages left out may give its people and runs other ids than a try before it, which has told of them already. So each
entry says which try it is of, and when a batch is committed with messages left out, what its other tries told is void.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from quen.db import execute, fetch
from quen.engine.batch import Batch
from quen.journal.protocol import Entry

DAY_MS = 24 * 3600 * 1000


class _Told(msgspec.Struct):
    by: str = ""


_told = msgspec.json.Decoder(_Told)


def try_of(batch: Batch) -> str:
    """What an entry says of the try that told it."""
    return f"{batch.token} {_left_out(batch)}"


def load() -> dict[str, str]:
    """Token → messages left out, of the batches of which another try may have told something."""
    return dict(fetch("SELECT token, left_out FROM engine_lessened"))


def write(batch: Batch, keep_days: int) -> None:
    """With the batch's commit, when messages were left out. Of use as long as the journal keeps what was told."""
    execute(
        "INSERT INTO engine_lessened (token, left_out, at) VALUES (%s, %s, %s)"
        " ON CONFLICT (token) DO UPDATE SET left_out = excluded.left_out",
        [batch.token, _left_out(batch), batch.now],
    )
    execute("DELETE FROM engine_lessened WHERE at < %s", [batch.now - keep_days * DAY_MS])


def in_force(entries: list[Entry], lessened: Mapping[str, str]) -> list[Entry]:
    """Without those that a try told which was not the last."""
    if not lessened:
        return entries
    return [entry for entry in entries if entry.source_id or not _is_void(entry, lessened)]


def _is_void(entry: Entry, lessened: Mapping[str, str]) -> bool:
    try:
        token, _, left_out = _told.decode(entry.body).by.partition(" ")
    except msgspec.DecodeError:
        return False
    return lessened.get(token, left_out) != left_out


def _left_out(batch: Batch) -> str:
    skip: Collection[tuple[int, int]] = batch.skip
    return ",".join(f"{offset}.{position}" for offset, position in sorted(skip))
