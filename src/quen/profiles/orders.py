"""What people bought, read from their order events. Amounts are in the currency each order names.

An order that came twice (from the website and from the shop's server) counts once, by its `order_id`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from quen.config import config
from quen.events.store import event_store
from quen.events.timeline import TimelineItem, timeline

PLACED = ("Order Completed",)
CHANGED = ("Order Updated",)
TAKEN_BACK = ("Order Cancelled", "Order Refunded")
ORDER_EVENTS = (*PLACED, *CHANGED, *TAKEN_BACK)
MOST_ORDER_EVENTS = 1000


class Value(msgspec.Struct):
    """What a person is worth so far."""

    orders: int = 0
    total: float = 0.0  # placed, less what was cancelled or refunded
    currency: str = ""
    last_order_at: int | None = None  # ms UTC


class Line(msgspec.Struct):
    name: str
    quantity: float
    price: float | None


class Order(msgspec.Struct):
    """One order with all that happened to it. Times are milliseconds UTC."""

    key: str  # order_id, or the message's id where there is none
    number: str  # as people read it; "" without an order_id
    at: int
    source_id: int
    status: str  # completed, cancelled, refunded, partly_refunded
    total: float
    returned: float
    currency: str
    lines: list[Line]
    properties: dict[str, Any]


_AMOUNT = (
    "coalesce(accurateCastOrNull(toString(properties.total), 'Float64'),"
    " accurateCastOrNull(toString(properties.revenue), 'Float64'),"
    " accurateCastOrNull(toString(properties.value), 'Float64'), 0.)"
)


def values(ids_by_person: Mapping[int, Sequence[int]]) -> dict[int, Value]:
    """Orders and their total of many people in one query; `ids_by_person` holds all ids merged into each."""
    person_of = {profile_id: person for person, ids in ids_by_person.items() for profile_id in ids}
    if not person_of:
        return {}
    rows = event_store().rows(
        "SELECT pid, order_key, max(placed), max(back), min(at), any(currency) FROM ("
        " SELECT profile_id AS pid,"
        " if(toString(properties.order_id) = '', message_id, toString(properties.order_id)) AS order_key,"
        f" if(event IN {{placed:Array(String)}}, abs({_AMOUNT}), null) AS placed,"
        f" if(event IN {{back:Array(String)}}, abs({_AMOUNT}), 0.) AS back,"
        " toUnixTimestamp64Milli(time) AS at, toString(properties.currency) AS currency"
        " FROM events WHERE profile_id IN {ids:Array(UInt64)} AND event IN {events:Array(String)}"
        ") GROUP BY pid, order_key ORDER BY min(at) LIMIT 100000",
        {"ids": list(person_of), "events": [*PLACED, *TAKEN_BACK], "placed": list(PLACED), "back": list(TAKEN_BACK)},
    )
    orders: dict[int, dict[str, tuple[float | None, float, int, str]]] = {}
    for pid, key, placed, back, at, currency in rows:
        mine = orders.setdefault(person_of[int(pid)], {})
        before = mine.get(key)
        if before:  # the same order under an id merged since
            placed = max((p for p in (placed, before[0]) if p is not None), default=None)
            back, at = max(back, before[1]), min(int(at), before[2])
        mine[key] = (placed, back, int(at), currency)
    return {person: _value(list(mine.values())) for person, mine in orders.items()}


def _value(orders: Collection[tuple[float | None, float, int, str]]) -> Value:
    value = Value(currency=str(config().currency))
    for placed, back, at, currency in orders:
        value.total += (placed or 0.0) - back
        if placed is not None:
            value.orders += 1
            value.last_order_at = max(at, value.last_order_at or 0)
        value.currency = currency or value.currency
    return value


def orders_of(profile_ids: Sequence[int]) -> list[Order]:
    """The latest orders of one person, newest first."""
    return fold_orders(timeline(profile_ids, limit=MOST_ORDER_EVENTS, events=ORDER_EVENTS))


def fold_orders(items: Sequence[TimelineItem]) -> list[Order]:
    """Events of orders, newest first → orders, newest first. Pure."""
    orders: dict[str, Order] = {}
    for item in reversed(items):
        number = str(item.properties.get("order_id") or "").strip()
        key = number or item.message_id or str(item.id)
        order = orders.get(key)
        if order is None:
            order = orders[key] = Order(key, number, item.time, item.source_id, "completed", 0.0, 0.0, "", [], {})
        _apply(order, item)
    return sorted(orders.values(), key=lambda order: -order.at)


def _apply(order: Order, item: TimelineItem) -> None:
    amount = _amount(item.properties)
    order.currency = str(item.properties.get("currency") or order.currency)
    if item.event in TAKEN_BACK:
        order.returned = max(order.returned, abs(amount or order.total))
        whole = order.returned >= order.total
        order.status = "cancelled" if item.event == "Order Cancelled" else "refunded" if whole else "partly_refunded"
        if not order.properties:
            order.lines, order.properties = _lines(item.properties), item.properties
        return
    order.total = abs(amount) if amount is not None else order.total
    order.lines = _lines(item.properties) or order.lines
    order.properties = item.properties


def _lines(properties: Mapping[str, Any]) -> list[Line]:
    products = properties.get("products")
    if not isinstance(products, list):
        return []
    lines = []
    for product in products[:200]:
        if not isinstance(product, dict):
            continue
        name = next(
            (str(product[k]) for k in ("name", "product_name", "title", "product_id", "sku") if product.get(k)), "?"
        )
        quantity = _number(product.get("quantity"))
        lines.append(Line(name[:200], 1.0 if quantity is None else quantity, _number(product.get("price"))))
    return lines


def _amount(properties: Mapping[str, Any]) -> float | None:
    return next((n for k in ("total", "revenue", "value") if (n := _number(properties.get(k))) is not None), None)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None
