from __future__ import annotations

from typing import Any

from quen.events.timeline import TimelineItem
from quen.profiles.orders import Line, fold_orders


def item(time: int, event: str, **properties: Any) -> TimelineItem:
    return TimelineItem(time, time, event, "track", 1, f"m{time}", 1, "", "", properties, "", time)


def test_an_order_is_told_by_all_its_events() -> None:
    products = [{"name": "Áo", "quantity": 2, "price": 100}, {"sku": "K1"}, "nonsense"]
    orders = fold_orders(
        [
            item(5, "Order Refunded", order_id="A", total=50),
            item(4, "Order Cancelled", order_id="B"),
            item(3, "Order Completed", order_id="B", revenue="90"),
            item(2, "Order Updated", order_id="A", total=250),
            item(1, "Order Completed", order_id="A", total=200, currency="VND", products=products),
        ]
    )
    assert [(o.number, o.status, o.total, o.returned) for o in orders] == [
        ("B", "cancelled", 90, 90),
        ("A", "partly_refunded", 250, 50),
    ]
    assert orders[1].lines == [Line("Áo", 2, 100), Line("K1", 1, None)]
    assert orders[1].currency == "VND"


def test_the_same_order_from_two_sources_counts_once() -> None:
    orders = fold_orders([item(2, "Order Completed", order_id=7, total=10), item(1, "Order Completed", order_id="7")])
    assert [(o.number, o.total) for o in orders] == [("7", 10)]


def test_what_is_no_number_is_no_amount() -> None:
    orders = fold_orders([item(1, "Order Completed", total=True, revenue="a lot", products={"a": 1})])
    assert [(o.number, o.key, o.total, o.lines) for o in orders] == [("", "m1", 0.0, [])]
