"""Values of computed traits in words: as lists, charts and the customer's page show them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from quen.computed.definitions import ComputedTrait
from quen.computed.distribution import Bar
from quen.computed.models import Definition
from quen.computed.rfm_groups import group_name
from quen.config import config
from quen.profiles.masking import mask
from quen.segments.words import fact, tongue
from quen.web.templatetags.quen import NO_VALUE, number


def spoken() -> str:
    """The active language: `vi` or `en`."""
    return tongue(get_language() or "vi")


def said(trait: ComputedTrait, value: Any, *, masked: bool = False) -> str:
    """A value of a trait, in the active language."""
    if value is None:
        return NO_VALUE
    if masked:
        value = mask(value, str(getattr(trait.operand, "property", "")) or trait.name)
    # What is counted or summed is an amount, whatever the property is called.
    name = "" if trait.of_kind.gives == "number" else str(getattr(trait.operand, "property", ""))
    return trait.of_kind.said(value, spoken()) or plain(value, name)


def plain(value: Any, name: str = "") -> str:
    """`name`: of the property that it is the value of."""
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() else 2)
    if isinstance(value, list):
        return ", ".join(plain(item, name) for item in value) or NO_VALUE
    return fact(value, name, spoken(), config().zone)


_SHORT = (
    (10**9, {"en": "B", "vi": "\u00a0tỷ"}),
    (10**6, {"en": "M", "vi": "\u00a0tr"}),
    (10**3, {"en": "k", "vi": "k"}),
)


def short(value: float) -> str:
    """As on an axis: 1.5M, 1,5 tr, 673k; exact where it is short already."""
    for size, said in _SHORT:
        if abs(value) >= size:
            scaled = round(value / size, 2)
            return number(scaled, 0 if scaled.is_integer() or abs(scaled) >= 100 else 1) + said[spoken()]
    return plain(value)


def bar_label(trait: ComputedTrait, bar: Bar, *, masked: bool = False) -> str:
    """`10–20`, `from 100`, or the value."""
    if bar.open:
        return f"≥ {short(bar.value)}"
    if bar.end is not None:
        return f"{short(bar.value)}–{short(bar.end)}"
    if trait.kind == "rfm":
        return group_name(str(bar.value), spoken())
    return said(trait, bar.value, masked=masked)


def sentence(trait: ComputedTrait) -> str:
    return trait.words(spoken())


def row(definition: Definition, trait: ComputedTrait) -> dict[str, Any]:
    return {"definition": definition, "trait": trait, "sentence": sentence(trait)}
