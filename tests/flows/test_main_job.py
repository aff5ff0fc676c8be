"""The main job, end to end, through the doors that users use: an event becomes a person, the person enters a segment,
a journey writes to her, and what she does with the message comes back."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from quen.delivery.channels.webhook.post import signing_secret
from tests.support import Quen, eventually

BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Chào {{ person.name }}, giỏ hàng của bạn vẫn còn {{ person.last_sku }}.</mj-text>
<mj-button href="https://shop.example/cart?ref=mail">Quay lại giỏ hàng</mj-button>
</mj-column></mj-section></mj-body></mjml>"""


class Receiver:
    """A webhook target that keeps what it gets."""

    def __init__(self) -> None:
        calls: list[tuple[dict[str, str], bytes]] = []
        self.calls = calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                calls.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    target = Receiver()
    yield target
    target.close()


@pytest.fixture
def running_journey(quen: Quen, receiver: Receiver) -> dict[str, Any]:
    """A live segment of people who added something and did not order, and a live journey for it."""
    api = quen.api()
    added = {"event": "Kettle Added", "count": {"op": "gte", "value": 1}, "within": "1h"}
    ordered = {"event": "Kettle Ordered", "count": {"op": "gte", "value": 1}, "within": "1h"}
    segment = _made(api.post("segments", json={"name": "Kettle left", "rule": {"all": [added, {"not": ordered}]}}))
    eventually(lambda: api.get(f"segments/{segment['id']}").json()["status"] == "live")
    template = {"name": "Kettle", "subject": "{{ person.name }}, ấm trà còn đợi bạn", "body": BODY}
    template_id = _made(api.post("templates", json=template))["id"]
    graph = {
        "trigger": {"type": "segment", "segment_id": segment["id"], "max_age": "24h"},
        "entry_key": None,
        "reentry": "always",
        "exit_when": ordered,
        "exit_on": [],
        "nodes": [
            {"id": "n1", "type": "email", "template_id": template_id},
            {"id": "n2", "type": "webhook", "url": receiver.url, "body": ""},
            {"id": "n3", "type": "traits", "traits": {"kettle_reminded": True}},
        ],
    }
    journey = _made(api.post("journeys", json={"name": "Kettle reminder", "graph": graph}))
    assert journey["problems"] == []
    api.post(f"journeys/{journey['id']}/publish", json={}).raise_for_status()
    eventually(lambda: api.get(f"journeys/{journey['id']}").json()["status"] == "live")
    return {"segment": segment["id"], "journey": journey["id"]}


