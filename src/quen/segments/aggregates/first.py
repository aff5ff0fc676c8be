"""`first`: the value of a property in the earliest event that has one."""

from __future__ import annotations

from quen.segments.aggregates.ends import End
from quen.segments.cases import BOUGHT, Case, bought


class First(End):
    name = "first"
    order = 25
    label = {"en": "first", "vi": "đầu tiên"}
    latest = False


_AT_A = {**BOUGHT, "first": {"property": "shop", "op": "eq", "value": "A"}}
CASES = (Case("the first that has one", _AT_A, True, (bought(3), bought(2, shop="A"), bought(1, shop="B"))),)
AGGREGATE = First()
