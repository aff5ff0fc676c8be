"""`last`: the value of a property in the latest event that has one."""

from __future__ import annotations

from quen.computed.kinds.ends import End


class Last(End):
    name = "last"
    order = 26
    label = {"en": "Last", "vi": "Gần nhất"}
    help = {
        "en": "The value of a property in the latest event that has one: a text, a number, or true or false.",
        "vi": "Giá trị của một thuộc tính trong sự kiện gần nhất có giá trị đó: văn bản, số, hoặc đúng/sai.",
    }
    phrase = {"en": "{property} of the latest {events}", "vi": "{property} của lần {events} gần nhất"}
    keeps = "last"
    latest = True


KIND = Last()
