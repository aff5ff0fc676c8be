"""The inbox of claims: what browsers asked for, both people side by side, accept or refuse."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.identity import inbox
from quen.identity.models import Claim, Identifier
from quen.identity.pages.common import by_of, carry_out, item, note_of, show_for, sides
from quen.profiles.pages import is_masked
from quen.profiles.queries import source_names
from quen.web.paging import read_place, write_cursor

PAGE = 20


def inbox_tabs(active: str) -> list[dict[str, Any]]:
    """What waits for a person's look."""
    entries = [("claims", _("Claims"), "user-question"), ("set_aside", _("Set aside"), "ban")]
    return [
        {"url": reverse(name), "label": label, "icon": icon, "active": name == active} for name, label, icon in entries
    ]


@require_GET
@require("customers.view")
def claims(request: HttpRequest) -> HttpResponseBase:
    status = request.GET.get("status", "open")
    status = status if status in inbox.STATUSES else "open"
    found = inbox.listed(status)
    if before := read_place(request.GET.get("cursor"), 2):
        found = found.filter(Q(last_at__lt=before[0]) | Q(last_at=before[0], pk__lt=before[1]))
    rows = list(found[: PAGE + 1])
    context: dict[str, Any] = {"rows": _shown(rows[:PAGE], masked=is_masked(request)), "status": status}
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        query = urlencode({"status": status, "cursor": write_cursor([last.last_at, last.pk])})
        context["more"] = f"{reverse('claims')}?{query}"
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "identity/claim_rows.html", context)
    counts = inbox.counts()
    names = {
        "open": _("Open"),
        "accepted": pgettext("claim", "Accepted"),
        "refused": pgettext("claim", "Refused"),
        "confirmed": _("Confirmed by a server"),
    }
    context |= {
        "tabs": inbox_tabs("claims"),
        "ever": any(counts.values()),
        "filters": [(name, names[name], counts[name]) for name in inbox.STATUSES],
    }
    return render(request, "identity/claims.html", context)


def _shown(rows: list[Claim], *, masked: bool) -> list[dict[str, Any]]:
    """Claims with both people as they are today: four queries whatever the number."""
    show = show_for(masked=masked)
    sources = source_names()
    keys = [key for claim in rows for key in (claim.left, claim.right)]
    owner = dict(Identifier.objects.filter(key__in=keys).values_list("key", "profile_id"))
    people = sides(owner.values(), masked=masked)
    return [
        {
            "claim": claim,
            "left": item(claim.left, show),
            "right": item(claim.right, show),
            "source": sources.get(claim.source_id, str(claim.source_id)),
            "sides": [people.get(owner.get(claim.left, 0)), people.get(owner.get(claim.right, 0))],
            "same": claim.right in owner and owner.get(claim.left) == owner.get(claim.right),
        }
        for claim in rows
    ]


@require_POST
@require("customers.edit")
def accept(request: HttpRequest, claim_id: int) -> HttpResponseBase:
    claim = inbox.get(claim_id)
    return carry_out(lambda: inbox.accept(claim, by=by_of(request), note=note_of(request)))


@require_POST
@require("customers.edit")
def refuse(request: HttpRequest, claim_id: int) -> HttpResponseBase:
    inbox.refuse(inbox.get(claim_id), by=by_of(request))
    messages.success(request, _("Refused. It is not asked again."))
    return HttpResponseRedirect(reverse("claims"))


@require_POST
@require("customers.edit")
def reopen(request: HttpRequest, claim_id: int) -> HttpResponseBase:
    inbox.reopen(inbox.get(claim_id))
    return HttpResponseRedirect(reverse("claims"))
