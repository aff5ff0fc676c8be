"""`quen export` and `/export`: beside a running Quen and without it, the same rows in every format."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support import Quen, eventually


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_people_and_members_are_exported_beside_a_running_quen(quen: Quen, tmp_path: Path) -> None:
    who, evil = f"export-{uuid4().hex}", "=1+1"
    event = f"Exported {who}"
    quen.send(
        {"type": "identify", "userId": who, "traits": {"email": f"{who}@example.com", "nickname": evil}},
        {
            "type": "track",
            "event": event,
            "userId": who,
            "messageId": who,
            "properties": {"total": 12.5, "by": "lan@a.vn"},
        },
    )
    segment = quen.api().post(
        "segments", json={"name": who, "rule": {"event": event, "count": {"op": "gte", "value": 1}}}
    )
    eventually(lambda: quen.api().get(f"segments/{segment.json()['id']}").json()["count"] == 1)

    everyone = _lines(quen.cli("export", "profiles").stdout)
    (mine,) = [row for row in everyone if row["traits"].get("nickname") == evil and who in str(row["identifiers"])]
    assert mine["traits"]["email"] == f"{who}@example.com"
    members = _lines(quen.cli("export", "segment", who).stdout)
    assert [row["id"] for row in members] == [mine["id"]]
    assert members[0]["member_since"]

    file = tmp_path / "members.csv"
    assert "1 rows" in quen.cli("export", "segment", who, "--output", str(file)).stdout
    with file.open(encoding="utf-8-sig", newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert (row["traits.nickname"], row["email"], row["user_id"]) == ("'=1+1", f"{who}@example.com", who)
    assert file.stat().st_mode & 0o777 == 0o600

    events = _lines(quen.cli("export", "events", "--event", event).stdout)
    assert [(e["message_id"], e["profile_id"], e["properties"]["total"]) for e in events] == [(who, mine["id"], 12.5)]
    assert "quen export" not in quen.api().get("keys").text  # the key it read with is gone
    assert quen.cli("export", "segment", "no such", check=False).returncode == 1
    assert "--format" in quen.cli("export", "profiles", "--output", str(tmp_path / "x.doc"), check=False).stderr

    # The API: the same, masked for who may not see contact data.
    seen = _lines(quen.api("analyst").get("export/events", params={"event": event}).text)
    assert (seen[0]["properties"]["by"], seen[0]["message_id"]) == ("l•••@a.vn", who)
    masked = quen.api("analyst").get(f"export/segments/{who}", params={"format": "csv"}).text
    assert f"{who}@example.com" not in masked and "'=1+1" in masked
    assert quen.api("developer").get("export/profiles").status_code == 403
    assert quen.api().get("export/profiles", params={"format": "xls"}).status_code == 422


def test_a_stopped_quen_is_exported_too_as_parquet(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    quen = new_quen()
    quen.start()
    quen.send(*({"type": "track", "event": "Sold", "userId": f"u-{i % 7}", "messageId": f"m-{i}"} for i in range(100)))
    quen.profile("user_id:u-6")
    quen.stop()
    for what in ("events", "profiles"):
        assert quen.cli("export", what, "--output", str(tmp_path / f"{what}.parquet")).stdout
    program = (
        "import chdb, sys\n"
        "print(chdb.query(f\"SELECT count() FROM file('{sys.argv[1]}/events.parquet') WHERE event = 'Sold'\"))\n"
        "print(chdb.query(f\"SELECT uniqExact(user_id) FROM file('{sys.argv[1]}/profiles.parquet')\"))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["100", "7"]
