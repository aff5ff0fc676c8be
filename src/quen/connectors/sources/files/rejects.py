"""The rows that could not be taken, in a file that opens in a spreadsheet: line, why, and what stood there."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from quen.connectors.sources.files.reading import Record
from quen.connectors.sources.files.values import encode

_HEADER = ("line", "reason", "row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rejects:
    """Appends behind the `committed` bytes; what an interrupted run wrote after them is cut off."""

    def __init__(self, path: Path, committed: int) -> None:
        path.touch()
        self._file = path.open("r+b")
        self._file.truncate(committed)
        self._file.seek(committed)
        if committed == 0:
            self._file.write("\ufeff".encode())  # spreadsheets take it for UTF-8 only with this mark
            self._write(_HEADER)

    def add(self, line: int, reason: str, row: list[str] | Record | str) -> None:
        text = (
            row
            if isinstance(row, str)
            else encode(row.whole).decode()
            if isinstance(row, Record) and row
            else _joined(row)
        )
        self._write((line, reason, _safe(text[:2000])))

    def flush(self) -> int:
        """Bytes that are safely in the file."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        self._file.close()

    def _write(self, cells: tuple[Any, ...]) -> None:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(cells)
        self._file.write(buffer.getvalue().encode("utf-8", "backslashreplace"))


def _joined(row: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([str(cell)[:500] for cell in row])
    return buffer.getvalue()


def _safe(text: str) -> str:
    """A spreadsheet must show the cell, not calculate it."""
    return "'" + text if text.startswith(_FORMULA) else text
