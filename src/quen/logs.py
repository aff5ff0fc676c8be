"""Structured logs on stderr: readable on a terminal, JSON in a pipe. They carry ids and counts, never personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import TextIO, cast

import structlog

from quen.errors import QuenError


def _trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Where it happened and of what class; the words only of our own errors, for others may quote somebody's data."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    elif isinstance(info, tuple):
        info = info[1]
    parts = []
    while isinstance(info, BaseException):
        frames = "".join(traceback.format_tb(info.__traceback__))
        words = f": {info.message}" if isinstance(info, QuenError) else ""
        parts.append(f"{frames}{type(info).__name__}{words}")
        info = info.__cause__
    if parts:
        event["trace"] = "\ncaused by\n".join(parts)
    return event


class _Patient:
    """A stream that loses a line sooner than it ends who wrote it: where logs go may be the very disk that is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure(level: int = logging.INFO) -> None:
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Patient(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
