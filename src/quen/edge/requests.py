"""The body of a tracking request → what goes into the journal. Pure.

Only the outside is read here: the list of messages, the key, the batch's own fields. The messages stay the bytes that
came; the engine decodes them, so a fault in one costs no other, and reading a batch costs one pass over it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from quen.edge.http import RequestError
from quen.protocol.repair import repair

MAX_MESSAGES = 2_500
MAX_SEGMENT_BYTES = 500_000
MAX_RUDDER_BYTES = 4_000_000


class Body(NamedTuple):
    messages: list[msgspec.Raw]
    write_key: str | None
    sent_at: str | None
    context: dict[str, Any] | None
    integrations: dict[str, Any] | None


class _Single(msgspec.Struct, rename="camel"):
    write_key: str | None = None


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    write_key: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


_single = msgspec.json.Decoder(_Single)
_batch = msgspec.json.Decoder(_Batch)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()
_raw = msgspec.json.Decoder(msgspec.Raw)


def read_single(body: bytes) -> Body:
    """The body is one message. Raises RequestError 400 when it is no JSON."""
    try:
        return Body([msgspec.Raw(body)], _single.decode(body).write_key, None, None, None)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        body = _mended(body, error)
    key = _field(_object(body), "writeKey", str)
    return Body([msgspec.Raw(body)], key, None, None, None)


def read_batch(body: bytes) -> Body:
    """The body holds a list of messages in `batch`. Raises RequestError 400 when it is no JSON, 413 when there are too
    many. A body that is JSON but no batch counts as one message: the engine says what is wrong with it."""
    try:
        batch = _batch.decode(body)
        read = Body(batch.batch, batch.write_key, batch.sent_at, batch.context, batch.integrations)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        read = _loosely(_mended(body, error))
    if len(read.messages) > MAX_MESSAGES:
        raise RequestError(
            413, "too_many_messages", f"the batch has {len(read.messages)} messages; at most {MAX_MESSAGES} are taken"
        )
    return read


def check_size(body: bytes) -> None:
    """Rudder's SDKs may send larger requests than Segment's; their messages have an `originalTimestamp`.

    Raises RequestError 413.
    """
    if len(body) > MAX_SEGMENT_BYTES and b'"originalTimestamp"' not in body:
        raise RequestError(
            413,
            "too_large",
            f"the batch has {len(body)} bytes; at most {MAX_SEGMENT_BYTES} are taken, send smaller ones",
        )


def _mended(body: bytes, error: Exception) -> bytes:
    """Valid JSON: the body itself when only types in it are unexpected."""
    try:
        if isinstance(error, msgspec.ValidationError):
            _raw.decode(body)  # that error may have come before the whole was read
            return body
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return repair(body)
    except ValueError as why:
        raise RequestError(400, "invalid_json", f"the body is not valid JSON: {why}") from None


def _loosely(body: bytes) -> Body:
    fields = _object(body)
    messages = _list(fields["batch"]) if "batch" in fields else _list(msgspec.Raw(body))
    return Body(
        [msgspec.Raw(body)] if messages is None else messages,
        _field(fields, "writeKey", str),
        _field(fields, "sentAt", str),
        _field(fields, "context", dict),
        _field(fields, "integrations", dict),
    )


def _object(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _list(raw: msgspec.Raw) -> list[msgspec.Raw] | None:
    try:
        return _raws.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _field(fields: dict[str, msgspec.Raw], name: str, kind: type[Any]) -> Any:
    """The value of a field when it is of the kind it should be, else None."""
    try:
        value = _any.decode(fields[name])
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, kind) else None
