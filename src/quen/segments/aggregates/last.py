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
_YES = {**BOUGHT, "last": {"property": "coupon", "op": "eq", "value": True}}
_NO = {**BOUGHT, "last": {"property": "coupon", "op": "ne", "value": True}}
_FEW = {**BOUGHT, "last": {"property": "items", "op": "in", "value": [3, "four"]}}
_DEAR = {**BOUGHT, "last": {"property": "items", "op": "gt", "value": 2}}
_THERE = {**BOUGHT, "last": {"property": "coupon", "op": "exists"}}
# Values of the type that is asked for are read first, all others apart from them: the latest counts, of whichever.
_USUAL, _ANOTHER = bought(3, coupon=True, items=3), bought(4, coupon=False, items=1)
_AS_TEXT, _IN_LIST = bought(2, coupon="true", items="3"), bought(2, coupon=[False, True], items=["four"])
_OBJECT, _WITHOUT = bought(1, coupon={"code": "A"}, items={"n": 3}), bought(1, coupon=None)
CASES = (
    Case("the latest", _AT_A, False, (bought(2, shop="A"), bought(1, shop="B"))),
    Case("no latest is not A", _ELSEWHERE, True),
    Case("the usual type", _YES, True, (_USUAL, _ANOTHER, _WITHOUT)),
    Case("later as a text", _YES, True, (_ANOTHER, _AS_TEXT)),
    Case("later in a list", _YES, True, (_ANOTHER, _IN_LIST)),
    Case("later an object, which is equal to nothing", _YES, False, (_USUAL, _OBJECT)),
    Case("which is not it then", _NO, True, (_USUAL, _OBJECT)),
    Case("not it, by the usual type", _NO, False, (_ANOTHER, _USUAL)),
    Case("numbers and texts among what is asked for", _FEW, True, (_USUAL, _ANOTHER)),
    Case("later a number as text", _FEW, True, (_ANOTHER, _AS_TEXT)),
    Case("later a text in a list", _FEW, True, (_USUAL, _IN_LIST)),
    Case("larger, of a number", _DEAR, True, (_USUAL, _ANOTHER)),
    Case("larger, of a number as text", _DEAR, True, (_ANOTHER, _AS_TEXT)),
    Case("larger, of a fraction", _DEAR, True, (_ANOTHER, bought(1, items=2.5))),
    Case("larger, of an object", _DEAR, False, (_USUAL, _OBJECT)),
    Case("anything is there", _THERE, True, (_OBJECT,)),
    Case("nothing is there", _THERE, False, (_WITHOUT, bought(2))),
)
AGGREGATE = Last()
