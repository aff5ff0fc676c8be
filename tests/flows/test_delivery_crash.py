"""kill -9 of the app in the middle of sending: nobody gets an e-mail twice, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.flows.test_delivery_messages import email_step, publish, template
from tests.support import MailServer, Quen, eventually

PEOPLE = 60


@dataclass
class SlowMailServer(MailServer):
    """Takes its time with each message, so that the app dies while some are under way."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(0.05)
        return await super().handle_DATA(server, session, envelope)


def test_the_app_dies_while_it_sends(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.smtp = SlowMailServer()
    quen.start()
    publish(quen, "Signed Up", email_step(template(quen)))
    for n in range(PEOPLE):
        quen.send(
            {"type": "identify", "userId": f"u{n}", "traits": {"email": f"p{n}@example.com"}},
            {"type": "track", "userId": f"u{n}", "event": "Signed Up"},
        )
    eventually(lambda: len(quen.smtp.mails) >= 5)
    quen.restart_app()

    def settled() -> dict[str, int]:
        counts: dict[str, int] = {}
        for message in quen.api().get("messages", params={"limit": 200}).json()["items"]:
            counts[message["status"]] = counts.get(message["status"], 0) + 1
        assert set(counts) <= {"accepted", "unknown"} and sum(counts.values()) == PEOPLE, counts
        return counts

    counts = eventually(settled, 120)
    arrived = [len(quen.smtp.to(f"p{n}@example.com")) for n in range(PEOPLE)]
    assert max(arrived) == 1
    assert arrived.count(0) <= counts.get("unknown", 0) <= 20  # one set at the most; all others arrived
    unknown = quen.api().get("messages", params={"status": "unknown"}).json()["items"]
    assert {m["reason"] for m in unknown} <= {"interrupted"}
