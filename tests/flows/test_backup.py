"""A backup of a running Quen is one cut, and what is restored from it goes on: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from tests.support import Quen, basic_auth, eventually


@contextmanager
def _load(quen: Quen, people: int = 20) -> Iterator[list[str]]:
    """Somebody who sends without a pause; the ids of the messages that were answered 200."""
    key, answered, stop = quen.source(), list[str](), threading.Event()

    def send() -> None:
        number = 0
        with httpx.Client(base_url=quen.edge_url, timeout=30) as client:
            while not stop.is_set():
                ids = [f"m-{number}-{i}" for i in range(50)]
                number += 1
                batch = [
                    {"type": "track", "event": "Load", "userId": f"load-{i % people}", "messageId": id_}
                    for i, id_ in enumerate(ids)
                ]
                try:
                    answer = client.post("/v1/batch", json={"batch": batch}, headers=basic_auth(key))
                except httpx.TransportError:
                    continue
                if answer.status_code == 200:
                    answered.extend(ids)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield answered
    finally:
        stop.set()
        sender.join()


def _stored(quen: Quen, people: int = 20) -> list[str]:
    """Message ids on the timelines of all of them."""
    found = []
    for number in range(people):
        before = None
        while True:
            params = {"limit": 200, "event": "Load"} | ({"before": before} if before else {})
            page = quen.api().get(f"profiles/user_id:load-{number}/events", params=params)
            if page.status_code == 404:
                break
            found += [item["message_id"] for item in page.json()["items"]]
            before = page.json()["next"]
            if before is None:
                break
    return found


def test_what_was_answered_before_the_backup_is_in_it_once(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    quen, copy = new_quen(), tmp_path / "backup"
    quen.start()
    segment = {"name": "Loaded", "rule": {"event": "Load", "count": {"op": "gte", "value": 1}}}
    quen.api().post("segments", json=segment).raise_for_status()
    with _load(quen) as answered:
        eventually(lambda: len(answered) > 3000, 300)
        before = list(answered)
        made = json.loads(quen.cli("backup", str(copy), "--json").stdout)
        eventually(lambda: len(answered) > len(before) + 500, 300)  # it went on
    assert made["cut"]["batch"] > 0
    assert made["paused_ms"] < 5000
    checked = Quen(copy).cli("doctor")
    assert "WRONG" not in checked.stdout and "checksums agree" in checked.stdout
    quen.stop()

    restored = new_quen()
    done = json.loads(restored.cli("restore", str(copy), "--json").stdout)
    assert done["waiting"] == made["journal"]["last"] - made["cut"]["offset"]
    restored.start()
    expected = set(before)
    eventually(lambda: restored.api().get("profiles/user_id:load-0").status_code == 200)
    restored.settle()
    got = eventually(lambda: got if expected <= set(got := _stored(restored)) else None, 60, 0.5) or []
    assert len(got) == len(set(got))
    assert "WRONG" not in restored.cli("doctor").stdout
    # It goes on: what comes now is stored too, and what came after the cut may be sent again.
    again = [{"type": "track", "event": "Load", "userId": "load-0", "messageId": id_} for id_ in answered[-50:]]
    restored.send(*again, source=quen.source())
    expected |= set(answered[-50:])
    got = eventually(lambda: got if expected <= set(got := _stored(restored)) else None, 60, 0.5) or []
    assert len(got) == len(set(got))


def test_a_stopped_quen_is_backed_up_too_and_what_cannot_be_trusted_is_refused(
    new_quen: Callable[..., Quen], tmp_path: Path
) -> None:
    quen, copy = new_quen(), tmp_path / "backup"
    quen.start()
    quen.send({"type": "identify", "userId": "still-1", "traits": {"email": "still-1@example.com"}})
    quen.profile("user_id:still-1")
    quen.stop()
    for number, channel in enumerate(("email", "email", "webhook")):
        _queue(quen, number, channel)
    made = json.loads(quen.cli("backup", str(copy), "--json").stdout)
    assert made["state"]["profiles_profile"] == 1
    assert (copy.stat().st_mode & 0o777, (copy / "secret_key").read_text()) == (
        0o700,
        (quen.data_dir / "secret_key").read_text(),
    )
    # Neither a second backup nor a restore overwrites anything.
    assert "not empty" in quen.cli("backup", str(copy), check=False).stderr
    assert "inside the data directory" in quen.cli("backup", str(quen.data_dir / "b"), check=False).stderr
    assert "not empty" in quen.cli("restore", str(copy), check=False).stderr
    assert "manifest.json is missing" in new_quen().cli("restore", str(tmp_path), check=False).stderr

    restored = new_quen()
    said = restored.cli("restore", str(copy)).stdout
    assert "is Quen as of" in said
    assert "2 e-mails were waiting and are now unknown" in said
    assert _messages(restored) == [("email", "unknown"), ("email", "unknown"), ("webhook", "queued")]
    moved = new_quen()  # somebody who knows that the old one is gone
    assert "unknown" not in moved.cli("restore", str(copy), "--send-waiting").stdout
    assert {status for _, status in _messages(moved)} == {"queued"}
    restored.start()
    assert restored.profile("user_id:still-1")["traits"]["email"] == "still-1@example.com"
    restored.stop()

    part = max(copy.glob("events/store/*/*/*/data.bin"), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    checked = Quen(copy).cli("doctor", check=False)
    assert (checked.returncode, "is not what was written" in checked.stdout) == (1, True)
    third = new_quen()
    refused = third.cli("restore", str(copy), check=False)
    assert (refused.returncode, "is not what was written" in refused.stderr) == (1, True)
    assert not any(third.data_dir.iterdir())


def test_a_backup_that_is_cut_off_says_so_and_the_next_one_is_made(
    new_quen: Callable[..., Quen], tmp_path: Path
) -> None:
    quen = new_quen()
    quen.start()
    quen.send({"type": "identify", "userId": "cut-1"})
    quen.profile("user_id:cut-1")
    api, said = quen.api(), list[str]()
    maker = threading.Thread(
        target=lambda: said.append(quen.cli("backup", str(tmp_path / "first"), check=False, timeout=180).stderr)
    )
    maker.start()
    eventually(lambda: any(b["status"] == "working" for b in api.get("backups").json()["items"]), interval=0.01)
    quen.kill_app()
    maker.join()
    assert "stopped before it was finished" in said[0]
    assert not (tmp_path / "first" / "manifest.json").exists()
    quen.wait_until_healthy()
    assert not list(quen.data_dir.glob(".backup-*"))
    assert "verified" in quen.cli("backup", str(tmp_path / "second")).stdout


def _queue(quen: Quen, number: int, channel: str) -> None:
    """A message that waits for tomorrow, as a journey makes it."""
    with closing(sqlite3.connect(quen.data_dir / "state.db")) as state, state:
        state.execute(
            "INSERT INTO delivery_message (id, idempotency_key, channel, profile_id, node, address, subject, payload,"
            " html, text, status, reason, detail, attempts, not_before, created_at, provider_id, activity, noted)"
            " VALUES (?, ?, ?, 1, '', '', '', '{}', '', '', 'queued', '', '', 0, ?, 1, '', '[]', '')",
            (number + 1, f"waiting-{number}", channel, 1 << 50),
        )


def _messages(quen: Quen) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(quen.data_dir / "state.db")) as state:
        return state.execute("SELECT channel, status FROM delivery_message ORDER BY id").fetchall()


def test_scheduled_backups_are_made_kept_and_shown(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    place = tmp_path / "backups"
    quen = new_quen(BACKUP_DIR=str(place), BACKUP_KEEP="2")
    quen.start()

    def backups() -> list[dict[str, str]]:
        return list(quen.api().get("backups").json()["items"])

    eventually(lambda: [b["status"] for b in backups()] == ["done"], 60)
    first = next(place.iterdir())
    for count in (2, 3):
        asked = quen.api().post("backups").json()
        eventually(lambda asked=asked: quen.api().get(f"backups/{asked['id']}").json()["status"] == "done", 60)
        assert len(backups()) == count
    assert quen.api("analyst").post("backups").status_code == 403
    assert [b["asked_by"] for b in backups()] == ["api", "api", "schedule"]
    assert quen.api().get("backups").json()["last_good"] == backups()[0]["ended_at"]
    eventually(lambda: not first.exists())
    assert len(list(place.iterdir())) == 2
