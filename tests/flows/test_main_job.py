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
from tests.support import Quen, eventually, unique

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
    """A live segment of people who added something and did not order, and a live journey for it; names of its own."""
    api, mark = quen.api(), unique()
    added = {"event": f"Added {mark}", "count": {"op": "gte", "value": 1}, "within": "1h"}
    ordered = {"event": f"Ordered {mark}", "count": {"op": "gte", "value": 1}, "within": "1h"}
    segment = _made(api.post("segments", json={"name": mark, "rule": {"all": [added, {"not": ordered}]}}))
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
    return {"segment": segment["id"], "journey": journey["id"], "mark": mark}


def test_from_an_event_to_a_click_and_an_unsubscribe(
    quen: Quen, receiver: Receiver, running_journey: dict[str, Any]
) -> None:
    mark = running_journey["mark"]
    user, typed = f"dao-{mark}", f"Dao.{mark}@Example.com"
    traits = {"name": "Đào", "email": typed, "last_sku": "AM-01"}
    quen.send({"type": "identify", "userId": user, "traits": traits}, _added(user, mark))
    profile = quen.profile(f"email:{typed.lower()}")
    eventually(lambda: running_journey["segment"] in _segments(quen, user))

    mail = quen.smtp.wait_for(f"Dao.{mark}@example.com")[0]
    assert mail.subject == "Đào, ấm trà còn đợi bạn"
    assert "vẫn còn AM-01" in mail.body("plain")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    html = mail.body()
    answer = quen.edge.get(_link(html, "/c/"))
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/cart?ref=mail")
    pixel = quen.edge.get(_link(html, "/o/"))
    assert (pixel.status_code, pixel.headers["content-type"]) == (200, "image/gif")
    unsubscribe = re.search(r"<(http[^>]+)>", mail.message["List-Unsubscribe"])
    assert unsubscribe is not None
    assert quen.edge.post(unsubscribe[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200

    expected = {
        "Identified",
        f"Added {mark}",
        "Segment Entered",
        "Journey Entered",
        "Journey Ended",
        "Email Sent",
        "Email Clicked",
        "Email Opened",
        "Unsubscribed",
    }
    eventually(lambda: expected <= set(_timeline(quen, profile["id"])))
    eventually(lambda: quen.profile(f"user_id:{user}")["traits"].get("kettle_reminded") is True)
    messages = quen.api().get("messages", params={"journey": running_journey["journey"]}).json()["items"]
    assert {m["status"] for m in messages if m["channel"] == "email"} == {"accepted"}

    headers, body = eventually(lambda: receiver.calls)[0]
    secret = signing_secret((quen.data_dir / "secret_key").read_text())
    verified = Webhook(secret).verify(body, {k.lower(): v for k, v in headers.items()})
    assert json.loads(body) == verified

    # She has had enough: whatever happens next, nothing more is sent to her, and the reason is there to read.
    quen.send({"type": "track", "event": f"Ordered {mark}", "userId": user})
    eventually(lambda: running_journey["segment"] not in _segments(quen, user))


def test_who_orders_before_the_send_gets_nothing(quen: Quen, running_journey: dict[str, Any]) -> None:
    mark = running_journey["mark"]
    early, late = f"early-{mark}", f"late-{mark}"
    ordered = {"type": "track", "event": f"Ordered {mark}", "userId": early}
    quen.send(_identify(early), _added(early, mark), ordered)
    quen.send(_identify(late))
    quen.send(_added(late, mark))
    quen.smtp.wait_for(f"{late}@example.com")
    assert quen.smtp.to(f"{early}@example.com") == []


def test_who_unsubscribed_or_has_no_address_is_not_written_to_and_the_reason_is_kept(
    quen: Quen, running_journey: dict[str, Any]
) -> None:
    api, mark = quen.api(), running_journey["mark"]
    off, nowhere = f"off-{mark}", f"nowhere-{mark}"
    api.post("suppressions", json={"channel": "email", "address": f"{off}@example.com"}).raise_for_status()
    quen.send(_identify(off))
    quen.send(_added(off, mark), _added(nowhere, mark))

    def reasons() -> dict[str, str] | None:
        items = api.get("messages", params={"journey": running_journey["journey"], "status": "suppressed"}).json()
        found = {item["profile_id"]: item["reason"] for item in items["items"] if item["channel"] == "email"}
        return found if len(found) >= 2 else None

    found = eventually(reasons) or {}
    assert found[quen.profile(f"user_id:{off}")["id"]] == "by_hand"
    assert found[quen.profile(f"user_id:{nowhere}")["id"]] == "no_address"


def test_a_window_ends_by_itself_at_its_second(quen: Quen) -> None:
    api, mark = quen.api(), unique()
    rule = {"event": f"Rung {mark}", "count": {"op": "gte", "value": 1}, "within": "15m"}
    segment = _made(api.post("segments", json={"name": mark, "rule": rule}))
    eventually(lambda: api.get(f"segments/{segment['id']}").json()["status"] == "live")
    leaves_at = int(time.time()) + 20  # it must have come in by then
    rung = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(leaves_at - 15 * 60))
    quen.send({"type": "track", "event": f"Rung {mark}", "userId": mark, "timestamp": rung})
    quen.settle()
    assert "Segment Entered" in {e["event"] for e in _events(quen, mark)}
    left = eventually(lambda: [e for e in _events(quen, mark) if e["event"] == "Segment Exited"])[0]
    assert left["time"].startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(leaves_at)))
    eventually(lambda: segment["id"] not in _segments(quen, mark))


def _identify(user: str) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": {"email": f"{user}@example.com"}}


def _added(user: str, mark: str) -> dict[str, Any]:
    return {"type": "track", "event": f"Added {mark}", "userId": user, "properties": {"sku": "AM-01"}}


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
