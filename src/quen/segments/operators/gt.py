"""`gt`: a number over another."""

from __future__ import annotations

from quen.segments.operators.comparison import Comparison


class Gt(Comparison):
    name = "gt"
    symbol = ">"
    order = 20
    label = {"en": "is over", "vi": "trên"}
    examples = (
        ({"value": 5}, 6, True),
        ({"value": 5}, 5, False),
        ({"value": 5}, "5.5", True),
        ({"value": 5}, "many", False),
        ({"value": 0}, True, False),
        ({"value": 5}, None, False),
        ({"value": 5}, [6], False),
        ({"value": 5}, 10**30, True),
    )


OPERATOR = Gt()
