"""`sum`: of a number property. Nobody's is 0."""

from __future__ import annotations

from quen.computed.kinds.amounts import Amounts, number


class Sum(Amounts):
    name = "sum"
    order = 20
    label = {"en": "Total", "vi": "Tổng"}
    help = {
        "en": "The sum of a number property, exact to a millionth; 0 without any number.",
        "vi": "Tổng của một thuộc tính số, chính xác tới phần triệu; không có số nào là 0.",
    }
    phrase = {"en": "sum of {property} over all {events}", "vi": "tổng của {property} trong các lần {events}"}

    @staticmethod
    def value(total: int, count: int) -> int | float:
        return number(total)


KIND = Sum()
