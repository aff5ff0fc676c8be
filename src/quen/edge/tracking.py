"""The tracking API: authenticate, bound, append, answer. The answer comes after the fsync."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from quen import failpoints
from quen.edge.auth import key_of_header, key_of_query
from quen.edge.http import Answer, Bodies, Receive, RequestError, Scope, gif_answer, json_answer, read_body
from quen.edge.requests import MAX_RUDDER_BYTES, Body, check_size, read_batch, read_single
from quen.edge.sources import Source, Sources
from quen.edge.writer import GroupWriter
from quen.errors import QuenError
from quen.journal.protocol import NewEntry
from quen.protocol.messages import Envelope

ACCEPTED = json_answer(200, {"success": True})
NESTED = ("properties", "context", "traits")  # of which a pixel may name parts, as `properties.total`
_encode = msgspec.json.Encoder().encode


class Tracking:
    def __init__(self, sources: Sources, writer: GroupWriter, bodies: Bodies, *, trust_proxy: bool) -> None:
        self._sources = sources
        self._writer = writer
        self._bodies = bodies
        self._trust_proxy = trust_proxy

    async def batch(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, dialect: str) -> Answer:
        body = await read_body(headers, receive, MAX_RUDDER_BYTES, partial(self._bodies.hold, scope))
        if dialect != "rudder":
            check_size(body)
        return await self._accept(scope, headers, read_batch(body), None, dialect)

    async def single(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, type_: str) -> Answer:
        body = await read_body(headers, receive, MAX_RUDDER_BYTES, partial(self._bodies.hold, scope))
        # Above the size of an event by far: only Rudder's limit counts, the engine refuses what is too large by itself.
        return await self._accept(scope, headers, read_single(body), type_, "rudder" if type_ == "merge" else "segment")

    async def pixel(self, scope: Scope, headers: dict[bytes, bytes], type_: str) -> Answer:
        """Whatever happens, the page that shows it gets its picture."""
        with suppress(QuenError):
            await self._accept(scope, headers, _of_query(scope["query_string"]), type_, "rudder")
        return gif_answer()

    async def _accept(
        self, scope: Scope, headers: dict[bytes, bytes], body: Body, type_: str | None, dialect: str
    ) -> Answer:
        source = await self._source(scope, headers, body)
        if not body.messages:
            return ACCEPTED
        if source.enabled:
            if b"anonymousid" in headers:  # only Rudder's SDKs send it
                dialect = "rudder"
            user_agent = headers.get(b"user-agent")
            envelope = Envelope(
                body.messages,
                dialect,
                type_,
                body.sent_at,
                body.context,
                body.integrations,
                self._address(scope, headers),
                user_agent.decode("latin-1")[:1000] if user_agent else None,
            )
        else:
            # Their number is all that is kept of them.
            envelope = Envelope([], dropped=len(body.messages))
        failpoints.hit("edge.received")
        await self._writer.append(NewEntry("track", source.id, _encode(envelope)))
        failpoints.hit("edge.durable")
        return ACCEPTED

    async def _source(self, scope: Scope, headers: dict[bytes, bytes], body: Body) -> Source:
        authorization = headers.get(b"authorization")
        shown = False
        for key in (
            key_of_header(authorization) if authorization else None,
            body.write_key,
            key_of_query(scope["query_string"]),
        ):
            if not key:
                continue
            shown = True
            source = self._sources.quick(key) or await self._sources.find(key)
            if source is not None:
                return source
        if shown:
            raise RequestError(401, "unknown_write_key", "no source has this write key")
        raise RequestError(
            401, "missing_write_key", "send the source's write key as the user of Basic authentication, or as writeKey"
        )

    def _address(self, scope: Scope, headers: dict[bytes, bytes]) -> str | None:
        if self._trust_proxy and (forwarded := headers.get(b"x-forwarded-for")):
            # The last one is what our own proxy saw; those before it anybody can make up.
            return forwarded.rpartition(b",")[2].strip().decode("latin-1")[:100]
        client = scope.get("client")
        return client[0] if client else None


def _of_query(query: bytes) -> Body:
    """The message that the parameters of a pixel describe."""
    message: dict[str, Any] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        first, _, rest = name.partition(".")
        if rest and first in NESTED:
            inner = message.setdefault(first, {})
            if isinstance(inner, dict):
                inner[rest] = value
        elif first in NESTED:
            message[first] = _json_object(value)
        elif name != "writeKey":
            message[name] = value
    return Body([msgspec.Raw(_encode(message))], None, None, None, None)


def _json_object(text: str) -> Any:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return text
