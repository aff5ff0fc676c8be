"""Mail servers and web servers that behave, refuse, hang and die: real sockets, real protocols."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def scripted_smtp(*answers: str, die: bool = False) -> Iterator[tuple[int, list[str]]]:
    """A server that says one line for each line or message it gets; then it closes, or (not `die`) says no more.

    Yields the port and what was said to it.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[str] = []
    release = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        # Whoever asked may have hung up by then.
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            for number, answer in enumerate(answers):
                if number:
                    heard.append(_next(lines, in_data=answers[number - 1].startswith("354")))
                connection.sendall(answer.encode() + b"\r\n")
            heard.append(_next(lines, in_data=bool(answers) and answers[-1].startswith("354")))
            if not die:
                release.wait(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        release.set()
        thread.join(10)
        listener.close()


def _next(lines: Any, *, in_data: bool) -> str:
    read = b""
    while line := lines.readline():
        read += line
        if not in_data or line == b".\r\n":
            break
    return bytes(read).decode()


@contextmanager
def web_server(
    answer: Callable[[BaseHTTPRequestHandler, bytes], None], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """`answer(handler, body)` for each POST. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers.get("content-length", "0"))))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
