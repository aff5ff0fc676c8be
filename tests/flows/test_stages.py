"""RFM and the lifecycle stage from the API to segments and letters, in a running Quen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import Quen, eventually, unique

DAY = timedelta(days=1)


class Shop:
    """People who bought so many days ago each, for 100 an order."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.mark = quen, quen.api(), unique()
        self.event = f"Bought {self.mark}"

    def bought(self, who: str, *days_ago: float) -> None:
        now = datetime.now(UTC)
        self.quen.send(
            *(
                {
                    "type": "track",
                    "userId": f"{who}-{self.mark}",
                    "event": self.event,
                    "properties": {"total": 100},
                    "timestamp": (now - days * DAY).isoformat(),
                }
                for days in days_ago
            )
        )
        self.quen.settle()

    def make(self, kind: str, **spec: Any) -> str:
        name = f"{kind}_{self.mark}"
        body = {"name": name, "label": kind, "spec": {"kind": kind, "event": self.event, **spec}}
        answer = self.api.post("computed-traits", json=body)
        assert answer.status_code == 201, answer.text
        eventually(lambda: self.api.get(f"computed-traits/{name}").json()["status"] == "live")
        return name

    def value(self, who: str, name: str) -> Any:
        return self.quen.profile(f"user_id:{who}-{self.mark}")["computed"].get(name)


@pytest.fixture
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_stages_of_a_history_and_of_what_comes(shop: Shop) -> None:
    stories = {
        "new": [3],
        "active": [50, 20],
        "at_risk": [100, 90],
        "lapsed": [300],
        "returning": [400, 2],
    }
    for stage, days in stories.items():
        shop.bought(stage, *days)
    name = shop.make("lifecycle")
    assert {stage: shop.value(stage, name) for stage in stories} == {stage: stage for stage in stories}
    rule = {"trait": f"computed.{name}", "op": "in", "value": ["returning", "new"]}
    assert shop.api.post("segments/preview", json={"rule": rule}).json()["count"] == 2
    segment = shop.api.post("segments", json={"name": shop.mark, "rule": rule}).json()
    eventually(lambda: shop.api.get(f"segments/{segment['id']}").json()["count"] == 2)
    # Back after 300 days; and told late: they were here in between, and had not lapsed.
    shop.bought("lapsed", 0)
    eventually(lambda: shop.value("lapsed", name) == "returning")
    eventually(lambda: shop.api.get(f"segments/{segment['id']}").json()["count"] == 3)
    shop.bought("lapsed", 150)
    eventually(lambda: shop.value("lapsed", name) == "active")
    body = f"<mjml><mj-body><mj-text>{{{{ computed.{name} }}}}</mj-text></mj-body></mjml>"
    template = shop.api.post("templates", json={"name": shop.mark, "subject": "Hi", "body": body}).json()
    letter = shop.api.post(f"templates/{template['id']}/preview", json={"person": f"user_id:at_risk-{shop.mark}"})
    assert "at_risk" in letter.json()["text"]


def test_rfm_by_thresholds_of_ones_own(shop: Shop) -> None:
    thresholds = {"recency": ["30d", "60d", "90d", "180d"], "frequency": [2, 3, 4, 5], "monetary": [200, 300, 400, 500]}
    shop.bought("best", 1, 2, 3, 4, 5)
    shop.bought("lost", 200)
    name = shop.make("rfm", scoring="thresholds", thresholds=thresholds)
    assert shop.value("best", name) == {"r": 5, "f": 5, "m": 5, "score": 15, "group": "champions"}
    assert shop.value("lost", name) == {"r": 1, "f": 1, "m": 1, "score": 3, "group": "lost"}
    count = {"trait": f"computed.{name}.score", "op": "gte", "value": 13}
    assert shop.api.post("segments/preview", json={"rule": count}).json()["count"] == 1
    # Another table of groups: a new version, by which everyone is scored anew.
    spec = {"kind": "rfm", "event": shop.event, "scoring": "thresholds", "thresholds": thresholds}
    hole = shop.api.patch(f"computed-traits/{name}", json={"spec": {**spec, "groups": [{"group": "x", "r": [1, 4]}]}})
    assert (hole.status_code, hole.json()["details"]["path"]) == (422, "$.groups")
    halves = [{"group": "gần đây", "r": [4, 5]}, {"group": "đã lâu", "r": [1, 3]}]
    assert shop.api.patch(f"computed-traits/{name}", json={"spec": {**spec, "groups": halves}}).status_code == 200
    eventually(lambda: shop.value("lost", name)["group"] == "đã lâu")
    eventually(lambda: shop.value("best", name)["group"] == "gần đây")


def test_fifths_get_their_boundaries_by_themselves(shop: Shop) -> None:
    for number in range(1, 11):
        shop.bought(f"p{number}", *range(1, number + 1))
    name = shop.make("rfm")
    eventually(lambda: shop.value("p10", name) is not None, timeout=90)
    eventually(lambda: [shop.value(f"p{n}", name)["f"] for n in range(1, 11)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    found = shop.api.get(f"computed-traits/{name}").json()
    assert found["spec"]["boundaries"]["frequency"] == [3, 5, 7, 9]
    assert found["spec"]["boundaries"]["people"] == 10
