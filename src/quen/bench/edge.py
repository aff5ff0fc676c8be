"""The edge: durable requests against a bare echo application under the same server, in turn."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import socket
import sqlite3
import statistics
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from quen.bench.load import Load, drive
from quen.bench.report import Measure, Options, Result, at_least, at_most

ROUNDS = 3  # echo and edge in turn, so that what else the machine does meets both
CONNECTIONS = 64
BATCH = 100
WRITE_KEY = "bench"


class Round(NamedTuple):
    echo: Load
    edge: Load

    @property
    def ratio(self) -> float:
        return self.edge.rate / self.echo.rate


def run(options: Options) -> Result:
    data_dir = options.directory / "data"
    data_dir.mkdir(parents=True)
    _make_source(data_dir)
    singles = [_request("/v1/track", _event(n)) for n in range(200)]
    batches = [_request("/v1/batch", {"batch": [_event(n * BATCH + i) for i in range(BATCH)]}) for n in range(20)]
    with _server(_serve_echo) as echo, _server(_serve_edge, str(data_dir)) as edge:
        single = _rounds(options, "single events", echo, edge, singles)
        batch = _rounds(options, f"batches of {BATCH}", echo, edge, batches)
        maximum = statistics.median(r.edge.rate for r in single)
        options.say("edge: latency at half of the maximum")
        echo_half, half = (
            drive(port, singles, connections=CONNECTIONS, seconds=options.seconds * 2, rate=maximum / 2)
            for port in (echo, edge)
        )
    options.say("")
    failures = half.failures + sum(load.failures for r in (*single, *batch) for load in r)
    return Result(
        "edge",
        [
            Measure("echo, single events", statistics.median(r.echo.rate for r in single), "requests/s"),
            Measure("edge, single events", maximum, "requests/s"),
            at_least("edge / echo, single events", statistics.median(r.ratio for r in single), "", 0.55),
            Measure(f"echo, batches of {BATCH}", statistics.median(r.echo.rate for r in batch), "requests/s"),
            Measure(f"edge, batches of {BATCH}", statistics.median(r.edge.rate for r in batch), "requests/s"),
            Measure("edge, events in batches", statistics.median(r.edge.rate for r in batch) * BATCH, "events/s"),
            at_least(f"edge / echo, batches of {BATCH}", statistics.median(r.ratio for r in batch), "", 0.2),
            Measure("rate for latency", half.rate, "requests/s"),
            Measure("answer p50 at half of maximum", half.percentile(50), "ms"),
            at_most("answer p99 at half of maximum", half.percentile(99), "ms", 50),
            Measure("echo's p99 at the same rate", echo_half.percentile(99), "ms"),
            at_most("failed requests", failures, "", 0),
        ],
        [
            f"median of {ROUNDS} rounds of {options.seconds:g} s, echo and edge in turn, {CONNECTIONS} connections",
            f"a single request has {len(singles[0])} bytes, a batch {len(batches[0]):,}",
            "load: one process of plain sockets on the same machine; both servers: Granian, one event loop",
            "every answer of the edge comes after the fsync of its group; latency counts from when a request fell due",
            "where echo's own p99 is high, the machine is busy with something else",
        ],
    )


def _rounds(options: Options, what: str, echo: int, edge: int, requests: list[bytes]) -> list[Round]:
    done = []
    for number in range(1, ROUNDS + 1):
        options.say(f"edge: {what}, round {number} of {ROUNDS}")
        loads = [drive(port, requests, connections=CONNECTIONS, seconds=options.seconds) for port in (echo, edge)]
        done.append(Round(*loads))
    return done


def _event(number: int) -> dict[str, Any]:
    """As a browser's SDK sends it."""
    return {
        "type": "track",
        "messageId": f"ajs-next-{1_750_000_000_000 + number}-7c1f4c3e-bench",
        "anonymousId": f"0b1d5f0e-1d5f-4d5f-8d5f-{number:012d}",
        "userId": f"customer-{number % 50_000}",
        "event": "Product Viewed",
        "properties": {"product_id": f"sp-{number % 900}", "name": "Áo sơ mi lụa", "price": 459_000, "currency": "VND"},
        "context": {
            "page": {"path": "/ao-so-mi", "url": "https://shop.example/ao-so-mi", "title": "Áo sơ mi"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0",
            "locale": "vi-VN",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
        },
        "integrations": {},
        "timestamp": "2026-01-31T08:00:00.000Z",
    }


def _request(path: str, content: dict[str, Any]) -> bytes:
    body = json.dumps({**content, "sentAt": "2026-01-31T08:00:01.000Z"}, ensure_ascii=False).encode()
    key = b64encode(f"{WRITE_KEY}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {key}\r\nContent-Type: text/plain\r\n"
        f"User-Agent: quen-bench\r\nAccept: */*\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _make_source(data_dir: Path) -> None:
    """As much of the state database as the edge looks at."""
    with sqlite3.connect(data_dir / "state.db") as state:
        state.execute("CREATE TABLE connectors_source (id INTEGER, kind TEXT, write_key TEXT, enabled INTEGER)")
        state.execute("INSERT INTO connectors_source VALUES (1, 'server', ?, 1)", (WRITE_KEY,))
    state.close()


@contextmanager
def _server(serve: Callable[..., None], *arguments: str) -> Iterator[int]:
    """A server in a process of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port, *arguments))
    process.start()
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.join()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _serve_edge(port: int, data_dir: str) -> None:
    from quen.config import load
    from quen.edge import serve
    from quen.logs import configure

    configure(logging.WARNING)
    serve(load(Path(data_dir), os.environ), "127.0.0.1", port)


def _serve_echo(port: int) -> None:
    from quen.edge.server import run as serve
    from quen.logs import configure

    configure(logging.WARNING)
    serve(_echo, "127.0.0.1", port)


async def _echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The least that an ASGI application can do with a request's bytes: give them back."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message["body"])
        more = message["more_body"]
    body = b"".join(parts)
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
