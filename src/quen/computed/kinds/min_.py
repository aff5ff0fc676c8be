"""`min`: the smallest value of a number property; missing without a number."""

from __future__ import annotations

from quen.computed.kinds.extremes import Extreme


class Smallest(Extreme):
    name = "min"
    order = 22
    label = {"en": "Smallest", "vi": "Nhỏ nhất"}
    help = {
        "en": "The smallest value of a number property; missing without any number.",
        "vi": "Giá trị nhỏ nhất của một thuộc tính số; không có số nào thì để trống.",
    }
    phrase = {"en": "smallest {property} of {events}", "vi": "giá trị nhỏ nhất của {property} trong các lần {events}"}
    keeps = "min"
    recent = "recent numbers"
    choose = min


KIND = Smallest()
