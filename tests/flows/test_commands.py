"""The command line as its users meet it: what it prints, what it refuses and why, its exit status."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support import Quen, eventually


def _count(quen: Quen, user: str) -> int:
    events = quen.api().get(f"profiles/user_id:{user}/events", params={"limit": 200}).json()["items"]
    return len([e for e in events if e["event"] == "Replayed"])


def test_a_replay_stores_nothing_twice_and_brings_back_what_is_missing(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    quen.send(*({"type": "track", "event": "Replayed", "userId": "again", "messageId": f"m-{i}"} for i in range(20)))
    quen.settle()
    assert _count(quen, "again") == 20
    assert "already runs" in quen.cli("replay", "--from", "2020-01-01T00:00:00Z", check=False).stderr
    quen.stop()
    done = quen.cli("replay", "--from", "2020-01-01T00:00:00Z")
    assert "not stored twice" in done.stdout
    quen.start()
    quen.settle()
    assert _count(quen, "again") == 20


def test_one_data_directory_takes_one_quen(quen: Quen) -> None:
    second = quen.cli("up", "--port", "1", "--edge-port", "2", check=False)
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert str(quen.data_dir) in second.stderr


def test_single_roles_say_what_they_need(quen: Quen) -> None:
    for role in ("edge", "worker", "web"):
        refused = quen.cli(role, check=False)
        assert refused.returncode == 1
        assert "DATABASE_URL" in refused.stderr
        assert "quen up" in refused.stderr


def test_doctor_and_check_are_content_with_a_healthy_quen(quen: Quen) -> None:
    for command in ("doctor", "check"):
        done = quen.cli(command)
        assert "WRONG" not in done.stdout
        assert done.stdout


def test_json_is_one_document_and_nothing_else(quen: Quen) -> None:
    for arguments in (["sources", "list", "--json"], ["keys", "create", "--name", "j", "--role", "analyst", "--json"]):
        assert isinstance(json.loads(quen.cli(*arguments).stdout), dict)


def test_wrong_input_is_named(quen: Quen, tmp_path: Path) -> None:
    bad_time = quen.cli("replay", "--from", "yesterday", check=False)
    assert (bad_time.returncode, "yesterday" in bad_time.stderr) == (1, True)
    bad_role = quen.cli("keys", "create", "--name", "x", "--role", "king", check=False)
    assert (bad_role.returncode, "owner" in bad_role.stderr) == (1, True)
    again = quen.cli("init", "--email", quen.owner_email, "--password-env", "QUEN_TEST_PASSWORD", check=False)
    assert (again.returncode, "already a user" in again.stderr) == (1, True)
    unset = quen.cli("init", "--email", "new@example.com", "--password-env", "NO_SUCH_VARIABLE", check=False)
    assert (unset.returncode, "NO_SUCH_VARIABLE" in unset.stderr) == (1, True)


def test_it_stops_within_ten_seconds_and_keeps_what_it_answered(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    quen.send({"type": "track", "event": "Last", "userId": "last-1"})
    before = time.monotonic()
    assert quen.stop() == 0
    # Ten seconds and what a machine with too much to do takes to notice: what hangs on is killed then.
    assert time.monotonic() - before < 15
    quen.start()
    assert quen.profile("user_id:last-1")


def test_a_supervisor_that_is_killed_leaves_no_orphans(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    assert quen._process is not None
    quen._process.send_signal(signal.SIGKILL)
    quen._process.wait()

    def silent() -> bool:
        for url in (quen.base_url, quen.edge_url):
            try:
                httpx.get(f"{url}/health", timeout=60)
            except httpx.ConnectError:  # nobody listens: slow is not silent
                continue
            except httpx.TransportError:
                return False
            return False
        return True

    eventually(silent)
    quen.start()  # nobody holds the ports or the stores
