"""The edge as an ASGI application: which address leads where, and what every answer has in common.

It runs without Django and without the app: what it needs is the journal, and now and then a look at the sources.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from quen.config import Config, config
from quen.edge.http import (
    Answer,
    Bodies,
    Receive,
    RequestError,
    Scope,
    Send,
    cors,
    error_answer,
    json_answer,
    preflight,
)
from quen.edge.links import Links
from quen.edge.sdk import Sdk
from quen.edge.sources import Sources, state_database
from quen.edge.tracking import ACCEPTED, Tracking
from quen.edge.writer import GroupWriter
from quen.errors import QuenError, TemporaryError
from quen.journal import open_journal

# What takes the posts to an address, and what the address says: the dialect of a batch, the type of a single message.
Route = tuple[Callable[[Scope, dict[bytes, bytes], Receive, str], Awaitable[Answer]], str]

LETTERS = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}
# SDKs get their address from a host that people put together by hand: with the version, without it, with it twice, or
# with a path that the SDK then adds once more. Each of these lost real events somewhere.
PREFIXES = ("/v1", "", "/v1/v1")
BATCHES = ("batch", "b", "import", "batch/b", "b/b")
RUDDER_BATCHES = ("/beacon/v1/batch", "/beacon/v1/batch/v1/batch")
RUDDER_SCRIPTS = ("/v3/modern/rsa.min.js", "/v3/legacy/rsa.min.js", "/v3/rsa.min.js")

log = structlog.get_logger("quen.edge")


class Edge:
    """One worker's edge. Starts with the server's lifespan; `settings` as of config.py."""

    def __init__(self, settings: Config) -> None:
        self._writer = GroupWriter(partial(open_journal, settings))
        self._sources = Sources(state_database(settings))
        self._bodies = Bodies()
        self._tracking = Tracking(self._sources, self._writer, self._bodies, trust_proxy=settings.trust_proxy)
        self._sdk = Sdk(self._sources, settings.edge_url)
        self._links = Links(
            self._writer,
            secret=settings.secret_key,
            language=settings.language,
            workspace=settings.workspace_name,
        )
        self._posts = self._post_routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            answer = await self._answer(scope, headers, receive)
        finally:
            self._bodies.release(scope)
        status, answer_headers, body = answer
        if (origin := headers.get(b"origin")) is not None:
            answer_headers = [*answer_headers, *cors(origin)]
        await send({"type": "http.response.start", "status": status, "headers": answer_headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        try:
            method, path = scope["method"], scope["path"]
            if method == "POST":
                route = self._posts.get(path) or self._posts.get(_tidy(path))
                if route is not None:
                    handler, argument = route
                    return await handler(scope, headers, receive, argument)
            if method == "OPTIONS":
                return preflight(headers.get(b"origin"))
            return await self._other(scope, _tidy(path), headers, receive)
        except QuenError as error:
            if error.status >= 500:
                log.warning("refused", code=error.code, reason=error.message)
            return error_answer(error)
        except Exception as error:
            # Whatever is wrong with us may be right again when the SDK tries once more: so 503, and the event is kept
            # there. The error's text may hold personal data: only where it happened is logged.
            log.error("failed", error=type(error).__name__, at=_place(error))
            return error_answer(TemporaryError("something is wrong here; try again later"))

    def _post_routes(self) -> dict[str, Route]:
        """Every path that takes events."""
        single, batch = self._tracking.single, self._tracking.batch
        routes: dict[str, Route] = {}
        for prefix in PREFIXES:
            for name in BATCHES:
                routes[f"{prefix}/{name}"] = (batch, "segment")
            for letter, type_ in LETTERS.items():
                routes[f"{prefix}/{letter}"] = routes[f"{prefix}/{type_}"] = (single, type_)
            routes[f"{prefix}/merge"] = (single, "merge")
            routes[f"{prefix}/m"] = (_metrics, "")
        for path in RUDDER_BATCHES:
            routes[path] = (batch, "rudder")
        return routes

    async def _other(self, scope: Scope, path: str, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        method = scope["method"]
        first, _, rest = path[1:].partition("/")
        if first == "u" and rest:
            return await self._links.unsubscribe(scope, rest, headers, receive)
        if method not in {"GET", "HEAD"}:
            if path in self._posts or method != "POST":
                raise RequestError(405, "method_not_allowed", f"{method} is not possible here")
            raise _not_found()
        if path == "/health":
            return await self._health()
        if first == "o" and rest:
            return await self._links.opened(rest, headers)
        if first == "c" and rest:
            return await self._links.clicked(scope, rest, headers)
        if path in {"/pixel/v1/track", "/pixel/v1/page"}:
            return await self._tracking.pixel(scope, headers, path.rpartition("/")[2])
        if path.endswith("/sourceConfig"):
            return await self._sdk.rudder_settings(scope, headers)
        if path in RUDDER_SCRIPTS:
            return self._sdk.rudder_script(headers)
        return await self._segment_files(path.split("/")[1:], headers)

    async def _segment_files(self, parts: list[str], headers: dict[bytes, bytes]) -> Answer:
        match parts:
            case [*_, "projects", key, "settings"]:
                return await self._sdk.segment_settings(key)
            case ["analytics.js", "v1", _, "analytics.min.js" | "analytics.js"]:
                return self._sdk.segment_script(headers)
            case ["analytics.js", "v1", _, "platform", "analytics.min.js"]:
                return self._sdk.segment_script(headers)
            case ["analytics-next", "bundles", name]:
                return self._sdk.segment_bundle(name, headers)
        raise _not_found()

    async def _health(self) -> Answer:
        await self._writer.check()
        return json_answer(200, {"status": "ok", "journal": "durable"}, (b"cache-control", b"no-store"))

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._writer.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                self._writer.stop()
                self._sources.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _metrics(_scope: Scope, _headers: dict[bytes, bytes], _receive: Receive, _: str) -> Answer:
    """What SDKs tell about themselves is thanked for and not kept."""
    return ACCEPTED


def _tidy(path: str) -> str:
    """Without doubled and trailing slashes."""
    while "//" in path:
        path = path.replace("//", "/")
    return path.rstrip("/") or "/"


def _not_found() -> RequestError:
    return RequestError(404, "not_found", "there is nothing at this address")


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""


def app() -> Edge:
    """Factory for an ASGI server."""
    return Edge(config())
