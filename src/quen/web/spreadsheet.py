"""Tables as files for spreadsheets: the CSV that every chart and list of the console offers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

BOM = "\ufeff"  # without it Excel reads Vietnamese as Latin-1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A file to download, of a table small enough for memory. Texts become cells that are no formulas."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def safe_cell(value: str) -> str:
    """A cell that a spreadsheet takes for no formula; a phone or a negative number is none."""
    if value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    rest = text[1:]
    return text[0] in "+-" and rest.isascii() and rest.replace(".", "", 1).isdigit()
