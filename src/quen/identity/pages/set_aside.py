"""Identifiers that were set aside, most often first: block what many people share, dismiss what is fine."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.identity import hubs, orders, rules
from quen.identity.pages.claims import inbox_tabs
from quen.identity.pages.common import WAIT_S, by_of, item, show_for
from quen.identity.words import rule_text
from quen.profiles.cards import cards
from quen.profiles.pages import is_masked
from quen.profiles.queries import source_names


@require_GET
@require("customers.view")
def set_aside(request: HttpRequest) -> HttpResponseBase:
    masked = is_masked(request)
    show = show_for(masked=masked)
    rows = hubs.listed()
    people = hubs.involved([row.key for row in rows])
    ids = {p for each in people.values() for p in (*each.owners, *each.others)}
    card = {each.id: each for each in cards(sorted(ids), masked=masked)}
    sources, now = source_names(), rules.current()
    context: dict[str, Any] = {
        "tabs": inbox_tabs("set_aside"),
        "rows": [
            {
                "row": row,
                "item": item(row.key, show),
                "why": rule_text(row.rule),
                "source": sources.get(row.source_id, str(row.source_id)),
                "owners": [card[p] for p in people[row.key].owners if p in card],
                "others": [card[p] for p in people[row.key].others if p in card],
                "more": people[row.key].other_count - len(people[row.key].others),
                "blocked": hubs.is_blocked(row, now),
            }
            for row in rows
        ],
    }
    return render(request, "identity/set_aside.html", context)


@require_POST
@require("customers.edit")
def block(request: HttpRequest, ref: str) -> HttpResponseBase:
    """`take_out`: also split it off the people who have it."""
    placed = hubs.block(hubs.find(ref), by=by_of(request), take_out="take_out" in request.POST)
    messages.success(request, _("Blocked: it identifies nobody from now on. Settings → Identifier types undoes it."))
    if len(placed) == 1:
        order = orders.outcome(placed[0].pk, WAIT_S)
        return HttpResponseRedirect(reverse("identity_order", args=[order.pk]))
    if placed:
        said = ngettext(
            "%(n)d profile is being split off; the engine does it between two batches.",
            "%(n)d profiles are being split off; the engine does it between two batches.",
            len(placed),
        )
        messages.success(request, said % {"n": len(placed)})
    return HttpResponseRedirect(reverse("set_aside"))


@require_POST
@require("customers.edit")
def dismiss(request: HttpRequest, ref: str) -> HttpResponseBase:
    hubs.dismiss(hubs.find(ref))
    messages.success(request, _("Dismissed."))
    return HttpResponseRedirect(reverse("set_aside"))
