"""`quen import`: bring a file in."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from quen.errors import InvalidInput


def register(subparsers: Any) -> None:
    text = "Bring in a CSV or JSON lines file (gzip too): orders, customers or events."
    parser = subparsers.add_parser("import", help=text, description=text)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--as", dest="kind", choices=["orders", "customers", "events"], help="what the rows are")
    parser.add_argument("--mapping", type=Path, metavar="M", help="JSON file that says what each column is")
    parser.add_argument("--source", metavar="NAME", help="the source they come from (default: Files: KIND)")
    parser.add_argument(
        "--currency", metavar="CODE", help="ISO 4217 currency of the amounts (default: the workspace's)"
    )
    parser.add_argument("--timezone", metavar="ZONE", help="zone of times without an offset (default: the workspace's)")
    parser.add_argument("--encoding", metavar="NAME", help="only when it cannot be found out: utf-16, cp1258, cp1252…")
    parser.add_argument("--delimiter", metavar="SIGN", help="only when it cannot be found out")
    parser.add_argument(
        "--dry-run", action="store_true", help="read everything, store nothing, say what would come of it"
    )
    parser.add_argument("--resume", type=int, metavar="ID", help=argparse.SUPPRESS)  # how the console runs an import
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", metavar="DIR", help="data directory (default: QUEN_DATA_DIR, else ./quen-data)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from quen.server_commands import _open_state

    _open_state()
    from quen.config import config
    from quen.connectors.sources.files.run import rejects_path
    from quen.connectors.sources.files.run import run as run_import
    from quen.connectors.sources.files.service import summary

    settings = config()
    row = _interrupted(arguments.resume) if arguments.resume else _begin(arguments, settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    progress = _Progress(show=sys.stderr.isatty() and not arguments.json)
    row = run_import(row, settings, progress, stop)
    progress.end()
    rejects = rejects_path(settings, row.id)
    if arguments.json:
        print(
            json.dumps(
                {**summary(row), "rejects_path": str(rejects) if row.rejected else None, "sample": row.sample[:3]}
            )
        )
    else:
        _tell(row, rejects)
    return 0 if row.status == "done" else 1


def _interrupted(import_id: int) -> Any:
    from quen.connectors.models import Import

    row = Import.objects.filter(id=import_id).first()
    if row is None:
        raise InvalidInput(f"there is no import {import_id}")
    return row


def _begin(arguments: argparse.Namespace, settings: Any) -> Any:
    from quen.connectors.service import find_or_create_source, find_source
    from quen.connectors.sources.files import mapping as mappings
    from quen.connectors.sources.files.service import look, remember_mapping, start

    if arguments.file is None:
        raise InvalidInput("name the file: quen import FILE --as orders|customers|events")
    given = _mapping_file(arguments.mapping, arguments.kind or "") if arguments.mapping else None
    kind = arguments.kind or (given.kind if given else "")
    if not kind:
        raise InvalidInput("say what the rows are: --as orders, --as customers or --as events (or --mapping FILE)")
    proposal = look(
        arguments.file,
        kind,
        settings,
        source=find_source(arguments.source, "file") if arguments.source else None,
        encoding=arguments.encoding or "",
        delimiter=(arguments.delimiter or "").replace("\\t", "\t"),
        currency=arguments.currency or "",
        timezone=arguments.timezone or "",
    )
    mapping = given or proposal.mapping
    mappings.check(mapping, proposal.format)
    if given and not arguments.dry_run:
        remember_mapping(proposal.format, given)
    source = find_or_create_source(arguments.source, "file") if arguments.source else None
    return start(arguments.file, mapping, proposal.format, source=source, dry_run=arguments.dry_run, by="quen import")


def _mapping_file(path: Path, kind: str) -> Any:
    import msgspec

    from quen.connectors.sources.files import mapping as mappings

    try:
        return mappings.parse(msgspec.json.decode(path.read_bytes()), kind)
    except OSError as error:
        raise InvalidInput(f"--mapping: {path} cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"--mapping: {path} is not JSON: {error}") from None


class _Progress:
    """One line that moves, on a terminal only."""

    def __init__(self, *, show: bool) -> None:
        self._show, self._shown = show, False

    def __call__(self, row: Any) -> None:
        if self._show:
            waiting = f" · {row.error[:80]}" if row.error and row.status == "running" else ""
            line = f"{row.percent:3}%  {row.rows_read:,} rows read, {row.messages:,} messages{waiting}"
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def end(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _tell(row: Any, rejects: Path) -> None:
    counts = ", ".join(f"{count:,} {name}" for name, count in row.counts.items()) or "nothing new"
    done = {"done": "done", "stopped": "stopped", "interrupted": "stopped: run it again to go on", "failed": "failed"}[
        row.status
    ]
    what = "dry run, nothing stored" if row.dry_run else done
    print(f"{row.filename}: {what}")
    print(f"  {row.rows_read:,} rows read, {row.accepted:,} accepted, {row.rejected:,} rejected: {counts}")
    if row.rejected:
        print(f"  rejected rows, with line and reason: {rejects}")
    if row.error:
        print(f"quen: {row.error}", file=sys.stderr)
    elif row.status == "done" and not row.dry_run and row.messages:
        print(f"  {row.messages:,} messages are in the journal; `quen up` processes them")
