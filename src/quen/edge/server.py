"""The edge's process: Granian inside of it, one event loop, no second process to keep alive."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

# The writing thread asks for the interpreter a few times a group. The default of 5 ms each would stand in the answer.
SWITCH_SECONDS = 0.001
BACKLOG = 2048
CONNECTIONS = 2048  # at once; further ones wait in the backlog

log = structlog.get_logger("quen.edge")


def run(app: Any, host: str, port: int) -> None:
    """Serve an ASGI application from this process until SIGTERM or SIGINT, finishing what was accepted."""
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(_serve(app, host, port))
    # All is written and answered. Granian's own threads may still look for the interpreter, and would abort if they
    # met it half taken down.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _serve(app: Any, host: str, port: int) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        # Headers of a client that never ends them hold a connection no longer than this.
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        log_access=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    log.info("listening", host=host, port=port)
    await server.serve()
