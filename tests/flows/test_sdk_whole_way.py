"""From an unmodified SDK to a person in the console's API: the whole way, through a running Quen."""

from __future__ import annotations

import json
from typing import Any

import segment.analytics.client as segment

from tests.support import Quen, basic_auth, run_node, unique


def events_of(quen: Quen, identifier: str) -> list[dict[str, Any]]:
    answer = quen.api().get(f"profiles/{identifier}/events", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_visitor_becomes_a_customer(quen: Quen) -> None:
    errors: list[Exception] = []
    client = segment.Client(quen.source(), host=quen.edge_url, on_error=lambda error, _: errors.append(error))
    mark = unique()
    user, visitor, mail = f"way-{mark}", f"visitor-{mark}", f"way-{mark}@example.com"
    client.track(anonymous_id=visitor, event="Product Viewed", properties={"sku": "T1"})
    client.flush()
    quen.settle()
    client.identify(user, {"email": mail.replace("way", "Way"), "city": "Đà Lạt"}, anonymous_id=visitor)
    client.track(user, "Order Completed", {"total": 320_000})
    client.flush()
    client.join()
    assert errors == []
    quen.settle()
    profile = quen.profile(f"email:{mail}")
    assert profile["traits"]["city"] == "Đà Lạt"
    assert {(i["type"], i["value"]) for i in profile["identifiers"]} >= {
        ("user_id", user),
        ("anonymous_id", visitor),
        ("email", mail),
    }
    names = [e["event"] for e in events_of(quen, f"user_id:{user}")]
    assert sorted(names) == ["Identified", "Order Completed", "Product Viewed"]


def test_an_sdk_that_repeats_itself_is_stored_once(quen: Quen) -> None:
    message = {"type": "track", "event": "Repeated", "userId": "way-2", "messageId": "way-2-message"}
    for _ in range(3):
        quen.send(message)
    quen.send({**message, "event": "Last", "messageId": "way-2-last"})
    quen.settle()
    assert [e["event"] for e in events_of(quen, "user_id:way-2")].count("Repeated") == 1


def test_node_and_a_fault_that_is_kept_for_people_to_see(quen: Quen) -> None:
    script = """
    import { Analytics } from '@segment/analytics-node'
    const [url, writeKey, userId] = process.argv.slice(-3)
    const analytics = new Analytics({ writeKey, host: url })
    analytics.track({ userId, event: 'Before' })
    analytics.track({ userId, event: 'Broken clock', timestamp: new Date(0) })
    analytics.track({ userId, event: 'After' })
    await analytics.closeAndFlush()
    """
    user = f"way-{unique()}"
    run_node(script, quen.edge_url, quen.source(), user)
    quen.settle()
    assert {e["event"] for e in events_of(quen, f"user_id:{user}")} == {"Before", "After"}
    (kept,) = quen.api().get("quarantine", params={"text": user}).json()["items"]
    assert kept["reason"] == "bad_time" and "Broken clock" in json.dumps(kept)


def test_strangers_are_one_person_each(quen: Quen) -> None:
    batch = [{"type": "page", "anonymousId": f"way-stranger-{n}", "messageId": f"way-s-{n}"} for n in range(500)]
    answer = quen.edge.post("/v1/batch", json={"batch": batch}, headers=basic_auth(quen.source("browser")))
    assert answer.status_code == 200
    first, last = quen.profile("anonymous_id:way-stranger-0"), quen.profile("anonymous_id:way-stranger-499")
    assert first["id"] != last["id"]
