"""The engine: journal → state and events, in micro-batches."""

from __future__ import annotations

from typing import Any


def health() -> dict[str, Any]:
    """`{"status": "ok" | "unavailable", …}` of the engine in this process; see `quen.engine.service`."""
    from quen.engine.service import health as engine_health  # models load only after Django is set up

    return engine_health()
