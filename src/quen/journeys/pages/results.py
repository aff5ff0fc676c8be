"""Results: counts on each step of the journey, and who is behind each count."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.errors import InvalidInput
from quen.identity.store import canonical
from quen.journeys import results, service
from quen.journeys.describing import describe_step, names_of
from quen.journeys.graph import walk
from quen.journeys.models import Journey
from quen.journeys.pages.common import REASONS, head, is_masked, newest
from quen.journeys.reading import parse_graph
from quen.journeys.tree import make_tree
from quen.profiles.cards import cards

PAGE = 50


@require_GET
@require("customers.view")
def results_page(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    journey = service.get_journey(journey_id)
    context = head(request, journey, "journey_results") | numbers(journey)
    return render(request, "journeys/results.html", context)


@require_GET
@require("customers.view")
def refresh(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """The counted tree alone, asked for again and again while the page is open."""
    journey = service.get_journey(journey_id)
    return render(request, "journeys/counted.html", {"journey": journey} | numbers(journey))


def numbers(journey: Journey) -> dict[str, Any]:
    counts = results.counts(journey.id)
    graph = newest(journey)
    known = service.known()
    shown = {step.id for step in walk(parse_graph(graph).nodes)} if graph else set()
    return {
        "counts": counts,
        "tree": make_tree(graph, known, [], counts.steps) if graph else [],
        "ended": [(reason, REASONS.get(reason, reason), number) for reason, number in sorted(counts.ended.items())],
        # People in older versions may wait at steps that the newest does not have.
        "elsewhere": sum(step.waiting for node, step in counts.steps.items() if node not in shown),
        "number": (journey.next_version or journey.live_version).number if graph else 0,  # type: ignore[union-attr]
    }


@require_GET
@require("customers.view")
def people(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """Who is behind a count: `node` (empty: the whole journey) and `state`."""
    journey = service.get_journey(journey_id)
    node, state = request.GET.get("node", ""), request.GET.get("state", "entered")
    found = results.people(journey.id, node, state, _before(request), PAGE + 1)
    survivors = canonical([present.profile_id for present in found])
    ids = [survivors.get(present.profile_id, present.profile_id) for present in found[:PAGE]]
    by_id = {card.id: card for card in cards(list(dict.fromkeys(ids)), masked=is_masked(request))}
    rows = [
        {"card": by_id[profile_id], "present": present, "word": _word(present.word)}
        for profile_id, present in zip(ids, found, strict=False)
        if profile_id in by_id
    ]
    more = ""
    if len(found) > PAGE:
        query = urlencode({"node": node, "state": state, "before": found[PAGE - 1].id})
        more = f"{reverse('journey_people', args=[journey.id])}?{query}"
    context = {"rows": rows, "more": more, "state": _state(state), "step": _step(journey, node), "journey": journey}
    template = "journeys/people_rows.html" if "before" in request.GET else "journeys/people.html"
    return render(request, template, context)


def _before(request: HttpRequest) -> int | None:
    value = request.GET.get("before")
    if value is None:
        return None
    if not (value.isdecimal() and len(value) < 20):
        raise InvalidInput("before: use the link of the page before, unchanged")
    return int(value)


def _state(state: str) -> str:
    names = {
        "entered": _("Came"),
        "waiting": _("Waiting"),
        "left": _("Left"),
        "active": _("Inside now"),
        "passed": _("Passed"),
        "accepted": _("Sent"),
        "opened": _("Opens"),
        "clicked": _("Clicks"),
        "suppressed": _("Not sent"),
        "failed": _("Failed"),
        "unknown": _("Unknown"),
        "yes": _("Yes"),
        "no": _("No"),
    }
    reason = REASONS.get(state.removeprefix("ended-"))
    return names.get(state) or str(reason or state)


def _word(word: str) -> str:
    return str(REASONS[word]) if word in REASONS else ""


def _step(journey: Journey, node: str) -> str:
    graph = newest(journey)
    if not node or graph is None:
        return ""
    names = names_of(service.known())
    return next((describe_step(step, names) for step in walk(parse_graph(graph).nodes) if step.id == node), node)
