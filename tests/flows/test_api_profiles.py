"""People through the JSON API: the contract's shapes, paging, errors, roles; from events sent to the edge."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support import Quen, unique

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def shopper(quen: Quen, orders: int = 3) -> dict[str, Any]:
    """Someone who browses unknown, buys and says who she is; her profile once all of that is in it.

    All of it is one entry of the journal, so that she is there with everything or not at all.
    """
    mark = unique()
    user, visitor, email = f"u-{mark}", f"v-{mark}", f"lan.{mark}@example.com"
    quen.send(
        {"type": "page", "anonymousId": visitor, "name": "Home", "properties": {"path": "/"}},
        {"type": "identify", "anonymousId": visitor, "userId": user, "traits": {"name": f"Lan {mark}", "email": email}},
        *(
            {
                "type": "track",
                "event": "Order Completed",
                "userId": user,
                "properties": {
                    "order_id": f"{mark}-{n}",
                    "total": 100_000,
                    "products": [{"name": "Áo", "quantity": 1}],
                },
            }
            for n in range(orders)
        ),
    )
    quen.settle()
    profile = quen.profile(f"user_id:{user}")
    assert profile["computed"]["order_count"] == orders
    return {"mark": mark, "user": user, "visitor": visitor, "email": email, "profile": profile}


def test_a_profile_has_the_contracts_shape(quen: Quen) -> None:
    one = shopper(quen)
    profile = one["profile"]
    assert set(profile) == {
        "id", "identifiers", "traits", "computed", "segments", "consents", "created_at", "last_seen_at",
    }  # fmt: skip
    assert isinstance(profile["id"], str)
    assert {(i["type"], i["value"]) for i in profile["identifiers"]} == {
        ("user_id", one["user"]),
        ("email", one["email"]),
        ("anonymous_id", one["visitor"]),
    }
    for identifier in profile["identifiers"]:
        assert set(identifier) == {"type", "value", "scope", "first_seen", "last_seen", "source"}
        assert RFC3339.fullmatch(identifier["first_seen"])
    assert profile["traits"]["email"] == one["email"]
    # From the start there are these; others are other tests'.
    assert {name: profile["computed"][name] for name in ("order_count", "total_spent")} == {
        "order_count": 3,
        "total_spent": 300_000,
    }
    assert RFC3339.fullmatch(profile["created_at"])
    assert RFC3339.fullmatch(profile["last_seen_at"])
    for key in (profile["id"], f"email:{one['email'].upper()}", f"anonymous_id:{one['visitor']}"):
        assert quen.api().get(f"profiles/{key}").json() == profile


def test_events_come_newest_first_and_page_by_page(quen: Quen) -> None:
    one = shopper(quen)
    address = f"profiles/{one['profile']['id']}/events"
    seen: list[dict[str, Any]] = []
    before = ""
    while True:
        answer = quen.api().get(address, params={"limit": 2, "before": before}).json()
        assert set(answer) == {"items", "next"}
        seen += answer["items"]
        before = answer["next"]
        if before is None:
            break
    assert len({event["id"] for event in seen}) == len(seen) == 5
    assert [event["time"] for event in seen] == sorted((event["time"] for event in seen), reverse=True)
    orders = quen.api().get(address, params={"event": "Order Completed"}).json()["items"]
    assert {event["event"] for event in orders} == {"Order Completed"}
    assert orders[0]["properties"]["total"] == 100_000
    assert quen.api().get(address, params={"before": "2001-01-01T00:00:00Z"}).json() == {"items": [], "next": None}


def test_why_it_is_one_person(quen: Quen) -> None:
    one = shopper(quen, orders=1)
    quen.send({"type": "track", "event": "Browsed", "anonymousId": f"tablet-{one['mark']}"})
    tablet = quen.profile(f"anonymous_id:tablet-{one['mark']}")
    quen.send({"type": "identify", "anonymousId": f"tablet-{one['mark']}", "userId": one["user"]})
    survivor = one["profile"]["id"]
    quen.settle()
    identity = quen.api().get(f"profiles/{survivor}/identity").json()
    assert identity["merged_ids"] == [tablet["id"]]
    assert {edge["kind"] for edge in identity["edges"]} >= {"create", "attach", "merge"}
    (merge,) = identity["merges"]
    assert (merge["from"], merge["into"]) == (tablet["id"], survivor)
    assert merge["why"]
    # The id that went in leads to the one that stays, history included.
    assert quen.api().get(f"profiles/{tablet['id']}").json()["id"] == survivor
    events = quen.api().get(f"profiles/{survivor}/events", params={"limit": 200}).json()["items"]
    assert "Browsed" in {event["event"] for event in events}


def test_people_are_found_and_listed(quen: Quen) -> None:
    one = shopper(quen, orders=0)
    api = quen.api()
    for query in (one["email"], one["user"], f"lan {one['mark']}", one["profile"]["id"], one["visitor"]):
        found = api.get("profiles", params={"query": query}).json()
        assert [item["id"] for item in found["items"]] == [one["profile"]["id"]], query
    shopper(quen, orders=0)
    quen.settle()
    first = api.get("profiles", params={"limit": 1, "kind": "known"}).json()
    second = api.get("profiles", params={"limit": 1, "kind": "known", "cursor": first["next"]}).json()
    assert first["items"][0]["id"] != second["items"][0]["id"]
    assert set(first["items"][0]) == {"id", "identifiers", "traits", "created_at", "last_seen_at"}


def test_an_analysts_key_gets_contact_data_masked(quen: Quen) -> None:
    one = shopper(quen, orders=1)
    key = f"profiles/email:{one['email']}"
    answers = [quen.api("analyst").get(key + part) for part in ("", "/events", "/identity")]
    answers.append(quen.api("analyst").get("profiles", params={"query": one["email"]}))
    for answer in answers:
        assert answer.status_code == 200
        assert one["email"] not in answer.text
    assert "l•••@example.com" in answers[0].text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("profiles/1", 404, "not_found"),
        ("profiles/email:nobody@example.com", 404, "not_found"),
        ("profiles/email:not an address", 404, "not_found"),
        ("profiles/what", 422, "invalid"),
        ("profiles/99999999999999999999999", 422, "invalid"),
        ("profiles/%F0%9F%8E%89:%F0%9F%8E%89", 404, "not_found"),
        ("profiles/user_id:a%2Fb%2Fc", 404, "not_found"),
        ("profiles?cursor=%%%", 422, "invalid"),
        ("profiles?cursor=WzFlMzAwLDFd", 422, "invalid"),  # [1e300,1]
        ("profiles?cursor=W3t9LCJ4Il0", 422, "invalid"),  # [{},"x"]
        ("profiles?limit=many", 422, "invalid"),
        ("profiles?kind=x", 422, "invalid"),
        ("profiles?segment=x", 422, "invalid"),
    ],
)
def test_errors_say_what_is_wrong(quen: Quen, path: str, status: int, code: str) -> None:
    answer = quen.api().get(path)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert set(body) == {"code", "message", "details"}


def test_a_role_without_customers_sees_none(quen: Quen) -> None:
    assert quen.api("developer").get("profiles").status_code == 403


def test_two_scopes_of_one_code_are_told_apart(quen: Quen) -> None:
    code = unique(8)
    for pos in ("pos-1", "pos-2"):
        external = {"type": "customer_code", "id": code, "collection": pos}
        quen.send({"type": "identify", "traits": {"till": pos}, "context": {"externalIds": [external]}})
    quen.settle()
    api = quen.api()
    answer = api.get(f"profiles/customer_code:{code}")
    assert answer.status_code == 409
    body = answer.json()
    assert body["details"]["scopes"] == ["pos-1", "pos-2"]
    assert api.get(f"profiles/customer_code:{code}", params={"scope": "pos-2"}).json()["traits"]["till"] == "pos-2"
