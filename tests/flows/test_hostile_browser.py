"""Whoever reads a write key from a web page can send anything with it: other people's profiles must not mind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import Quen, unique, unique_phone


def name() -> str:
    return unique(8)


@pytest.fixture
def victim(quen: Quen) -> dict[str, str]:
    """A person whom a server knows."""
    one = name()
    who = {"user": f"lan-{one}", "email": f"lan-{one}@example.com", "phone": unique_phone()}
    quen.send(
        {
            "type": "identify",
            "userId": who["user"],
            "traits": {"email": who["email"], "phone": who["phone"], "name": "Nguyễn Thị Lan"},
        }
    )
    who["id"] = quen.profile(f"user_id:{who['user']}")["id"]
    return who


def attack(quen: Quen, *messages: dict[str, Any]) -> None:
    """With a browser's key; back when the engine has taken all of it."""
    sign = f"probe-{name()}"
    probe = {"type": "track", "anonymousId": sign, "event": "Probe"}
    quen.send(*messages, probe, source=quen.source("browser"))
    quen.profile(f"anonymous_id:{sign}")


def identifiers(quen: Quen, key: str) -> set[tuple[str, str]]:
    return {(i["type"], i["value"]) for i in quen.profile(key)["identifiers"]}


def test_it_cannot_give_somebody_its_own_address(quen: Quen, victim: dict[str, str]) -> None:
    thief = f"thief-{name()}@example.com"
    before = quen.profile(f"user_id:{victim['user']}")
    attack(quen, {"type": "identify", "userId": victim["user"], "traits": {"email": thief, "phone": "0912000111"}})
    after = quen.profile(f"user_id:{victim['user']}")
    assert after["traits"] == before["traits"]
    assert identifiers(quen, f"user_id:{victim['user']}") == {
        ("user_id", victim["user"]),
        ("email", victim["email"]),
        ("phone", victim["phone"]),
    }
    assert quen.api().get(f"profiles/email:{thief}").status_code == 404


def test_it_cannot_take_an_address_away(quen: Quen, victim: dict[str, str]) -> None:
    attack(
        quen,
        {"type": "identify", "userId": victim["user"], "traits": {"email": None, "phone": None}},
        {"type": "identify", "userId": f"thief-{name()}", "traits": {"email": victim["email"]}},
        {"type": "track", "event": "X", "userId": f"thief-{name()}",
         "context": {"externalIds": [{"id": victim["email"], "type": "email", "collection": "users"}]}},
        {"type": "alias", "userId": f"thief-{name()}", "previousId": victim["user"]},
    )  # fmt: skip
    traits = quen.profile(f"user_id:{victim['user']}")["traits"]
    assert (traits["email"], traits["phone"]) == (victim["email"], victim["phone"])
    for key in ("email", "phone"):
        assert quen.profile(f"{key}:{victim[key]}")["id"] == victim["id"]


def test_it_cannot_make_two_people_one_and_a_server_can(quen: Quen, victim: dict[str, str]) -> None:
    card = f"card-{name()}"
    other = unique_phone()
    external = [{"id": card, "type": "loyalty_card", "collection": "users"}]
    quen.send({"type": "identify", "traits": {"phone": other}, "context": {"externalIds": external}})
    hoa = quen.profile(f"phone:{other}")["id"]
    both = {"type": "identify", "traits": {"email": victim["email"], "phone": other}}
    attack(quen, both, both, {"type": "identify", "userId": victim["user"], "context": {"externalIds": external}})
    assert quen.profile(f"phone:{other}")["id"] == hoa
    assert quen.profile(f"loyalty_card:{card}")["id"] == hoa
    assert quen.profile(f"email:{victim['email']}")["id"] == victim["id"]

    quen.send(both | {"messageId": name()})
    quen.settle()
    assert quen.profile(f"phone:{other}")["id"] == victim["id"]
    edges = quen.api().get(f"profiles/{victim['id']}/identity").json()["edges"]
    assert [e["kind"] for e in edges].count("merge") == 1


def test_a_visitor_who_signs_in_is_tied_to_the_person(quen: Quen, victim: dict[str, str]) -> None:
    device = name()
    attack(quen, {"type": "page", "anonymousId": device, "name": "Home"})
    attack(quen, {"type": "identify", "anonymousId": device, "userId": victim["user"], "traits": {"size": "M"}})
    person = quen.profile(f"anonymous_id:{device}")
    assert person["id"] == victim["id"]
    assert person["traits"]["size"] == "M"


def test_a_device_with_a_second_user_becomes_nobodys(quen: Quen, victim: dict[str, str]) -> None:
    device, second = name(), f"hoa-{name()}"
    attack(quen, {"type": "identify", "anonymousId": device, "userId": victim["user"]})
    assert quen.profile(f"anonymous_id:{device}")["id"] == victim["id"]
    attack(quen, {"type": "identify", "anonymousId": device, "userId": second})
    attack(quen, {"type": "track", "event": "Product Viewed", "anonymousId": device})
    ids = {
        quen.profile(key)["id"] for key in (f"anonymous_id:{device}", f"user_id:{second}", f"user_id:{victim['user']}")
    }
    assert len(ids) == 3
    events = quen.api().get(f"profiles/{victim['id']}/events").json()["items"]
    assert "Product Viewed" not in {e["event"] for e in events}
