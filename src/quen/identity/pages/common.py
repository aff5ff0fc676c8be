"""What the pages about identity share: how an identifier and a person are shown, and what an order will do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from quen.accounts.access import user_of
from quen.accounts.roles import can
from quen.config import config
from quen.identity import orders
from quen.identity.keys import split_key
from quen.identity.models import Identifier, Order
from quen.identity.queries import events_by_identifier
from quen.identity.refs import ref_of
from quen.identity.rules import current
from quen.identity.words import Show, type_icon, type_name
from quen.profiles.cards import cards
from quen.profiles.masking import mask_identifier
from quen.profiles.pages import is_masked
from quen.profiles.queries import Person, values_of
from quen.profiles.search import search

WAIT_S = 1.5  # for the engine to carry an order out, before the page shows that it is on its way and asks again
MATCHES = 8


def show_for(*, masked: bool) -> Show:
    return mask_identifier if masked else lambda _type, value: value


def item(key: str, show: Show) -> dict[str, Any]:
    """An identifier for a template, from its key."""
    type_, scope, value = split_key(key)
    return {
        "ref": ref_of(key),
        "icon": type_icon(type_),
        "type": type_name(type_),
        "value": show(type_, value),
        "scope": scope,
    }


def rows(found: Person) -> list[dict[str, Any]]:
    """A person's identifiers for the list."""
    show = show_for(masked=found.masked)
    rules = current()
    return [
        item(i.key, show)
        | {"row": i, "source": found.source_name(i.source_id), "strong": not rules.type_of(i.type).anonymous}
        for i in found.identifiers
    ]


def parts_shown(found: Person, parts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The people that an order would leave, the one who keeps the profile first, each with the events they would have.

    An event goes with its strongest identifier.
    """
    show = show_for(masked=found.masked)
    counts = events_by_identifier(found.ids)
    return [
        {
            "items": [item(key, show) for key in keys],
            "events": sum(counts.get(key, 0) for key in keys) + (counts.get("", 0) if not number else 0),
        }
        for number, keys in enumerate(parts)
    ]


def sides(profile_ids: Iterable[int], *, masked: bool) -> dict[int, dict[str, Any]]:
    """Profile id → card, value and identifiers of many people, in a few queries."""
    ids = sorted(set(profile_ids))
    show = show_for(masked=masked)
    worth = values_of(ids)
    owned: dict[int, list[dict[str, Any]]] = {}
    rules = current()
    mine = sorted(
        Identifier.objects.filter(profile_id__in=ids)[:2000],
        key=lambda i: (rules.type_of(i.type).priority, i.type, -i.last_seen),
    )
    for each in mine:
        owned.setdefault(each.profile_id, []).append(item(each.key, show))
    return {
        card.id: {
            "card": card,
            "value": worth.get(card.id),
            "items": owned.get(card.id, [])[:MATCHES],
            "more": max(0, len(owned.get(card.id, [])) - MATCHES),
        }
        for card in cards(ids, masked=masked)
    }


def people_found(request: HttpRequest, query: str, *, but: int) -> list[Any]:
    """Cards of those whom a search finds, without one."""
    masked = is_masked(request)
    ids = search(query, region=str(config().phone_region), limit=MATCHES + 1, names_only=masked) if query else []
    return cards([i for i in ids if i != but][:MATCHES], masked=masked)


def by_of(request: HttpRequest) -> str:
    return user_of(request).email[:120]


def note_of(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip()[: orders.MAX_NOTE]


def carry_out(place: Callable[[], Order]) -> HttpResponseRedirect:
    """Place an order and lead to what came of it."""
    order = orders.outcome(place().pk, WAIT_S)
    return HttpResponseRedirect(reverse("identity_order", args=[order.pk]))


def may_edit(request: HttpRequest) -> bool:
    return can(user_of(request).role, "customers.edit")
