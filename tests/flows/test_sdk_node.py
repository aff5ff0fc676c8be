"""The published Node SDKs, unmodified, against the edge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from quen.protocol.messages import Message, Rejected
from tests.edge_only import EdgeOnly
from tests.support import run_node

# Both: arguments are the edge's address, the write key and a JSON list of calls `[method, argument]`.
READ_CALLS = """
const readCalls = (text) =>
  JSON.parse(text, (name, value) => (name === 'timestamp' ? new Date(value) : value))
"""
SEGMENT = """
import { Analytics } from '@segment/analytics-node'
const [url, writeKey, calls] = process.argv.slice(-3)
const analytics = new Analytics({ writeKey, host: url, flushAt: 5, maxRetries: 1 })
const errors = []
analytics.on('error', (error) => errors.push(error.code))
for (const [method, argument] of readCalls(calls)) analytics[method](argument)
await analytics.closeAndFlush({ timeout: 15000 })
console.log(JSON.stringify({ errors }))
"""
RUDDER = """
import Analytics from '@rudderstack/rudder-sdk-node'
const [url, writeKey, calls] = process.argv.slice(-3)
const Client = Analytics.default ?? Analytics
const client = new Client(writeKey, { dataPlaneUrl: url, flushAt: 5, flushInterval: 200, maxRetries: 1 })
const errors = []
// A flush sends one batch only, so wait until each call was told of its delivery.
await Promise.all(readCalls(calls).map(([method, argument]) => new Promise((resolve) =>
  client[method](argument, (error) => { if (error) errors.push(String(error.message ?? error)); resolve() }))))
console.log(JSON.stringify({ errors }))
process.exit(0)
"""
SDKS = pytest.mark.parametrize("script", [READ_CALLS + SEGMENT, READ_CALLS + RUDDER], ids=["segment", "rudder"])
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("identify", {"userId": "n1", "traits": {"email": "nga@example.com", "city": "Huế", "old": None}}),
    ("track", {"userId": "n1", "event": "Order Completed", "properties": {"total": 129_000, "currency": "VND"}}),
    ("page", {"userId": "n1", "name": "Home", "category": "Shop", "properties": {"url": "https://shop.example/"}}),
    ("screen", {"userId": "n1", "name": "Cart"}),
    ("group", {"userId": "n1", "groupId": "g1", "traits": {"name": "Nhóm A"}}),
    ("alias", {"userId": "n1", "previousId": "visitor-9"}),
    ("track", {"anonymousId": "visitor-10", "event": "Old", "timestamp": "2024-02-29T12:30:00.000Z"}),
]


def errors_of(output: str) -> list[str]:
    return list(json.loads(output.strip().splitlines()[-1])["errors"])


@SDKS
def test_every_call_arrives_as_what_it_is(edge: EdgeOnly, script: str) -> None:
    start = edge.journal.end()
    assert errors_of(run_node(script, edge.url, edge.key(), json.dumps(CALLS))) == []
    sent = {m.event: m for m in edge.messages(start, 7)}
    assert sent["Identified"].traits == {"email": "nga@example.com", "city": "Huế", "old": None}
    assert sent["Order Completed"].properties == {"total": 129_000, "currency": "VND"}
    assert sent["Page Viewed"].properties["name"] == "Home"
    assert sent["Screen Viewed"].properties["name"] == "Cart"
    assert (sent["Group Joined"].group_id, sent["Group Joined"].properties) == ("g1", {"name": "Nhóm A"})
    assert (sent["Aliased"].user_id, sent["Aliased"].previous_id) == ("n1", "visitor-9")
    assert sent["Old"].anonymous_id == "visitor-10"
    assert abs(sent["Old"].time - 1_709_209_800_000) < 60_000
    assert len({m.message_id for m in sent.values()}) == 7
    now = sent["Order Completed"]
    assert 0 <= now.received_at - now.time < 60_000


@SDKS
def test_hundreds_of_events_arrive_once(edge: EdgeOnly, script: str) -> None:
    start = edge.journal.end()
    calls = [("track", {"userId": "n1", "event": "Counted", "properties": {"number": n}}) for n in range(300)]
    assert errors_of(run_node(script, edge.url, edge.key(), json.dumps(calls))) == []
    messages = edge.messages(start, 300)
    assert sorted(m.properties["number"] for m in messages) == list(range(300))
    assert len({m.message_id for m in messages}) == 300


@SDKS
def test_faulty_content_neither_stops_the_process_nor_costs_a_neighbour(edge: EdgeOnly, script: str) -> None:
    """A 400 would end a Node process that uses Rudder's SDK; so these are 200 and quarantined."""
    start = edge.journal.end()
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"a": deep}
    calls = [
        ("track", {"userId": "n1", "event": "Before"}),
        ("track", {"userId": "n1", "event": "Deep", "properties": deep}),
        ("track", {"userId": "n1", "event": "Wide", "properties": {f"p{n}": n for n in range(1500)}}),
        ("track", {"userId": "n1", "event": "Long ago", "timestamp": "1970-01-01T00:00:00.000Z"}),
        ("track", {"userId": "🌸" * 10, "event": "Blossom"}),
    ]
    assert errors_of(run_node(script, edge.url, edge.key(), json.dumps(calls))) == []
    decoded = edge.decoded(start)
    assert [m.event for m in decoded if isinstance(m, Message)] == ["Before", "Blossom"]
    assert {m.event: m.reason.value for m in decoded if isinstance(m, Rejected)} == {
        "Deep": "too_deep",
        "Wide": "too_many_properties",
        "Long ago": "bad_time",
    }
