"""`first`: the value of a property in the earliest event that has one."""

from __future__ import annotations

from quen.computed.kinds.ends import End


class First(End):
    name = "first"
    order = 25
    label = {"en": "First", "vi": "Đầu tiên"}
    help = {
        "en": "The value of a property in the earliest event that has one: a text, a number, or true or false.",
        "vi": "Giá trị của một thuộc tính trong sự kiện sớm nhất có giá trị đó: văn bản, số, hoặc đúng/sai.",
    }
    phrase = {"en": "{property} of the first {events}", "vi": "{property} của lần {events} đầu tiên"}
    keeps = "first"
    latest = False


KIND = First()
