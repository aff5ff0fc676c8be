"""What the builder offers to whoever may not see contact data."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from quen.events.known import OWN, unseen
from quen.events.models import EventName, Property
from quen.segments.vocabulary import properties, vocabulary

pytestmark = pytest.mark.django_db


def test_examples_of_contact_data_are_not_for_masked_viewers() -> None:
    seen: dict[str, Any] = {"types": {"string": 1}, "count": 1, "last_seen": 1}
    Property.objects.create(event="", name="email", examples=["lan@example.com"], **seen)
    Property.objects.create(event="", name="city", examples=["Huế"], **seen)
    Property.objects.create(event="Called", name="phone", examples=["+84912345678"], **seen)

    def traits(*, masked: bool) -> dict[str, list[str]]:
        return {trait["name"]: trait["examples"] for trait in vocabulary("vi", masked=masked)["traits"]}

    assert traits(masked=False) == {"city": ["Huế"], "email": ["lan@example.com"]}
    assert traits(masked=True) == {"city": ["Huế"], "email": []}
    assert properties("Called", masked=False)[0]["examples"] == ["+84912345678"]
    assert properties("Called", masked=True)[0]["examples"] == []


def test_a_newcomer_is_offered_what_shops_send_and_what_quen_writes() -> None:
    with override("vi"):
        offered = {event["name"]: event for event in vocabulary("vi", masked=False)["events"]}
    assert offered["Order Completed"] == {"name": "Order Completed", "count": None, "label": "Đặt đơn hàng · chưa có"}
    assert offered["Email Opened"]["label"].endswith("· do Quen ghi")
    assert list(offered).index("Product Added") < list(offered).index("Segment Entered")


def test_what_was_received_comes_first_and_a_shop_that_sends_orders_needs_no_usual_names() -> None:
    for name, count in (("Mua hàng", 5), ("Product Added", 2), ("Email Opened", 1)):
        EventName.objects.create(name=name, count=count, first_seen=1, last_seen=1)
    names = [(event["name"], event["count"]) for event in vocabulary("vi", masked=False)["events"]]
    assert names[:3] == [("Mua hàng", 5), ("Product Added", 2), ("Email Opened", 1)]
    assert {name for name, count in names if count is None} == OWN - {"Email Opened"}


def test_a_name_that_never_came_is_unseen_but_not_if_quen_writes_it() -> None:
    EventName.objects.create(name="Mua hàng", count=5, first_seen=1, last_seen=1)
    assert unseen({"Mua hàng", "Mua hang", "Email Opened"}) == ["Mua hang"]
