"""What the builder offers to whoever may not see contact data."""

from __future__ import annotations

from typing import Any

import pytest

from quen.events.models import Property
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
