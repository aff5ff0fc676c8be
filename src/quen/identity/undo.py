"""What takes an order back, where something does. Reads only."""

from __future__ import annotations

from typing import NamedTuple

from quen.identity import orders
from quen.identity.models import Edge, Identifier, Order


class Inverse(NamedTuple):
    """An order that would take another one back: an `op` of identity.orders with its arguments."""

    op: str
    arguments: dict[str, object]


def inverse(order: Order) -> Inverse | None:
    """None when the order did nothing, or when what it did no longer stands."""
    if order.status != "done":
        return None
    arguments = order.arguments
    people = [int(profile) for profile in order.result.get("profiles", [])]
    if order.op in ("split", "cut"):
        return _joined(order, people)
    if order.op == "move":
        key = arguments["key"]
        owner = _owners([key]).get(key)
        before = [p for p in people if p != owner]
        return Inverse("move", {"key": key, "to": before[0]}) if owner and len(before) == 1 else None
    edges = list(
        Edge.objects.filter(
            profile_id__in=people, message_id=f"order-{order.pk}", kind__in=["merge", "attach"]
        ).values_list("pk", flat=True)
    )
    return Inverse("cut", {"edge": edges[0]}) if len(edges) == 1 else None


def _joined(order: Order, people: list[int]) -> Inverse | None:
    """One person again of those who were taken apart. What was one may be one, with two accounts too."""
    firsts = {p: key for key, p in Identifier.objects.filter(profile_id__in=people).values_list("key", "profile_id")}
    keys = [firsts[p] for p in people if p in firsts]
    pairs = [(keys[0], other) for other in keys[1:]]
    return Inverse("join", {"pairs": pairs, "two_accounts": True}) if pairs else None


def _owners(keys: list[str]) -> dict[str, int]:
    return dict(Identifier.objects.filter(key__in=keys).values_list("key", "profile_id"))


def place(inverse: Inverse, *, by: str, note: str = "", origin: str = "") -> Order:
    order: Order = getattr(orders, inverse.op)(**inverse.arguments, by=by, note=note, origin=origin)
    return order
