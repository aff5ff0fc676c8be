"""One import from the first row to the last: resumable at any moment, the same when run twice."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from quen.cleaning import Locale
from quen.config import Config
from quen.connectors.declared import locale_of
from quen.connectors.models import Import
from quen.connectors.sources.files import mapping as mappings
from quen.connectors.sources.files.grouping import Spool
from quen.connectors.sources.files.orders import MAX_LINES, Line, Order, build, read_line
from quen.connectors.sources.files.people import Made, customer, event
from quen.connectors.sources.files.reading import Format, Row, Rows, sniff
from quen.connectors.sources.files.rejects import Rejects
from quen.connectors.sources.files.sending import Sender, Stopped, save_progress
from quen.connectors.sources.files.values import Cells, RowError, digest, encode
from quen.errors import Conflict, InvalidInput, QuenError
from quen.ids import now_ms
from quen.journal import open_journal

CHUNK = 500
SPOOL_BATCH = 5_000
HOPELESS = 1_000  # when none of so many first rows can be read, the mapping or delimiter is wrong
_line_decoder = msgspec.json.Decoder(Line)

Progress = Callable[[Import], None]


def rejects_path(config: Config, import_id: int) -> Path:
    return Path(config.data_dir) / "imports" / f"{import_id}-rejects.csv"


def run(row: Import, config: Config, progress: Progress, stop: threading.Event) -> Import:
    """Bring the file in, from where an earlier run came to. Ends with status done, stopped or failed (`row.error`).

    Raises Conflict when another process is running the same import.
    """
    with _only_one(Path(config.data_dir) / "imports" / f"{row.id}.lock"):
        row.refresh_from_db()
        row.status, row.error, row.finished_at = "running", "", None
        row.save(update_fields=["status", "error", "finished_at"])
        try:
            _run(row, config, progress, stop)
            row.status, row.percent = "done", 100
        except Stopped:
            # By a person it stays stopped; by the end of this process it goes on at the next start.
            row.status = "interrupted" if stop.is_set() else "stopped"
        except QuenError as error:
            row.status, row.error = "failed", error.message
        except OSError as error:
            row.status, row.error = "failed", f"{error.strerror or error} ({row.path}); run the import again to go on"
        row.finished_at = now_ms()
        row.save()
    progress(row)
    return row


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict("this import is being run by another process already") from None
        yield
    path.unlink(missing_ok=True)


def _run(row: Import, config: Config, progress: Progress, stop: threading.Event) -> None:
    path = Path(row.path)
    options = dict(row.mapping)
    file_format = sniff(path, encoding=options.pop("encoding", ""), delimiter=options.pop("delimiter", ""))
    mapping = mappings.parse(options, row.kind)
    mappings.check(mapping, file_format)
    cells = Cells(mapping, file_format)
    locale = locale_of(row.source, config)
    spool = _spool(row, config, Path(config.data_dir) / "imports" / f"{row.id}.rows") if row.kind == "orders" else None
    rejects = Rejects(rejects_path(config, row.id), row.rejects_bytes)
    journal = None if row.dry_run else open_journal(config)
    sender = Sender(row, journal, rejects, progress, stop)
    try:
        if spool is None:
            _send_rows(sender, path, file_format, cells, locale)
        else:
            if not spool.complete:
                _gather_orders(sender, spool, path, file_format, cells, locale)
            _send_orders(sender, spool, mapping)
            spool.remove()
    finally:
        rejects.close()
        if spool is not None:
            spool.close()
        if journal is not None:
            journal.close()


def _spool(row: Import, config: Config, path: Path) -> Spool:
    """The gathered rows of an interrupted run, or a new beginning."""
    try:
        spool = Spool(path)
        if spool.complete:
            return spool
        spool.close()
    except sqlite3.DatabaseError:  # cut off while it was written
        pass
    # Orders in the journal stay there: `position` counts them, and they come in the same order again.
    row.rows_read = row.rejected = row.accepted = row.rejects_bytes = 0
    row.position, row.counts, row.messages, row.sample = 0, {}, 0, []
    return Spool.fresh(path)


def _send_rows(sender: Sender, path: Path, file_format: Format, cells: Cells, locale: Locale) -> None:
    row = sender.row
    make = customer if row.kind == "customers" else event
    with Rows(path, file_format) as rows:
        unread = iter(rows)
        for _ in islice(unread, row.position):
            pass
        while chunk := list(islice(unread, CHUNK)):
            made = []
            for item in chunk:
                try:
                    if item.problem:
                        raise RowError(item.problem)
                    made.append(make(cells, item.values, locale, row.source_id))
                except RowError as error:
                    row.rejected += 1
                    sender.rejects.add(item.line, str(error), item.values)
            _send_made(sender, made)
            row.accepted += len(made)
            row.position = row.rows_read = row.position + len(chunk)
            row.percent = min(99, int(rows.done() * 100))
            _give_up_if_hopeless(row)
            if sender.due or row.position % 20_000 < CHUNK:
                sender.commit()
    sender.commit()


def _send_made(sender: Sender, made: list[Made]) -> None:
    row = sender.row
    if row.kind == "events":
        for item in made:
            given = item.message.get("messageId")
            sender.send(item.message, given if isinstance(given, str) and given else f"imp-{item.key}")
        _count(row, "events", len(made))
        return
    known = sender.known_versions([item.key for item in made])
    for item in made:
        before = known.get(item.key)
        if before == item.version:
            _count(row, "unchanged")
            continue
        _count(row, "customers" if before is None else "updated")
        known[item.key] = item.version
        sender.remember(item.key, item.version)
        sender.send(item.message, f"imp-{digest(item.key, item.version)}")


def _gather_orders(sender: Sender, spool: Spool, path: Path, file_format: Format, cells: Cells, locale: Locale) -> None:
    """Read every row of the file into the spool; rows that belong to no order are rejected here."""
    row, faulty = sender.row, 0
    with Rows(path, file_format) as rows:
        batch: list[tuple[str, int, bytes]] = []
        for item in rows:
            row.rows_read += 1
            try:
                order_id, line = _read(cells, item, locale.region)
                faulty += bool(line.problem)
                why = line.problem
                batch.append((order_id, item.line, encode(line)))
            except RowError as error:
                why = str(error)
                row.rejected += 1
                sender.rejects.add(item.line, why, item.values)
            if len(batch) == SPOOL_BATCH:
                spool.add(batch)
                batch = []
                row.percent = int(rows.done() * 50)
                sender.commit()
            if row.rows_read == HOPELESS and row.rejected + faulty == HOPELESS:
                _hopeless(row.kind, why)
        spool.add(batch)
    spool.group()
    sender.commit()


def _read(cells: Cells, item: Row, region: str) -> tuple[str, Line]:
    if item.problem:
        raise RowError(item.problem)
    return read_line(cells, item.values, region)


def _send_orders(sender: Sender, spool: Spool, mapping: mappings.Mapping) -> None:
    row = sender.row
    total = max(1, spool.count())
    groups = spool.groups(row.position, MAX_LINES)
    while chunk := list(islice(groups, CHUNK)):
        orders = []
        for number, order_id, lines, data in chunk:
            if data is None:
                order = Order(order_id, "", [], "", None, {}, f"has {len(lines)} rows; an order may have {MAX_LINES}")
            else:
                order = build(order_id, [_line_decoder.decode(item) for item in data], mapping, row.source_id)
            if order.problem:
                row.rejected += len(lines)
                for line in lines:
                    sender.rejects.add(line, f"order {order_id}: {order.problem}", order_id)
            else:
                row.accepted += len(lines)
                orders.append(order)
            row.position = number
        _send_chunk(sender, orders)
        row.percent = 50 + min(49, row.position * 50 // total)
        if sender.due:
            sender.commit()
    sender.commit()


def _send_chunk(sender: Sender, orders: list[Order]) -> None:
    row = sender.row
    known = sender.known_versions([order.key for order in orders] + [o.person_key for o in orders if o.person])
    for order in orders:
        before = known.get(order.key)
        if before == order.version:
            _count(row, "unchanged")
            continue
        if order.person:
            said = digest(encode(order.person["traits"]).decode())
            if known.get(order.person_key) != said:
                known[order.person_key] = said
                sender.remember(order.person_key, said)
                sender.send(order.person, f"imp-{digest(order.person_key, said, order.key)}")
                _count(row, "people")
        messages = order.messages
        if before is None:
            for name, count in order.counts.items():
                _count(row, name, count)
            if (revenue := sum(message["properties"]["revenue"] for message in order.messages)) != 0:
                row.counts["revenue"] = round(row.counts.get("revenue", 0) + revenue, 4)
        else:
            # A second `Order Completed` would count its revenue twice.
            messages = [{**messages[0], "event": "Order Updated"}]
            _count(row, "updated")
        known[order.key] = order.version
        sender.remember(order.key, order.version)
        for number, message in enumerate(messages):
            sender.send(message, f"imp-{digest(order.key, order.version, number)}")


def _count(row: Import, name: str, by: int = 1) -> None:
    row.counts[name] = row.counts.get(name, 0) + by


def _give_up_if_hopeless(row: Import) -> None:
    if row.rows_read >= HOPELESS and row.accepted == 0:
        _hopeless(row.kind, "see the file of rejected rows")


def _hopeless(kind: str, why: str) -> None:
    raise InvalidInput(
        f"none of the first {HOPELESS:,} rows could be read as {kind} ({why}); "
        "check the delimiter and the mapping of the columns"
    )


__all__ = ["rejects_path", "run", "save_progress"]
