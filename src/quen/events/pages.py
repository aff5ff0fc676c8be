"""The event catalogue: which events really come, and with which properties."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.events import catalogue
from quen.events.words import describe
from quen.profiles.masking import mask

MOST = 200  # events listed at once; the search narrows it down


@require_GET
@require("data.view")
def catalogue_page(request: HttpRequest) -> HttpResponseBase:
    query = request.GET.get("q", "").strip()[:200]
    masked = not can(user_of(request).role, "customers.pii")
    found = catalogue.events(containing=query, limit=MOST)
    context = {
        "events": [(seen, describe(seen.name, "track", {}), _shown(seen.properties, masked)) for seen in found],
        "traits": _shown(catalogue.traits(), masked) if not query else [],
        "query": query,
        "most": MOST if len(found) == MOST else None,
    }
    return render(request, "events/catalogue.html", context)


def _shown(properties: list[catalogue.PropertySeen], masked: bool) -> list[dict[str, object]]:
    return [
        {
            "name": seen.name,
            "types": seen.types,
            "count": seen.count,
            "last_seen": seen.last_seen,
            "examples": ", ".join(str(mask(example, seen.name) if masked else example) for example in seen.examples),
        }
        for seen in properties
    ]
