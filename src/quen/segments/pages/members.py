"""Who is in a segment: on its page, and as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.errors import InvalidInput
from quen.segments import service, store
from quen.segments.models import Segment
from quen.segments.pages.common import cards_of
from quen.web.paging import page, read_cursor

_MEMBERS = 50


@require("customers.view")
@require_GET
def segment_members(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    return render(request, "segments/members.html", {"segment": segment, **members(request, segment)})


def members(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    after = read_cursor(request.GET.get("cursor"))
    valid = isinstance(after, list) and len(after) == 2 and all(type(n) is int for n in after)
    if after is not None and not valid:
        raise InvalidInput(_("This list has changed: open the page again."))
    rows = store.members(segment.id, (after[0], after[1]) if after else None, _MEMBERS + 1)
    found = page(rows, _MEMBERS, lambda row: list(row))
    people = cards_of(request, [profile_id for since, profile_id in found["items"]])
    url = reverse("segment_members", args=[segment.id])
    return {
        "members": [{"card": people[id], "since": since} for since, id in found["items"] if id in people],
        "more_url": f"{url}?cursor={found['next']}" if found["next"] else "",
    }
