"""Rows into files: JSON lines, CSV, Parquet. Each takes any number of rows in bounded memory.

JSON lines keep the shape. CSV and Parquet have columns, which only the rows tell: those are put aside as JSON lines
first, and read again when all columns are known.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import msgspec

from quen.web.spreadsheet import BOM, safe_cell

FORMATS = ("jsonl", "csv", "parquet")
TEXT, WHOLE, NUMBER, TRUTH = "String", "Int64", "Float64", "Bool"
_CHUNK = 1 << 16
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
# Whose values become columns of their own, `traits.city`.
_SPREAD = ("traits", "computed")


def jsonl(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield _encode(row) + b"\n"


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a row: identifiers by type, traits and computed traits by name; what is nested deeper as JSON."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if name == "identifiers":
            by_type: dict[str, list[str]] = {}
            for identifier in value:
                by_type.setdefault(identifier["type"], []).append(identifier["value"])
            columns |= {type_: values[0] if len(values) == 1 else " ".join(values) for type_, values in by_type.items()}
        elif name in _SPREAD:
            columns |= {f"{name}.{key}": _scalar(inner) for key, inner in value.items()}
        else:
            columns[name] = _scalar(value)
    return columns


def _scalar(value: Any) -> Any:
    return _encode(value).decode() if isinstance(value, (dict, list)) else value


class Aside:
    """Rows put aside as JSON lines of columns, with the columns and what type fits all values of each."""

    def __init__(self, folder: Path | None = None) -> None:
        self.file: IO[bytes] = tempfile.NamedTemporaryFile(prefix="quen-export-", suffix=".jsonl", dir=folder)  # noqa: SIM115
        self.types: dict[str, str] = {}

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            columns = flat(row)
            for name, value in columns.items():
                if value is not None:
                    self.types[name] = _wider(self.types.get(name), value)
                else:
                    self.types.setdefault(name, "")
            self.file.write(_encode(columns) + b"\n")
        self.file.flush()

    def again(self) -> Iterator[dict[str, Any]]:
        self.file.seek(0)
        for line in self.file:
            yield _decode(line)

    def close(self) -> None:
        self.file.close()


def _wider(known: str | None, value: Any) -> str:
    if isinstance(value, bool):
        found = TRUTH
    elif isinstance(value, int) and abs(value) < 1 << 63:
        found = WHOLE
    elif isinstance(value, (int, float)):
        found = NUMBER
    else:
        found = TEXT
    if not known or known == found:
        return found
    return NUMBER if {known, found} == {WHOLE, NUMBER} else TEXT


def csv_lines(aside: Aside) -> Iterator[bytes]:
    """With a byte order mark and a head line; empty where a row has no value."""
    names = list(aside.types)
    out = io.StringIO()
    writer = csv.writer(out)
    out.write(BOM)
    writer.writerow(safe_cell(name) for name in names)
    for row in aside.again():
        writer.writerow(_cell(row.get(name)) for name in names)
        if out.tell() > _CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe_cell(value) if isinstance(value, str) else value


def parquet(aside: Aside, target: Path) -> None:
    """By chDB in memory, in this process, which must not have an event store open."""
    import chdb

    columns = ", ".join(f"`{_quoted(name)}` Nullable({type_ or TEXT})" for name, type_ in aside.types.items())
    connection = chdb.connect(":memory:")  # type: ignore[no-untyped-call]
    connection.query(
        f"INSERT INTO FUNCTION file('{_literal(target)}', 'Parquet')"
        f" SELECT * FROM file('{_literal(Path(aside.file.name))}', 'JSONEachRow', '{_literal(columns)}')"
        " SETTINGS engine_file_truncate_on_insert = 1, input_format_json_read_numbers_as_strings = 1,"
        " input_format_json_read_bools_as_strings = 1, max_threads = 1, output_format_parquet_string_as_string = 1"
    )
    connection.close()


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace("`", "\\`")


def _literal(text: object) -> str:
    return str(text).replace("\\", "\\\\").replace("'", "\\'")
