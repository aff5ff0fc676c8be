"""What people order about identity. The engine carries the orders out and says what came of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from quen.errors import InvalidInput, NotFound
from quen.identity.models import Order

OPS = {
    "join": ("pairs",),
    "cut": ("edge",),
    "split": ("keys",),
    "move": ("key", "to"),
    "attach": ("left", "right"),
}
MAX_NOTE = 500


def join(
    pairs: Sequence[tuple[str, str]], *, by: str, note: str = "", origin: str = "", two_accounts: bool = False
) -> Order:
    """Make one person of the owners of each pair of identifier keys.

    `two_accounts`: somebody has looked and knows that one person has two values of a unique type (a forgotten account);
    without it such a join is refused. Only a person may say so, never a job.
    """
    return _place("join", {"pairs": [list(p) for p in pairs], "two_accounts": two_accounts}, by, note, origin)


def cut(edge: int, *, by: str, note: str = "", origin: str = "") -> Order:
    """Take back one entry of the log (attach, link, merge): the two identifiers no longer prove each other."""
    return _place("cut", {"edge": edge}, by, note, origin)


def split(keys: Sequence[str], *, by: str, note: str = "", origin: str = "") -> Order:
    """Let identifiers of one person leave together for a person of their own."""
    return _place("split", {"keys": list(keys)}, by, note, origin)


def move(key: str, to: int, *, by: str, note: str = "", origin: str = "") -> Order:
    """Give an identifier to another person."""
    return _place("move", {"key": key, "to": to}, by, note, origin)


def attach(left: str, right: str, *, by: str, note: str = "", origin: str = "") -> Order:
    """Give the person who has `left` the identifier `right`, which nobody has yet."""
    return _place("attach", {"left": left, "right": right}, by, note, origin)


def outcome(order_id: int, wait_s: float = 0.0) -> Order:
    """The order as it stands; waits up to `wait_s` seconds for the engine. Raises NotFound."""
    deadline = time.monotonic() + wait_s
    while True:
        order = Order.objects.filter(id=order_id).first()
        if order is None:
            raise NotFound(f"there is no order {order_id}")
        if order.status in ("done", "refused") or time.monotonic() >= deadline:
            return order
        time.sleep(0.02)


def _place(op: str, arguments: dict[str, Any], by: str, note: str, origin: str) -> Order:
    if not by:
        raise InvalidInput("by: who orders it must be known", details={"by": "missing"})
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"note: at most {MAX_NOTE} characters", details={"note": "length"})
    return Order.objects.create(op=op, arguments=arguments, by=by, note=note.strip(), origin=origin)
