"""From an event to the mailbox and back: a journey's e-mail over real SMTP, opened, clicked, unsubscribed."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.support import Quen, eventually, unique
from tests.unit.delivery.servers import reply, web_server

CART = """<mjml lang="vi"><mj-body><mj-section><mj-column>
<mj-text>Chào {{ person.name }}</mj-text>
{% for p in event.properties.products %}<mj-text>{{ p.name }} – {{ p.price | vnd }}</mj-text>{% endfor %}
<mj-button href="https://shop.example/cart?a=1&amp;b=2">Xem giỏ hàng</mj-button>
</mj-column></mj-section></mj-body></mjml>"""


def template(quen: Quen, body: str = CART, subject: str = "Giỏ hàng của {{ person.name }}") -> str:
    made = quen.api().post("templates", json={"name": "Giỏ hàng", "subject": subject, "body": body})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def publish(quen: Quen, event: str, *nodes: dict[str, Any], **graph: Any) -> str:
    """A live journey that the event starts."""
    whole = {
        "trigger": {"type": "event", "event": event, "where": [], "max_age": "24h"},
        "entry_key": None, "reentry": "always", "exit_when": None, "exit_on": [], "nodes": list(nodes),
    }  # fmt: skip
    made = quen.api().post("journeys", json={"name": f"Khi {event}", "graph": whole | graph})
    assert made.status_code == 201, made.text
    journey = str(made.json()["id"])
    done = quen.api().post(f"journeys/{journey}/publish")
    assert done.status_code == 200, done.text
    eventually(lambda: quen.api().get(f"journeys/{journey}").json()["status"] == "live")
    return journey


def email_step(template_id: str) -> dict[str, Any]:
    return {"id": "mail", "type": "email", "template_id": template_id}


def person(quen: Quen, name: str = "Lan", **traits: Any) -> tuple[str, str]:
    """A known person: user id and address."""
    user = f"u-{unique()}"
    address = f"{user}@example.com"
    quen.send({"type": "identify", "userId": user, "traits": {"name": name, "email": address} | traits})
    quen.profile(f"user_id:{user}")
    return user, address


def messages_of(quen: Quen, user: str, **filters: str) -> list[dict[str, Any]]:
    profile = quen.profile(f"user_id:{user}")["id"]
    answer = quen.api().get("messages", params={"profile": profile, **filters})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def timeline(quen: Quen, user: str) -> list[str]:
    answer = quen.api().get(f"profiles/user_id:{user}/events", params={"limit": 50})
    assert answer.status_code == 200, answer.text
    return [item["event"] for item in answer.json()["items"]]


def test_an_abandoned_cart_reaches_the_mailbox_and_comes_back(quen: Quen) -> None:
    event = f"Cart {unique(8)}"
    journey = publish(quen, event, email_step(template(quen)))
    user, address = person(quen, "Nguyễn <b>Lan</b>")
    products = [{"name": 'Áo dài "lụa"', "price": 350_000}]
    quen.send({"type": "track", "userId": user, "event": event, "properties": {"products": products}})

    (mail,) = quen.smtp.wait_for(address)
    assert mail.subject == "Giỏ hàng của Nguyễn <b>Lan</b>"
    assert "Chào Nguyễn &lt;b&gt;Lan&lt;/b&gt;" in mail.body()
    assert "350.000\xa0₫" in mail.body() and "<b>Lan" not in mail.body()
    assert "https://shop.example/cart?a=1&b=2" in mail.body("plain")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    pixel = re.search(rf'<img src="({quen.edge_url}/o/[^"]+)"', mail.body())
    link = re.search(rf'href="({quen.edge_url}/c/[^"]+)"', mail.body())
    assert pixel and link
    assert quen.edge.get(pixel[1]).headers["content-type"] == "image/gif"
    clicked = quen.edge.get(link[1])
    assert clicked.status_code == 302 and clicked.headers["location"] == "https://shop.example/cart?a=1&b=2"

    def came_back() -> dict[str, Any]:
        (message,) = messages_of(quen, user)
        assert message["opened_at"] and message["clicked_at"] and message["status"] == "accepted", message
        return message

    message = eventually(came_back)
    assert message["address"] == address and message["journey_id"] == journey
    assert [act["kind"] for act in message["activity"]] == ["open", "click"]
    shown = quen.api().get(f"messages/{message['id']}").json()
    assert "https://shop.example/cart?a=1&amp;b=2" in shown["html"] and "/o/" not in shown["html"]

    way_out = mail.message["List-Unsubscribe"].strip("<>")
    done = quen.edge.post(way_out, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    eventually(lambda: quen.api().get("suppressions", params={"query": address}).json()["items"])

    quen.send({"type": "track", "userId": user, "event": event, "properties": {"products": products}})
    held = eventually(lambda: messages_of(quen, user, status="suppressed"))
    assert [m["reason"] for m in held] == ["unsubscribed"]
    assert len(quen.smtp.to(address)) == 1
    wanted = {"Email Sent", "Email Opened", "Email Clicked", "Unsubscribed", "Email Suppressed"}
    eventually(lambda: wanted <= set(timeline(quen, user)))

    removed = quen.api().delete("suppressions", params={"address": address.upper()})
    assert removed.status_code == 204
    quen.send({"type": "track", "userId": user, "event": event})
    quen.smtp.wait_for(address, 2)


def test_who_has_no_address_gets_nothing_and_it_says_why(quen: Quen) -> None:
    event = f"Hello {unique(8)}"
    publish(quen, event, email_step(template(quen)))
    user = f"u-{unique()}"
    quen.send({"type": "track", "userId": user, "event": event})
    (message,) = eventually(lambda: messages_of(quen, user, status="suppressed"))
    assert message["reason"] == "no_address"
    eventually(lambda: "Email Suppressed" in timeline(quen, user))


def test_a_refused_recipient_fails_with_the_servers_words(quen: Quen) -> None:
    event = f"Refused {unique(8)}"
    publish(quen, event, email_step(template(quen)))
    user, address = person(quen)
    quen.smtp.answers[address] = "550 5.1.1 no such mailbox"
    quen.send({"type": "track", "userId": user, "event": event})
    (message,) = eventually(lambda: messages_of(quen, user, status="failed"))
    assert (message["reason"], message["detail"]) == ("recipient_refused", "550 5.1.1 no such mailbox")
    (suppressed,) = quen.api().get("suppressions", params={"query": address}).json()["items"]
    assert suppressed["reason"] == "bounced" and suppressed["message_id"] == message["id"]
    eventually(lambda: "Email Failed" in timeline(quen, user))


def test_a_webhook_is_signed_and_carries_the_person(quen: Quen) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        got.append((dict(handler.headers.items()), body))
        reply(handler, 503 if len(got) == 1 else 200, retry_after="0")

    event = f"Hook {unique(8)}"
    with web_server(answer) as base:
        publish(quen, event, {"id": "hook", "type": "webhook", "url": f"{base}/hook", "body": ""})
        user, address = person(quen)
        quen.send({"type": "track", "userId": user, "event": event, "properties": {"total": 5}})
        eventually(lambda: got)
        (message,) = messages_of(quen, user)
        assert (message["channel"], message["attempts"]) == ("webhook", 1)
    headers, body = got[0]
    told = Webhook(_secret(quen)).verify(body, headers)
    assert told["type"] == "journey.webhook"
    assert told["data"]["profile"]["traits"]["email"] == address
    assert told["data"]["event"]["properties"] == {"total": 5}
    assert told["data"]["journey"]["name"] == f"Khi {event}"


def _secret(quen: Quen) -> str:
    from quen.delivery.channels.webhook import signing_secret

    return signing_secret((quen.data_dir / "secret_key").read_text().strip())


def test_a_slow_webhook_does_not_delay_the_mail(quen: Quen) -> None:
    asked, released = threading.Event(), threading.Event()
    event = f"Slow {unique(8)}"

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        asked.set()
        released.wait(60)
        reply(handler, 200)

    with web_server(answer) as base:
        hook = {"id": "hook", "type": "webhook", "url": base, "body": ""}
        publish(quen, event, hook, email_step(template(quen)))
        user, address = person(quen)
        quen.send({"type": "track", "userId": user, "event": event})
        quen.smtp.wait_for(address)
        # Held by its receiver, or given up and asked again later: the mail is out all the same.
        assert asked.wait(60)
        assert not messages_of(quen, user, channel="webhook", status="accepted")
        released.set()
        eventually(lambda: messages_of(quen, user, channel="webhook", status="accepted"), 120)


def test_templates_over_the_api(quen: Quen) -> None:
    user, _ = person(quen, "Ngọc")
    api = quen.api("marketer")
    made = template(quen)
    assert api.patch(f"templates/{made}", json={"name": "Mới"}).json()["name"] == "Mới"
    preview = api.post(f"templates/{made}/preview", json={"person": f"user_id:{user}"}).json()
    assert preview["subject"] == "Giỏ hàng của Ngọc" and preview["sample_event"] is True
    assert "Khăn lụa" in preview["html"] and quen.edge_url not in preview["html"]
    assert [w["code"] for w in preview["warnings"]] == ["footer"]
    own = {"properties": {"products": [{"name": "Trà", "price": 1}]}}
    assert "Trà" in api.post(f"templates/{made}/preview", json={"event": own}).json()["html"]
    assert made in [t["id"] for t in api.get("templates").json()["items"]]

    wrong = api.patch(f"templates/{made}", json={"body": "<mjml>\n{{ x | nope }}</mjml>"})
    assert wrong.status_code == 422
    assert wrong.json() == {
        "code": "template", "message": "unknown filter 'nope'", "details": {"place": "body", "line": 2},
    }  # fmt: skip
    broken = api.post(f"templates/{made}/preview", json={"body": "<mjml><mj-body>\n<b></mj-body></mjml>"})
    assert broken.status_code == 422 and broken.json()["details"] == {"place": "body", "line": 2}
    assert api.post("templates", json={"name": " ", "body": CART}).status_code == 422
    assert api.get("templates/12345").status_code == 404
    assert api.delete(f"templates/{made}").status_code == 204
    assert api.get(f"templates/{made}").status_code == 404


def test_a_template_that_a_journey_uses_stays(quen: Quen) -> None:
    made = template(quen)
    event = f"Used {unique(8)}"
    publish(quen, event, email_step(made))
    answer = quen.api().delete(f"templates/{made}")
    assert answer.status_code == 409 and f"Khi {event}" in answer.json()["message"]


@pytest.mark.parametrize(
    ("role", "templates", "messages", "suppressions"),
    [("marketer", 200, 200, 200), ("care", 403, 200, 200), ("analyst", 403, 200, 403), ("developer", 403, 403, 403)],
)
def test_roles(quen: Quen, role: str, templates: int, messages: int, suppressions: int) -> None:
    api = quen.api(role)
    assert api.get("templates").status_code == templates
    assert api.get("messages").status_code == messages
    assert api.get("suppressions").status_code == suppressions


def test_an_analyst_sees_addresses_masked(quen: Quen) -> None:
    event = f"Mask {unique(8)}"
    publish(quen, event, email_step(template(quen, subject="Thư cho {{ person.email }}")))
    user, address = person(quen)
    quen.send({"type": "track", "userId": user, "event": event})
    eventually(lambda: messages_of(quen, user, status="accepted"))
    profile = quen.profile(f"user_id:{user}")["id"]
    (message,) = quen.api("analyst").get("messages", params={"profile": profile}).json()["items"]
    assert address not in str(message) and message["address"].endswith("@example.com")
    whole = quen.api("analyst").get(f"messages/{message['id']}").json()
    assert "html" not in whole and "text" not in whole


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "x\r\nBcc: y@z.vn"])
def test_only_addresses_are_suppressed(quen: Quen, address: str) -> None:
    assert quen.api().post("suppressions", json={"address": address}).status_code == 422


def test_filters_that_cannot_be_are_said_so(quen: Quen) -> None:
    for query in ({"status": "lost"}, {"channel": "pigeon"}, {"journey": "x"}, {"cursor": "%%%"}):
        assert quen.api().get("messages", params=query).status_code == 422


def test_messages_come_in_pages(quen: Quen) -> None:
    event = f"Pages {unique(8)}"
    publish(quen, event, email_step(template(quen)))
    for user in (person(quen)[0], person(quen)[0]):
        quen.send({"type": "track", "userId": user, "event": event})
        eventually(lambda user=user: messages_of(quen, user))
    first = quen.api().get("messages", params={"limit": 1}).json()
    assert len(first["items"]) == 1 and first["next"]
    second = quen.api().get("messages", params={"limit": 1, "cursor": first["next"]}).json()
    assert int(second["items"][0]["id"]) < int(first["items"][0]["id"])
