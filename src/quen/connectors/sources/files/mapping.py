"""The mapping of a file's columns: what each means, and how its amounts and dates are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.cleaning import Locale
from quen.connectors.sources.files.columns import KINDS, REQUIRED, fields_of, slug, suggest_fields
from quen.connectors.sources.files.reading import Format, Record, Row
from quen.errors import InvalidInput

_DECIMAL_POINT = re.compile(r"-?\d+\.(\d{1,2}|\d{4,})")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")
_TARGET = re.compile(r"(trait|property):[^:]{1,100}(:number)?")
AMOUNTS = frozenset({"price", "line_total", "total", "discount", "shipping", "tax"})
IGNORE = "ignore"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Column → a field of the kind, `trait:NAME`, `property:NAME` (with `:number` behind it: a number) or `ignore`."""

    kind: str
    columns: dict[str, str]
    currency: str = "VND"
    decimal: str = ","  # the decimal sign of amounts
    dayfirst: bool = True
    timezone: str = "Asia/Ho_Chi_Minh"  # of times without an offset
    cancel_prefix: str = "C"  # an order id of this and digits is a cancellation
    as_is: bool = False  # JSON lines that are messages of the tracking API already

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def suggest(kind: str, file_format: Format, sample: Sequence[Row], locale: Locale) -> Mapping:
    """A mapping by the names of the columns and the look of the first rows. May lack required fields: see `check`."""
    columns = suggest_fields(kind, file_format.columns)
    as_is = kind == "events" and file_format.shape == "jsonl" and _are_messages(sample)
    found = {column: columns.get(column) or _other(kind, column, file_format, sample) for column in file_format.columns}
    amounts = [
        text for column, field in columns.items() if field in AMOUNTS for text in _cells(column, file_format, sample)
    ]
    return Mapping(
        kind,
        {} if as_is else found,
        currency=locale.currency,
        decimal="." if any(_DECIMAL_POINT.fullmatch(text) for text in amounts) else locale.decimal,
        dayfirst=locale.day_first,
        timezone=locale.zone,
        as_is=as_is,
    )


def parse(value: Any, kind: str = "") -> Mapping:
    """A mapping from JSON (`{"kind": "orders", "columns": {…}, …}`). Raises InvalidInput that points at the place."""
    if isinstance(value, dict) and kind:
        value = {"kind": kind, **value}
    try:
        mapping = msgspec.convert(value, Mapping)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the mapping is wrong: {error}") from None
    if mapping.kind not in KINDS:
        raise InvalidInput(f"the mapping's kind must be one of {', '.join(KINDS)}, not {mapping.kind!r}")
    if kind and mapping.kind != kind:
        raise InvalidInput(f"the mapping is for {mapping.kind}, not for {kind}")
    if mapping.decimal not in (",", "."):
        raise InvalidInput('the mapping\'s decimal must be "," or "."')
    try:
        mapping.zone()
    except (KeyError, ValueError):
        raise InvalidInput(f"there is no time zone {mapping.timezone!r}; write it like Asia/Ho_Chi_Minh") from None
    return mapping


def check(mapping: Mapping, file_format: Format) -> None:
    """Raises InvalidInput when the mapping does not fit the file or lacks what its kind needs."""
    if mapping.as_is:
        return
    fields = fields_of(mapping.kind)
    taken: dict[str, str] = {}
    for column, target in mapping.columns.items():
        if column not in file_format.columns and file_format.shape == "csv":
            raise InvalidInput(
                f"the mapping names a column {column!r} that the file does not have; "
                f"it has {_listed(file_format.columns)}",
                details={"column": column},
            )
        if target != IGNORE and target not in fields and not _TARGET.fullmatch(target):
            raise InvalidInput(
                f"column {column!r}: there is no field {target!r}; use one of {', '.join(fields)}, "
                "trait:NAME, property:NAME or ignore",
                details={"column": column},
            )
        if target in fields and target in taken:
            raise InvalidInput(
                f"the columns {taken[target]!r} and {column!r} are both mapped to {target}", details={"column": column}
            )
        taken[target] = column
    for group in REQUIRED[mapping.kind]:
        if not any(field in taken for field in group):
            raise InvalidInput(
                f"{mapping.kind} need a column for {' or '.join(group)}, and none of "
                f"{_listed(file_format.columns)} is mapped to it; map it with --mapping FILE: "
                f"{_example(mapping, group[0], file_format)}",
                details={"missing": list(group)},
            )


def _are_messages(sample: Sequence[Row]) -> bool:
    kinds = {"track", "identify", "page", "screen", "group", "alias"}
    return bool(sample) and all(
        isinstance(row.values, Record) and row.values["type"] in kinds for row in sample if not row.problem
    )


def _other(kind: str, column: str, file_format: Format, sample: Sequence[Row]) -> str:
    if kind == "orders":
        return IGNORE
    name = column if file_format.shape == "jsonl" else slug(column)
    if kind == "events":
        name = name.removeprefix("properties.")
    cells = _cells(column, file_format, sample)
    number = ":number" if cells and all(_NUMBER.fullmatch(cell) for cell in cells) else ""
    return f"{'trait' if kind == 'customers' else 'property'}:{name.replace(':', '_')[:100]}{number}"


def _cells(column: str, file_format: Format, sample: Sequence[Row]) -> list[str]:
    position = file_format.columns.index(column)
    cells = []
    for row in sample:
        if row.problem:
            continue
        value = row.values[column] if isinstance(row.values, Record) else row.values[position]
        if value is not None and str(value).strip():
            cells.append(str(value).strip())
    return cells


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns[:20]) + (" …" if len(columns) > 20 else "")


def _example(mapping: Mapping, field: str, file_format: Format) -> str:
    column = file_format.columns[0] if file_format.columns else "Column"
    return f'{{"kind": "{mapping.kind}", "columns": {{"{column}": "{field}", …}}}}'
