"""A shop on a Quen of its own: a segment, and a journey that writes to everybody who orders."""

from __future__ import annotations

from tests.faults.servers import FaultyMail
from tests.flows.test_delivery_messages import publish, template
from tests.support import Quen, eventually

LETTER = """<mjml><mj-body><mj-section><mj-column><mj-text>{{ event.properties.order_id }}</mj-text>
</mj-column></mj-section></mj-body></mjml>"""


def open_shop(quen: Quen, hook: str, mail: FaultyMail | None = None) -> FaultyMail:
    """Start it; every order gets an e-mail, a wait, a webhook and a trait."""
    quen.smtp = mail = mail or FaultyMail()
    quen._settings.setdefault("QUEN_SMTP_URL", f"{mail.url}?timeout=3")
    quen.start()
    made = template(quen, LETTER, "Order {{ event.properties.order_id }}")
    often = {"event": "Browsed", "count": {"op": "gte", "value": 3}, "within": "30d"}
    answer = quen.api().post("segments", json={"name": "Often here", "rule": often})
    assert answer.status_code == 201, answer.text
    eventually(lambda: quen.api().get(f"segments/{answer.json()['id']}").json()["status"] == "live")
    publish(
        quen,
        "Ordered",
        {"id": "mail", "type": "email", "template_id": made},
        {"id": "hook", "type": "webhook", "url": hook, "body": ""},
        {"id": "mark", "type": "traits", "traits": {"ordered": True}},
        entry_key="properties.order_id",
    )
    return mail
