"""Rows of orders become events: one `Order Completed` an order, however many rows it has and wherever they stand.

What is not a plain order:
- an order id of the cancel prefix and digits (C536379), or a total below zero → `Order Refunded`, amounts negative;
- a status that says cancelled → `Order Cancelled`, revenue 0; one that says returned → completed and refunded;
- no customer → the event of a guest: an anonymous id of its own, so that revenue is complete;
- no customer and no value (stock corrections) → rejected: it says nothing about anybody;
- a row that cannot be read → all rows of its order are rejected, because the order's total would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from quen.cleaning import fold
from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.reading import Record
from quen.connectors.sources.files.values import Cells, RowError, contacts, content_digest, digest, rfc3339

MAX_LINES = 5_000
_CANCELLED = {"cancelled", "canceled", "cancel", "void", "voided", "da huy", "huy", "bi huy", "huy don"}
_RETURNED = {
    "refunded",
    "returned",
    "return",
    "refund",
    "tra hang",
    "da tra hang",
    "hoan tien",
    "da hoan tien",
    "doi tra",
    "hoan hang",
}
_SHARED = ("name", "city", "country", "address")


class Line(msgspec.Struct, array_like=True, omit_defaults=True):
    """One row of an order as the spool keeps it."""

    time: int = 0
    product: dict[str, Any] = {}
    line_total: Decimal | None = None
    total: Decimal | None = None
    customer_id: str = ""
    customer_code: str = ""
    contacts: dict[str, Any] = {}
    usable: bool = False  # e-mail or phone identifies somebody
    traits: dict[str, Any] = {}
    order: dict[str, Any] = {}  # discount, shipping, coupon, channel…: the first row that has them counts
    status: str = ""
    problem: str = ""


class Order(msgspec.Struct):
    """What came of one order: messages without their ids, and what to count."""

    key: str
    version: str
    messages: list[dict[str, Any]]
    person_key: str
    person: dict[str, Any] | None  # the identify message, sent when it says something new
    counts: dict[str, int]
    problem: str = ""


def read_line(cells: Cells, values: list[str] | Record, region: str) -> tuple[str, Line]:
    """(order id, line). Raises RowError when the row has no order id: then it belongs to nothing.

    Any other fault is kept in `line.problem`, because it concerns the whole order.
    """
    order_id = cells.identifier(values, "order_id")
    if not order_id:
        raise RowError("has no order id")
    try:
        return order_id, _line(cells, values, region)
    except RowError as error:
        return order_id, Line(problem=str(error))


def _line(cells: Cells, values: list[str] | Record, region: str) -> Line:
    time = cells.when(values, "time")
    if time is None:
        raise RowError("has no date")
    price, quantity = cells.money(values, "price"), cells.money(values, "quantity")
    line_total = cells.money(values, "line_total")
    product: dict[str, Any] = {}
    for field in ("product_id", "product_name", "category"):
        if text := cells.text(values, field):
            product["name" if field == "product_name" else field] = text
    if price is not None or quantity is not None or product:
        quantity = Decimal(1) if quantity is None else quantity
        product["quantity"] = quantity
        if price is None and line_total is not None and quantity:
            price = line_total / quantity
        if price is not None:
            product["price"] = price
            if line_total is None:
                line_total = price * quantity
        elif not cells.has("total"):
            raise RowError("has no price")
    person, usable = contacts(cells, values, region)
    order: dict[str, Any] = {}
    for field in ("discount", "shipping", "tax"):
        if (amount := cells.money(values, field)) is not None:
            order[field] = amount
    for field in ("coupon", "currency", "channel", "store"):
        if text := cells.text(values, field):
            order[field] = text
    order.update(cells.other(values, "property"))
    if isinstance(values, Record) and cells.has("products"):
        order["products"] = values[cells.column_names["products"]]
    traits = {field: text for field in _SHARED if (text := cells.text(values, field))}
    traits.update(cells.other(values, "trait"))
    return Line(
        time, product, line_total, cells.money(values, "total"), cells.identifier(values, "customer_id"),
        cells.identifier(values, "customer_code"), person, usable, traits, order, fold(cells.text(values, "status")),
    )  # fmt: skip


def build(order_id: str, lines: Sequence[Line], mapping: Mapping, source_id: int) -> Order:
    """One order of all its lines, in the order of the file."""
    faulty = next((line for line in lines if line.problem), None)
    if faulty:
        return _rejected(order_id, faulty.problem)
    order: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    for line in lines:
        for key, value in line.order.items():
            order.setdefault(key, value)
        for key, value in {**line.contacts, **line.traits}.items():
            traits.setdefault(key, value)
    total = _total(lines, order)
    if total is None:
        return _rejected(order_id, "has no total and no price")
    who, person_key = _who(order_id, lines, traits, source_id)
    guest = not person_key
    if guest and total == 0:
        return _rejected(order_id, "has no customer and no value: a stock correction, not an order")
    products = order.pop("products", None)
    if not isinstance(products, list):
        products = [{key: _plain(value) for key, value in line.product.items()} for line in lines if line.product]
    properties = {"order_id": order_id, "currency": mapping.currency, "products": products} | {
        key: _plain(value) for key, value in order.items()
    }
    if guest:
        properties["guest"] = True
    time = rfc3339(min(line.time for line in lines))
    context: dict[str, Any] = {"traits": {k: traits[k] for k in ("email", "phone") if k in traits}} if not guest else {}
    if codes := who.pop("externalIds", None):
        context["externalIds"] = codes
    base = {**who, "type": "track", "timestamp": time, "context": context}
    events = _events(order_id, total, next((line.status for line in lines if line.status), ""), mapping)
    messages = [{**base, "event": name, "properties": {**properties, **amounts}} for name, amounts in events]
    person = None
    if not guest and traits:
        person = {
            **who,
            "type": "identify",
            "timestamp": time,
            "traits": traits,
            "context": {k: v for k, v in context.items() if k != "traits"},
        }
    counts: dict[str, int] = {}
    for name, _ in events:
        counts[_COUNTED[name]] = counts.get(_COUNTED[name], 0) + 1
    if guest:
        counts["guests"] = 1
    key = digest(source_id, "order", order_id)
    return Order(
        key, content_digest(messages), messages, person_key and digest(source_id, "person", person_key), person, counts
    )


_COUNTED = {"Order Completed": "orders", "Order Refunded": "refunds", "Order Cancelled": "cancelled"}


def _rejected(order_id: str, problem: str) -> Order:
    return Order(order_id, "", [], "", None, {}, problem)


def _total(lines: Sequence[Line], order: dict[str, Any]) -> Decimal | None:
    """The order's own total where the file has one (repeated on each row), else the sum of its lines."""
    if (own := next((line.total for line in lines if line.total is not None), None)) is not None:
        return own
    sums = [line.line_total for line in lines if line.line_total is not None]
    if sums:
        return sum(sums, Decimal(0))
    products = order.get("products")
    if isinstance(products, list):
        try:
            return sum(
                (Decimal(str(p.get("price", 0))) * Decimal(str(p.get("quantity", 1))) for p in products), Decimal(0)
            )
        except (ArithmeticError, AttributeError):
            return None
    return None


