"""The books: what clients were told, and whether everything that Quen keeps agrees with it and with itself.

Clients write down each message they begin to send and each that was answered 200. When all is quiet, `settle` stops
Quen and lets a process of its own (chDB admits one) read state, events, quarantine, and what arrived at the mail server
and at the receivers of webhooks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support import Quen, eventually

ORDERED = "Ordered"


class Ledger:
    """`begun` and `answered` are (write key, message id); safe to use from several threads."""

    def __init__(self) -> None:
        self.begun: dict[tuple[str, str], bool] = {}  # → whether it was answered 200
        self._lock = threading.Lock()

    def begin(self, key: str, message_id: str) -> None:
        with self._lock:
            self.begun.setdefault((key, message_id), False)

    def answer(self, key: str, message_ids: list[str]) -> None:
        with self._lock:
            for message_id in message_ids:
                self.begun[key, message_id] = True

    @property
    def answered(self) -> int:
        with self._lock:
            return sum(self.begun.values())


def quiet(quen: Quen, timeout: float = 120) -> None:
    """Wait until the engine has nothing left to do and the outbox nothing to send now."""

    def done() -> bool:
        health = quen_health(quen)
        assert health["engine"].get("lag") == 0, health
        waiting = quen.api().get("messages", params={"status": "queued", "limit": 1}).json()["items"]
        claimed = quen.api().get("messages", params={"status": "claimed", "limit": 1}).json()["items"]
        assert not waiting and not claimed, (waiting, claimed)
        return True

    quen.wait_until_healthy(timeout)
    still = 0

    def still_done() -> bool:
        nonlocal still
        try:
            still = still + 1 if done() else 0
        except AssertionError:
            still = 0
            raise
        return still >= 3  # a batch may bring the next one

    eventually(still_done, timeout, interval=0.3)


def quen_health(quen: Quen) -> dict[str, Any]:
    import httpx

    try:
        return dict(httpx.get(f"{quen.base_url}/health", timeout=10).json())
    except httpx.TransportError as error:
        raise AssertionError(f"no answer: {error}") from None


def settle(quen: Quen, ledger: Ledger, *, calls: Counter[str] | None = None, tmp: Path) -> dict[str, Any]:
    """Stop Quen and compare everything; the figures. Fails with all that does not agree."""
    quiet(quen)
    sources = {s["write_key"]: s["id"] for s in quen.cli_json("sources", "list")["items"]}
    assert quen.stop() == 0, quen.log_tail()
    doctor = quen.cli("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    told = tmp / "ledger.json"
    told.write_text(
        json.dumps(
            {
                "messages": [[sources[key], id_, ok] for (key, id_), ok in ledger.begun.items()],
                "mails": Counter(mail.subject for mail in quen.smtp.mails),
                "calls": calls or {},
            }
        )
    )
    return examine(quen.data_dir, told, quen._settings)


def examine(data_dir: Path, told: Path, settings: dict[str, str] | None = None) -> dict[str, Any]:
    environment = {
        **os.environ,
        **(settings or {}),
        "QUEN_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "quen.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.examine", str(told)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["wrong"] == [], "\n".join(found["wrong"])
    return dict(found["figures"])
