"""Who is in a segment: on its page, and as a file."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.computed.cells import Columns
from quen.errors import Conflict, InvalidInput
from quen.profiles.cards import Card, cards
from quen.profiles.store import load
from quen.segments import service, store
from quen.segments.models import Member, Segment
from quen.segments.pages.common import cards_of, masked_for
from quen.web.paging import page, read_cursor
from quen.web.spreadsheet import BOM, safe_cell
from quen.web.times import rfc3339

_MEMBERS = 50
_CHUNK = 500
_COLUMNS = ("profile_id", "since", "name", "email", "phone", "user_id")


@require("customers.view")
@require_GET
def segment_members(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    return render(request, "segments/members.html", {"segment": segment, **members(request, segment)})


@require("customers.view")
@require_GET
def members_csv(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """Everyone who is in the segment at one moment, as a file that is made while it is read."""
    segment = service.find(segment_id)
    ids, since = _all_members(segment)
    masked = masked_for(request)
    response = StreamingHttpResponse(_lines(ids, since, masked=masked), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="segment-{segment.id}.csv"'
    return response


def members(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """A page of members, the latest first, for the template."""
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


def _all_members(segment: Segment) -> tuple[array[int], array[int]]:
    """Profile ids and since when, of one statement: 16 bytes for each of them.

    Raises Conflict while the first members are computed.
    """
    ids, since = array("q"), array("q")
    if segment.is_known or segment.status == "draft":
        rows = Member.objects.filter(segment_id=segment.id).order_by("-since", "-profile_id")
        for profile_id, at in rows.values_list("profile_id", "since").iterator(chunk_size=10_000):
            ids.append(profile_id)
            since.append(at)
        again = service.find(segment.id)
        if again.shown_version == segment.shown_version:
            return ids, since
    raise Conflict(_("The segment is being computed: the file would be half a result. Try again in a moment."))


def _lines(ids: array[int], since: array[int], *, masked: bool) -> Iterator[bytes]:
    out = io.StringIO()
    out.write(BOM)
    rows = csv.writer(out)
    computed = Columns(masked=masked)
    rows.writerow([*_COLUMNS, *computed.names])
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        at = dict(zip(chunk, since[start : start + _CHUNK], strict=True))
        people = load(chunk) if computed.names else {}
        for card in cards(chunk, masked=masked):
            values = computed.cells(people[card.id].traits) if card.id in people else [""] * len(computed.names)
            rows.writerow([*_cells(card, at[card.id]), *map(safe_cell, values)])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _cells(card: Card, since: int) -> list[str]:
    name = card.name if card.named else ""
    return [str(card.id), str(rfc3339(since)), *map(safe_cell, (name, card.email, card.phone, card.user_id))]
