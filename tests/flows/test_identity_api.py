"""Identity through the JSON API: why, taking people apart and together, claims, what is set aside, identifier types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import Quen, eventually, unique, unique_phone


def identify(quen: Quen, user: str, source: str | None = None, **traits: Any) -> None:
    quen.send({"type": "identify", "userId": user, "traits": traits}, source=source)


def identity(quen: Quen, key: str) -> dict[str, Any]:
    return dict(quen.api().get(f"profiles/{key}/identity").json())


def values(document: dict[str, Any]) -> set[str]:
    return {each["value"] for each in document["identifiers"]}


@pytest.fixture
def joined(quen: Quen) -> dict[str, Any]:
    """Two people whom one message made one: a cashier typed the wrong phone."""
    text = unique()
    user, email, phone = f"u-{text}", f"a.{text}@example.com", unique_phone()
    identify(quen, user, email=email)
    quen.send({"type": "identify", "traits": {"phone": phone, "name": "Bình"}})
    other = quen.profile(f"phone:{phone}")
    quen.send({"type": "track", "event": "Called", "context": {"traits": {"phone": phone}}})
    identify(quen, user, phone=phone)
    quen.settle()
    assert quen.profile(f"phone:{phone}")["id"] == quen.profile(f"user_id:{user}")["id"]
    return {"user": user, "email": email, "phone": phone, "other": other["id"], "mark": text}


def test_two_identifiers_are_explained(quen: Quen, joined: dict[str, Any]) -> None:
    asked = {"left": f"email:{joined['email']}", "right": f"phone:{joined['phone']}"}
    why = quen.api().get(f"profiles/user_id:{joined['user']}/identity/why", params=asked).json()
    assert why["same"] is True
    assert [(s["left"]["type"], s["right"]["type"]) for s in why["steps"]] == [
        ("email", "user_id"),
        ("user_id", "phone"),
    ]
    assert all(step["why"] and step["edges"] and step["message_id"] for step in why["steps"])
    masked = quen.api("analyst").get(f"profiles/user_id:{joined['user']}/identity/why", params=asked)
    assert joined["phone"] not in masked.text and joined["email"] not in masked.text
    nobody = quen.api().get(
        f"profiles/user_id:{joined['user']}/identity/why", params=asked | {"right": "phone:+84900000009"}
    )
    assert nobody.status_code == 404


def test_a_merge_is_taken_back(quen: Quen, joined: dict[str, Any]) -> None:
    before = identity(quen, f"user_id:{joined['user']}")
    (merge,) = [m for m in before["merges"] if m["live"]]
    address = f"profiles/{before['id']}/unmerge"
    assert quen.api("analyst").post(address, json={"edge": merge["edge"]}).status_code == 403
    done = quen.order(quen.api().post(address, json={"edge": merge["edge"], "note": "wrong number"}))
    assert done["status"] == "done" and len(done["profiles"]) == 2
    hers, his = identity(quen, f"user_id:{joined['user']}"), identity(quen, f"phone:{joined['phone']}")
    assert hers["id"] != his["id"]
    assert values(hers) == {joined["user"], joined["email"]} and values(his) == {joined["phone"]}
    removed = next(edge for edge in hers["edges"] if edge["kind"] == "remove")
    assert removed["note"] == "wrong number" and removed["by"].startswith("key:")
    # The same message again does not join them; taking it back again is refused in words.
    identify(quen, joined["user"], phone=joined["phone"], city="Huế")
    quen.settle()
    assert quen.profile(f"user_id:{joined['user']}")["traits"]["city"] == "Huế"
    assert identity(quen, f"phone:{joined['phone']}")["id"] == his["id"]
    again = quen.api().post(f"profiles/{hers['id']}/unmerge", json={"edge": merge["edge"]})
    if again.status_code == 409:  # 202 when the engine is slow to say it
        assert again.json()["code"] == "refused" and again.json()["message"]
    refused = quen.order(again)
    assert quen.api().get(f"identity/orders/{refused['id']}").json()["problem"] == "not_live"


def test_what_ties_them_too_is_named(quen: Quen, joined: dict[str, Any]) -> None:
    """The phone hangs on the e-mail address as well: taking back one entry changes nothing."""
    quen.send({"type": "identify", "traits": {"email": joined["email"], "phone": joined["phone"]}})
    quen.settle()
    entry = next(e for e in identity(quen, f"user_id:{joined['user']}")["edges"] if e["kind"] == "link")
    order = quen.order(quen.api().post(f"profiles/user_id:{joined['user']}/unmerge", json={"edge": entry["id"]}))
    assert (order["status"], order["problem"]) == ("refused", "still_one") and order["edges"]


def test_identifiers_are_split_off_moved_and_merged(quen: Quen, joined: dict[str, Any]) -> None:
    user, phone = joined["user"], joined["phone"]
    named = {"type": "phone", "value": phone.replace("+84", "0")}
    whole = identity(quen, f"user_id:{user}")["id"]
    assert quen.api().post(f"profiles/{whole}/split", json={"identifiers": []}).status_code == 422
    split = quen.order(quen.api().post(f"profiles/{whole}/split", json={"identifiers": [named], "note": "his"}))
    assert split["status"] == "done"
    his = identity(quen, f"phone:{phone}")
    assert values(his) == {phone} and phone not in values(identity(quen, f"user_id:{user}"))
    third = f"m-{joined['mark']}"
    identify(quen, third, name="Minh")
    minh = quen.profile(f"user_id:{third}")["id"]
    moved = quen.order(quen.api().post(f"profiles/{his['id']}/move", json={"identifier": named, "to": minh}))
    assert moved["status"] == "done"
    assert values(identity(quen, f"user_id:{third}")) == {third, phone}
    # Two accounts prove two people, unless somebody knows better.
    both = {"profiles": [f"user_id:{user}", f"user_id:{third}"]}
    refused = quen.order(quen.api().post("profiles/merge", json=both))
    assert (refused["status"], refused["problem"]) == ("refused", "unique:user_id")
    merged = quen.order(quen.api().post("profiles/merge", json=both | {"two_accounts": True, "note": "same woman"}))
    assert merged["status"] == "done"
    assert identity(quen, f"user_id:{user}")["id"] == identity(quen, f"user_id:{third}")["id"]
    assert quen.api().post("profiles/merge", json={"profiles": [f"user_id:{user}"] * 2}).status_code == 422


@pytest.fixture
def claimed(quen: Quen) -> dict[str, Any]:
    """A browser says that two known people are one."""
    text = unique()
    email, phone = f"c.{text}@example.com", unique_phone()
    quen.send({"type": "identify", "traits": {"email": email}}, {"type": "identify", "traits": {"phone": phone}})
    quen.profile(f"phone:{phone}")
    both = {"type": "identify", "anonymousId": f"v-{text}", "traits": {"email": email, "phone": phone}}
    quen.send(both, source=quen.source("browser"))

    def asked() -> dict[str, Any] | None:
        items = quen.api().get("claims", params={"limit": 200}).json()["items"]
        return next((i for i in items if i["right"]["identifier"]["value"] == phone), None)

    return {"claim": eventually(asked), "email": email, "phone": phone, "both": both}


def test_a_claim_is_accepted(quen: Quen, claimed: dict[str, Any]) -> None:
    claim = claimed["claim"]
    assert (claim["kind"], claim["status"], claim["count"]) == ("merge", "open", 1)
    assert claim["left"]["profile_id"] != claim["right"]["profile_id"]
    assert claimed["phone"] not in quen.api("analyst").get("claims", params={"limit": 200}).text
    assert quen.api("marketer").post(f"claims/{claim['id']}/accept", json={}).status_code == 403
    done = quen.order(quen.api("care").post(f"claims/{claim['id']}/accept", json={"note": "she called"}))
    assert done["status"] == "done"
    assert quen.profile(f"email:{claimed['email']}")["id"] == quen.profile(f"phone:{claimed['phone']}")["id"]
    accepted = quen.api().get("claims", params={"status": "accepted", "limit": 200}).json()["items"]
    assert claim["id"] in {item["id"] for item in accepted}
    assert quen.api().post(f"claims/{claim['id']}/accept", json={}).status_code == 409


def test_a_refused_claim_is_remembered(quen: Quen, claimed: dict[str, Any]) -> None:
    claim = claimed["claim"]
    refused = quen.api().post(f"claims/{claim['id']}/refuse")
    assert refused.status_code == 200 and refused.json()["status"] == "refused"
    quen.send(claimed["both"], source=quen.source("browser"))

    def again() -> dict[str, Any] | None:
        items = quen.api().get("claims", params={"status": "refused", "limit": 200}).json()["items"]
        return next((i for i in items if i["id"] == claim["id"] and i["count"] == 2), None)

    assert eventually(again)
    assert quen.profile(f"email:{claimed['email']}")["id"] != quen.profile(f"phone:{claimed['phone']}")["id"]


@pytest.fixture
def restored(quen: Quen) -> Iterator[dict[str, Any]]:
    """The identifier types; whatever a test makes of them, they are put back."""
    before = quen.api().get("identity/types").json()
    yield before
    now = quen.api().get("identity/types").json()["version"]
    put = quen.api().put("identity/types", json=before | {"version": now})
    assert put.status_code == 200, put.text


def test_a_hub_is_blocked_and_taken_out(quen: Quen, restored: dict[str, Any]) -> None:
    text = unique()
    hotline = unique_phone()
    for n in range(3):
        identify(quen, f"h{n}-{text}", phone=hotline)

    def listed() -> dict[str, Any] | None:
        items = quen.api().get("identity/set-aside").json()["items"]
        return next((i for i in items if i["identifier"]["value"] == hotline and i["count"] == 2), None)

    row = eventually(listed)
    assert row is not None
    assert row["rule"] == "unique:user_id" and len(row["profiles"]) == 1 and len(row["kept_apart_from"]) == 2
    assert hotline not in quen.api("analyst").get("identity/set-aside").text
    done = quen.api().post(f"identity/set-aside/{row['id']}/block", json={"take_out": True})
    assert done.status_code == 200 and len(done.json()["orders"]) == 1, done.text
    order = done.json()["orders"][0]["id"]
    eventually(lambda: quen.api().get(f"identity/orders/{order}").json()["status"] == "done")
    assert values(identity(quen, f"user_id:h0-{text}")) == {f"h0-{text}"}
    phones = next(t for t in quen.api().get("identity/types").json()["types"] if t["name"] == "phone")
    assert hotline in phones["blocked"]
    # It identifies nobody any more, as soon as the engine has read the types again.
    eventually(lambda: values(named(quen, phone=hotline)) == {"only me"})


def named(quen: Quen, **traits: str) -> dict[str, Any]:
    """Somebody new with these traits; their customer code is called `only me`."""
    user = f"n-{unique()}"
    identify(quen, user, **traits)
    found = quen.profile(f"user_id:{user}")
    for each in found["identifiers"]:
        each["value"] = "only me" if each["value"] == user else each["value"]
    return found


def test_types_are_previewed_and_rebuilt(quen: Quen, restored: dict[str, Any]) -> None:
    text = unique()
    user, card = f"t-{text}", f"club_{text}"
    external = [{"type": card, "id": value, "scope": ""} for value in ("c1", "c2")]
    for each in external:
        quen.send({"type": "identify", "userId": user, "context": {"externalIds": [each]}})
    quen.settle()
    assert len(quen.profile(f"user_id:{user}")["identifiers"]) == 3
    types = [*restored["types"], {"name": card, "priority": 30, "unique": True, "scope": "account"}]
    assert quen.api("care").post("identity/types/preview", json={"types": types}).status_code == 403
    found = quen.api().post("identity/types/preview", json={"types": types}).json()["items"]
    assert {f["kind"]: (f["identifiers"], f["people"]) for f in found} == {"new": (2, 1), "unique": (1, 1)}
    assert found[1]["examples"][0]["identifier"]["value"] == "c2" and found[1]["message"]
    assert (
        quen.api("developer").post("identity/types/preview", json={"types": types}).json()["items"][1]["examples"] == []
    )
    body = {"types": types, "version": "123", "rebuild": True}
    assert quen.api().put("identity/types", json=body).status_code == 409
    assert quen.api("developer").put("identity/types", json=body | {"version": ""}).status_code == 403
    put = quen.api().put("identity/types", json=body | {"version": restored["version"]})
    assert put.status_code == 200 and put.json()["orders"] == 1, put.text
    eventually(lambda: len(quen.profile(f"user_id:{user}")["identifiers"]) == 2)
    broken = quen.api().put("identity/types", json={"types": [types[-1] | {"priority": 500}]})
    assert broken.status_code == 422 and "types[0].priority" in broken.json()["details"]


def test_masked_keys_keep_what_they_cannot_read(quen: Quen, restored: dict[str, Any]) -> None:
    phone = unique_phone()
    types = [t | {"blocked": [*t["blocked"], phone]} if t["name"] == "phone" else t for t in restored["types"]]
    assert quen.api().put("identity/types", json={"types": types}).status_code == 200
    masked = quen.api("developer").get("identity/types").json()
    assert phone not in str(masked)
    assert quen.api("developer").put("identity/types", json=masked).status_code == 200
    kept = next(t for t in quen.api().get("identity/types").json()["types"] if t["name"] == "phone")
    assert kept["blocked"][-1] == phone
    shown = next(t for t in masked["types"] if t["name"] == "phone")
    shown["blocked"] = ["•••999999"]
    changed = quen.api("developer").put("identity/types", json=masked | {"version": ""})
    assert changed.status_code == 422
