"""Names of events that can be asked about: those received, and some that are known before the first one came.

Who begins with an empty Quen has nothing to choose from otherwise, though Quen itself will write of every letter and
segment, and shops mostly name their events alike.
"""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _

from quen.events.models import EventName
from quen.events.words import PHRASES

# What Quen writes itself, and how it names the calls of SDKs that have no name of their own.
OWN = frozenset(
    {
        *("Email Sent", "Email Opened", "Email Clicked", "Email Failed", "Email Suppressed", "Unsubscribed"),
        *("Address Suppressed", "Address Released", "Segment Entered", "Segment Exited", "List Joined", "List Left"),
        *("Journey Entered", "Journey Ended", "Page Viewed", "Screen Viewed", "Identified", "Group Joined", "Aliased"),
    }
)
_SHOP_KINDS = ("orders", "browsing", "identity")


class Offer(msgspec.Struct, frozen=True):
    """`count`: how many came, None before the first one; then `label` says what it is, in the active language."""

    name: str
    count: int | None = None
    label: str = ""


def offers(limit: int = 300) -> list[Offer]:
    """What was received, the most frequent first; then, until anything about orders and carts was, what shops usually
    send, which who has nothing yet looks for first; then Quen's own. Two queries."""
    rows = EventName.objects.order_by("-count", "name").values_list("name", "count")[:limit]
    there = set(EventName.objects.filter(name__in=PHRASES).values_list("name", flat=True))
    by_shops = not any(PHRASES[name].kind == "orders" for name in there)
    missing = [(name, phrase) for name, phrase in PHRASES.items() if name not in there]
    by_quen, none = _("by Quen"), _("none so far")
    own = [Offer(name, label=f"{phrase.title} · {by_quen}") for name, phrase in missing if name in OWN]
    usual = [
        Offer(name, label=f"{phrase.title} · {none}")
        for name, phrase in missing
        if by_shops and name not in OWN and phrase.kind in _SHOP_KINDS
    ]
    return [*(Offer(name, count) for name, count in rows), *usual, *own]


def unseen(names: set[str]) -> list[str]:
    """Which of these never came, by name: often a slip. What Quen itself writes is none."""
    asked = names - OWN
    return sorted(asked - set(EventName.objects.filter(name__in=asked).values_list("name", flat=True)))
