"""kill -9 at any moment: what was answered 200 is stored, and stored once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tests.support import Quen, basic_auth, eventually


def _events(quen: Quen, identifier: str) -> Iterator[dict[str, Any]]:
    """Everything on a person's timeline, page by page."""
    before = None
    while True:
        params = {"limit": 200} | ({"before": before} if before else {})
        page = quen.api().get(f"profiles/{identifier}/events", params=params).json()
        yield from page["items"]
        before = page["next"]
        if before is None:
            return


def test_the_edge_keeps_accepting_while_the_app_is_down(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    quen.source()
    quen.kill_app()
    quen.send({"type": "track", "event": "While Away", "userId": "night-1"})
    quen.wait_until_healthy()
    assert quen.profile("user_id:night-1")
    quen.settle()
    assert [e["event"] for e in _events(quen, "user_id:night-1")] == ["While Away"]


def test_nothing_is_lost_or_doubled_by_kills_under_load(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    key = quen.source()
    sent: list[str] = []
    stop = threading.Event()

    def send() -> None:
        number = 0
        with httpx.Client(base_url=quen.edge_url, timeout=30) as client:
            while not stop.is_set():
                ids = [f"m-{number}-{i}" for i in range(50)]
                batch = [{"type": "track", "event": "Load", "userId": "load-1", "messageId": i} for i in ids]
                stop.wait(0.01)  # a stream, no flood: what it sends is read again, page by page
                try:
                    answer = client.post("/v1/batch", json={"batch": batch}, headers=basic_auth(key))
                except httpx.TransportError:
                    continue  # the edge was being restarted: sent again, as every SDK does
                if answer.status_code == 200:
                    sent.extend(ids)
                    number += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for kill in (quen.restart_app, quen.restart_app, quen.kill):
            count = len(sent)
            eventually(lambda count=count: len(sent) > count + 500, 120)
            kill()
            if kill == quen.kill:
                quen.start()
    finally:
        stop.set()
        sender.join()
    quen.profile("user_id:load-1")
    expected = set(sent)

    def all_there() -> list[str] | None:
        got = [e["message_id"] for e in _events(quen, "user_id:load-1")]
        return got if expected <= set(got) else None

    got = eventually(all_there, 300, interval=0.5) or []
    assert len(got) == len(set(got))
