"""`max`: the largest value of a number property; missing without a number."""

from __future__ import annotations

from quen.computed.kinds.extremes import Extreme


class Largest(Extreme):
    name = "max"
    order = 23
    label = {"en": "Largest", "vi": "Lớn nhất"}
    help = {
        "en": "The largest value of a number property; missing without any number.",
        "vi": "Giá trị lớn nhất của một thuộc tính số; không có số nào thì để trống.",
    }
    phrase = {"en": "largest {property} of {events}", "vi": "giá trị lớn nhất của {property} trong các lần {events}"}
    keeps = "max"
    recent = "recent numbers"
    choose = max


KIND = Largest()