def test_from_an_event_to_a_click_and_an_unsubscribe(
    quen: Quen, receiver: Receiver, running_journey: dict[str, Any]
) -> None:
    identify = {
        "type": "identify",
        "userId": "kettle-1",
        "traits": {"name": "Đào", "email": "Dao@Example.com", "last_sku": "AM-01"},
    }
    quen.send(identify, _added("kettle-1"))
    profile = quen.profile("email:dao@example.com")
    entered = eventually(lambda: _segments(quen, "kettle-1"), 5)
    assert entered == [running_journey["segment"]]

    mail = quen.smtp.wait_for("Dao@example.com")[0]
    assert mail.subject == "Đào, ấm trà còn đợi bạn"
    assert "vẫn còn AM-01" in mail.body("plain")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    html = mail.body()
    click = _link(html, "/c/")
    answer = httpx.get(click, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/cart?ref=mail")
    pixel = httpx.get(_link(html, "/o/"))
    assert (pixel.status_code, pixel.headers["content-type"]) == (200, "image/gif")
    unsubscribe = re.search(r"<(http[^>]+)>", mail.message["List-Unsubscribe"])
    assert unsubscribe is not None
    assert httpx.post(unsubscribe[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200

    expected = {
        "Identified",
        "Kettle Added",
        "Segment Entered",
        "Journey Entered",
        "Journey Ended",
        "Email Sent",
        "Email Clicked",
        "Email Opened",
        "Unsubscribed",
    }
    eventually(lambda: expected <= set(_timeline(quen, profile["id"])))
    eventually(lambda: quen.profile("user_id:kettle-1")["traits"].get("kettle_reminded") is True)
    messages = quen.api().get("messages", params={"journey": running_journey["journey"]}).json()["items"]
    assert {m["status"] for m in messages if m["channel"] == "email"} == {"accepted"}

    headers, body = eventually(lambda: receiver.calls)[0]
    secret = signing_secret((quen.data_dir / "secret_key").read_text())
    verified = Webhook(secret).verify(body, {k.lower(): v for k, v in headers.items()})
    assert json.loads(body) == verified

    # She has had enough: whatever happens next, nothing more is sent to her, and the reason is there to read.
    quen.send({"type": "track", "event": "Kettle Ordered", "userId": "kettle-1"})
    eventually(lambda: _segments(quen, "kettle-1") == [])


def test_who_orders_before_the_send_gets_nothing(quen: Quen, running_journey: dict[str, Any]) -> None:
    identify = {"type": "identify", "userId": "kettle-2", "traits": {"email": "kettle-2@example.com"}}
    quen.send(identify, _added("kettle-2"), {"type": "track", "event": "Kettle Ordered", "userId": "kettle-2"})
    quen.send({"type": "identify", "userId": "kettle-3", "traits": {"email": "kettle-3@example.com"}})
    quen.send(_added("kettle-3"))
    quen.smtp.wait_for("kettle-3@example.com")
    assert quen.smtp.to("kettle-2@example.com") == []


def test_who_unsubscribed_or_has_no_address_is_not_written_to_and_the_reason_is_kept(
    quen: Quen, running_journey: dict[str, Any]
) -> None:
    api = quen.api()
    api.post("suppressions", json={"channel": "email", "address": "kettle-4@example.com"}).raise_for_status()
    quen.send({"type": "identify", "userId": "kettle-4", "traits": {"email": "kettle-4@example.com"}})
    quen.send(_added("kettle-4"), _added("kettle-5"))

    def reasons() -> dict[str, str] | None:
        items = api.get("messages", params={"journey": running_journey["journey"], "status": "suppressed"}).json()
        found = {item["profile_id"]: item["reason"] for item in items["items"] if item["channel"] == "email"}
        return found if len(found) >= 2 else None

    found = eventually(reasons) or {}
    assert found[quen.profile("user_id:kettle-4")["id"]] == "by_hand"
    assert found[quen.profile("user_id:kettle-5")["id"]] == "no_address"


def test_a_window_ends_by_itself_at_its_second(quen: Quen) -> None:
    api = quen.api()
    rule = {"event": "Bell Rung", "count": {"op": "gte", "value": 1}, "within": "15m"}
    segment = _made(api.post("segments", json={"name": "Bell", "rule": rule}))
    eventually(lambda: api.get(f"segments/{segment['id']}").json()["status"] == "live")
    leaves_at = time.time() + 3
    rung = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(leaves_at - 15 * 60))
    leaves_at = int(leaves_at)
    quen.send({"type": "track", "event": "Bell Rung", "userId": "bell-1", "timestamp": rung})
    eventually(lambda: _segments(quen, "bell-1") == [segment["id"]], 5)
    assert time.time() < leaves_at + 1
    eventually(lambda: _segments(quen, "bell-1") == [], 10)
    left = eventually(lambda: [e for e in _events(quen, "bell-1") if e["event"] == "Segment Exited"])[0]
    assert left["time"].startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(leaves_at)))


def _added(user: str) -> dict[str, Any]:
    return {"type": "track", "event": "Kettle Added", "userId": user, "properties": {"sku": "AM-01"}}


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _segments(quen: Quen, user: str) -> list[str]:
    return [s["id"] for s in quen.profile(f"user_id:{user}")["segments"]]


def _events(quen: Quen, user: str) -> list[dict[str, Any]]:
    answer = quen.api().get(f"profiles/user_id:{user}/events", params={"limit": 100})
    return list(answer.json()["items"])


def _timeline(quen: Quen, profile_id: str) -> list[str]:
    answer = quen.api().get(f"profiles/{profile_id}/events", params={"limit": 100})
    return [e["event"] for e in answer.json()["items"]]


def _link(html: str, part: str) -> str:
    found = re.search(rf'https?://[^"]+{part}[^"]+', html)
    assert found is not None, html
    return found[0]
