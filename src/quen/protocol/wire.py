"""One message as it stands on the wire, typed: at once when it is well-formed, field by field when it is not. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from quen.protocol.context import text_of
from quen.protocol.messages import DropReason
from quen.protocol.repair import parse

MAX_DEPTH = 32
MAX_LEAVES = 1_000  # of each of properties, traits and context
MAX_IMPORTED_LEAVES = 50_000
MAX_INT_DIGITS = 19  # 2**63 has so many; longer numbers are no integers of any store
_DIGITS_AS_ZERO = bytes(ord("0") if chr(i) in "0123456789" else ord(" ") for i in range(256))
_LONG_NUMBER = b"0" * MAX_INT_DIGITS


class Wire(msgspec.Struct, rename="camel"):
    """Absent and null are the same. Values of other types than these are looked at one by one (`_loosely`)."""

    type: str | None = None
    message_id: str | int | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    profile_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: msgspec.Raw = msgspec.Raw()
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    merge_properties: list[Any] | None = None


class RefusedError(Exception):
    """The message cannot be understood. `detail` says what is wrong and where, without personal data."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


_decoder = msgspec.json.Decoder(Wire)
_encode = msgspec.json.Encoder().encode


class Read(NamedTuple):
    """`context`: the JSON text of an object, "" for none."""

    wire: Wire
    context: str


def read_wire(raw: bytes, most_leaves: int = MAX_LEAVES) -> Read:
    """Raises RefusedError."""
    # Characters and numbers that no store takes are rare and cheap to suspect; a search for one byte is the cheapest.
    if (b"\\" in raw and b"\\u0000" in raw) or _LONG_NUMBER in raw.translate(_DIGITS_AS_ZERO):
        read = _loosely(raw)
    else:
        try:
            wire = _decoder.decode(raw)
            read = Read(wire, text_of(wire.context))
        except (ValueError, RecursionError):  # of which msgspec's are
            read = _loosely(raw)
    containers = raw.count(b"{") + raw.count(b"[")
    if containers > MAX_DEPTH or (len(raw) >= most_leaves and containers + raw.count(b",") >= most_leaves):
        _check_size(read, most_leaves)
    return read


def _loosely(raw: bytes) -> Read:
    """The slow way, for messages that are not quite what they should be."""
    try:
        message = parse(raw)
    except ValueError as error:
        raise RefusedError(DropReason.MALFORMED, f"the message is not valid JSON: {error}") from None
    if not isinstance(message, dict):
        raise RefusedError(DropReason.MALFORMED, f"a message must be an object, this is {_kind(message)}")
    fields = {field: reader(name, message.get(name)) for field, name, reader in _FIELDS}
    context = fields.pop("context")
    return Read(Wire(**fields), _encode(context).decode() if context else "")


def _check_size(read: Read, most_leaves: int) -> None:
    wire, context = read.wire, msgspec.json.decode(read.context) if read.context else None
    for name, value in (("properties", wire.properties), ("traits", wire.traits), ("context", context)):
        depth, leaves = 1, 0  # the message itself is the first level
        level: list[Any] = [value]
        while level:
            below: list[Any] = []
            for item in level:
                if isinstance(item, dict):
                    below.extend(item.values())
                elif isinstance(item, list):
                    below.extend(item)
                else:
                    leaves += 1
            depth += 1
            if depth > MAX_DEPTH + 1:
                raise RefusedError(DropReason.TOO_DEEP, f"{name} is nested deeper than {MAX_DEPTH} levels")
            level = below
        if leaves > most_leaves:
            raise RefusedError(
                DropReason.TOO_MANY_PROPERTIES, f"{name} has {leaves} values; at most {most_leaves} are kept"
            )


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise RefusedError(DropReason.MALFORMED, f"{name} must be text, this is {_kind(value)}")


def _id(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value)) if value == int(value) else str(value)
    raise RefusedError(DropReason.BAD_ID, f"{name} must be text or a number, this is {_kind(value)}")


def _object(name: str, value: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    raise RefusedError(DropReason.MALFORMED, f"{name} must be an object, this is {_kind(value)}")


def _list(name: str, value: Any) -> list[Any] | None:
    if value is None or isinstance(value, list):
        return value
    raise RefusedError(DropReason.MALFORMED, f"{name} must be a list, this is {_kind(value)}")


def _time(name: str, value: Any) -> str | int | float | None:
    if value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool)):
        return value
    raise RefusedError(DropReason.BAD_TIME, f"{name} must be a time in RFC 3339, this is {_kind(value)}")


def _category(_name: str, value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")


_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
_READERS: dict[str, Callable[[str, Any], Any]] = {
    "type": _text,
    "event": _text,
    "name": _text,
    "category": _category,
    "properties": _object,
    "traits": _object,
    "context": _object,
    "timestamp": _time,
    "originalTimestamp": _time,
    "sentAt": _time,
    "mergeProperties": _list,
}
_FIELDS: list[tuple[str, str, Callable[[str, Any], Any]]] = [
    (f.name, f.encode_name, _READERS.get(f.encode_name, _id)) for f in msgspec.structs.fields(Wire)
]
