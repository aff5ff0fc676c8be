"""The disk is full, a file is locked, read-only, torn or damaged: what was answered 200 stays, and it says why."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.edge_only import EdgeOnly
from tests.faults.ledger import quen_health
from tests.support import Quen, basic_auth, eventually

MESSAGE = {"type": "track", "event": "E", "userId": "u"}


def may_mount() -> bool:
    return os.getuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, in memory."""
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)], check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture
def new_edge() -> Iterator[Callable[..., EdgeOnly]]:
    made: list[EdgeOnly] = []

    def make(path: Path, **more: Any) -> EdgeOnly:
        made.append(EdgeOnly(path, **more))
        return made[-1]

    yield make
    for edge in made:
        edge.close()


def send(edge: EdgeOnly, headers: dict[str, str], id_: str, text: str = "") -> httpx.Response:
    message = {**MESSAGE, "messageId": id_, "properties": {"text": text}}
    return edge.http.post("/v1/t", json=message, headers=headers)


def stored(edge: EdgeOnly) -> list[str]:
    return [m.message_id for m in edge.decoded()]


@pytest.mark.skipif(not may_mount(), reason="only root may mount a small file system")
def test_a_full_disk_is_503_and_goes_on_when_there_is_room(tmp_path: Path, new_edge: Callable[..., EdgeOnly]) -> None:
    with small_disk(tmp_path / "disk", 12) as disk:
        edge = new_edge(disk / "data")
        edge.prepare()
        edge.start()
        headers = basic_auth(edge.key())
        (disk / "ballast").write_bytes(b"x" * 2_000_000)
        answered = []
        for number in range(2_000):
            answer = send(edge, headers, f"m-{number}", "x" * 20_000)
            if answer.status_code != 200:
                break
            answered.append(f"m-{number}")
        assert answer.status_code == 503 and "disk is full" in answer.json()["message"], answer.text
        assert answer.headers["retry-after"] and edge.http.get("/health").status_code == 503
        (disk / "ballast").unlink()
        eventually(lambda: send(edge, headers, "after").status_code == 200)
        assert len(answered) > 10 and {*answered, "after"} <= set(stored(edge))
        edge.kill()
        edge.start()
        ids = stored(edge)
        assert {*answered, "after"} <= set(ids)
        edge.close()


@pytest.mark.skipif(not may_mount(), reason="only root may mount a small file system")
def test_the_engine_waits_for_room_on_its_disk(tmp_path: Path) -> None:
    """State and events on a disk that fills: nothing is given up or set aside for it, and all is there afterwards."""
    with small_disk(tmp_path / "disk", 64) as disk:
        quen = Quen(disk / "data")
        try:
            quen.start()
            ballast = disk / "ballast"
            free = shutil.disk_usage(disk).free
            ballast.write_bytes(b"x" * max(0, free - 300_000))
            sent = 0
            headers = basic_auth(quen.source())
            for number in range(400):
                batch = [{**MESSAGE, "userId": f"u{number}-{n}", "messageId": f"{number}-{n}"} for n in range(50)]
                if quen.edge.post("/v1/batch", json={"batch": batch}, headers=headers).status_code != 200:
                    break
                sent += len(batch)
            assert 0 < sent < 20_000

            def felt() -> bool:  # Quen's log is on this disk too
                engine = quen_health(quen)["engine"]
                return engine["status"] != "ok" or engine["lag"] == 0

            eventually(felt)
            ballast.unlink()

            def all_there() -> bool:
                health = quen_health(quen)
                assert health["status"] == "ok" and health["engine"].get("lag") == 0, health
                return True

            eventually(all_there, 120)
            assert quen.stop() == 0
            with closing(sqlite3.connect(quen.data_dir / "state.db")) as state:
                assert state.execute("SELECT COUNT(*) FROM engine_quarantined").fetchone() == (0,)
                people = state.execute("SELECT COUNT(*) FROM profiles_profile").fetchone()[0]
            assert people >= sent
        finally:
            quen.close()


