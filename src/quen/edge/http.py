"""Requests and answers over ASGI, as little of HTTP as the edge needs."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from quen.errors import QuenError, TemporaryError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
    b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_PAGE_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
MAX_HELD_BYTES = 64_000_000  # of all requests' bodies together; beyond, the edge says 503
BODY_SECONDS = 60.0  # for a body to come in: whoever stops half-way must not hold its place for ever
_HELD = "quen.held"
MAX_MEMBERS = 8  # each one copies what follows it: a million empty ones would keep the processor busy
_ALLOWED_HEADERS = (
    b"authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, rsa-recovered,"
    b" rsa-retry-attempt, rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason"
)


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class RequestError(QuenError):
    """The request is refused; `status` says in which way."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.status = status


def json_answer(status: int, content: Any, *headers: tuple[bytes, bytes]) -> Answer:
    return _with_length(status, b"application/json", msgspec.json.encode(content), headers)


def html_answer(status: int, page: str, *headers: tuple[bytes, bytes]) -> Answer:
    return _with_length(status, b"text/html; charset=utf-8", page.encode(), (*headers, *_PAGE_HEADERS))


def gif_answer(status: int = 200) -> Answer:
    no_store = (b"cache-control", b"no-store, no-cache, must-revalidate, private")
    return _with_length(status, b"image/gif", GIF, (no_store,))


def error_answer(error: QuenError) -> Answer:
    """Both `code` and `message`: rudder-sdk-python fails on, and repeats, an error that lacks either."""
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if error.status == 503:
        extra = ((b"retry-after", b"5"),)
        if error.code in {"overloaded", "too_slow"}:
            extra += ((b"connection", b"close"),)
    elif error.status == 413:
        extra = ((b"connection", b"close"),)  # the rest of the body is not read: nothing more can come by this way
    return json_answer(error.status, {"success": False, "code": error.code, "message": error.message}, *extra)


def _with_length(status: int, kind: bytes, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> Answer:
    length = (b"content-length", str(len(body)).encode())
    return Answer(status, [(b"content-type", kind), length, *headers], body)


def preflight(origin: bytes | None) -> Answer:
    headers = [
        (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
        (b"access-control-allow-headers", _ALLOWED_HEADERS),
        (b"access-control-max-age", b"7200"),
        (b"content-length", b"0"),
    ]
    return Answer(204, headers if origin else [*headers, (b"access-control-allow-origin", b"*")], b"")


def cors(origin: bytes) -> Headers:
    """Any page may send events: the write key in the request is the permission. The edge sets no cookies and reads
    none, so allowing credentials (beacons carry them) gives nothing away."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"vary", b"Origin"),
    ]


class Bodies:
    """How many bytes of bodies are in memory, of all requests together."""

    def __init__(self) -> None:
        self.held = 0

    def hold(self, scope: Scope, size: int) -> None:
        """Raises TemporaryError when it is too much; what is held goes with `release`."""
        if self.held + size > MAX_HELD_BYTES:
            raise TemporaryError("more comes in at once than memory should hold", code="overloaded")
        self.held += size
        scope[_HELD] = scope.get(_HELD, 0) + size

    def release(self, scope: Scope) -> None:
        self.held -= scope.pop(_HELD, 0)


def _ignore(_size: int) -> None: ...


async def read_body(
    headers: dict[bytes, bytes], receive: Receive, limit: int, hold: Callable[[int], None] = _ignore
) -> bytes:
    """The body, unzipped where it is zipped. Raises RequestError 413 above `limit`, before and after unzipping, and
    TemporaryError when it does not come to an end. `hold` is told of every byte before it is kept, and may refuse.

    What it is zipped with is told by its first bytes: SDKs send gzip labelled as something else, and label as gzip
    what is not.
    """
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    hold(len(body))
    if message.get("more_body", False):
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _rest(body, receive, limit, hold)
        except TimeoutError:
            raise TemporaryError(f"the body did not come within {BODY_SECONDS:.0f} s", code="too_slow") from None
    if len(body) > limit:
        raise _too_large(limit)
    if body[:2] == b"\x1f\x8b":
        body = unzip(body, limit)
        hold(len(body))
    return body


async def _rest(first: bytes, receive: Receive, limit: int, hold: Callable[[int], None]) -> bytes:
    parts, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "incomplete", "the request ended before its body did")
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        hold(len(parts[-1]))
    return b"".join(parts)


def unzip(data: bytes, limit: int) -> bytes:
    """Never holds more than `limit` bytes of output. Raises RequestError 413 or 400."""
    parts: list[bytes] = []
    size = 0
    while data[:2] == b"\x1f\x8b":  # members one after the other are one body
        if len(parts) == MAX_MEMBERS:
            raise RequestError(400, "invalid_gzip", f"the body has more than {MAX_MEMBERS} gzip members")
        unzipper = zlib.decompressobj(wbits=31)
        try:
            part = unzipper.decompress(data, limit - size + 1)
        except zlib.error as error:
            raise RequestError(400, "invalid_gzip", f"the body is not valid gzip: {error}") from None
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if not unzipper.eof:
            raise RequestError(400, "invalid_gzip", "the body is not valid gzip: it ends too early")
        parts.append(part)
        data = unzipper.unused_data
    return b"".join(parts)


def _too_large(limit: int) -> RequestError:
    return RequestError(413, "too_large", f"the body is larger than {limit} bytes; send smaller batches")
