"""The edge: the only part of Quen that the public reaches."""

from __future__ import annotations

from quen.config import Config


def serve(config: Config, host: str, port: int) -> None:
    """Serve the edge from this process until SIGTERM or SIGINT, finishing what was accepted."""
    from quen.edge.app import Edge
    from quen.edge.server import run

    run(Edge(config), host, port)
