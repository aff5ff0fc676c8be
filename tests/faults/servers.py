"""Mail servers and receivers of webhooks with every fault that real ones have. What arrives is counted."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support import MailServer
from tests.unit.delivery.servers import reply, web_server

WELL, REFUSES, SLOW, HANGS, DIES_AFTER, DIES_BEFORE = "well", "refuses", "slow", "hangs", "dies after", "dies before"


@dataclass
class FaultyMail(MailServer):
    """`fault`: refuses with 451, is slow, never answers a message, or drops the connection after (or before) it has
    kept the message and before it says so."""

    fault: str = WELL

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.fault == REFUSES:
            return "451 4.3.0 try again later"
        if self.fault == SLOW:
            await asyncio.sleep(0.1)
        if self.fault == DIES_BEFORE:
            server.transport.abort()
            return "451 gone"
        answer = await super().handle_DATA(server, session, envelope)
        if self.fault == HANGS:
            await asyncio.sleep(30)
        if self.fault == DIES_AFTER:
            server.transport.abort()
        return answer


class Hooks:
    """A receiver that counts calls by their `webhook-id` and answers `status`."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.status = 200
        self._lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[str]:
        with web_server(self._answer) as url:
            self.url = url
            yield url

    def _answer(self, handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        status = self.status  # one answer, though somebody sets another meanwhile
        if status == 200:
            with self._lock:
                self.calls[str(handler.headers["webhook-id"])] += 1
        reply(handler, status)


@contextmanager
def dead_target() -> Iterator[str]:
    """Takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/dead"
    finally:
        listener.close()
        for connection in held:
            connection.close()
