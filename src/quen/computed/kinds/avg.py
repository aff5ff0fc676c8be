"""`avg`: the average of a number property, to a millionth; missing without a number."""

from __future__ import annotations

from quen.computed.kinds.amounts import Amounts, number


class Average(Amounts):
    name = "avg"
    order = 21
    label = {"en": "Average", "vi": "Trung bình"}
    help = {
        "en": "The average of a number property, rounded to a millionth; missing without any number.",
        "vi": "Trung bình của một thuộc tính số, làm tròn tới phần triệu; không có số nào thì để trống.",
    }
    phrase = {"en": "average {property} of {events}", "vi": "giá trị trung bình của {property} trong các lần {events}"}

    @staticmethod
    def value(total: int, count: int) -> int | float | None:
        if not count:
            return None
        half_up = (2 * abs(total) + count) // (2 * count)
        return number(half_up if total >= 0 else -half_up)


KIND = Average()
