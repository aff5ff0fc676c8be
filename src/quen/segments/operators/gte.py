"""`gte`: a number of at least another."""

from __future__ import annotations

from quen.segments.operators.comparison import Comparison


class Gte(Comparison):
    name = "gte"
    symbol = ">="
    order = 21
    label = {"en": "is at least", "vi": "ít nhất là"}
    examples = (
        ({"value": 5}, 5, True),
        ({"value": 5}, "5", True),
        ({"value": 5}, 4.999, False),
        ({"value": "500000"}, 500000, True),
    )


OPERATOR = Gte()
