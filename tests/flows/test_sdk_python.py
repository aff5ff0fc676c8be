"""The published Python SDKs, unmodified, against the edge."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

from quen.protocol.messages import Message, Rejected
from tests.edge_only import EdgeOnly

WHEN = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
WHEN_MS = int(WHEN.timestamp() * 1000)


def segment_client(edge: EdgeOnly, errors: list[Exception], **options: Any) -> segment.Client:
    return segment.Client(
        options.pop("write_key", edge.key()),
        host=edge.url,
        on_error=lambda error, _items: errors.append(error),
        max_retries=1,
        **options,
    )


def rudder_client(edge: EdgeOnly, errors: list[Exception], **options: Any) -> rudder.Client:
    return rudder.Client(
        options.pop("write_key", edge.key()),
        host=edge.url,
        on_error=lambda error, _items: errors.append(error),
        max_retries=1,
        **options,
    )


def finish(client: Any) -> None:
    client.flush()
    client.join()


CLIENTS = pytest.mark.parametrize("make", [segment_client, rudder_client], ids=["segment", "rudder"])
GZIP = pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])


@CLIENTS
@GZIP
def test_every_call_arrives_as_what_it_is(edge: EdgeOnly, make: Any, gzip: bool) -> None:
    errors: list[Exception] = []
    start = edge.journal.end()
    client = make(edge, errors, gzip=gzip)
    client.identify("u1", {"email": "an@example.com", "city": "Đà Nẵng", "note": None})
    client.track("u1", "Order Completed", {"total": 459_000, "products": [{"sku": "A1", "price": 459_000}]})
    client.page("u1", "Docs", "Start", {"url": "https://shop.example/"})
    client.screen("u1", "App", "Giỏ hàng")
    client.group("u1", "cty-1", {"name": "Công ty A"})
    client.alias("visitor-1", "u1")
    client.track(anonymous_id="visitor-2", event="Product Viewed", message_id="own-id", timestamp=WHEN)
    finish(client)
    assert errors == []
    sent = {(m.type, m.message_id if m.message_id == "own-id" else ""): m for m in edge.messages(start, 7)}
    assert all(m.trusted and m.sent_at is not None for m in sent.values())
    identify = sent["identify", ""]
    assert (identify.user_id, identify.anonymous_id) == ("u1", None)  # it sends anonymousId: null
    assert identify.traits == {"email": "an@example.com", "city": "Đà Nẵng", "note": None}
    order = sent["track", ""]
    assert (order.event, order.properties["total"]) == ("Order Completed", 459_000)
    assert order.properties["products"] == [{"sku": "A1", "price": 459_000}]
    assert sent["page", ""].properties["name"] == "Start" and sent["page", ""].properties["category"] == "Docs"
    assert sent["screen", ""].event == "Screen Viewed"
    assert (sent["group", ""].group_id, sent["group", ""].properties) == ("cty-1", {"name": "Công ty A"})
    assert (sent["alias", ""].previous_id, sent["alias", ""].user_id) == ("visitor-1", "u1")
    own = sent["track", "own-id"]
    assert (own.anonymous_id, own.user_id) == ("visitor-2", None)
    assert abs(own.time - WHEN_MS) < 60_000 and own.original_time == WHEN_MS
    assert len({m.message_id for m in sent.values()}) == 7


@CLIENTS
def test_a_thousand_events_arrive_once_and_in_order(edge: EdgeOnly, make: Any) -> None:
    errors: list[Exception] = []
    start = edge.journal.end()
    client = make(edge, errors, gzip=True)
    for number in range(1000):
        assert client.track("u1", "Counted", {"number": number})[0]
    finish(client)
    assert errors == []
    assert [m.properties["number"] for m in edge.messages(start, 1000)] == list(range(1000))


@CLIENTS
def test_what_python_writes_that_is_no_json_costs_no_neighbour(edge: EdgeOnly, make: Any) -> None:
    errors: list[Exception] = []
    start = edge.journal.end()
    client = make(edge, errors, gzip=False)
    client.track("u1", "Before", {})
    client.track("u1", "Not a number", {"ratio": float("nan"), "limit": float("inf"), "half": "\ud83d"})
    client.track("u1", "After", {})
    finish(client)
    assert errors == []
    before, odd, after = edge.messages(start, 3)
    assert (before.event, after.event) == ("Before", "After")
    assert odd.properties == {"ratio": None, "limit": None, "half": ""}


@CLIENTS
def test_an_event_that_is_too_large_is_quarantined_without_an_error(edge: EdgeOnly, make: Any) -> None:
    start = edge.journal.end()
    body = {"batch": [
        {"type": "track", "userId": "u", "event": "Large", "properties": {"text": "x" * 40_000}},
        {"type": "track", "userId": "u", "event": "Small"},
    ]}  # fmt: skip
    # The SDKs drop such events themselves, so this one goes as their HTTP layer would send it.
    assert edge.http.post("/v1/batch", content=json.dumps(body), auth=(edge.key(), "")).json() == {"success": True}
    large, small = edge.decoded(start)
    assert isinstance(large, Rejected) and large.reason == "too_large"
    assert isinstance(small, Message) and small.event == "Small"


@CLIENTS
def test_an_unknown_key_is_an_error_and_is_not_repeated(edge: EdgeOnly, make: Any) -> None:
    errors: list[Exception] = []
    start = edge.journal.end()
    client = make(edge, errors, write_key="no-such-key", gzip=False)
    client.track("u1", "Lost", {})
    finish(client)
    assert len(errors) == 1
    assert "401" in str(errors[0]) or "unknown_write_key" in str(errors[0])
    assert edge.decoded(start) == []


def test_the_clock_of_a_machine_that_is_wrong_is_corrected(edge: EdgeOnly) -> None:
    """The SDK stamps sentAt with the same clock, so only the difference counts."""
    start = edge.journal.end()
    ahead = datetime.now(UTC) + timedelta(hours=7)
    body = {
        "batch": [
            {"type": "track", "userId": "u", "event": "E", "timestamp": (ahead - timedelta(minutes=3)).isoformat()}
        ],
        "sentAt": ahead.isoformat(),
    }
    edge.http.post("/v1/batch", json=body, auth=(edge.key(), ""))
    (message,) = edge.messages(start, 1)
    assert abs(message.received_at - 180_000 - message.time) < 2_000
