"""The books: what clients were told, and whether everything that Quen keeps agrees with it and with itself.

Clients write down each message they begin to send and each that was answered 200. When all is quiet, `settle` stops
Quen and lets a process of its own (chDB admits one) read state, events, quarantine, and what arrived at the mail server
and at the receivers of webhooks.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support import Quen

STUCK_AFTER_S = 90.0  # longer than a server that failed rests at first, and than the app takes to start


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


def quiet(quen: Quen, check: Callable[[], None] = lambda: None) -> None:
    """Wait until the engine has nothing left to do and the outbox nothing to send, for as long as they get on.

    `check` is called meanwhile. Fails with what waits when nothing of it has gone for STUCK_AFTER_S.
    """
    quen.wait_until_healthy()
    fewest, since, still = None, time.monotonic(), 0
    while still < 3:  # a batch may bring the next one
        time.sleep(0.3)
        check()
        waiting = _waiting(quen)
        left = sum(waiting.values())
        still = 0 if left else still + 1
        if fewest is None or left < fewest:
            fewest, since = left, time.monotonic()
        stuck = time.monotonic() - since
        assert not left or stuck < STUCK_AFTER_S, f"{waiting} wait, none less for {stuck:.0f} s:\n{quen.log_tail()}"


# Of what waits where nobody can say: no less than whatever is said next, so that it can become less.
UNKNOWN = 10**9


def _waiting(quen: Quen) -> dict[str, int]:
    """How much waits: entries of the journal for the engine, messages for the outbox."""
    try:
        health = quen_health(quen)
    except AssertionError:
        return {"the app": UNKNOWN}
    # Asked of the file: the API lists messages, it does not count them.
    with closing(sqlite3.connect(f"file:{quen.data_dir / 'state.db'}?mode=ro", uri=True, timeout=30)) as state:
        rows = state.execute(
            "SELECT channel || ' ' || status, COUNT(*) FROM delivery_message WHERE status IN ('queued', 'claimed')"
            " GROUP BY 1"
        ).fetchall()
    lag = health["engine"].get("lag")
    return {"entries": UNKNOWN if lag is None else lag, **dict(rows)}


def quen_health(quen: Quen) -> dict[str, Any]:
    import httpx

    try:
        return dict(httpx.get(f"{quen.base_url}/health", timeout=10).json())
    except httpx.TransportError as error:
        raise AssertionError(f"no answer: {error}") from None


def settle(
    quen: Quen,
    ledger: Ledger,
    *,
    calls: Counter[str] | None = None,
    tmp: Path,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Stop Quen and compare everything; the figures. Fails with all that does not agree."""
    quiet(quen, check)
    sources = {s["write_key"]: s["id"] for s in quen.api().get("sources", params={"limit": 200}).json()["items"]}
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
