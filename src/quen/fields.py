"""Columns that every slice uses: application-made ids, times in milliseconds, compact JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models

from quen.ids import new_id, now_ms


def IdField(**kwargs: Any) -> Any:
    """Primary key: a 63-bit time-ordered id made by the application."""
    return models.BigIntegerField(primary_key=True, default=new_id, editable=False, **kwargs)


class KeyField(models.BigIntegerField):  # type: ignore[type-arg]
    """An integer primary key that SQLite keeps as the row's own number, not in a second tree beside the table."""

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


def MsField(**kwargs: Any) -> Any:
    """A moment: milliseconds since 1970-01-01T00:00:00Z."""
    return models.BigIntegerField(**kwargs)


def CreatedAtField() -> Any:
    return models.BigIntegerField(default=now_ms, editable=False)


class JsonField(models.TextField):  # type: ignore[type-arg]
    """JSON as text, encoded by msgspec: the hot path writes the same column with plain SQL."""

    if TYPE_CHECKING:  # where django-stubs looks for the Python types of a column
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else msgspec.json.decode(value)

    def to_python(self, value: Any) -> Any:
        return msgspec.json.decode(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else msgspec.json.encode(value).decode()

    def value_to_string(self, obj: Any) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))
