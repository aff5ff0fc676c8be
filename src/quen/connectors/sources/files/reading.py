"""What kind of file it is, and its rows one by one: never the whole file in memory."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from quen.cleaning import fold, tidy
from quen.errors import InvalidInput

SAMPLE_BYTES = 256_000
MAX_CELL = 1_000_000  # characters; more means a quote that is never closed
DELIMITERS = (",", ";", "\t", "|")
# Tone marks that Windows-1258 writes as characters of their own, behind the vowel.
_VIETNAMESE_MARKS = "\u0300\u0301\u0303\u0309\u0323"

csv.field_size_limit(MAX_CELL)


class Format(msgspec.Struct, frozen=True):
    """How a file is written. `columns` are its header, made unique, in order; for JSON lines the keys first seen."""

    shape: str  # csv or jsonl
    encoding: str
    delimiter: str
    gzipped: bool
    columns: tuple[str, ...]


class Record(dict[str, Any]):
    """A JSON object, nested objects flattened with dots. A key that is not there is None."""

    __slots__ = ("whole",)
    whole: dict[str, Any]  # as it stood in the file

    def __missing__(self, key: str) -> None:
        return None


class Row(NamedTuple):
    line: int  # physical line of the file where it begins, the header being line 1
    values: list[str] | Record  # list: in the order of the columns
    problem: str = ""  # why it cannot be read; `values` is then what could be


def sniff(path: Path, *, encoding: str = "", delimiter: str = "") -> Format:
    """Find out how the file is written. Raises InvalidInput that says what is wrong and what to do."""
    data, gzipped = _beginning(path)
    if not data.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise InvalidInput(f"{path.name} is empty")
    found = _encoding(data, encoding, path.name)
    text = _decode_sample(data, found)
    if text.lstrip()[:1] == "{":
        return Format("jsonl", found, "", gzipped, _json_columns(text, path.name))
    found_delimiter = delimiter or _delimiter(text)
    header = _header(text, found_delimiter, path.name)
    if len(header) == 1 and header[0].lower().startswith("sep="):
        raise InvalidInput(f"{path.name} begins with a `sep=` line; delete it, the delimiter is found without it")
    return Format("csv", found, found_delimiter, gzipped, _column_names(header, path.name))


class Rows:
    """The rows of a file, in order. `done()` says how much of the file has been read, 0 to 1."""

    def __init__(self, path: Path, file_format: Format) -> None:
        self._size = max(1, path.stat().st_size)
        self._format = file_format
        self._raw = path.open("rb")
        stream: Any = gzip.GzipFile(fileobj=self._raw) if file_format.gzipped else self._raw
        # Undecodable bytes become lone surrogates, so that one bad cell costs one row.
        self._text = io.TextIOWrapper(stream, encoding=file_format.encoding, errors="surrogateescape", newline="")

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self._json_lines() if self._format.shape == "jsonl" else self._csv_rows()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidInput(
                f"the gzip file is damaged or cut off ({error}); copy it again and import it again"
            ) from None
        except UnicodeDecodeError as error:  # only UTF-16 has bytes that stand for nothing; others are kept as escapes
            raise InvalidInput(
                f"the file is no whole {error.encoding} text; save it as UTF-8 and import it again"
            ) from None

    def done(self) -> float:
        return min(1.0, self._raw.tell() / self._size)

    def _csv_rows(self) -> Iterator[Row]:
        width = len(self._format.columns)
        reader = csv.reader(self._text, delimiter=self._format.delimiter)
        header_seen = False
        while True:
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                why = (
                    f"a cell of more than {MAX_CELL:,} characters: is a quote not closed?"
                    if "limit" in str(error)
                    else str(error)
                )
                yield Row(line, [], why)
                continue
            if not header_seen:
                header_seen = any(values)
                continue
            if not any(values):
                continue  # an empty line says nothing
            if len(values) == width:
                yield Row(line, values, _undecodable(values, self._format.encoding) if _escaped(values) else "")
            elif len(values) > width and not any(values[width:]):
                yield Row(line, values[:width])  # spreadsheets leave empty cells behind the last column
            else:
                yield Row(line, values, f"has {len(values)} cells where the header has {width} columns")

    def _json_lines(self) -> Iterator[Row]:
        for line, text in enumerate(self._text, 1):
            if len(text) > MAX_CELL:
                yield Row(line, Record(), f"a line of more than {MAX_CELL:,} characters")
                continue
            if not text.strip(" \r\n\t\ufeff"):
                continue
            try:
                value = msgspec.json.decode(text.strip("\ufeff").encode("utf-8", "surrogateescape"))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield Row(line, Record(), f"is not JSON: {str(error)[:120]}")
                continue
            if isinstance(value, dict):
                yield Row(line, _record(value))
            else:
                yield Row(line, Record(), "is JSON but no object")


def _beginning(path: Path) -> tuple[bytes, bool]:
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                file.seek(0)
                return file.read(SAMPLE_BYTES), False
        with gzip.open(path) as unpacked:
            return unpacked.read(SAMPLE_BYTES), True
    except FileNotFoundError:
        raise InvalidInput(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InvalidInput(f"{path} is a folder; give one file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(f"{path.name} is a damaged gzip file ({error}); copy it again") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from None


def _encoding(data: bytes, wanted: str, name: str) -> str:
    if wanted:
        try:
            return codecs.lookup(wanted).name
        except LookupError:
            raise InvalidInput(f"there is no encoding {wanted!r}; try utf-8, utf-16, cp1258 or cp1252") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data[:400].count(b"\0") > len(data[:400]) // 4:
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    if b"\0" in data and any(magic in data[:8] for magic in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"SQLite")):
        raise InvalidInput(f"{name} is no text file; open it in its program, save it as CSV (UTF-8) and import that")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # incremental: the sample may end within a character
        return "utf-8"
    except UnicodeDecodeError as error:
        return _old_windows_encoding(data, error, name)


def _old_windows_encoding(data: bytes, error: UnicodeDecodeError, name: str) -> str:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InvalidInput(f"{name} is an Excel file; save it as CSV (UTF-8) and import that")
    vietnamese = data.decode("cp1258", "replace")
    marks = sum(vietnamese.count(mark) for mark in _VIETNAMESE_MARKS)
    foreign = sum(byte >= 0x80 for byte in data)
    if marks and marks * 8 >= foreign and "\ufffd" not in vietnamese:
        return "cp1258"
    # Few foreign bytes, none in the control range: a western file with here and there an é or £.
    if foreign * 20 <= len(data) and not any(0x80 <= byte <= 0x9F for byte in data):
        return "cp1252"
    line = data.count(b"\n", 0, error.start) + 1
    raise InvalidInput(
        f"{name} is not UTF-8 (line {line}, byte {error.start}) and its encoding cannot be told for sure; save it as "
        "UTF-8 (Excel: CSV UTF-8), or say which it is with --encoding, for example --encoding cp1258"
    )


def _decode_sample(data: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(data)


def _delimiter(text: str) -> str:
    """The sign that cuts most of the first rows into the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for sign in DELIMITERS:
        widths = []
        try:
            for row in csv.reader(io.StringIO(text[:60_000]), delimiter=sign):
                if any(row):
                    widths.append(len(row))
                if len(widths) == 40:
                    break
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        # The sample may be cut within its last row: that one does not speak against the sign.
        steady = sum(width == widths[0] for width in widths) / len(widths)
        score = steady + widths[0] / 1000
        if score > best_score:
            best, best_score = sign, score
    return best


