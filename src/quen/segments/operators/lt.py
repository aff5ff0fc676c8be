"""`lt`: a number under another."""

from __future__ import annotations

from quen.segments.operators.comparison import Comparison


class Lt(Comparison):
    name = "lt"
    symbol = "<"
    order = 22
    label = {"en": "is under", "vi": "dưới"}
    examples = (
        ({"value": 5}, 4, True),
        ({"value": 5}, 5, False),
        ({"value": 5}, None, False),
        ({"value": 5}, "-1e3", True),
    )


OPERATOR = Lt()
