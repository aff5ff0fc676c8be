"""What becomes of the rows of an order. The cases of real files: docs/how-to/import-a-file.md."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.orders import Line, Order, build, read_line
from quen.connectors.sources.files.reading import Format
from quen.connectors.sources.files.values import Cells, RowError, encode

COLUMNS = (
    "order_id", "time", "customer_id", "customer_code", "email", "phone", "name", "product_id", "quantity", "price",
    "total", "discount", "status",
)  # fmt: skip
MAPPING = Mapping("orders", {name: name for name in COLUMNS}, currency="GBP", decimal=".", timezone="UTC")
CELLS = Cells(MAPPING, Format("csv", "utf-8", ",", False, COLUMNS))
ROW = {
    "order_id": "1",
    "time": "2010-12-01 08:26:00",
    "customer_id": "17850.0",
    "product_id": "A",
    "quantity": "2",
    "price": "2.55",
}


def order(*rows: dict[str, str], mapping: Mapping = MAPPING) -> Order:
    lines = []
    order_id = ""
    for row in rows:
        order_id, line = read_line(CELLS, [{**ROW, **row}.get(name, "") for name in COLUMNS], "VN")
        lines.append(msgspec.json.decode(encode(line), type=Line))  # as it comes back from the spool
    return build(order_id, lines, mapping, 7)


def one(made: Order) -> dict[str, Any]:
    assert not made.problem, made.problem
    assert len(made.messages) == 1
    return made.messages[0]


def test_rows_of_an_order_are_one_event() -> None:
    made = order({}, {"product_id": "B", "quantity": "6", "price": "3.39"})
    message = one(made)
    assert (message["event"], message["userId"], message["timestamp"]) == (
        "Order Completed",
        "17850",
        "2010-12-01T08:26:00Z",
    )
    assert message["properties"] == {
        "order_id": "1",
        "currency": "GBP",
        "products": [
            {"product_id": "A", "quantity": 2, "price": 2.55},
            {"product_id": "B", "quantity": 6, "price": 3.39},
        ],
        "total": 25.44,
        "revenue": 25.44,
    }


def test_sums_are_exact() -> None:
    assert one(order(*[{"quantity": "1", "price": "0.1"}] * 3))["properties"]["total"] == 0.3


def test_a_total_of_its_own_is_believed() -> None:
    assert one(order({"total": "20", "discount": "5.1"}, {"total": "20"}))["properties"] | {"products": []} == {
        "order_id": "1", "currency": "GBP", "products": [], "discount": 5.1, "total": 20, "revenue": 20,
    }  # fmt: skip


def test_cancellations() -> None:
    message = one(order({"order_id": "C536379", "quantity": "-1", "price": "27.50"}))
    assert (message["event"], message["properties"]["revenue"]) == ("Order Refunded", -27.5)
    assert one(order({"quantity": "-3", "price": "1"}))["event"] == "Order Refunded"
    assert one(order({"order_id": "CAKE-5"}))["event"] == "Order Completed"  # only the prefix and digits


@pytest.mark.parametrize(
    ("status", "events", "revenue"),
    [
        ("Hoàn thành", ["Order Completed"], 5.1),
        ("Đã hủy", ["Order Cancelled"], 0),
        ("Cancelled", ["Order Cancelled"], 0),
        ("Trả hàng", ["Order Completed", "Order Refunded"], 0),
    ],
)
def test_status(status: str, events: list[str], revenue: float) -> None:
    made = order({"status": status})
    assert [message["event"] for message in made.messages] == events
    assert sum(message["properties"]["revenue"] for message in made.messages) == revenue


def test_an_order_without_customer_is_a_guest_s() -> None:
    message = one(order({"customer_id": ""}))
    assert message["anonymousId"] == "order:7:1"
    assert message["properties"]["guest"] is True
    assert "userId" not in message
    assert order({"customer_id": "nan"}).counts == {"orders": 1, "guests": 1}


def test_a_stock_correction_is_no_order() -> None:
    assert "no customer and no value" in order({"customer_id": "", "quantity": "-10", "price": "0.0"}).problem
    assert one(order({"price": "0.0"}))["properties"]["total"] == 0  # a gift to a customer is one


def test_customers_by_code_e_mail_and_phone() -> None:
    coded = order({"customer_id": "", "customer_code": "KH1", "phone": "0912 345 678", "name": "Lan"})
    assert one(coded)["context"] == {
        "traits": {"phone": "0912 345 678"},
        "externalIds": [{"id": "KH1", "type": "customer_code", "scope": "7"}],
    }
    assert coded.person is not None
    assert coded.person["traits"] == {"phone": "0912 345 678", "name": "Lan"}
    by_mail = one(order({"customer_id": "", "email": "a@b.vn"}))
    assert by_mail["context"] == {"traits": {"email": "a@b.vn"}}
    assert "anonymousId" not in by_mail
    assert "anonymousId" in one(order({"customer_id": "", "phone": "không có"}))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"time": "12/25/2010"}, "is not a date (day first)"),
        ({"time": ""}, "has no date"),
        ({"quantity": "hai"}, "is not an amount"),
        ({"price": "1e9"}, "is not an amount"),
    ],
)
def test_one_unreadable_row_rejects_its_order(row: dict[str, str], says: str) -> None:
    assert says in order({}, row).problem


def test_a_row_without_order_id_belongs_to_nothing() -> None:
    with pytest.raises(RowError, match="no order id"):
        order({"order_id": " "})


def test_the_same_order_has_the_same_version_and_another_another() -> None:
    assert order({}).version == order({}).version
    assert order({}).key == order({"price": "9"}).key
    assert order({}).version != order({"price": "9"}).version
