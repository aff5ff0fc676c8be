"""Test: choose a person and a start, and walk the steps of the draft. Nothing happens to anyone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.config import config
from quen.identity.store import merged_ids
from quen.ids import now_ms
from quen.journeys import results, service
from quen.journeys.answers import holds
from quen.journeys.describing import names_of
from quen.journeys.graph import walk
from quen.journeys.pages.common import REASONS, head, is_masked
from quen.journeys.simulate import simulate
from quen.profiles.cards import cards
from quen.profiles.search import search
from quen.web.times import local, parse_rfc3339

MATCHES = 8


@require_GET
@require("customers.view")
def dry_page(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """The whole page: `person` and `start` in the address walk at once, so a test can be shared by its link."""
    journey = service.get_journey(journey_id)
    known = service.known()
    graph, problems = service.read_draft(journey, known)
    context = head(request, journey, "journey_test") | {"problems": [p for p in problems if not p.warning]}
    start = _start(request)
    context["start"] = local(start).strftime("%Y-%m-%dT%H:%M")
    person_id = request.GET.get("person", "")
    found = cards([int(person_id)], masked=is_masked(request)) if person_id.isdecimal() and len(person_id) < 20 else []
    if graph is None or not found:
        return render(request, "journeys/dry.html", context)
    person = found[0]
    earlier = [run for run in results.history(merged_ids(person.id)) if run["journey_id"] == journey.id]
    context["earlier"] = [run | {"why": REASONS.get(run["reason"], "")} for run in earlier]
    rules = {step.id: step.values["rule"] for step in walk(graph.nodes) if "rule" in step.values}
    if graph.exit_when is not None:
        rules["exit"] = graph.exit_when
    answers = holds(list(rules.values()), person.id)
    by_place = dict(zip(rules, answers, strict=True))
    walked = simulate(graph, start, lambda step: by_place[step.id], names_of(known))
    context |= {"person": person, "walked": walked, "exit_holds": by_place.get("exit", False), "from": start}
    return render(request, "journeys/dry.html", context)


@require_GET
@require("customers.view")
def find_person(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """People to choose from, while the name is being typed."""
    query = request.GET.get("q", "").strip()
    masked = is_masked(request)
    ids = search(query, region=str(config().phone_region), limit=MATCHES, names_only=masked) if query else []
    context = {"people": cards(ids, masked=masked), "query": query, "journey_id": journey_id}
    context["start"] = request.GET.get("start", "")
    return render(request, "journeys/dry_people.html", context)


def _start(request: HttpRequest) -> int:
    given = request.GET.get("start", "")
    return parse_rfc3339(given, field="start") if given else now_ms()
