"""Computed traits as programs and people meet them: the API, events at the edge, rules, templates, history, roles."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import Quen, eventually, unique


class Shop:
    """A person with two orders, of an event of their own name, and a computed trait of each kind asked for."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.mark = quen, unique().lower()
        self.event, self.user = f"Bought {self.mark}", f"u-{self.mark}"
        self.buys(total=2.5, shop="Huế")
        self.buys(total=1.5, shop="Hà Nội")
        quen.settle()

    def buys(self, **properties: Any) -> None:
        self.quen.send({"type": "track", "userId": self.user, "event": self.event, "properties": properties})

    def spec(self, kind: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "event": self.event, **more}

    def make(self, what: str, spec: dict[str, Any]) -> str:
        """The name of a trait once it is live."""
        name = f"{what}_{re.sub('[^a-z0-9]', '_', self.mark)}"
        made = self.quen.api().post("computed-traits", json={"name": name, "label": what.title(), "spec": spec})
        assert made.status_code == 201, made.text
        assert made.json()["warnings"] == []
        eventually(lambda: self.get(name)["status"] == "live")
        return name

    def get(self, name: str) -> dict[str, Any]:
        answer = self.quen.api().get(f"computed-traits/{name}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def profile(self) -> dict[str, Any]:
        return self.quen.profile(f"user_id:{self.user}")

    def value(self, name: str) -> Any:
        return self.profile()["computed"].get(name)


@pytest.fixture
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_from_the_definition_to_every_place_where_its_value_is_used(shop: Shop) -> None:
    api = shop.quen.api()
    spent = shop.make("spent", shop.spec("sum", property="total", within="30d"))
    assert shop.value(spent) == 4
    assert "computed" not in shop.profile()["traits"]
    rule = {"trait": f"computed.{spent}", "op": "gte", "value": 10}
    segment = api.post("segments", json={"name": f"Dear {shop.mark}", "rule": rule}).json()
    assert segment["warnings"] == []
    eventually(lambda: api.get(f"segments/{segment['id']}").json()["status"] == "live")
    shop.buys(total=7)
    eventually(lambda: shop.value(spent) == 11)
    found = shop.profile()
    assert [s["id"] for s in found["segments"]] == [segment["id"]]
    assert api.post("segments/preview", json={"rule": rule}).json()["count"] == 1

    history = api.get(f"profiles/{found['id']}/computed/{spent}/history", params={"limit": 1}).json()
    assert [item["value"] for item in history["items"]] == [11]
    since = datetime.fromisoformat(found["segments"][0]["since"])
    assert datetime.fromisoformat(history["items"][0]["at"]) == since.astimezone(UTC)
    older = api.get(f"profiles/{found['id']}/computed/{spent}/history", params={"before": history["next"]}).json()
    assert ([item["value"] for item in older["items"]], older["next"]) == ([4], None)

    body = f"<mjml><mj-body><mj-text>{{{{ computed.{spent} }}}} ₫</mj-text></mj-body></mjml>"
    template = api.post("templates", json={"name": f"T {shop.mark}", "subject": "Hi", "body": body})
    assert template.status_code == 201, template.text
    shown = api.post(f"templates/{template.json()['id']}/preview", json={"person": f"user_id:{shop.user}"})
    assert "11 ₫" in shown.json()["html"], shown.text

    refused = api.delete(f"computed-traits/{spent}")
    assert refused.status_code == 409
    assert refused.json()["details"]["used_by"] == [f"Dear {shop.mark}", f"T {shop.mark}"]
    assert shop.get(spent)["used_by"] == [f"Dear {shop.mark}", f"T {shop.mark}"]
    assert api.delete(f"segments/{segment['id']}").status_code == 200
    assert api.delete(f"templates/{template.json()['id']}").status_code < 300
    assert api.delete(f"computed-traits/{spent}").json()["status"] == "removing"
    assert api.get(f"computed-traits/{spent}").status_code == 404
    eventually(lambda: spent not in shop.profile()["computed"])


def test_preview_change_and_pause(shop: Shop) -> None:
    api = shop.quen.api()
    spec = shop.spec("most_frequent", property="shop")
    shop.buys(shop="Huế")
    shop.quen.settle()
    found = api.post("computed-traits/preview", json={"spec": spec}).json()
    assert found["sample"] == [{"profile_id": shop.profile()["id"], "value": "Huế"}]
    assert found["sentence"] == f"Most frequent shop of {shop.event}"
    odd = api.post("computed-traits/preview", json={"spec": {**spec, "event": [shop.event, "Nobody Sent"]}}).json()
    assert [warning["path"] for warning in odd["warnings"]] == ["$.event"]

    name = shop.make("shop", spec)
    assert shop.value(name) == "Huế"
    changed = api.patch(f"computed-traits/{name}", json={"spec": {**spec, "kind": "first"}, "label": "First shop"})
    assert (changed.json()["version"], changed.json()["label"]) == (2, "First shop")
    shop.buys(shop="Vinh")
    api.patch(f"computed-traits/{name}", json={"spec": {**spec, "kind": "last"}})
    eventually(lambda: shop.get(name)["status"] == "live" and shop.value(name) == "Vinh")
    assert api.patch(f"computed-traits/{name}", json={"paused": True}).json()["status"] == "paused"
    assert api.patch(f"computed-traits/{name}", json={"paused": False}).json()["status"] == "computing"
    eventually(lambda: shop.get(name)["status"] == "live")
    listed = api.get("computed-traits", params={"limit": 100}).json()["items"]
    assert name in [each["name"] for each in listed]


def test_an_edited_one_is_seen_before_or_after_and_never_between(shop: Shop) -> None:
    """Of anybody, and by the segment over it, while people go on buying."""
    api, users = shop.quen.api(), [f"e{n}-{shop.mark}" for n in range(40)]
    bought = {"type": "track", "event": shop.event, "properties": {"total": 5, "paid": 50}}
    shop.quen.send(*({**bought, "userId": user} for user in users))
    shop.quen.settle()
    spent = shop.make("spent", shop.spec("sum", property="total"))
    rule = {"all": [{"trait": f"computed.{spent}", "op": "lt", "value": 20}, {"event": shop.event}]}
    cheap = api.post("segments", json={"name": f"Cheap {shop.mark}", "rule": rule}).json()["id"]
    eventually(lambda: api.get(f"segments/{cheap}").json()["status"] == "live")
    assert api.get(f"segments/{cheap}").json()["count"] == 41
    seen: list[tuple[str, Any]] = []

    def look_at_people() -> None:
        for user in (users[0], users[-1]):
            seen.append((user, shop.quen.profile(f"user_id:{user}")["computed"][spent]))

    def is_done() -> bool:
        look_at_people()
        seen.append(("", api.get(f"segments/{cheap}").json()["count"]))
        return seen[-1] == ("", 1) and shop.get(spent)["status"] == "live"

    assert not is_done()  # what is shown before, however soon that is over
    api.patch(f"computed-traits/{spent}", json={"spec": shop.spec("sum", property="paid")})
    eventually(is_done)
    look_at_people()  # they may have changed after the last look at them, before that at the count
    changed = [value in (50, 1) for _, value in seen]
    assert {value for _, value in seen} == {5, 41, 50, 1}
    assert changed == sorted(changed), "nobody is shown the values before once somebody was shown the new ones"
    shop.quen.send({**bought, "userId": users[0]})
    eventually(lambda: shop.quen.profile(f"user_id:{users[0]}")["computed"][spent] == 100)


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({"name": "Bad Name", "label": "x", "spec": {"kind": "count", "event": "A"}}, 422, "name"),
        ({"name": "x", "label": " ", "spec": {"kind": "count", "event": "A"}}, 422, "label"),
        ({"name": "x", "label": "x", "spec": []}, 422, "$"),
        ({"name": "x", "label": "x", "spec": {"kind": "mode"}}, 422, "$.kind"),
        ({"name": "x", "label": "x", "spec": {"kind": "count"}}, 422, "$"),
        ({"name": "x", "label": "x", "spec": {"kind": "count", "event": "A", "property": "n"}}, 422, "$.property"),
        ({"name": "x", "label": "x", "spec": {"kind": "sum", "event": ["A", 5], "property": "n"}}, 422, "$.event[1]"),
        ({"name": "x", "label": "x", "spec": {"kind": "sum", "event": "A", "property": "a..b"}}, 422, "$.property"),
        ({"name": "x", "label": "x", "spec": {"kind": "count", "event": "A", "within": "3 days"}}, 422, "$.within"),
        (
            {
                "name": "x",
                "label": "x",
                "spec": {"kind": "count", "event": "A", "where": [{"property": "p", "op": "?"}]},
            },
            422,
            "$.where[0].op",
        ),
    ],
)
def test_bad_input_points_at_the_place(quen: Quen, body: dict[str, Any], status: int, path: str) -> None:
    answer = quen.api().post("computed-traits", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["details"]["path"] == path


def test_roles(shop: Shop) -> None:
    body = {"name": "r", "label": "R", "spec": shop.spec("last", property="mail")}
    assert shop.quen.api("care").post("computed-traits", json=body).status_code == 403
    assert shop.quen.api("developer").get("computed-traits").status_code == 403
    shop.buys(mail="lan@example.com")
    shop.quen.settle()
    seen = shop.quen.api("analyst").post("computed-traits/preview", json={"spec": body["spec"]}).json()
    assert seen["sample"][0]["value"] == "l•••@example.com"
    name = shop.make("mail", body["spec"])
    found = shop.quen.api("analyst").get(f"profiles/{shop.profile()['id']}").json()
    assert found["computed"][name] == "l•••@example.com"
    assert shop.value(name) == "lan@example.com"


def test_it_survives_a_killed_app(quen: Quen) -> None:
    shop = Shop(quen)
    name = shop.make("orders", shop.spec("count", within="3d"))
    shop.buys()
    quen.kill_app()
    shop.buys()
    quen.wait_until_healthy()
    eventually(lambda: shop.value(name) == 4)
