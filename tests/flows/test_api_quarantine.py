"""What arrives, what is kept back and why, and sending it round again; the catalogue of what came."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support import Quen, eventually, unique


def waiting(api: httpx.Client, text: str, **params: Any) -> list[dict[str, Any]]:
    answer = api.get("quarantine", params={"text": text, **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_what_cannot_be_stored_is_kept_with_its_reason(quen: Quen) -> None:
    mark = uuid4().hex
    quen.send(
        {"type": "track", "userId": mark, "properties": {"n": 1}},
        {"type": "dance", "userId": mark},
        {"type": "track", "event": "Fine", "userId": mark},
    )
    api = quen.api("developer")
    rows = eventually(lambda: found if len(found := waiting(api, mark)) == 2 else None) or []
    assert {row["reason"] for row in rows} == {"no_event_name", "unknown_type"}
    assert set(rows[0]) == {
        "id", "received_at", "source_id", "reason", "detail", "explanation", "hint", "body", "replayable",
        "replayed_at",
    }  # fmt: skip
    assert all(row["explanation"] and row["hint"] and row["replayable"] for row in rows)
    assert [row["reason"] for row in waiting(api, mark, reason="unknown_type")] == ["unknown_type"]
    # The neighbour was stored.
    assert quen.profile(f"user_id:{mark}")


def test_sending_round_again_takes_it_through_every_step(quen: Quen) -> None:
    mark = uuid4().hex
    quen.send({"type": "dance", "userId": mark})
    api = quen.api("developer")
    (row,) = eventually(lambda: waiting(api, mark)) or []
    answer = api.post("quarantine/replay", json={"ids": [row["id"]]})
    assert answer.json() == {"replayed": 1, "skipped": 0}
    # It still cannot be stored, so it is back: as a new entry, while the old one is among those sent round.
    (again,) = eventually(lambda: waiting(api, mark)) or []
    assert again["id"] != row["id"]
    assert again["reason"] == "unknown_type"
    (old,) = waiting(api, mark, replayed=True)
    assert old["replayed_at"] is not None
    # By a filter, and not twice.
    assert api.post("quarantine/replay", json={"text": mark, "reason": "unknown_type"}).json()["replayed"] == 1
    assert api.post("quarantine/replay", json={"ids": [row["id"]]}).json() == {"replayed": 0, "skipped": 1}


def test_what_is_not_whole_stays(quen: Quen) -> None:
    mark = uuid4().hex
    quen.send({"type": "track", "event": "Big", "userId": mark, "properties": {"x": "y" * 40_000}})
    api = quen.api("developer")
    (row,) = eventually(lambda: waiting(api, mark)) or []
    assert (row["reason"], row["replayable"]) == ("too_large", False)
    assert api.post("quarantine/replay", json={"ids": [row["id"]]}).json() == {"replayed": 0, "skipped": 1}


def test_recent_events_show_their_fate(quen: Quen) -> None:
    event, user = f"Event {unique(8)}", uuid4().hex
    message = {"type": "track", "event": event, "userId": user, "messageId": uuid4().hex, "properties": {"a": 1}}
    quen.send(message)
    api = quen.api("developer")

    def recent(**params: Any) -> list[dict[str, Any]]:
        return list(api.get("events/recent", params={"event": event, **params}).json()["items"])

    (first,) = eventually(recent) or []
    assert (first["fate"], first["body"]["properties"]) == ("stored", {"a": 1})
    assert first["profile_id"] is not None
    quen.send(message)
    assert eventually(lambda: [row["fate"] for row in recent()] == ["duplicate", "stored"])
    assert [row["fate"] for row in recent(fate="dropped")] == ["duplicate"]
    assert [row["fate"] for row in recent(limit=1)] == ["duplicate"]


def test_the_catalogue_knows_what_came(quen: Quen) -> None:
    event = f"Event {unique(8)}"
    quen.send({"type": "track", "event": event, "userId": uuid4().hex, "properties": {"size": "M", "count": 3}})

    def seen() -> list[dict[str, Any]]:
        return list(quen.api("marketer").get("events/catalogue", params={"query": event}).json()["items"])

    (item,) = eventually(seen) or []
    assert item["count"] == 1
    properties = {each["name"]: each for each in item["properties"]}
    assert properties["size"]["types"] == {"string": 1}
    assert properties["count"]["examples"] == [3]


@pytest.mark.parametrize("path", ["quarantine?reason=none", "quarantine?source=x", "events/recent?source=x"])
def test_wrong_filters_are_refused(quen: Quen, path: str) -> None:
    assert quen.api().get(path).status_code == 422


def test_customer_care_has_no_business_here(quen: Quen) -> None:
    assert quen.api("care").get("quarantine").status_code == 403
    assert quen.api("care").post("quarantine/replay", json={"ids": []}).status_code == 403