def _who(order_id: str, lines: Sequence[Line], traits: dict[str, Any], source_id: int) -> tuple[dict[str, Any], str]:
    """Identity fields of the messages, and a key of the person; "" for a guest."""
    customer = next((line.customer_id for line in lines if line.customer_id), "")
    code = next((line.customer_code for line in lines if line.customer_code), "")
    if customer:
        return {"userId": customer}, f"id {customer}"
    if code:
        identifier = {"id": code, "type": "customer_code", "scope": str(source_id)}
        return {"externalIds": [identifier]}, f"code {code}"
    if any(line.usable for line in lines):
        return {}, f"contact {traits.get('email', '')} {traits.get('phone', '')}"
    return {"anonymousId": f"order:{source_id}:{order_id}"}, ""


def _events(order_id: str, total: Decimal, status: str, mapping: Mapping) -> list[tuple[str, dict[str, Any]]]:
    amount = _plain(total)
    by_id = bool(mapping.cancel_prefix) and re.fullmatch(
        re.escape(mapping.cancel_prefix) + r"\d+", order_id, re.IGNORECASE
    )
    if by_id or total < 0:
        back = _plain(-abs(total))
        return [("Order Refunded", {"total": back, "revenue": back})]
    if status in _CANCELLED:
        return [("Order Cancelled", {"total": amount, "revenue": 0})]
    bought = ("Order Completed", {"total": amount, "revenue": amount})
    if status in _RETURNED:
        return [bought, ("Order Refunded", {"total": _plain(-total), "revenue": _plain(-total)})]
    return [bought]


def _plain(value: Any) -> Any:
    """Decimals as JSON numbers: whole where they are, else with at most four digits behind the point."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else round(float(value), 4)
