"""`in_next`: a date or time within the next span of time, from now."""

from __future__ import annotations

from quen.segments.operators.span import Span


class InNext(Span):
    name = "in_next"
    order = 53
    label = {"en": "is in the next", "vi": "còn không quá"}
    back = 0
    # The conformance tests ask at 2026-07-01T05:00:00Z, noon in Asia/Ho_Chi_Minh.
    examples = (
        ({"within": "7d"}, "2026-07-01", True),
        ({"within": "7d"}, "2026-07-08", True),
        ({"within": "7d"}, "2026-07-09", False),
        ({"within": "7d"}, "2026-06-30", False),
        ({"within": "1h"}, "2026-07-01T06:00:00Z", True),
        ({"within": "1h"}, "2026-07-01T06:00:00.001Z", False),
        ({"within": "1h"}, "2026-07-01T05:00:00Z", False),
        ({"within": "1h"}, "2026-07-01T12:30", True),
    )


OPERATOR = InNext()
