"""Segments through the JSON API: the contract's shapes, errors that point at the place, roles, real events."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support import Quen, eventually


class Shop:
    """Three people who did an event of their own name 1, 2 and 3 times."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.mark = quen, uuid4().hex[:10]
        self.event = f"Bought {self.mark}"
        self.users = [f"u{n}-{self.mark}" for n in (1, 2, 3)]
        for times, user in enumerate(self.users, 1):
            quen.send(*({"type": "track", "userId": user, "event": self.event} for _ in range(times)))
        eventually(lambda: self.preview({"event": self.event})["count"] == 3)

    def rule(self, times: int, op: str = "gte") -> dict[str, Any]:
        return {"event": self.event, "count": {"op": op, "value": times}, "within": "30d"}

    def preview(self, rule: dict[str, Any]) -> dict[str, Any]:
        answer = self.quen.api().post("segments/preview", json={"rule": rule})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def make(self, rule: dict[str, Any]) -> str:
        answer = self.quen.api().post("segments", json={"name": f"S {self.mark}", "rule": rule})
        assert answer.status_code == 201, answer.text
        made = str(answer.json()["id"])
        eventually(lambda: self.get(made)["status"] == "live")
        return made

    def get(self, segment_id: str) -> dict[str, Any]:
        return dict(self.quen.api().get(f"segments/{segment_id}").json())

    def members(self, segment_id: str) -> list[str]:
        return [m["profile_id"] for m in self.quen.api().get(f"segments/{segment_id}/members").json()["items"]]


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_preview(shop: Shop) -> None:
    found = shop.preview(shop.rule(2))
    assert found["count"] == 2
    assert found["total"] >= 3
    assert found["sentence"] == f"Did {shop.event} at least 2 times in the last 30 days"
    assert {person["profile_id"] for person in found["sample"]} == {
        shop.quen.profile(f"user_id:{user}")["id"] for user in shop.users[1:]
    }
    assert all(reason["holds"] for person in found["sample"] for reason in person["why"])


def test_the_life_of_a_segment(shop: Shop) -> None:
    api = shop.quen.api()
    made = shop.make(shop.rule(2))
    segment = shop.get(made)
    assert (segment["count"], segment["version"], segment["rule"]) == (2, 1, shop.rule(2))
    assert segment["created_at"].endswith("Z")
    first = shop.quen.profile(f"user_id:{shop.users[0]}")
    assert first["id"] not in shop.members(made)
    shop.quen.send({"type": "track", "userId": shop.users[0], "event": shop.event})
    eventually(lambda: first["id"] in shop.members(made))
    assert shop.members(made)[0] == first["id"], "the latest first"
    assert shop.get(made)["count"] == 3

    # It says so on her timeline, and in her profile.
    def told() -> bool:
        events = api.get(f"profiles/{first['id']}/events", params={"event": "Segment Entered"}).json()["items"]
        return any(event["properties"].get("segment_id") == made for event in events)

    eventually(told)
    changed = api.patch(f"segments/{made}", json={"name": "Renamed", "rule": shop.rule(3)}).json()
    assert (changed["name"], changed["version"]) == ("Renamed", 2)
    eventually(lambda: shop.get(made)["status"] == "live" and shop.get(made)["count"] == 1)
    page = api.get(f"segments/{made}/members", params={"limit": 1}).json()
    assert (len(page["items"]), page["next"]) == (1, None)
    listed = api.get("segments").json()["items"]
    assert made in {item["id"] for item in listed}
    assert api.delete(f"segments/{made}").json()["status"] == "archived"
    assert made not in {item["id"] for item in api.get("segments").json()["items"]}
    assert api.patch(f"segments/{made}", json={"name": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (
            {"name": "x", "rule": {"any": [{"trait": "a", "op": "eq", "value": 1}, {"trait": "b", "op": "??"}]}},
            "$.any[1].op",
        ),
        ({"name": "x", "rule": {"event": "a", "within": "3 days"}}, "$.within"),
        ({"name": "x", "rule": {"segment": "123"}}, "$.segment"),
        ({"name": "x", "rule": {"consent": "marketing"}}, "$.consent"),
        ({"name": "x", "rule": None}, "$"),
        ({"name": " ", "rule": {"event": "a"}}, "name"),
    ],
)
def test_what_is_wrong_is_a_422_that_points_at_it(quen: Quen, body: dict[str, Any], path: str) -> None:
    answer = quen.api().post("segments", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["details"]["path"] == path
    assert answer.json()["code"].startswith("invalid")


def test_what_uses_a_segment_is_named_before_it_goes(shop: Shop) -> None:
    api = shop.quen.api()
    inner = shop.make(shop.rule(1))
    outer = shop.make({"not": {"segment": inner}})
    refused = api.delete(f"segments/{inner}")
    assert refused.status_code == 409
    assert refused.json()["details"]["used_by"] == [f"S {shop.mark}"]
    circle = api.patch(f"segments/{inner}", json={"rule": {"segment": outer}})
    assert (circle.status_code, circle.json()["details"]["path"]) == (422, "$")
    api.delete(f"segments/{outer}")
    assert api.delete(f"segments/{inner}").status_code == 200


def test_roles(shop: Shop) -> None:
    body = {"name": "x", "rule": {"event": shop.event}}
    assert shop.quen.api("care").post("segments", json=body).status_code == 403
    assert shop.quen.api("care").post("segments/preview", json=body).status_code == 200
    assert shop.quen.api("developer").get("segments").status_code == 403
    assert shop.quen.api("analyst").post("segments", json=body).status_code == 201