def _header(text: str, delimiter: str, name: str) -> list[str]:
    try:
        return next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)), [])
    except csv.Error as error:
        raise InvalidInput(f"{name}: the first row cannot be read as column names ({error})") from None


def _column_names(header: list[str], name: str) -> tuple[str, ...]:
    columns: list[str] = []
    for number, cell in enumerate(header, 1):
        base = tidy(cell).strip("\ufeff") or f"column {number}"
        unique, copy = base, 2
        while unique in columns:
            unique, copy = f"{base} ({copy})", copy + 1
        columns.append(unique)
    while columns and columns[-1] == f"column {len(columns)}":
        columns.pop()  # empty cells behind the last column
    if columns and all(not any(c.isalpha() for c in column) for column in columns):
        raise InvalidInput(f"{name}: the first row must name the columns, but it is {', '.join(columns)[:120]}")
    return tuple(columns)


def _json_columns(text: str, name: str) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    problem = ""
    for line in text.splitlines()[:200]:
        try:
            value = msgspec.json.decode(line.strip("\ufeff").encode("utf-8", "replace"))
        except msgspec.DecodeError as error:
            problem = problem or str(error)
            continue
        if isinstance(value, dict):
            columns.update(dict.fromkeys(_record(value)))
    if not columns:
        raise InvalidInput(
            f"{name} begins like JSON, but no line is a JSON object ({problem}); one object a line is needed"
        )
    return tuple(columns)


def _record(value: dict[str, Any]) -> Record:
    record = Record()
    record.whole = value
    _flatten(value, "", record, 0)
    return record


def _flatten(value: dict[str, Any], prefix: str, into: Record, depth: int) -> None:
    for key, item in value.items():
        if isinstance(item, dict) and item and depth < 4:
            _flatten(item, f"{prefix}{key}.", into, depth + 1)
        else:
            into[prefix + key] = item


def _escaped(values: list[str]) -> bool:
    return any(not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value) for value in values)


def _undecodable(values: list[str], encoding: str) -> str:
    for number, value in enumerate(values, 1):
        if any("\ud800" <= c <= "\udfff" for c in value):
            return f"cell {number} holds bytes that are not {encoding}"
    return ""


def header_key(columns: tuple[str, ...]) -> str:
    """Files with the same header, whatever its case and marks, share a remembered mapping."""
    return "\n".join(fold(column) for column in columns)
