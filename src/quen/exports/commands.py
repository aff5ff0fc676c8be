"""`quen export`: profiles, events, members of a segment into a file. Nothing is masked: who may run it has the data."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quen.errors import ConfigError, InvalidInput, QuenError

SHOW_EVERY_S = 0.2


def register(subparsers: Any) -> None:
    text = "Write profiles, events or the members of a segment into a file; also while Quen runs."
    parser = subparsers.add_parser("export", help=text, description=text)
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    for name, words in (
        ("profiles", "Everyone, with identifiers, traits and computed traits."),
        ("events", "Events, person by person."),
        ("segment", "The members of one segment, as profiles, with since when."),
    ):
        kind = kinds.add_parser(name, help=words, description=words)
        if name == "segment":
            kind.add_argument("segment", metavar="NAME", help="its name or its id")
        if name == "events":
            kind.add_argument("--event", default="", metavar="NAME", help="only events of this name")
            kind.add_argument("--from", dest="begin", metavar="T", help="only at or after this time (RFC 3339)")
            kind.add_argument("--to", dest="end", metavar="T", help="only before this time (RFC 3339)")
        kind.add_argument("--format", choices=["jsonl", "csv", "parquet"], help="default: by the name of the file")
        kind.add_argument("--output", type=Path, metavar="FILE", help="default: what is written goes to stdout")
        kind.add_argument("--data", metavar="DIR", help="data directory (default: QUEN_DATA_DIR, else ./quen-data)")
        kind.set_defaults(run=run, what=name)


def run(arguments: argparse.Namespace) -> int:
    from quen.server_commands import _open_state

    _open_state()
    form = _format(arguments)
    with _rows(arguments) as rows, _target(arguments.output) as target:
        counted = _Counted(rows, show=sys.stderr.isatty() and arguments.output is not None)
        _write(form, counted, target)
    if arguments.output is not None:
        print(f"{arguments.output}: {counted.count:,} rows")
    return 0


def _format(arguments: argparse.Namespace) -> str:
    from quen.exports.writing import FORMATS

    by_name = arguments.output.suffix.removeprefix(".").lower() if arguments.output is not None else "jsonl"
    form = arguments.format or by_name
    if form not in FORMATS:
        raise InvalidInput(f"--format: {arguments.output.name} does not tell; give one of {', '.join(FORMATS)}")
    if form == "parquet" and arguments.output is None:
        raise InvalidInput("--output: a Parquet file cannot be written to stdout; name a file")
    return str(form)


@contextmanager
def _target(output: Path | None) -> Iterator[Path | None]:
    """A name beside the file, which takes its place at the end: a file that is there is whole."""
    if output is None:
        yield None
        return
    if not output.parent.is_dir():
        raise InvalidInput(f"--output: there is no directory {output.parent}")
    beside = output.absolute().with_name(f".{output.name}.part")
    try:
        beside.touch(mode=0o600)
        yield beside
        beside.replace(output)
    except OSError as error:
        raise ConfigError(f"--output: {output} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _rows(arguments: argparse.Namespace) -> Iterator[Iterator[dict[str, Any]]]:
    from quen.exports import rows

    if arguments.what == "profiles":
        yield rows.profiles_rows(masked=False)
    elif arguments.what == "segment":
        yield rows.segment_rows(rows.find_segment(arguments.segment), masked=False)
    else:
        with _events(_chosen(arguments)) as found:
            yield found


def _chosen(arguments: argparse.Namespace) -> Any:
    from quen.exports.rows import Chosen
    from quen.web.times import parse_rfc3339

    begin = parse_rfc3339(arguments.begin, field="--from") if arguments.begin else None
    end = parse_rfc3339(arguments.end, field="--to") if arguments.end else None
    return Chosen(arguments.event, begin, end)


@contextmanager
def _events(chosen: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """From the event store, or through the app that has it open."""
    from quen import server
    from quen.config import config

    try:
        held = server.hold_data_dir(config())
    except server.AlreadyRunning:
        with _through_the_app(chosen) as found:
            yield found
        return
    with held:
        import tempfile

        from quen.events.store import event_store
        from quen.exports.rows import event_rows

        # Put aside first and the store closed: what writes Parquet needs this process's place for one.
        with tempfile.TemporaryFile(prefix="quen-export-") as aside:
            store = event_store()
            _put_aside(event_rows(store, chosen, masked=False), aside)
            store.close()
            yield _read_aside(aside)


def _put_aside(rows: Iterator[dict[str, Any]], aside: Any) -> None:
    from quen.exports.writing import jsonl

    aside.writelines(jsonl(rows))
    aside.seek(0)


def _read_aside(lines: Any) -> Iterator[dict[str, Any]]:
    import msgspec

    for line in lines:
        yield msgspec.json.decode(line)


@contextmanager
def _through_the_app(chosen: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """chDB admits one process: the app reads, under a key that lives as long as this."""
    import httpx

    from quen import server
    from quen.accounts.keys import create_key
    from quen.config import config
    from quen.web.times import rfc3339

    address = server.console_address(config())
    if address is None:
        raise QuenError("Quen runs on this data directory but is still starting; try again in a moment")
    key, secret = create_key("quen export", "owner")
    given = {"event": chosen.event, "begin": rfc3339(chosen.begin), "end": rfc3339(chosen.end), "format": "jsonl"}
    try:
        with httpx.stream(
            "GET",
            f"{address}/api/v1/export/events",
            params={name: value for name, value in given.items() if value},
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(600, connect=10),
        ) as answer:
            if answer.status_code != 200:
                raise QuenError(f"the app at {address} answered {answer.status_code}: {answer.read()[:300]!r}")
            yield _read_aside(answer.iter_lines())
    except httpx.TransportError as error:
        raise QuenError(f"the app at {address} does not answer: {error}") from error
    finally:
        key.delete()


def _write(form: str, rows: Iterable[dict[str, Any]], target: Path | None) -> None:
    from quen.exports import writing

    if form == "jsonl":
        _pour(writing.jsonl(rows), target)
        return
    aside = writing.Aside(target.parent if target is not None else None)
    try:
        aside.take(rows)
        if form == "csv":
            _pour(writing.csv_lines(aside), target)
        else:
            assert target is not None
            writing.parquet(aside, target)
    finally:
        aside.close()


def _pour(lines: Iterator[bytes], target: Path | None) -> None:
    if target is None:
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    with target.open("wb") as file:
        file.writelines(lines)


class _Counted:
    """The rows, counted on a terminal while they pass."""

    def __init__(self, rows: Iterator[dict[str, Any]], *, show: bool) -> None:
        self._rows, self._show = rows, show
        self.count = 0
        self._shown = time.monotonic()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            self.count += 1
            if self._show and time.monotonic() - self._shown > SHOW_EVERY_S:
                self._shown = time.monotonic()
                print(f"\r\x1b[K{self.count:,} rows", end="", file=sys.stderr, flush=True)
            yield row
        if self._show:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
