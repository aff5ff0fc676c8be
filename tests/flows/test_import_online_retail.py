"""A whole real file: the orders of a British gift shop, 541,909 lines (UCI Online Retail).

What its oddities become (docs/how-to/import-a-file.md says it to users):
- an order is spread over up to 1,114 lines: one event each, however long;
- `CustomerID` is written 17850.0: the id is 17850;
- invoices that begin with C (3,836) are cancellations: `Order Refunded`, amounts negative;
- two invoices A… with a negative price (bad debt) are refunds too, because their total is below zero;
- orders without a customer: kept as guests' when they have a value, so that the revenue is complete;
- without customer and without value (2,108 stock corrections: "damaged", "found", "?"): rejected with their lines;
- lines that stand twice in an invoice stay twice: a till scans an article as often as it is sold;
- 43 invoices carry two different minutes: the earlier one is the order's time.
Every total is computed here anew from the file, with nothing but csv and Decimal.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.support import Quen, eventually

SHARED = Path(os.environ.get("QUEN_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FILE = SHARED / "online_retail" / "online_retail.csv.gz"
LONDON = ZoneInfo("Europe/London")

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="the UCI Online Retail file is not here: name its folder in QUEN_SHARED_DATA"
)


class Invoice(msgspec.Struct):
    customer: str = ""
    total: Decimal = Decimal(0)
    lines: int = 0
    first: str = ""


@pytest.fixture(scope="module")
def invoices() -> dict[str, Invoice]:
    found: dict[str, Invoice] = defaultdict(Invoice)
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            invoice = found[row["InvoiceNo"]]
            invoice.customer = invoice.customer or row["CustomerID"].removesuffix(".0")
            invoice.total += Decimal(row["UnitPrice"]) * int(row["Quantity"])
            invoice.lines += 1
            invoice.first = min(invoice.first or row["InvoiceDate"], row["InvoiceDate"])
    return dict(found)


def test_the_whole_file(new_quen: Callable[..., Quen], invoices: dict[str, Invoice]) -> None:
    stock = {key for key, one in invoices.items() if not one.customer and one.total == 0}
    kept = {key: one for key, one in invoices.items() if key not in stock}
    refunds = {key: one for key, one in kept.items() if key.startswith("C") or one.total < 0}
    orders = {key: one for key, one in kept.items() if key not in refunds}
    guests = [key for key, one in kept.items() if not one.customer]
    assert (len(invoices), sum(one.lines for one in invoices.values())) == (25_900, 541_909)

    quen = new_quen()
    quen.start()
    arguments = ["--as", "orders", "--currency", "GBP", "--timezone", "Europe/London", "--source", "Online Retail"]
    done = quen.cli("import", str(FILE), *arguments, "--json", timeout=600)
    result = json.loads(done.stdout)
    assert (result["rows"], result["rejected"]) == (541_909, sum(invoices[key].lines for key in stock))
    counts = result["counts"]
    assert (counts["orders"], counts["refunds"], counts["guests"]) == (len(orders), len(refunds), len(guests))
    assert counts["revenue"] == pytest.approx(float(sum(one.total for one in invoices.values())), abs=0.01)
    with Path(result["rejects_path"]).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert {row["row"] for row in rejected} == stock
    assert len(rejected) == result["rejected"]

    api = quen.api()

    def all_stored() -> bool:
        names = {one["name"]: one["count"] for one in api.get("events/catalogue").json()["items"]}
        return (names.get("Order Completed"), names.get("Order Refunded")) == (len(orders), len(refunds))

    eventually(all_stored, 600, interval=0.5)
    quen.settle()
    (source,) = [one for one in api.get("sources").json()["items"] if one["name"] == "Online Retail"]
    assert source["events"] == result["messages"]  # nothing in quarantine, nothing twice
    assert api.get("quarantine").json()["items"] == []

    _check_some_customers(api, kept)
    _check_a_segment(api, orders)


def _check_some_customers(api: Any, kept: dict[str, Invoice]) -> None:
    """The history of a few people, order by order: the first, the one with most orders, the largest order."""
    by_customer: dict[str, dict[str, Invoice]] = defaultdict(dict)
    for key, one in kept.items():
        if one.customer:
            by_customer[one.customer][key] = one
    most = max(by_customer, key=lambda customer: len(by_customer[customer]))
    longest = max((one for one in kept.values() if one.customer), key=lambda one: one.lines).customer
    for customer in ("17850", most, longest):
        events = _all(api, f"profiles/user_id:{customer}/events")
        seen = {
            event["properties"]["order_id"]: (
                event["properties"]["total"],
                len(event["properties"]["products"]),
                event["time"],
            )
            for event in events
            if event["event"].startswith("Order ")
        }
        expected = {
            key: (pytest.approx(float(one.total), abs=0.0001), one.lines, _utc(one.first))
            for key, one in by_customer[customer].items()
        }
        assert seen == expected


def _check_a_segment(api: Any, orders: dict[str, Invoice]) -> None:
    """At least 10 orders, together 5,000 pounds or more: the same people as counted here."""
    number: dict[str, int] = defaultdict(int)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for one in orders.values():
        if one.customer:
            number[one.customer] += 1
            spent[one.customer] += one.total
    expected = {customer for customer in number if number[customer] >= 10 and spent[customer] >= 5000}
    assert 100 < len(expected) < 1000
    rule = {
        "all": [
            {"event": "Order Completed", "count": {"op": "gte", "value": 10}},
            {"event": "Order Completed", "sum": {"property": "total", "op": "gte", "value": 5000}},
        ]
    }
    assert api.post("segments/preview", json={"rule": rule}).json()["count"] == len(expected)
    made = api.post("segments", json={"name": "Good customers", "rule": rule}).json()

    def live() -> dict[str, Any] | None:
        segment = api.get(f"segments/{made['id']}").json()
        return segment if segment["status"] == "live" else None

    segment = eventually(live, 300, interval=0.5) or {}
    assert segment["count"] == len(expected)
    members = _all(api, f"segments/{made['id']}/members")
    ids = {identifier["value"] for member in members for identifier in member.get("identifiers", [])} or {
        _user_id(api, member["profile_id"]) for member in members
    }
    assert ids == expected


def _user_id(api: Any, profile_id: str) -> str:
    identifiers = api.get(f"profiles/{profile_id}").json()["identifiers"]
    return next(str(one["value"]) for one in identifiers if one["type"] == "user_id")


def _all(api: Any, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        name = "before" if path.endswith("/events") else "cursor"
        page = api.get(path, params={"limit": 200, **({name: cursor} if cursor else {})}).json()
        items += page["items"]
        cursor = page["next"]
    return items


def _utc(text: str) -> str:
    moment = datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(ZoneInfo("UTC"))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
