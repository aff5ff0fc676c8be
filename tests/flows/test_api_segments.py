"""Segments through the JSON API: the contract's shapes, errors that point at the place, roles, real events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import Quen, eventually, unique


class Shop:
    """Three people who did an event of their own name 1, 2 and 3 times."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.mark = quen, unique()
        self.event = f"Bought {self.mark}"
        self.users = [f"u{n}-{self.mark}" for n in (1, 2, 3)]
        for times, user in enumerate(self.users, 1):
            quen.send(*({"type": "track", "userId": user, "event": self.event} for _ in range(times)))
        quen.settle()

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
        answer = self.quen.api().get(f"segments/{segment_id}/members")
        assert answer.status_code == 200, answer.text  # 409 while it is computed
        return [m["profile_id"] for m in answer.json()["items"]]


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    """Of all tests of this file: who lets its people do something more makes a shop of its own."""
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


def test_the_life_of_a_segment(quen: Quen) -> None:
    shop, api = Shop(quen), quen.api()
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
    assert made in {item["id"] for item in api.get("segments", params={"limit": 200}).json()["items"]}
    assert api.delete(f"segments/{made}").json()["status"] == "archived"
    assert made not in {item["id"] for item in api.get("segments", params={"limit": 200}).json()["items"]}
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
        ({"name": "x", "rule": {"list": "123"}}, "$.list"),
        ({"name": "x", "rule": {"reachable": "pigeon"}}, "$.reachable"),
        ({"name": "x", "rule": {"sequence": [{"event": "a"}, {"event": "b", "absent": True}]}}, "$.sequence[1].absent"),
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


def test_a_static_list(shop: Shop) -> None:
    api = shop.quen.api()
    made = api.post("lists", json={"name": f"VIP {shop.mark}"})
    assert made.status_code == 201, made.text
    list_id = made.json()["id"]
    asks = shop.make({"all": [{"list": list_id}, {"event": shop.event}]})
    ids = [shop.quen.profile(f"user_id:{user}")["id"] for user in shop.users]
    body = {
        "members": [{"type": "user_id", "value": shop.users[0]}, {"value": ids[1]}, {"type": "email", "value": "no"}]
    }
    answer = api.post(f"lists/{list_id}/members", json=body)
    assert (answer.status_code, answer.json()) == (202, {"people": 2, "unknown": [2], "unknown_count": 1})
    eventually(lambda: set(shop.members(asks)) == {ids[0], ids[1]})
    eventually(lambda: api.get(f"lists/{list_id}").json()["count"] == 2)
    listed = api.get(f"lists/{list_id}/members").json()["items"]
    assert {member["profile_id"] for member in listed} == {ids[0], ids[1]}
    file = ("people.csv", f"user_id\n{shop.users[2]}\nnobody\n".encode(), "text/csv")
    told = api.post(f"lists/{list_id}/import", files={"file": file}, data={"type": "user_id"})
    assert (told.status_code, told.json()["people"], told.json()["unknown_count"]) == (202, 1, 1)
    eventually(lambda: set(shop.members(asks)) == set(ids))
    gone = api.request("DELETE", f"lists/{list_id}/members", json={"members": [{"value": ids[0]}]})
    assert gone.status_code == 202
    eventually(lambda: set(shop.members(asks)) == set(ids[1:]))
    assert list_id in {item["id"] for item in api.get("lists", params={"limit": 200}).json()["items"]}
    assert list_id not in {item["id"] for item in api.get("segments", params={"limit": 200}).json()["items"]}
    assert api.get(f"segments/{list_id}").status_code == 404
    assert api.patch(f"lists/{list_id}", json={"name": "Friends"}).json()["name"] == "Friends"
    assert api.delete(f"lists/{list_id}").status_code == 409
    api.delete(f"segments/{asks}")
    assert api.delete(f"lists/{list_id}").status_code == 200
    assert api.get(f"lists/{list_id}").status_code == 404
    too_many = {"members": [{"value": "1"}] * 10_001}
    other = api.post("lists", json={"name": "x"}).json()["id"]
    for wrong in (too_many, {"members": []}, {"members": [{"type": "zalo_user_id", "value": "1"}]}):
        assert api.post(f"lists/{other}/members", json=wrong).status_code == 422


def test_consent_said_to_a_banner_is_in_the_profile_and_in_segments(shop: Shop) -> None:
    user = f"consent-{shop.mark}"
    context = {"consent": {"categoryPreferences": {f"ads {shop.mark}": True, "analytics": False}}}
    shop.quen.send({"type": "page", "userId": user, "context": context})
    asks = shop.make({"consent": f"ads {shop.mark}"})
    profile = shop.quen.profile(f"user_id:{user}")
    eventually(lambda: shop.members(asks) == [profile["id"]])
    said = profile["consents"]
    assert (said[f"ads {shop.mark}"]["granted"], said["analytics"]["granted"]) == (True, False)
    assert profile["traits"] == {}


def test_names_that_never_came_are_allowed_with_a_warning(shop: Shop) -> None:
    rule = {"any": [{"event": shop.event}, {"event": f"No {shop.mark}"}, {"trait": f"t{shop.mark}", "op": "exists"}]}
    made = shop.quen.api().post("segments", json={"name": "x", "rule": rule})
    assert made.status_code == 201
    assert [warning["path"] for warning in made.json()["warnings"]] == ["$.any[1].event", "$.any[2].trait"]
    assert shop.preview(rule)["warnings"] == made.json()["warnings"]


def test_pause_and_go_on(shop: Shop) -> None:
    made = shop.make(shop.rule(1))
    paused = shop.quen.api().patch(f"segments/{made}", json={"paused": True}).json()
    assert (paused["status"], paused["problem"], paused["count"]) == ("paused", "", 3)
    assert shop.quen.api().patch(f"segments/{made}", json={"paused": False}).json()["status"] in {"computing", "live"}
    eventually(lambda: shop.get(made)["status"] == "live")


def test_roles(shop: Shop) -> None:
    body = {"name": "x", "rule": {"event": shop.event}}
    assert shop.quen.api("care").post("segments", json=body).status_code == 403
    assert shop.quen.api("care").post("segments/preview", json=body).status_code == 200
    assert shop.quen.api("developer").get("segments").status_code == 403
    assert shop.quen.api("analyst").post("segments", json=body).status_code == 201
