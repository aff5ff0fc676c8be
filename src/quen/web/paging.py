"""Lists in pieces. A store is asked for one item more than is shown; that it exists makes the cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from quen.errors import InvalidInput

T = TypeVar("T")
MAX_LIMIT = 200


def limit_of(value: int | str | None, default: int = 50, most: int = MAX_LIMIT) -> int:
    """A page size within 1 and `most`. Raises InvalidInput for what is no number."""
    if value is None or value == "":
        return default
    try:
        return max(1, min(int(value), most))
    except ValueError:
        raise InvalidInput(f"limit: expected a number from 1 to {most}", details={"limit": "not a number"}) from None


def page(items: Sequence[T], limit: int, cursor: Callable[[T], Any]) -> dict[str, Any]:
    """`{"items", "next"}` from up to `limit + 1` items; `cursor(last shown)` is any JSON value to go on after.

    >>> page([1, 2, 3], 2, lambda n: n)["items"]
    [1, 2]
    """
    shown = list(items[:limit])
    more = len(items) > limit
    return {"items": shown, "next": write_cursor(cursor(shown[-1])) if more and shown else None}


def write_cursor(value: Any) -> str:
    """An opaque, URL-safe text of any JSON value."""
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def read_cursor(text: str | None) -> Any:
    """What `write_cursor` was given; None for none. Raises InvalidInput for a cursor that Quen did not make."""
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, msgspec.DecodeError, ValueError, UnicodeError):
        raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"}) from None


def read_place(text: str | None, parts: int) -> list[int] | None:
    """A cursor made of `parts` integers that fit a database, None for none. Raises InvalidInput for any other."""
    place = read_cursor(text)
    if place is None:
        return None
    if isinstance(place, list) and len(place) == parts and all(type(p) is int and abs(p) < 2**63 for p in place):
        return place
    raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"})
