"""A load generator over plain sockets: keep-alive connections, one request at a time each, no parsing beyond need.

Runs in a process of its own. It needs no program from the system, and costs the machine far less than an HTTP client
library would, which matters when client and server share two cores.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Load(NamedTuple):
    requests: int  # answered
    seconds: float
    failures: int  # answered, but not with 200
    latencies_ms: list[float]  # ascending
    processor_seconds: float  # that sending and receiving took here

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def percentile(self, percent: float) -> float:
        """Milliseconds within which so many of the answers came."""
        if not self.latencies_ms:
            return 0.0
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * percent / 100))]


def drive(port: int, requests: Sequence[bytes], *, connections: int, seconds: float, rate: float | None = None) -> Load:
    """Send the requests in turn to 127.0.0.1:`port` for so long. Each is the bytes of a whole HTTP/1.1 request.

    Without `rate` each connection sends again as soon as it is answered: the most that the server can do. With `rate`
    requests fall due evenly, whether the server keeps up or not, and latency counts from when they fell due.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    client = context.Process(target=_client, args=(sender, port, list(requests), connections, seconds, rate))
    client.start()
    sender.close()
    try:
        load: Load = receiver.recv()
    finally:
        client.join()
    return load


class _Connection:
    __slots__ = ("due", "expected", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self.received = b""
        self.expected = 0  # bytes of the answer; 0 until its headers are in

    def send(self, request: bytes, due: float) -> None:
        self.due, self.received, self.expected = due, b"", 0
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Whether the answer is complete."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.received += data
        if not self.expected:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[:end].lower()
            length = head.partition(b"content-length:")[2].partition(b"\r")[0]
            self.expected = end + 4 + int(length)
        return len(self.received) >= self.expected


def _client(
    sender: object, port: int, requests: list[bytes], connections: int, seconds: float, rate: float | None
) -> None:
    # epoll sleeps whole milliseconds, which would stand in every latency.
    selector = selectors.DefaultSelector() if rate is None else selectors.SelectSelector()
    idle: deque[_Connection] = deque()
    for _ in range(connections):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        idle.append(connection)
    clock = time.perf_counter
    latencies: list[float] = []
    sent = failures = busy = 0
    start, processor = clock(), time.process_time()
    end = start + seconds
    while True:
        now = clock()
        while idle and now < end:
            due = now if rate is None else start + sent / rate
            if due > now or due >= end:
                break
            connection = idle.popleft()
            connection.send(requests[sent % len(requests)], due)
            sent += 1
            busy += 1
            now = clock()
        if now >= end and not busy:
            break
        wait = 0.1 if rate is None or not idle else max(0.0, min(0.1, start + sent / rate - now))
        for key, _ in selector.select(wait):
            connection = key.data
            if connection.receive():
                latencies.append((clock() - connection.due) * 1000)
                failures += not connection.received.startswith(b"HTTP/1.1 200")
                idle.append(connection)
                busy -= 1
    took, used = clock() - start, time.process_time() - processor
    latencies.sort()
    sender.send(Load(len(latencies), took, failures, latencies, used))  # type: ignore[attr-defined]
