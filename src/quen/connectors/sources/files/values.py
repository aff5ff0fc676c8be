"""Cells to values: shared by orders, customers and events. A cell that cannot be read raises RowError."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from quen.cleaning import clean_email, clean_id, clean_phone, parse_money, parse_when, tidy
from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.reading import Format, Record

_FLOAT_ID = re.compile(r"(\d+)\.0+")
_EMPTY = frozenset({"", "nan", "null", "none", "n/a", "#n/a", "-"})
encode = msgspec.json.Encoder(decimal_format="number").encode


class RowError(Exception):
    """Why a row is rejected, for the person who will correct it."""


class Cells:
    """Reads the cells of a row by field. `Cells(mapping, format)` once a file; then `cells.text(values, "email")`."""

    def __init__(self, mapping: Mapping, file_format: Format) -> None:
        self.mapping = mapping
        self.zone = mapping.zone()
        self._keys: dict[str, Any] = {}
        self.others: list[tuple[str, str, bool, Any]] = []  # (trait or property, name, is a number, key)
        self.column_names: dict[str, str] = {}
        for column, target in mapping.columns.items():
            key: Any = column if file_format.shape == "jsonl" else file_format.columns.index(column)
            kind, colon, name = target.partition(":")
            if colon:
                self.others.append((kind, name.removesuffix(":number"), name.endswith(":number"), key))
            else:
                self._keys[target] = key
                self.column_names[target] = column

    def has(self, field: str) -> bool:
        return field in self._keys

    def text(self, values: list[str] | Record, field: str) -> str:
        key = self._keys.get(field)
        return "" if key is None else clean_text(values[key])

    def identifier(self, values: list[str] | Record, field: str) -> str:
        """An id; what a spreadsheet made of it (`17850.0`) is repaired, and `nan` is none."""
        key = self._keys.get(field)
        if key is None:
            return ""
        value = values[key]
        return _identifier(value) if isinstance(value, str) else (clean_id(value) or "")

    def money(self, values: list[str] | Record, field: str) -> Decimal | None:
        key = self._keys.get(field)
        value = None if key is None else values[key]
        if value is None or value == "":
            return None
        amount = _money(value if isinstance(value, str) else str(value), self.mapping.currency, self.mapping.decimal)
        if amount is None:
            raise RowError(f"{self.column_names[field]}: {str(value)[:40]!r} is not an amount")
        return amount

    def when(self, values: list[str] | Record, field: str) -> int | None:
        key = self._keys.get(field)
        value = None if key is None else values[key]
        if value is None or value == "":
            return None
        moment = parse_when(value, dayfirst=self.mapping.dayfirst, zone=self.zone)
        if moment is None:
            order = "day first" if self.mapping.dayfirst else "month first"
            raise RowError(f"{self.column_names[field]}: {str(value)[:40]!r} is not a date ({order})")
        return moment

    def other(self, values: list[str] | Record, kind: str) -> dict[str, Any]:
        """The traits or properties that columns of their own hold. Empty cells are left out."""
        found = {}
        for of, name, number, key in self.others:
            if of != kind or (value := values[key]) is None:
                continue
            if isinstance(value, str):
                if not (value := clean_text(value)):
                    continue
                value = _number(value) if number else value
            found[name] = value
        return found


def contacts(cells: Cells, values: list[str] | Record, region: str) -> tuple[dict[str, Any], bool]:
    """E-mail and phone as traits, as given; and whether one of them identifies a person."""
    traits: dict[str, Any] = {}
    usable = False
    if email := cells.text(values, "email"):
        traits["email"] = email
        usable = clean_email(email) is not None
    if phone := cells.text(values, "phone"):
        traits["phone"] = phone
        usable = clean_phone(phone, region) is not None or usable
    return traits, usable


def rfc3339(ms: int) -> str:
    text = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03}Z" if ms % 1000 else text + "Z"


def digest(*parts: Any) -> str:
    """32 hex digits that are the same for the same parts, for ever: ids and versions are made of it."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def content_digest(value: Any) -> str:
    return hashlib.blake2b(encode(value), digest_size=16).hexdigest()


@lru_cache(maxsize=16_384)
def _text(value: str) -> str:
    text = tidy(value)
    return "" if text.lower() in _EMPTY else text


def clean_text(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    return "" if value is None or isinstance(value, (dict, list)) else clean_id(value) or ""


@lru_cache(maxsize=65_536)
def _identifier(value: str) -> str:
    text = clean_id(value) or ""
    if match := _FLOAT_ID.fullmatch(text):
        return match[1]
    return "" if text.lower() in _EMPTY else text


@lru_cache(maxsize=65_536)
def _money(value: str, currency: str, decimal: str) -> Decimal | None:
    money = parse_money(value, currency=currency, decimal=decimal)
    return None if money is None else money.amount


def _number(value: str) -> Any:
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
