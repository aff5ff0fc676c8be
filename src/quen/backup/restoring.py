"""Making a data directory of a backup.

What nobody can know is what the old Quen did after the cut. It may have sent what was waiting: e-mails that the state
has as queued or under way become *unknown* unless a person says that they are to go. Webhooks go again; their receivers
know a repeat by its id.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import quen
from quen.backup import checking, files, manifest
from quen.backup.files import Say
from quen.backup.manifest import Manifest
from quen.config import load
from quen.errors import ConfigError, PermanentError

RESTORED = "restored"  # why a message is unknown
DONE = "done"  # as of quen.backup.models, which needs Django and so settings, which need the directory


class Restored(NamedTuple):
    made: Manifest
    waiting: int  # entries that `quen up` will process
    unknown: int  # e-mails that may have been sent since
    notes: list[str]


def restore(directory: Path, target: Path, *, send_waiting: bool, say: Say = files.silent) -> Restored:
    """Make the data directory `target`, which must be empty or not there, from the backup in `directory`.

    What was written is removed again when it fails. Raises QuenError.
    """
    made = manifest.read(directory)
    _refuse_what_is_newer(directory, made)
    if target.exists() and any(target.iterdir()):
        raise ConfigError(
            f"{target} is not empty, and a restore overwrites nothing. Restore into a new directory (--data NEW), look"
            " at it with `quen doctor`, then stop Quen and let the two change places."
        )
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (free := shutil.disk_usage(target).free) < made.bytes:
        raise ConfigError(f"{target} has {free // 1_000_000} MB free, and {made.bytes // 1_000_000} MB are needed")
    try:
        _copy(directory, target, made, say)
        with closing(sqlite3.connect(target / "state.db")) as state, state:
            unknown = 0 if send_waiting else _mark_unknown(state, made)
            _finish_row(state, made)
        notes = _notes(target, made)
    except (OSError, sqlite3.Error) as error:
        _empty(target)
        raise PermanentError(f"{target} could not be made of {directory}: {error}") from error
    except BaseException:
        _empty(target)
        raise
    os.sync()
    return Restored(made, max(0, made.journal.last - made.cut.offset), unknown, notes)


def _refuse_what_is_newer(directory: Path, made: Manifest) -> None:
    """A state with migrations that this Quen does not have is one of a later Quen."""
    ours = {f"{p.parts[-3]}.{p.stem}" for p in Path(quen.__file__).parent.glob("*/migrations/[0-9]*.py")}
    slices = {name.partition(".")[0] for name in ours}
    for name in made.migrations:
        if name.partition(".")[0] in slices and name not in ours:
            raise ConfigError(
                f"{directory} was made by Quen {made.quen}, which is later than this one (it has {name}): install that"
            )


def _copy(directory: Path, target: Path, made: Manifest, say: Say) -> None:
    for name in made.folders:
        (target / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, leads_to in made.links.items():
        (target / name).symlink_to(leads_to)
    for number, file in enumerate(made.files):
        path = target / file.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if files.copy(directory / file.path, path, file.path) != file:
            raise PermanentError(
                f"{directory / file.path} is not what was written: this backup cannot be restored; take an earlier one"
            )
        if number % 64 == 0:
            say("copying", number, len(made.files))
    with closing(sqlite3.connect(target / "state.db")) as state:
        found = checking.count_rows(state)
    if found != made.state:
        raise PermanentError("the state that came out is not that of the manifest: this backup cannot be restored")


def _mark_unknown(state: sqlite3.Connection, made: Manifest) -> int:
    return state.execute(
        "UPDATE delivery_message SET status = 'unknown', reason = ?, done_at = ?, noted = ''"
        " WHERE channel = 'email' AND status IN ('queued', 'claimed')",
        (RESTORED, made.cut.at),
    ).rowcount


def _finish_row(state: sqlite3.Connection, made: Manifest) -> None:
    """In the state as of the cut the backup was still under way."""
    state.execute(
        "UPDATE backup_backup SET status = ?, stage = '', ended_at = ?, bytes = ?, paused_ms = ? WHERE id = ?",
        (DONE, made.cut.at, made.bytes, made.paused_ms, made.id),
    )


def _notes(target: Path, made: Manifest) -> list[str]:
    if manifest.fingerprint(load(target, os.environ).secret_key) == made.secret_fingerprint:
        return []
    text = (
        "the secret key is another than that of the backup: links in e-mails already sent, sessions and signatures of"
        " webhooks are no longer valid. Set SECRET_KEY to the old one to keep them."
    )
    return [text]


def _empty(target: Path) -> None:
    for path in target.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
