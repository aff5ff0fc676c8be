"""What a part of rules means by example. Each part has its own in its file; the conformance tests run them all."""

from __future__ import annotations

from typing import Any

import msgspec

HOUR = 3_600_000
DAY = 24 * HOUR
Told = tuple[str, int, dict[str, Any]]


class Case(msgspec.Struct, frozen=True):
    """An example at noon of 2026-07-01 in Asia/Ho_Chi_Minh, run on both evaluators.

    `events`: (name, ms before noon, properties).
    """

    says: str
    rule: dict[str, Any]
    holds: bool
    events: tuple[Told, ...] = ()
    traits: dict[str, Any] = {}


def on(event: str, ago: int, **properties: Any) -> Told:
    return event, ago, properties


BOUGHT: dict[str, Any] = {"event": "Order Completed"}


def bought(ago: int, **properties: Any) -> Told:
    return on("Order Completed", ago, **properties)
