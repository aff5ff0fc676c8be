"""Facts beside a sentence, as people write them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.segments.naming import Naming
from quen.segments.own_traits import OwnTrait
from quen.segments.rules import describe, parse_rule
from quen.segments.words import fact, number

HCM = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("value", "name", "vi", "en"),
    [
        (1150000, "total", "1.150.000", "1,150,000"),
        (0.1 + 0.2, "weight", "0,3", "0.3"),
        (431034.482759, "computed.average_order", "431.034,48", "431,034.48"),
        (10.762622, "lat", "10,762622", "10.762622"),
        (1e-7, "x", "1e-07", "1e-07"),
        ("1150000", "total", "1150000", "1150000"),
        ("0901234567", "phone", "0901234567", "0901234567"),
        (10023, "order_id", "10023", "10023"),
        (10023, "orderID", "10023", "10023"),
        (10023, "mã đơn", "10023", "10023"),
        (1990, "address.birth_year", "1990", "1990"),
        (5000, "paid", "5.000", "5,000"),
        (True, "vip", "đúng", "true"),
        ([1000, "a"], "tags", "1.000, a", "1,000, a"),
        ({"city": "Huế", "rent": 5000}, "address", "city: Huế, rent: 5.000", "city: Huế, rent: 5,000"),
        ("2026-11-30T07:41:43Z", "created_at", "30/11/2026 14:41:43", "30/11/2026 14:41:43"),
        ("2026-11-30T23:41:00.5+07:00", "created_at", "30/11/2026 23:41", "30/11/2026 23:41"),
        ("2026-11-30 09:30", "created_at", "30/11/2026 09:30", "30/11/2026 09:30"),
        ("1990-07-08", "birthday", "08/07/1990", "08/07/1990"),
        ("1990-02-31", "birthday", "1990-02-31", "1990-02-31"),
    ],
)
def test_facts(value: Any, name: str, vi: str, en: str) -> None:
    assert (fact(value, name, "vi", HCM), fact(value, name, "en", HCM)) == (vi, en)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_can_be_read_back_to_a_millionth(value: float) -> None:
    english = number(value, "en")
    assert float(english.replace(",", "")) == pytest.approx(value, rel=1e-12, abs=1e-6)
    assert number(value, "vi").translate(str.maketrans(",.", ".,")) == english


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"op": "eq", "value": "at_risk"}, "Stage is “Nearly gone”"),
        ({"op": "ne", "value": "at_risk"}, "Stage is not “Nearly gone”"),
        ({"op": "in", "value": ["at_risk", "lapsed", "x"]}, "Stage is one of “Nearly gone”, “Gone”, “x”"),
        ({"op": "contains", "value": "lapsed"}, "Stage contains “lapsed”"),  # may be a part of it
        ({"op": "starts_with", "value": "lapsed"}, "Stage starts with “lapsed”"),
        ({"op": "eq", "value": 5}, "Stage is 5"),
        ({"op": "exists"}, "Stage has a value"),
    ],
)
def test_a_trait_and_its_values_are_called_what_people_call_them(rule: dict[str, Any], said: str) -> None:
    stage = OwnTrait("computed.stage", "string", "Stage", {"at_risk": "Nearly gone", "lapsed": "Gone"})
    naming = Naming(traits={stage.name: stage})
    asked = parse_rule({"trait": "computed.stage", **rule})
    assert describe(asked, "en", naming) == said
    assert describe(asked, "en").startswith("computed.stage ")
    other = parse_rule({"trait": "stage", **rule})
    assert describe(other, "en", naming) == describe(other, "en")
