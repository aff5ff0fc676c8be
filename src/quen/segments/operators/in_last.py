"""`in_last`: a date or time within the last span of time, up to now."""

from __future__ import annotations

from quen.segments.operators.span import Span


class InLast(Span):
    name = "in_last"
    order = 52
    label = {"en": "is in the last", "vi": "cách đây không quá"}
    back = 1
    # The conformance tests ask at 2026-07-01T05:00:00Z, noon in Asia/Ho_Chi_Minh.
    examples = (
        ({"within": "7d"}, "2026-06-30", True),
        ({"within": "7d"}, "2026-06-24", True),
        ({"within": "7d"}, "2026-06-23", False),
        ({"within": "7d"}, "2026-07-02", False),
        ({"within": "1h"}, "2026-07-01T04:00:00.001Z", True),
        ({"within": "1h"}, "2026-07-01T04:00:00Z", False),
        ({"within": "1h"}, "2026-07-01T11:30", True),
        ({"within": "1h"}, "2026-07-01T12:00:00.001", False),
        ({"within": "7d"}, None, False),
    )


OPERATOR = InLast()