def test_a_journal_that_is_locked_is_503_with_the_reason(tmp_path: Path, new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge(tmp_path / "data", constants={"quen.journal.sqlite:BUSY_SECONDS": 1.0})
    edge.prepare()
    edge.start()
    headers = basic_auth(edge.key())
    assert send(edge, headers, "before").status_code == 200
    with closing(sqlite3.connect(edge.data_dir / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = send(edge, headers, "meanwhile")
        assert answer.status_code == 503 and "another program" in answer.json()["message"]
        other.execute("ROLLBACK")
    eventually(lambda: send(edge, headers, "after").status_code == 200)
    assert {"before", "after"} <= set(stored(edge)) and len(stored(edge)) == 2


@pytest.mark.parametrize("tail", [b"", b"\xff" * 3000, b"\0" * 5000, "half"], ids=["cut", "garbage", "zeros", "half"])
def test_a_torn_tail_of_the_log_costs_nothing_answered(
    tail: bytes | str, tmp_path: Path, new_edge: Callable[..., EdgeOnly]
) -> None:
    """What a power cut leaves behind the last commit: part of a page, garbage, zeros."""
    edge = new_edge(tmp_path / "data")
    edge.prepare()
    edge.start()
    headers = basic_auth(edge.key())
    answered = [f"m-{n}" for n in range(20) if send(edge, headers, f"m-{n}").status_code == 200]
    log = edge.data_dir / "journal.db-wal"
    committed = log.read_bytes()
    # A group that was being written: its bytes are in the log, its commit is not.
    send(edge, headers, "last", "x" * 30_000)
    edge.kill()
    whole = log.read_bytes()
    if tail == "half":
        answered_last = False
        log.write_bytes(committed + whole[len(committed) : len(committed) + (len(whole) - len(committed)) // 2])
    else:
        assert isinstance(tail, bytes)
        answered_last = tail != b""
        log.write_bytes((whole if answered_last else committed) + tail)
    edge.start()
    assert send(edge, headers, "after").status_code == 200
    ids = stored(edge)
    assert len(answered) == 20 and set(answered) <= set(ids) and ids.count("after") == 1
    assert ("last" in ids) == answered_last
    assert len(ids) == len(set(ids))


def test_a_damaged_journal_is_refused_with_what_to_do(tmp_path: Path, new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge(tmp_path / "data")
    edge.prepare()
    edge.start()
    headers = basic_auth(edge.key())
    assert send(edge, headers, "before", "x" * 20_000).status_code == 200
    assert edge.stop() == 0
    path = edge.data_dir / "journal.db"
    whole = path.read_bytes()
    path.write_bytes(b"\xff" * 4096 + whole[4096:])
    edge.start(healthy=False)
    answer = send(edge, headers, "meanwhile")
    assert answer.status_code == 503 and "damaged" in answer.json()["message"] and "backup" in answer.json()["message"]
    path.write_bytes(whole)  # what a person does who has a copy; nobody need start the edge again
    eventually(lambda: send(edge, headers, "after").status_code == 200)
    assert stored(edge) == ["before", "after"]


def test_a_state_that_is_locked_holds_up_the_engine_and_sets_nothing_aside(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    key = quen.source()
    with closing(sqlite3.connect(quen.data_dir / "state.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(20):
            quen.send({**MESSAGE, "userId": f"u{number}"}, source=key)
        other.execute("ROLLBACK")
    eventually(lambda: quen_health(quen)["engine"].get("lag") == 0)
    assert quen.api().get("quarantine").json()["items"] == []
    assert quen.profile("user_id:u19")


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_state_is_refused_with_a_clear_message(damage: str, tmp_path: Path) -> None:
    quen = Quen(tmp_path / "data")
    try:
        quen.init()
        path = quen.data_dir / "state.db"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"\xff" * 4096 + whole[4096:])
        done = quen.cli("up", check=False)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
        assert "state.db" in done.stderr and "damaged" in done.stderr and "backup" in done.stderr
    finally:
        quen.close()


@pytest.mark.skipif(not may_mount(), reason="only root may mount a file read-only (for others it is chmod)")
def test_a_read_only_directory_is_said_so(tmp_path: Path, new_edge: Callable[..., EdgeOnly]) -> None:
    with small_disk(tmp_path / "data", 32) as disk:
        edge = new_edge(disk)
        edge.prepare()
        edge.start()
        headers = basic_auth(edge.key())
        assert send(edge, headers, "before").status_code == 200
        assert edge.stop() == 0
        edge.journal.close()
        edge._journal = None
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        edge.start(healthy=False)
        answer = send(edge, headers, "meanwhile")
        assert answer.status_code == 503, answer.text
        done = edge._home.cli("up", check=False)
        assert done.returncode == 1 and "Traceback" not in done.stderr and "read-only" in done.stderr.lower(), (
            done.stderr
        )
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        eventually(lambda: send(edge, headers, "after").status_code == 200)
        assert stored(edge) == ["before", "after"]
        edge.close()
