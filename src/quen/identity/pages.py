"""The identity tab of a person's page: their identifiers, and why all of them are one person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.identity.explain import draw, explain, type_icon, type_name
from quen.identity.keys import ANONYMOUS_TYPES
from quen.identity.queries import edges_of
from quen.profiles.masking import mask_identifier
from quen.profiles.pages import find_person, shell


@require_GET
@require("customers.view")
def identity(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found

    def show(type_: str, value: str) -> str:
        return mask_identifier(type_, value) if found.masked else value

    edges = edges_of(found.ids)
    shown = [(i.key, i.type, type_name(i.type), show(i.type, i.value)) for i in found.identifiers]
    context = shell(request, found, "customer_identity") | {
        "identifiers": [
            {
                "row": i,
                "icon": type_icon(i.type),
                "type": type_name(i.type),
                "value": found.shown(i),
                "source": found.source_name(i.source_id),
            }
            for i in found.identifiers
        ],
        "log": [(entry, found.source_name(entry.edge.source_id)) for entry in explain(edges, show)],
        "graph": draw(shown, edges, lambda type_: type_ not in ANONYMOUS_TYPES) if len(shown) > 1 else None,
        "merged": len(found.ids) - 1,
    }
    return render(request, "identity/customer_identity.html", context)
