"""Stopping under load: within ten seconds, whatever the signal, and nothing that was answered is lost."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support import Quen, basic_auth, eventually


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_under_load_within_ten_seconds_and_loses_nothing(
    new_quen: Callable[..., Quen], number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    quen = new_quen()
    quen.start()
    key, answered, stop = quen.source(), list[str](), threading.Event()

    def send() -> None:
        count = 0
        with httpx.Client(base_url=quen.edge_url, timeout=30) as client:
            while not stop.is_set():
                ids = [f"m-{count}-{i}" for i in range(100)]
                count += 1
                batch = [{"type": "track", "event": "Load", "userId": "load-1", "messageId": id_} for id_ in ids]
                try:
                    answer = client.post("/v1/batch", json={"batch": batch}, headers=basic_auth(key))
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.extend(ids)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        eventually(lambda: len(answered) > 2000)
        assert quen._process is not None
        before = time.monotonic()
        quen._process.send_signal(number)
        assert quen._process.wait(20) == 0
        took = time.monotonic() - before
    finally:
        stop.set()
        sender.join()
    record_property("seconds", took)
    assert took < 15, quen.log_tail()
    quen.start()

    def stored() -> set[str]:
        found, before_ = set(), None
        while True:
            params = {"limit": 200} | ({"before": before_} if before_ else {})
            answer = quen.api().get("profiles/user_id:load-1/events", params=params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found |= {item["message_id"] for item in page["items"]}
            before_ = page["next"]
            if before_ is None:
                return found

    eventually(lambda: set(answered) <= stored(), 60, 0.5)


def test_systemd_is_told_when_it_is_at_work_and_when_it_stops(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    quen = new_quen()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        quen._settings |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
        quen.start()
        told = set[bytes]()
        while not {b"READY=1\nSTATUS=at work", b"WATCHDOG=1"} <= told:
            told.add(systemd.recv(200))
        quen.stop()
        while b"STOPPING=1" not in told:
            told.add(systemd.recv(200))


def test_a_taken_port_is_said_at_once(quen: Quen, new_quen: Callable[..., Quen]) -> None:
    other = new_quen()
    other.cli("init", "--email", other.owner_email, "--password-env", "QUEN_TEST_PASSWORD")
    refused = other.cli("up", "--port", str(quen.port), "--edge-port", str(other.edge_port), check=False)
    assert (refused.returncode, f"port {quen.port}" in refused.stderr) == (1, True)
