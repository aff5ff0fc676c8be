"""Who enters and leaves a segment is told to other systems: signed, in order, batched; nobody waits for a dead one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support import Quen, eventually, free_port


class Target:
    """Keeps what it is told; answers `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.calls: list[tuple[dict[str, str], bytes]] = []
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(target.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/quen"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.calls]

    def people(self, kind: str) -> list[str]:
        return [p["id"] for call in self.told() if call["type"] == kind for p in call["data"]["profiles"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


class Shop:
    """A live segment of the people whose tier is gold; nobody is in it yet."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.mark = quen, quen.api(), uuid4().hex[:10]
        rule = {"trait": f"tier_{self.mark}", "op": "eq", "value": "gold"}
        self.segment = self.api.post("segments", json={"name": f"Gold {self.mark}", "rule": rule}).json()["id"]
        eventually(lambda: self.get()["status"] == "live")

    def get(self) -> dict[str, Any]:
        return dict(self.api.get(f"segments/{self.segment}").json())

    def tier(self, user: str, tier: str) -> dict[str, Any]:
        traits = {f"tier_{self.mark}": tier, "email": f"{user}-{self.mark}@example.com", "city": "Huế"}
        return {"type": "identify", "userId": f"{user}-{self.mark}", "traits": traits}

    def hook(self, target: str, **settings: Any) -> dict[str, Any]:
        answer = self.api.post(f"segments/{self.segment}/webhooks", json={"url": target, **settings})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def path(self, hook: dict[str, Any], more: str = "") -> str:
        return f"segments/{self.segment}/webhooks/{hook['id']}{more}"

    def deliveries(self, hook: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.api.get(self.path(hook, "/deliveries")).json()["items"])


@pytest.fixture
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_entries_and_exits_are_told_signed_and_in_order(shop: Shop, target: Target) -> None:
    hook = shop.hook(target.url, traits=["city"])
    users = [f"u{n}" for n in range(30)]
    shop.quen.send(*(shop.tier(user, "gold") for user in users))
    eventually(lambda: len(target.people("segment.entered")) == 30)
    assert len(target.calls) < 10  # together, not one by one
    shop.quen.send(shop.tier("u3", "none"))
    eventually(lambda: target.people("segment.exited"))
    who = shop.quen.profile(f"user_id:u3-{shop.mark}")["id"]
    assert target.people("segment.exited") == [who]
    signer = Webhook(hook["secret"])
    for headers, body in target.calls:
        signer.verify(body, headers)
    last = target.told()[-1]
    assert last["data"]["segment"] == {"id": shop.segment, "name": f"Gold {shop.mark}"}
    (person,) = last["data"]["profiles"]
    assert person["traits"] == {"city": "Huế"}
    assert {"type": "user_id", "value": f"u3-{shop.mark}"} in [
        {"type": each["type"], "value": each["value"]} for each in person["identifiers"]
    ]
    eventually(lambda: {each["status"] for each in shop.deliveries(hook)} == {"accepted"})
    log = shop.deliveries(hook)
    assert (log[0]["type"], log[0]["people"]) == ("segment.exited", 1)
    assert "secret" not in shop.api.get(f"segments/{shop.segment}/webhooks").json()["items"][0]
    # It is no message to anybody.
    assert shop.api.get("messages", params={"profile": "0"}).json()["items"] == []


def test_a_new_secret_and_for_a_day_the_old_one(shop: Shop, target: Target) -> None:
    hook = shop.hook(target.url)
    new = shop.api.post(shop.path(hook, "/secret")).json()["secret"]
    assert new != hook["secret"]
    shop.quen.send(shop.tier("a", "gold"))
    eventually(lambda: target.calls)
    headers, body = target.calls[0]
    Webhook(new).verify(body, headers)
    Webhook(hook["secret"]).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)


def test_a_dead_target_holds_back_only_itself(shop: Shop, target: Target) -> None:
    dead = shop.hook(f"http://127.0.0.1:{free_port()}/nobody")
    alive = shop.hook(target.url)
    for user in "abc":
        shop.quen.send(shop.tier(user, "gold"))
        who = shop.quen.profile(f"user_id:{user}-{shop.mark}")["id"]
        eventually(lambda who=who: who in target.people("segment.entered"))
    eventually(lambda: all(each["status"] == "accepted" for each in shop.deliveries(alive)))
    waiting = eventually(lambda: found if (found := shop.deliveries(dead))[-1]["attempts"] else None) or []
    assert {each["status"] for each in waiting} <= {"queued", "claimed"}
    assert [each["attempts"] for each in waiting[:-1]] == [0] * (len(waiting) - 1)  # they wait for their turn
    assert shop.api.delete(shop.path(dead)).status_code == 204
    assert len(shop.api.get(f"segments/{shop.segment}/webhooks").json()["items"]) == 1


def test_who_says_gone_is_told_no_more(shop: Shop, target: Target) -> None:
    hook, target.status = shop.hook(target.url), 410
    shop.quen.send(shop.tier("a", "gold"))

    def one() -> dict[str, Any]:
        return dict(shop.api.get(f"segments/{shop.segment}/webhooks").json()["items"][0])

    eventually(lambda: not one()["active"])
    assert "410" in one()["problem"]

    def seen() -> dict[str, Any]:
        return next(each for each in shop.api.get("system").json()["checks"] if each["check"] == "webhook")

    eventually(lambda: seen()["figures"]["paused"])
    assert seen()["level"] != "ok" and "tạm dừng" in seen()["text"]
    target.status = 204
    assert shop.api.patch(shop.path(hook), json={"active": True}).json()["problem"] == ""
    shop.quen.send(shop.tier("b", "gold"))
    eventually(lambda: len(target.people("segment.entered")) == 2)


def test_what_a_computation_finds_is_told_only_if_asked_for(shop: Shop, target: Target) -> None:
    shop.quen.send(*(shop.tier(user, "silver") for user in "abc"))
    who = {shop.quen.profile(f"user_id:{user}-{shop.mark}")["id"] for user in "abc"}
    quiet, asked = Target(), shop.hook(target.url, backfills=True)
    shop.hook(quiet.url)
    rule = {"trait": f"tier_{shop.mark}", "op": "in", "value": ["gold", "silver"]}
    assert shop.api.patch(f"segments/{shop.segment}", json={"rule": rule}).json()["version"] == 2
    eventually(lambda: set(target.people("segment.entered")) == who)
    assert all(call["data"]["backfill"] for call in target.told())
    eventually(lambda: shop.get()["shown_version"] == 2)
    shop.quen.send(shop.tier("d", "gold"))
    fourth = shop.quen.profile(f"user_id:d-{shop.mark}")["id"]
    eventually(lambda: quiet.people("segment.entered"))
    assert quiet.people("segment.entered") == [fourth]
    assert asked["active"]
    quiet.close()


def test_who_may_not_see_contact_data_may_not_have_it_sent(shop: Shop, target: Target) -> None:
    analyst = shop.quen.api("analyst")
    assert analyst.post(f"segments/{shop.segment}/webhooks", json={"url": target.url}).status_code == 403
    assert shop.api.post(f"segments/{shop.segment}/webhooks", json={"url": "ftp://x"}).status_code == 422
    nothing = {"url": target.url, "entered": False, "exited": False}
    assert shop.api.post(f"segments/{shop.segment}/webhooks", json=nothing).status_code == 422
