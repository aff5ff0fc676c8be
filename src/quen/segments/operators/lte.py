"""`lte`: a number of at most another."""

from __future__ import annotations

from quen.segments.operators.comparison import Comparison


class Lte(Comparison):
    name = "lte"
    symbol = "<="
    order = 23
    label = {"en": "is at most", "vi": "không quá"}
    examples = (
        ({"value": 5}, 5, True),
        ({"value": 5}, 5.01, False),
        ({"value": 5}, "", False),
    )


OPERATOR = Lte()
