"""The list of journeys, and what is done with a whole one: make, rename, publish, pause, resume, archive, copy."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.errors import InvalidInput, QuenError
from quen.journeys import results, service
from quen.journeys.describing import describe_trigger, names_of
from quen.journeys.fields import Known
from quen.journeys.models import Journey
from quen.journeys.pages.common import todo
from quen.journeys.reading import GraphError, read_graph
from quen.journeys.recipes import RECIPES

STATUSES = ("live", "draft", "paused", "archived")


@require_GET
@require("customers.view")
def journeys(request: HttpRequest) -> HttpResponseBase:
    """All journeys, those archived only when asked for."""
    archived = request.GET.get("status") == "archived"
    found = Journey.objects.select_related("live_version").order_by("-updated_at")
    found = found.filter(status="archived") if archived else found.exclude(status="archived")
    shown = list(found[:500])
    numbers = results.overview([journey.id for journey in shown])
    known = service.known()
    rows = [
        {"journey": journey, "trigger": _trigger(journey, known), "numbers": numbers[journey.id]} for journey in shown
    ]
    any_archived = archived or Journey.objects.filter(status="archived").exists()
    context = {"rows": rows, "archived": archived, "any_archived": any_archived, "recipes": RECIPES}
    return render(request, "journeys/list.html", context)


def _trigger(journey: Journey, known: Known) -> str:
    graph = journey.live_version.graph if journey.live_version else journey.draft
    if not graph.get("trigger"):
        return _("Nothing starts it yet")
    # Read without its steps: only the trigger is said here.
    read, _problems = read_graph(graph | {"nodes": [{"id": "end", "type": "exit"}], "exit_when": None}, Known())
    return describe_trigger(read.trigger, names_of(known)) if read else _("Nothing starts it yet")


@require_POST
@require("journeys.edit")
def create(request: HttpRequest) -> HttpResponseBase:
    """A new journey, empty or by a recipe, and on to its editor."""
    recipe = next((recipe for recipe in RECIPES if recipe.key == request.POST.get("recipe")), None)
    name = request.POST.get("name", "").strip() or (str(recipe.name) if recipe else _("New journey"))
    journey = service.create_journey(name, user_of(request).email, recipe.draft if recipe else None)
    return redirect("journey", journey.id)


@require_POST
@require("journeys.edit")
def rename(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    journey = service.get_journey(journey_id)
    try:
        service.rename_journey(journey, request.POST.get("name", ""))
    except InvalidInput:
        return HttpResponse(_("Write 1 to 200 characters."), status=422)
    return HttpResponse(status=204)


@require("journeys.edit")
def publish(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """The dialog that says what publishing does, and doing it."""
    journey = service.get_journey(journey_id)
    if request.method == "POST":
        try:
            version = service.publish(journey, request.POST.get("waiting", "keep"), user_of(request).email)
        except GraphError:
            return redirect("journey", journey.id)
        messages.success(request, _("Version %(number)d is published.") % {"number": version.number})
        return redirect("journey_results", journey.id)
    graph, problems = service.read_draft(journey, service.known())
    waiting = results.waiting_count(journey.id) if journey.live_version_id else 0
    context = {"journey": journey, "ready": graph is not None, "todo": todo(journey, problems), "waiting": waiting}
    return render(request, "journeys/publish.html", context)


@require_POST
@require("journeys.edit")
def act(request: HttpRequest, journey_id: int, verb: str) -> HttpResponseBase:
    """pause, resume, archive, or copy."""
    journey = service.get_journey(journey_id)
    try:
        if verb == "copy":
            copy = service.copy_journey(journey, _("%(name)s (copy)") % {"name": journey.name}, user_of(request).email)
            return redirect("journey", copy.id)
        {"pause": service.pause, "resume": service.resume, "archive": service.archive}[verb](journey)
    except QuenError as error:
        messages.error(request, error.message)
    return redirect("journeys" if verb == "archive" else "journey", *([] if verb == "archive" else [journey.id]))
