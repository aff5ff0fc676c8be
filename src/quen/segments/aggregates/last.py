"""`last`: the value of a property in the latest event that has one."""

from __future__ import annotations

from quen.segments.aggregates.ends import End
from quen.segments.cases import BOUGHT, Case, bought


class Last(End):
    name = "last"
    order = 26
    label = {"en": "latest", "vi": "gần nhất"}
    latest = True


_AT_A, _ELSEWHERE = ({**BOUGHT, "last": {"property": "shop", "op": op, "value": "A"}} for op in ("eq", "ne"))
CASES = (
    Case("the latest", _AT_A, False, (bought(2, shop="A"), bought(1, shop="B"))),
    Case("no latest is not A", _ELSEWHERE, True),
)
AGGREGATE = Last()
