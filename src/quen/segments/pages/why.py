"""Why somebody is in a segment or out of it, on the segment's page and on the person's."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.config import config
from quen.profiles.queries import person
from quen.profiles.search import search
from quen.segments import service
from quen.segments.pages.common import cards_of, masked_for
from quen.segments.pages.why_shown import as_people_write, tell

_FOUND = 10


@require("customers.view")
@require_GET
def segment_why(request: HttpRequest, segment_id: int, profile_id: int) -> HttpResponseBase:
    """One person and one segment; asked for by HTMX only the sentences."""
    segment = service.find(segment_id)
    found = person(profile_id, masked=masked_for(request))
    if found.id != profile_id:
        return HttpResponseRedirect(reverse("segment_why", args=[segment_id, found.id]))
    language = get_language() or "vi"
    told = tell(segment, found, language, as_people_write(language), service.naming())
    context = {"segment": segment, "card": found.card, **told}
    fragment = request.headers.get("HX-Request")
    return render(request, "segments/why_sentences.html" if fragment else "segments/why.html", context)


@require("customers.view")
@require_GET
def find_for_why(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """People by a name or identifier, each with the way to why."""
    segment = service.find(segment_id)
    query = request.GET.get("q", "").strip()
    region = str(config().phone_region)
    ids = search(query, region=region, names_only=masked_for(request))[:_FOUND] if query else []
    people = cards_of(request, ids)
    context = {"segment": segment, "query": query, "people": [people[id_] for id_ in ids if id_ in people]}
    return render(request, "segments/why_found.html", context)


@require("customers.view")
@require_GET
def segments_without(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """The segments that a person is not in, for their page."""
    found = person(profile_id, masked=masked_for(request))
    inside = {membership.segment_id for membership in found.segments}
    others = service.listed().filter(shown_version__gt=0).exclude(id__in=inside).defer("rule")
    return render(request, "segments/why_others.html", {"person": found, "others": others})
