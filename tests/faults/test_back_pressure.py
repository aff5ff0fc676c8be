"""When the engine falls behind: the journal takes what it may, then the edge says 503, and all of it recovers."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from tests.edge_only import EdgeOnly
from tests.faults.ledger import Ledger, quen_health, settle
from tests.faults.servers import Hooks
from tests.faults.shop import open_shop
from tests.support import Quen, basic_auth, eventually

# The bounds that docs/reference/guarantees.md states, in MB; what the process is made of (Python, chDB) included.
EDGE_MB, APP_MB = 400, 2_000
JOURNAL_MB = 1


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_full_journal_recovers_by_itself(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    """Also when what the engine takes makes it tell something itself, which needs room in the same journal."""
    quen, hooks, ledger = new_quen(JOURNAL_MAX_MB=str(JOURNAL_MB)), Hooks(), Ledger()
    with hooks.running() as url:
        open_shop(quen, url)
        key = quen.source()
        app = [quen.app_pid(), *_below(quen.app_pid())]
        eventually(lambda: _halted(quen, app))
        refused = _fill(quen, ledger, key)
        assert refused.json()["code"] == "journal_full"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert httpx.get(f"{quen.edge_url}/health", timeout=20).status_code == 503
        assert (quen.data_dir / "journal.db").stat().st_size < (JOURNAL_MB + 2) * 1e6
        assert rss_mb(quen.edge_pid()) < EDGE_MB
        for pid in app:
            os.kill(pid, signal.SIGCONT)
        eventually(lambda: httpx.get(f"{quen.edge_url}/health", timeout=20).status_code == 200)
        answer = quen.edge.post("/v1/batch", json=_batch(ledger, key, "after"), headers=basic_auth(key))
        assert answer.status_code == 200
        ledger.answer(key, [f"after-{n}" for n in range(50)])
        eventually(lambda: quen_health(quen)["engine"].get("lag") == 0, 120)
        assert all(rss_mb(pid) < APP_MB for pid in [quen.app_pid(), *_below(quen.app_pid())])
        settle(quen, ledger, calls=hooks.calls, tmp=tmp_path)


def _halted(quen: Quen, app: list[int]) -> bool:
    """Stopped, and not while they held the journal: then it would be that which the edge waits for."""
    for pid in app:
        os.kill(pid, signal.SIGSTOP)
    with closing(sqlite3.connect(quen.data_dir / "journal.db", timeout=0, isolation_level=None)) as journal:
        try:
            journal.execute("BEGIN IMMEDIATE")
            journal.execute("ROLLBACK")
        except sqlite3.OperationalError:
            for pid in app:
                os.kill(pid, signal.SIGCONT)
            return False
    return True


def _fill(quen: Quen, ledger: Ledger, key: str) -> httpx.Response:
    for number in range(400):
        body = _batch(ledger, key, str(number))
        answer = quen.edge.post("/v1/batch", json=body, headers=basic_auth(key))
        if answer.status_code != 200:
            return answer
        ledger.answer(key, [m["messageId"] for m in body["batch"]])
    raise AssertionError("the journal is never full")


def _batch(ledger: Ledger, key: str, name: str) -> dict[str, list[dict[str, str]]]:
    ids = [f"{name}-{n}" for n in range(50)]
    for id_ in ids:
        ledger.begin(key, id_)
    text = "x" * 300
    return {
        "batch": [
            {"type": "track", "event": "Browsed", "userId": f"{name}-u", "messageId": id_, "properties": {"t": text}}
            for id_ in ids
        ]
    }  # type: ignore[dict-item]


def _below(pid: int) -> list[int]:
    from tests.support import _descendants

    return _descendants(pid)


def test_bodies_that_do_not_end_take_no_more_than_their_share(tmp_path: Path) -> None:
    """Hundreds of clients that send most of a large body and stop."""
    edge = EdgeOnly(tmp_path / "edge")
    held: list[socket.socket] = []
    try:
        edge.prepare()
        edge.start()
        headers = basic_auth(edge.key())
        head = (
            f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 3900000\r\n"
            f"Authorization: {headers['Authorization']}\r\n\r\n"
        ).encode()

        def begin() -> None:
            connection = socket.create_connection(("127.0.0.1", edge.port), timeout=30)
            held.append(connection)
            try:
                connection.sendall(head + b"x" * 3_500_000)
            except OSError:
                return  # refused, and closed

        threads = [threading.Thread(target=begin) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert rss_mb(edge.pid) < EDGE_MB

        def refused() -> bool:
            # What was sent may not have been read yet, and then this body takes the place of one of them: so each
            # try brings one more, and only those that stay count.
            begin()
            answer = edge.http.post("/v1/t", content=b" " * 3_000_000, headers=headers)
            return (
                answer.status_code == 503 and answer.json()["code"] == "overloaded" and "retry-after" in answer.headers
            )

        eventually(refused)
        for connection in held:
            connection.close()
        message = json.dumps({"type": "track", "event": "E", "userId": "u"})
        eventually(lambda: edge.http.post("/v1/t", content=message, headers=headers).status_code == 200)
    finally:
        for connection in held:
            connection.close()
        edge.close()
