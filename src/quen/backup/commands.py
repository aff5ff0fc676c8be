"""`quen backup` and `quen restore`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quen.errors import QuenError

TAKEN_UP_S = 30.0  # a running app looks twice a second
LOOK_EVERY_S = 0.2


def register(subparsers: Any) -> None:
    text = "Copy a running or stopped Quen into a directory: one consistent cut, verified at once."
    backup = subparsers.add_parser("backup", help=text, description=text)
    backup.add_argument("directory", type=Path, metavar="DIR", help="a new or empty directory")
    backup.add_argument("--without-secret-key", action="store_true", help="leave the file secret_key out")
    backup.set_defaults(run=run_backup)

    text = "Make a data directory of a backup; `quen up` goes on from there."
    restore = subparsers.add_parser("restore", help=text, description=text)
    restore.add_argument("directory", type=Path, metavar="DIR", help="the backup")
    restore.add_argument(
        "--send-waiting",
        action="store_true",
        help="send e-mails that were waiting (default: they become unknown, the old Quen may have sent them since)",
    )
    restore.set_defaults(run=run_restore)
    for parser in (backup, restore):
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--data", metavar="DIR", help="data directory (default: QUEN_DATA_DIR, else ./quen-data)")


def run_backup(arguments: argparse.Namespace) -> int:
    from quen import server
    from quen.config import config
    from quen.server_commands import _open_state

    _open_state()
    settings, directory = config(), arguments.directory.absolute()
    began = time.monotonic()
    progress = Progress(show=sys.stderr.isatty() and not arguments.json)
    try:
        with server.hold_data_dir(settings):
            figures = _of_a_stopped(settings, directory, not arguments.without_secret_key, progress)
    except server.AlreadyRunning:
        figures = _of_a_running(directory, not arguments.without_secret_key, progress)
    finally:
        progress.end()
    figures["seconds"] = round(time.monotonic() - began, 1)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(
            f"{directory}: {figures['bytes'] / 1e6:.1f} MB in {figures['seconds']} s, verified;"
            f" the engine stood still for {figures['paused_ms']} ms"
        )
    return 0


def _of_a_stopped(settings: Any, directory: Path, secret_key: bool, progress: Progress) -> dict[str, Any]:
    from quen.backup import making
    from quen.journal import open_journal

    open_journal(settings).close()  # the file, where there was none yet
    made = making.make(making.Origin(settings), directory, secret_key=secret_key, say=progress)
    return {"directory": str(directory), "bytes": made.bytes, "paused_ms": 0, **making.figures(made)}


def _of_a_running(directory: Path, secret_key: bool, progress: Progress) -> dict[str, Any]:
    """Ask the app for it and wait."""
    from quen.backup import store
    from quen.backup.models import COMMAND, DONE, FAILED, REQUESTED

    row = store.ask(directory, COMMAND, secret_key=secret_key)
    deadline = time.monotonic() + TAKEN_UP_S
    try:
        while row.status not in (DONE, FAILED):
            time.sleep(LOOK_EVERY_S)
            row.refresh_from_db()
            progress(row.stage, row.percent, 100)
            if row.status == REQUESTED and time.monotonic() > deadline:
                store.give_up(row, "nobody took it up")
                raise QuenError(
                    "Quen runs on this data directory, but its app does not take the backup up: see its log and /health"
                )
    except KeyboardInterrupt:
        store.give_up(row, "taken back")
        raise
    if row.status == FAILED:
        raise QuenError(row.problem)
    return {"directory": str(directory), "bytes": row.bytes, "paused_ms": row.paused_ms, **row.figures}


def run_restore(arguments: argparse.Namespace) -> int:
    from quen.backup import restoring
    from quen.config import default_data_dir

    backup, target = arguments.directory.absolute(), default_data_dir()
    progress = Progress(show=sys.stderr.isatty() and not arguments.json)
    try:
        found = restoring.restore(backup, target, send_waiting=arguments.send_waiting, say=progress)
    finally:
        progress.end()
    as_of = datetime.fromtimestamp(found.made.cut.at / 1000, UTC).isoformat(timespec="seconds")
    if arguments.json:
        figures = {"as_of": as_of, "waiting": found.waiting, "unknown": found.unknown, "notes": found.notes}
        print(json.dumps({"data": str(target), **figures}))
        return 0
    print(f"{target} is Quen as of {as_of}; {found.waiting} journal entries wait to be processed")
    if found.unknown:
        print(f"  {found.unknown} e-mails were waiting and are now unknown: they may have been sent since")
    for note in found.notes:
        print(f"  {note}")
    print(f"Next: quen doctor --data {target}; quen up --data {target}")
    return 0


class Progress:
    """One line that moves, on a terminal only."""

    def __init__(self, *, show: bool) -> None:
        self._show, self._shown = show, False

    def __call__(self, stage: str, done: int, of: int) -> None:
        if self._show and stage:
            print(f"\r\x1b[K{stage} {100 * done // max(1, of)}%", end="", file=sys.stderr, flush=True)
            self._shown = True

    def end(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
