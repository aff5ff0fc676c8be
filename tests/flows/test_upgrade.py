"""Data directories of earlier versions go on with today's Quen: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support import Quen, eventually

KEPT = sorted((Path(__file__).parents[1] / "fixtures").glob("data-*.tar.xz"))


def _unpack(archive: Path, target: Path) -> dict[str, Any]:
    """What the fixture says of itself."""
    with tarfile.open(archive) as opened:
        opened.extractall(target.parent / "unpacked", filter="data")
    (target.parent / "unpacked" / "data").rename(target)
    figures = target / "figures.json"
    found = dict(json.loads(figures.read_text()))
    figures.unlink()
    return found


def _counts(state: Path, tables: dict[str, int]) -> dict[str, int]:
    with closing(sqlite3.connect(state)) as opened:
        return {table: opened.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


@pytest.mark.parametrize("archive", KEPT, ids=[path.name for path in KEPT])
def test_an_older_data_directory_goes_on(archive: Path, new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    quen = new_quen()
    expected = _unpack(archive, quen.data_dir)
    checked = quen.cli("doctor")  # brings the state's schema up to date, as every command does
    assert "WRONG" not in checked.stdout
    assert _counts(quen.data_dir / "state.db", expected["state"]) == expected["state"]

    quen.start()
    segments = {s["name"]: s for s in quen.api().get("segments").json()["items"]}
    assert segments["Bought twice"]["count"] == expected["members"]
    eventually(lambda: [e["event"] for e in _events(quen, "u-1")].count("Waited") == 1)  # it was in the journal
    person = quen.profile("user_id:u-1")
    assert (person["traits"]["city"], person["traits"]["email"]) == ("Huế", "u-1@example.com")
    assert quen.profile("anonymous_id:a-10")["id"] == quen.profile("user_id:u-10")["id"]

    # A second order makes u-1 one who bought twice: what is live goes on from the old state.
    order = {"type": "track", "event": "Order Completed", "userId": "u-1", "messageId": "o-new"}
    quen.send(order, source="old-shop")
    names = [s["name"] for s in eventually(lambda: _of(quen, "u-1", "Bought twice"))]
    assert "Bought twice" in names
    stored = [json.loads(line) for line in quen.cli("export", "events").stdout.splitlines()]
    ids = [e["message_id"] for e in stored if e["source_id"] != "0"]
    assert len(ids) == len(set(ids)) == expected["events"] + expected["waiting"] + 1
    assert "WRONG" not in quen.cli("doctor").stdout


def _of(quen: Quen, user: str, segment: str) -> list[dict[str, Any]]:
    found = list(quen.profile(f"user_id:{user}")["segments"])
    return found if segment in [s["name"] for s in found] else []


def _events(quen: Quen, user: str) -> list[dict[str, Any]]:
    return list(quen.api().get(f"profiles/user_id:{user}/events", params={"limit": 200}).json()["items"])
