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
_NOT_5 = {**BOUGHT, "first": {"property": "items", "op": "ne", "value": 5}}
CASES = (
    Case("the first that has one", _AT_A, True, (bought(3), bought(2, shop="A"), bought(1, shop="B"))),
    Case("of another type", _AT_A, True, (bought(2, shop=["A"]), bought(1, shop="B"))),
    Case("an object, which is equal to nothing", _AT_A, False, (bought(2, shop={"name": "A"}), bought(1, shop="A"))),
    Case("nothing is not 5", _NOT_5, True, (bought(1),)),
    Case("5 as a text is 5", _NOT_5, False, (bought(2, items="5"), bought(1, items=4))),
)
AGGREGATE = First()
