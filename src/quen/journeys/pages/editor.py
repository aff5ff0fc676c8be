"""The editor: a tree that the server draws; every change is saved at once and answered with the tree anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.events import catalogue
from quen.events.known import offers
from quen.ids import now_ms
from quen.journeys import editing, forms, service
from quen.journeys.describing import describe_reentry, describe_trigger, language, names_of
from quen.journeys.durations import split_duration
from quen.journeys.editing import Draft
from quen.journeys.fields import FieldError, Known, read_rule
from quen.journeys.models import Journey
from quen.journeys.pages.common import ENTRY, EXIT, FORM_FIELDS, head, todo
from quen.journeys.reading import Problem, read_graph
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import StepKind
from quen.journeys.tree import make_tree
from quen.segments.operators import OPERATORS

UNITS = (
    ("s", gettext_lazy("seconds")),
    ("m", gettext_lazy("minutes")),
    ("h", gettext_lazy("hours")),
    ("d", gettext_lazy("days")),
    ("w", gettext_lazy("weeks")),
    ("mo", gettext_lazy("months")),
)


@require_GET
@require("customers.view")
def editor(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    journey = service.get_journey(journey_id)
    return render(request, "journeys/editor.html", head(request, journey, "journey") | canvas(request, journey))


def canvas(request: HttpRequest, journey: Journey) -> dict[str, Any]:
    """The context of journeys/canvas.html: the tree with what is wrong in it."""
    known = service.known()
    _graph, problems = service.read_draft(journey, known)
    return {
        "journey": journey,
        "may_edit": can(user_of(request).role, "journeys.edit") and journey.status != "archived",
        "tree": make_tree(journey.draft, known, problems),
        "entry": _entry_words(journey.draft, known),
        "exits": _exit_words(journey.draft, known),
        "entry_problems": _of_fields(problems, FORM_FIELDS[ENTRY]),
        "exit_problems": _of_fields(problems, FORM_FIELDS[EXIT]),
        "todo": todo(journey, problems),
        "warnings": [problem for problem in problems if problem.warning],
        "saved_at": now_ms(),
    }


def _of_fields(problems: Sequence[Problem], fields: Sequence[str]) -> list[str]:
    return [problem.message for problem in problems if not problem.node and problem.field in fields]


def _entry_words(draft: Draft, known: Known) -> list[str]:
    if not draft.get("trigger"):
        return []
    alone = draft | {"nodes": [{"id": "end", "type": "exit"}], "exit_when": None, "exit_on": []}
    graph, _problems = read_graph(alone, Known())
    return [describe_trigger(graph.trigger, names_of(known)), describe_reentry(graph)] if graph else []


def _exit_words(draft: Draft, known: Known) -> list[str]:
    lines = [_("“%(event)s” happens") % {"event": item.get("event", "")} for item in draft.get("exit_on") or []]
    rule = draft.get("exit_when")
    if rule:
        try:
            read_rule(rule, Known())
            lines.append(names_of(known).rule(rule))
        except FieldError:
            lines.append(_("A rule that cannot be read yet"))
    return lines


@require_GET
@require("journeys.edit")
def pick(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """In the drawer: which kind of step to add at a place."""
    context = {"journey_id": journey_id, "place": request.GET.get("place", "start"), "kinds": step_kinds().values()}
    return render(request, "journeys/pick.html", context)


@require_POST
@require("journeys.edit")
def add(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    """Add a step; the answer is its form for the drawer, and the tree beside it."""
    type_, place = request.POST.get("type", ""), request.POST.get("place", "")
    node = service.new_node_id(type_)
    journey = service.change_draft(journey_id, lambda draft: editing.add_step(draft, place, type_, node))
    return HttpResponse(_form(request, journey, node) + _canvas(request, journey, aside=True))


@require_GET
@require("customers.view")
def form(request: HttpRequest, journey_id: int, node: str) -> HttpResponseBase:
    """The form of a step, of what starts the journey (`entry`) or what ends it early (`exit`)."""
    return HttpResponse(_form(request, service.get_journey(journey_id), node))


def _form(request: HttpRequest, journey: Journey, node: str) -> str:
    known = service.known()
    _graph, problems = service.read_draft(journey, known)
    common = {
        "journey": journey,
        "node": node,
        "may_edit": can(user_of(request).role, "journeys.edit") and journey.status != "archived",
        "units": UNITS,
        "known": known,
        "saved_at": now_ms(),
    }
    if node == ENTRY:
        return render_to_string("journeys/form_entry.html", common | _entry_form(journey.draft, problems), request)
    if node == EXIT:
        return render_to_string("journeys/form_exit.html", common | _exit_form(journey.draft, problems), request)
    steps, index = editing.find_step(journey.draft, node)
    step = steps[index]
    kind = step_kinds()[step["type"]]
    context = {"kind": kind, "controls": forms.controls(kind.fields, step, _errors(problems, node))}
    return render_to_string("journeys/form_step.html", common | context, request)


def _entry_form(draft: Draft, problems: Sequence[Problem]) -> dict[str, Any]:
    trigger = draft.get("trigger") or {"type": "event"}
    reentry = draft.get("reentry", "once")
    event = trigger.get("event", "")
    return {
        "trigger": trigger,
        "events": offers(),
        "properties": [item.name for item in catalogue.properties(event)] if event else [],
        "where": forms.where_rows(trigger.get("where")),
        "operators": [
            (operator.name, operator.label[language()]) for operator in OPERATORS.values() if not operator.moving
        ],
        "max_age": split_duration(trigger.get("max_age", "24h")),
        "entry_key": (draft.get("entry_key") or "").removeprefix("properties."),
        "reentry": reentry if reentry in ("once", "always") else "after",
        "reentry_after": ("1", "d") if reentry in ("once", "always") else split_duration(reentry),
        "errors": _errors(problems, ""),
    }


def _exit_form(draft: Draft, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "events": offers(),
        "exit_on": draft.get("exit_on") or [{"event": "", "same_key": False}],
        "key": (draft.get("entry_key") or "").removeprefix("properties."),
        "exit_when": forms.rule_text(draft.get("exit_when")),
        "errors": _errors(problems, ""),
    }


def _errors(problems: Sequence[Problem], node: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        if problem.node == node:
            found[problem.field].append(problem.message)
    return found


@require_POST
@require("journeys.edit")
def change(request: HttpRequest, journey_id: int, node: str) -> HttpResponseBase:
    """Save a form as it is now. The fields stay as they are in the page; what is wrong appears beside them."""
    journey = service.change_draft(journey_id, lambda draft: _read_form(draft, node, request.POST))
    _graph, problems = service.read_draft(journey, service.known())
    fields = FORM_FIELDS.get(node) or tuple(field.name for field in _kind(journey.draft, node).fields)
    found = _errors(problems, "" if node in FORM_FIELDS else node)
    # Every field is answered: what was wrong and is right now must not stay beside it.
    context = {"errors": {name: found.get(name, []) for name in fields}, "saved_at": now_ms()}
    answer = render_to_string("journeys/form_errors.html", context, request)
    return HttpResponse(answer + _canvas(request, journey, aside=True))


def _read_form(draft: Draft, node: str, data: QueryDict) -> Draft:
    """The draft with what a form says."""
    if node == ENTRY:
        return forms.read_entry(draft, data)
    if node == EXIT:
        return forms.read_exit(draft, data)
    values = {field.name: forms.read_control(field, data) for field in _kind(draft, node).fields}
    return editing.change_step(draft, node, values)


def _kind(draft: Draft, node: str) -> StepKind:
    steps, index = editing.find_step(draft, node)
    return step_kinds()[steps[index]["type"]]


@require_POST
@require("journeys.edit")
def move(request: HttpRequest, journey_id: int, node: str) -> HttpResponseBase:
    by = -1 if request.POST.get("by") == "up" else 1
    journey = service.change_draft(journey_id, lambda draft: editing.move_step(draft, node, by))
    return HttpResponse(_canvas(request, journey))


@require_POST
@require("journeys.edit")
def delete(request: HttpRequest, journey_id: int, node: str) -> HttpResponseBase:
    journey = service.change_draft(journey_id, lambda draft: editing.delete_step(draft, node))
    return HttpResponse(_canvas(request, journey))


@require_POST
@require("journeys.edit")
def undo(request: HttpRequest, journey_id: int) -> HttpResponseBase:
    journey = service.undo_draft(journey_id)
    return HttpResponse(_canvas(request, journey))


def _canvas(request: HttpRequest, journey: Journey, *, aside: bool = False) -> str:
    """The tree; `aside` when it comes with the drawer's content and finds its own place."""
    return render_to_string("journeys/canvas.html", canvas(request, journey) | {"aside": aside}, request)
