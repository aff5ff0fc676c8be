"""What the kinds share that tell values of a property apart by their text. Not a kind itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.computed.kinds.events import MAX_TEXT
from quen.segments.columns import Column
from quen.segments.values import as_text, reader


def text_of(path: str) -> Callable[[Mapping[str, Any]], str | None]:
    """The text of the value in an event; None where it has none."""
    read = reader(path)

    def extract(properties: Mapping[str, Any]) -> str | None:
        text = as_text(read(properties))
        return None if text is None else text[:MAX_TEXT]

    return extract


def texts_sql(path: str) -> str:
    """The texts of one person's events as an array, in the order of the events."""
    text = Column("properties", path).text
    entry = f"(time, id, substringUTF8(assumeNotNull({text}), 1, {MAX_TEXT}))"
    return f"arrayMap(e -> e.3, arraySort(groupArrayIf({entry}, isNotNull({text}))))"
