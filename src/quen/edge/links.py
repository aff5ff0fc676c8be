"""The links in messages: opens, clicks, unsubscribes. Each is only appended; the engine makes of it what it means."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import structlog

from quen.edge import pages
from quen.edge.http import Answer, Receive, Scope, gif_answer, html_answer, read_body
from quen.edge.writer import GroupWriter
from quen.errors import QuenError
from quen.ids import now_ms
from quen.journal.protocol import NewEntry
from quen.protocol.links import read_click, read_open, read_unsubscribe

MAX_FORM_BYTES = 10_000
ONE_CLICK = b"List-Unsubscribe=One-Click"  # RFC 8058
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"

log = structlog.get_logger("quen.edge")


class Links:
    def __init__(self, writer: GroupWriter, *, secret: str, language: str, workspace: str) -> None:
        self._writer = writer
        self._secret = secret
        self._language = language
        self._workspace = workspace

    async def opened(self, token: str, headers: dict[bytes, bytes]) -> Answer:
        message_id = read_open(self._secret, token.removesuffix(".gif"))
        if message_id is None:
            return gif_answer(404)
        await self._note("open", message_id, ua=_user_agent(headers))
        return gif_answer()

    async def clicked(self, scope: Scope, token: str, headers: dict[bytes, bytes]) -> Answer:
        read = read_click(self._secret, token)
        if read is None or urlsplit(read[1]).scheme not in {"http", "https"}:
            return html_answer(404, pages.invalid_link(self._language_of(headers), self._workspace))
        message_id, url = read
        if scope["method"] != "HEAD":  # mail filters look with HEAD; people come with GET
            await self._note("click", message_id, url=url, ua=_user_agent(headers))
        location = quote(url, safe=_SAFE_IN_URL).encode()
        no_store = (b"cache-control", b"no-store")
        return Answer(302, [(b"location", location), no_store, (b"content-length", b"0")], b"")

    async def unsubscribe(self, scope: Scope, token: str, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        """GET shows a button, because mail filters follow links. POST, by the button or the mail program, does it."""
        language = self._language_of(headers)
        message_id = read_unsubscribe(self._secret, token)
        if message_id is None:
            return html_answer(404, pages.invalid_link(language, self._workspace))
        if scope["method"] != "POST":
            return html_answer(200, pages.unsubscribe(language, self._workspace))
        form = await read_body(headers, receive, MAX_FORM_BYTES)
        how = "one-click" if ONE_CLICK in form else "page"
        try:
            await self._writer.append(self._entry("unsubscribe", message_id, how=how))
        except QuenError:
            return html_answer(503, pages.try_again(language, self._workspace), (b"retry-after", b"30"))
        return html_answer(200, pages.unsubscribed(language, self._workspace))

    async def _note(self, kind: str, message_id: int, **fields: str) -> None:
        """A reader must get the picture or the page behind the link even while nothing can be noted."""
        try:
            await self._writer.append(self._entry(kind, message_id, **fields))
        except QuenError as error:
            log.warning("not noted", kind=kind, error=error.code)

    def _entry(self, kind: str, message_id: int, **fields: Any) -> NewEntry:
        return NewEntry(kind, 0, msgspec.json.encode({"m": message_id, "t": now_ms(), **fields}))

    def _language_of(self, headers: dict[bytes, bytes]) -> str:
        """The first of vi and en in the reader's own list, else the workspace's language."""
        for part in headers.get(b"accept-language", b"").lower().split(b","):
            language = part.split(b";")[0].split(b"-")[0].strip().decode("latin-1")
            if language in pages.LANGUAGES:
                return language
        return self._language


def _user_agent(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"user-agent", b"").decode("latin-1")[:300]
