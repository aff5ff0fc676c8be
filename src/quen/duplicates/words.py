"""What the evidence says, in plain words; why a pair weighs what it weighs. Pure but for gettext."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_NAMES: dict[str, Any] = {
    "prior": gettext_lazy("Before looking"),
    "given": gettext_lazy("Given name"),
    "family": gettext_lazy("Family name"),
    "name": gettext_lazy("Name"),
    "birth": gettext_lazy("Date of birth"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "street": gettext_lazy("Address"),
    "place": gettext_lazy("Town or district"),
    "province": gettext_lazy("Province"),
    "postcode": gettext_lazy("Postcode"),
    "gender": gettext_lazy("Gender"),
    "code": gettext_lazy("National number"),
    "other": gettext_lazy("Occupation or company"),
    "guard": gettext_lazy("Caution"),
}
_SAYS: dict[str, Any] = {
    "prior": gettext_lazy("two people taken blindly are hardly ever one"),
    "guard": gettext_lazy("people of one family share a lot: only what is one person’s own counts in full"),
    "given.swapped": gettext_lazy("given and family name changed places"),
    "given.swapped_near": gettext_lazy("given and family name changed places, with a slip"),
    "given.half_swapped": gettext_lazy("the given name of one is the family name of the other"),
    "given.short_form": gettext_lazy("one is short for the other"),
    "given.initial": gettext_lazy("one is the first letter of the other"),
    "given.beginning": gettext_lazy("one is the beginning of the other"),
    "family.swapped": gettext_lazy("counted with the given name"),
    "family.part": gettext_lazy("one is part of the other"),
    "name.same_marks": gettext_lazy("the same, to the marks"),
    "name.same": gettext_lazy("the same without marks"),
    "name.marks_apart": gettext_lazy("the same letters, but other marks"),
    "name.order": gettext_lazy("the same words in another order"),
    "name.part": gettext_lazy("the same, but one lacks the middle name"),
    "name.given_only": gettext_lazy("the same given name; nothing more is known of one"),
    "name.given_family": gettext_lazy("given and family name the same, the middle name not"),
    "name.given": gettext_lazy("only the given name is the same"),
    "name.given_slip": gettext_lazy("given names that differ in a letter"),
    "birth.day_month": gettext_lazy("day and month changed places"),
    "birth.one_part": gettext_lazy("one of day, month and year differs"),
    "birth.year": gettext_lazy("the same year; more is not known"),
    "birth.near": gettext_lazy("close to each other"),
    "birth.generation": gettext_lazy("a generation apart"),
    "phone.shared": gettext_lazy("the same, but several people have it"),
    "email.shared": gettext_lazy("the same, but several people have it"),
    "email.local": gettext_lazy("the same name at another provider"),
    "street.road": gettext_lazy("the same street, another number"),
    "postcode.area": gettext_lazy("the same area"),
    "same": gettext_lazy("the same"),
    "slip": gettext_lazy("the same but for a slip of the keys"),
    "one_letter": gettext_lazy("two usual names that differ in a letter"),
    "alike": gettext_lazy("alike"),
    "different": gettext_lazy("different"),
}
_WIDTH = 1000  # of the drawing, in its own units
STRONG, CLEAR = 8, 3  # bits


class Bar(msgspec.Struct):
    """One step of the waterfall; `x` and `width` are in the drawing's units."""

    name: str
    says: str
    strength: str
    bits: float
    after: float  # the sum so far
    x: int
    width: int
    tone: str  # for, against or total


class Waterfall(msgspec.Struct):
    bars: list[Bar]
    zero: int  # where nothing speaks for or against, in the drawing's units


def waterfall(parts: list[list[Any]], bits: float) -> Waterfall:
    """`parts`: [[comparison, level, bits], …], which add up to `bits`."""
    sums, here = [0.0], 0.0
    for _name, _level, weight in parts:
        here += weight
        sums.append(here)
    low, high = min(0.0, *sums), max(1.0, *sums)
    scale = _WIDTH / (high - low)

    def at(value: float) -> int:
        return round((value - low) * scale)

    bars = []
    for (name, level, weight), before in zip(parts, sums, strict=False):
        start, end = sorted((before, before + weight))
        bars.append(
            Bar(
                name_of(name),
                says(name, level),
                strength(weight),
                weight,
                before + weight,
                at(start),
                max(2, at(end) - at(start)),
                "for" if weight > 0 else "against",
            )
        )
    start, end = sorted((0.0, bits))
    total = Bar(_("Together"), "", strength(bits), bits, bits, at(start), max(2, at(end) - at(start)), "total")
    return Waterfall([*bars, total], at(0.0))


def name_of(comparison: str) -> str:
    return str(_NAMES.get(comparison, comparison))


def says(comparison: str, level: str) -> str:
    if not level:
        return str(_SAYS.get(comparison, ""))
    return str(_SAYS.get(f"{comparison}.{level}") or _SAYS.get(level, level))


def strength(bits: float) -> str:
    """How much a weight says, in words."""
    size = abs(bits)
    if size < 0.5:
        return _("says nothing")
    if bits > 0:
        return _("speaks strongly for it") if size >= STRONG else _("speaks for it") if size >= CLEAR else _("a hint")
    return (
        _("speaks strongly against it")
        if size >= STRONG
        else _("speaks against it")
        if size >= CLEAR
        else _("a hint against it")
    )
