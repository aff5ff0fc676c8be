"""History follows in both directions, through the doors that people and programs use."""

from __future__ import annotations

from typing import Any

from tests.support import Quen, eventually, unique


class Two:
    """A user with a visit and an order, and an address with two orders, who became one by a message that named both."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.name = quen, unique()
        self.user, self.mail = f"u-{self.name}", f"m-{self.name}@example.com"
        quen.send({"type": "identify", "userId": self.user, "traits": {"name": "Lan"}})
        quen.send(self.order(10, userId=self.user))
        quen.send({"type": "identify", "traits": {"email": self.mail, "city": "Huế"}})
        quen.send(*(self.order(total, context={"traits": {"email": self.mail}}) for total in (20, 30)))
        self.before = (quen.profile(f"user_id:{self.user}")["id"], quen.profile(f"email:{self.mail}")["id"])
        quen.send({"type": "identify", "userId": self.user, "traits": {"email": self.mail}})
        quen.settle()
        assert self.id_of("email", self.mail) == self.id_of("user_id", self.user)

    def order(self, total: int, **who: Any) -> dict[str, Any]:
        properties = {"total": total, "order_id": f"{self.name}-{total}"}
        return {"type": "track", "event": "Order Completed", "properties": properties, **who}

    def id_of(self, type_: str, value: str) -> str:
        return str(self.quen.profile(f"{type_}:{value}")["id"])

    def orders_of(self, profile: str) -> list[float]:
        listed = self.quen.api().get(f"profiles/{profile}/events", params={"event": "Order Completed", "limit": 50})
        assert listed.status_code == 200, listed.text
        return sorted(item["properties"]["total"] for item in listed.json()["items"])

    def worth(self, profile: str) -> tuple[int, float]:
        document = self.quen.api().get(f"profiles/{profile}").json()
        return document["computed"]["order_count"], document["computed"]["total_spent"]

    def merge(self) -> dict[str, Any]:
        log = self.quen.api().get(f"profiles/user_id:{self.user}/identity").json()
        return next(edge for edge in log["edges"] if edge["kind"] == "merge")

    def do(self, action: str, **arguments: Any) -> dict[str, Any]:
        done = self.quen.order(self.quen.api().post(f"profiles/user_id:{self.user}/{action}", json=arguments))
        assert done["status"] == "done", done
        return done


def test_the_survivor_has_the_history_of_both_at_once_and_after_an_unmerge_each_their_own(quen: Quen) -> None:
    two = Two(quen)
    lan, hoa = two.before
    assert two.orders_of(lan) == two.orders_of(hoa) == [10, 20, 30]
    assert two.worth(lan) == (3, 60.0)
    two.do("unmerge", edge=two.merge()["id"], note="two people")
    assert (two.id_of("user_id", two.user), two.id_of("email", two.mail)) == (lan, hoa)
    assert (two.orders_of(lan), two.orders_of(hoa)) == ([10], [20, 30])
    assert (two.worth(lan), two.worth(hoa)) == ((1, 10.0), (2, 50.0))
    traits = [quen.api().get(f"profiles/{profile}").json()["traits"] for profile in (lan, hoa)]
    assert "city" not in traits[0] and traits[1]["city"] == "Huế"


def test_segments_count_all_that_was_merged_and_come_apart(quen: Quen) -> None:
    two = Two(quen)
    lan, hoa = two.before
    rule = {
        "all": [
            {"event": "Order Completed", "count": {"op": "gte", "value": 3}},
            {"event": "Order Completed", "where": [{"property": "order_id", "op": "eq", "value": f"{two.name}-10"}]},
        ]
    }
    made = quen.api().post("segments", json={"name": f"Three {two.name}", "rule": rule})
    assert made.status_code in {200, 201}, made.text
    segment = made.json()["id"]

    def members() -> list[str]:
        listed = quen.api().get(f"segments/{segment}/members")
        assert listed.status_code == 200, listed.text  # 409 while it is computed
        return [item["profile_id"] for item in listed.json()["items"]]

    def previewed() -> int:
        count: int = quen.api().post("segments/preview", json={"rule": rule}).json()["count"]
        return count

    eventually(lambda: members() == [lan])
    assert previewed() == 1
    two.do("unmerge", edge=two.merge()["id"])
    eventually(lambda: members() == [])
    assert previewed() == 0
    assert quen.order(quen.api().post("profiles/merge", json={"profiles": [lan, hoa]}))["status"] == "done"
    eventually(lambda: members() == [lan])
    assert previewed() == 1
