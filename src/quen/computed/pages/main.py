"""Computed traits as pages: the list, making and changing one, one trait."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.computed import service, sql
from quen.computed.definitions import ComputedTrait, parse_computed
from quen.computed.distribution import Distribution, distribution
from quen.computed.kinds import KINDS
from quen.computed.models import Definition
from quen.computed.pages import forms
from quen.computed.pages.said import bar_label, plain, row, said, sentence, spoken
from quen.computed.recipes import recipes
from quen.config import config
from quen.errors import Conflict, InvalidInput, QuenError
from quen.events import known
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments import service as segments
from quen.segments.pages.common import cards_of, masked_for, users
from quen.segments.pages.common import said as problem_said
from quen.web.charts import chart
from quen.web.spreadsheet import csv_answer


@require("customers.view")
@require_GET
def computed(request: HttpRequest) -> HttpResponseBase:
    rows = [
        {**row(definition, trait), "progress": service.progress(definition)} for definition, trait in service.traits()
    ]
    context: dict[str, Any] = {"rows": rows}
    if request.headers.get("HX-Request"):
        return render(request, "computed/rows.html", context)
    there = {each["definition"].name for each in rows}
    context["recipes"] = [recipe for recipe in recipes() if recipe.name not in there]
    return render(request, "computed/list.html", context)


@require("customers.view")
@require_GET
def spark(request: HttpRequest, name: str) -> HttpResponseBase:
    """The values of one trait as a small picture, for the list."""
    trait = service.read(service.find(name))
    found = _distribution(trait)
    most = max((bar.people for bar in found.bars), default=0) if found else 0
    bars = [
        {"x": at * 10, "y": 24 - height, "height": height, "label": _bar_words(trait, bar, request)}
        for at, bar in enumerate(found.bars if found else [])
        if most and (height := max(1, round(bar.people / most * 24)))
    ]
    return render(request, "computed/spark.html", {"found": found, "bars": bars, "width": len(bars) * 10})


@require("segments.edit")
@require_POST
def switch_on(request: HttpRequest, name: str) -> HttpResponseBase:
    """Make one of the traits that are ready."""
    recipe = next((recipe for recipe in recipes() if recipe.name == name), None)
    if recipe is None:
        return redirect("computed")
    by = user_of(request).email
    try:
        service.create(recipe.name, recipe.label, recipe.spec, by=by)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("computed")
    messages.success(request, _("“%(label)s” is switched on and being computed.") % {"label": recipe.label})
    return redirect("computed_trait", recipe.name)


@require("segments.edit")
def new_trait(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _save(request, None)
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        return render(request, "computed/choose.html", {"kinds": _kinds(), "recipes": _unused_recipes()})
    return _form(request, None, {"kind": kind})


@require("segments.edit")
def edit_trait(request: HttpRequest, name: str) -> HttpResponseBase:
    definition = service.find(name)
    if request.method == "POST":
        return _save(request, definition)
    return _form(request, definition, definition.spec)


def _save(request: HttpRequest, definition: Definition | None) -> HttpResponseBase:
    label, description = request.POST.get("label", ""), request.POST.get("description", "")
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        return redirect("computed_new")
    spec: dict[str, Any] = {"kind": kind.name}
    try:
        spec = forms.read(kind, request.POST, spoken())
        parse_computed("new", "new", spec)
        by = user_of(request).email
        if definition is None:
            saved = service.create(request.POST.get("name", ""), label, spec, by=by, description=description)
        else:
            saved = service.update(definition, label=label, description=description, spec=spec, by=by)
    except (InvalidInput, Conflict) as error:
        problem = {"path": str(error.details.get("path", "")), "message": problem_said(error)}
        if isinstance(error, Conflict):
            problem = {"path": "name", "message": _("There is a computed trait of this name already.")}
        return _form(request, definition, spec, problem)
    messages.success(request, _("Saved. The values are being computed."))
    return redirect("computed_trait", saved.name)


def _form(
    request: HttpRequest,
    definition: Definition | None,
    spec: dict[str, Any],
    problem: dict[str, str] | None = None,
) -> HttpResponseBase:
    kind = KINDS[spec["kind"]]
    posted = request.POST if request.method == "POST" else None
    context = {
        "definition": definition,
        "kind": kind.name,
        "kind_label": kind.label[spoken()],
        "kind_help": kind.help[spoken()],
        "label": posted.get("label", "") if posted else definition.label if definition else "",
        "name": posted.get("name", "") if posted else definition.name if definition else "",
        "description": posted.get("description", "") if posted else definition.description if definition else "",
        "fields": forms.shown(kind, spec, spoken()),
        "problem": problem,
        "at": _place(problem),
        "events": known.offers(),
        "units": [("m", _("minutes")), ("h", _("hours")), ("d", _("days"))],
    }
    return render(request, "computed/edit.html", context, status=422 if problem else 200)


def _place(problem: dict[str, str] | None) -> str:
    """The field that a problem is about: `$.where[0].op` → where; within and between are the window's."""
    if problem is None:
        return ""
    return problem["path"].removeprefix("$").removeprefix(".").split(".")[0].split("[")[0]


@require("customers.view")
@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """The rail beside the form: the sentence, and ten people with their values."""
    kind = KINDS.get(request.POST.get("kind", ""))
    context: dict[str, Any] = {}
    if kind is None:
        return HttpResponse(status=204)
    try:
        spec = forms.read(kind, request.POST, spoken())
        trait = service.tried(spec)
        context["sentence"] = sentence(trait)
        context["unseen"] = known.unseen(set(trait.events()))
        values = sql.sample(trait, event_store(), now_ms(), config().zone)
        context |= {"people": _people(request, trait, values)}
    except InvalidInput as error:
        context["problem"] = problem_said(error)
    except QuenError:
        context["problem"] = _("This takes too long to compute right now. You can save it all the same.")
    return render(request, "computed/rail.html", context)


def _people(request: HttpRequest, trait: ComputedTrait, values: dict[int, Any]) -> list[dict[str, Any]]:
    cards, masked = cards_of(request, list(values)), masked_for(request)
    return [
        {"card": cards[id_], "value": said(trait, value, masked=masked)}
        for id_, value in values.items()
        if id_ in cards
    ]


@require("customers.view")
@require_GET
def trait_page(request: HttpRequest, name: str) -> HttpResponseBase:
    definition = service.find(name)
    trait = service.read(definition)
    found = _distribution(trait)
    context = {
        **row(definition, trait),
        "progress": service.progress(definition),
        "found": found,
        "average": plain(round(found.average, 2)) if found and found.average is not None else None,
        "median": plain(found.median) if found and found.median is not None else None,
        "share": found.people / total if found and (total := segments.people()) else None,
        "chart": _chart(trait, found, request) if found and found.people else None,
        "people": _people(request, trait, _some(trait)) if definition.status != "removing" else [],
        "used_by": service.used_by(name),
        "versions": _versions(definition),
        "parts": [(f"{trait.path}.{part}", label[spoken()]) for part, (label, _gives) in trait.of_kind.parts.items()],
        "spec_text": msgspec.json.format(msgspec.json.encode(definition.spec), indent=2).decode(),
        "kind_label": trait.of_kind.label[spoken()],
    }
    return render(request, "computed/trait.html", context)


def _some(trait: ComputedTrait) -> dict[int, Any]:
    try:
        return sql.sample(trait, event_store(), now_ms(), config().zone)
    except QuenError:
        return {}


def _versions(definition: Definition) -> list[dict[str, Any]]:
    """The latest first, each in words."""
    found = []
    for version in definition.versions.order_by("-number")[:20]:
        trait = parse_computed(definition.name, definition.label, version.spec)
        found.append({"version": version, "sentence": sentence(trait)})
    return found


@require("customers.view")
@require_GET
def trait_state(request: HttpRequest, name: str) -> HttpResponseBase:
    """The part of the page that moves while a trait is computed."""
    definition = service.find(name)
    context = {"definition": definition, "progress": service.progress(definition)}
    response = render(request, "computed/state.html", context)
    if definition.status != "computing":
        response["HX-Refresh"] = "true"
    return response


@require("customers.view")
@require_GET
def distribution_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """The bars of the chart as a file."""
    trait = service.read(service.find(name))
    found = distribution(trait, event_store())
    return csv_answer(f"computed-{name}.csv", ["value", "customers"], _labelled(trait, found, request))


@require("segments.edit")
@require_POST
def pause_trait(request: HttpRequest, name: str) -> HttpResponseBase:
    service.pause(service.find(name))
    messages.success(request, _("Paused: the values stay as they are."))
    return redirect("computed_trait", name)


@require("segments.edit")
@require_POST
def resume_trait(request: HttpRequest, name: str) -> HttpResponseBase:
    service.resume(service.find(name))
    return redirect("computed_trait", name)


@require("segments.edit")
@require_POST
def delete_trait(request: HttpRequest, name: str) -> HttpResponseBase:
    definition = service.find(name)
    try:
        service.delete(definition)
    except Conflict as error:
        messages.error(request, _("It is used by %(users)s: change those first.") % {"users": users(error)})
        return redirect("computed_trait", name)
    messages.success(request, _("“%(label)s” is being deleted from all customers.") % {"label": definition.label})
    return redirect("computed")


def _distribution(trait: ComputedTrait) -> Distribution | None:
    """None where the event store does not answer in time: the page goes without."""
    try:
        return distribution(trait, event_store())
    except QuenError:
        return None


def _chart(trait: ComputedTrait, found: Distribution, request: HttpRequest) -> dict[str, Any]:
    rows = _labelled(trait, found, request)
    people = [people for _label, people in rows]
    kind = "bar" if trait.of_kind.gives == "number" else "rows"
    return chart(_("Customers by value"), [label for label, _people in rows], {_("Customers"): people}, kind=kind)


def _labelled(trait: ComputedTrait, found: Distribution, request: HttpRequest) -> list[tuple[str, int]]:
    masked = masked_for(request)
    rows = [(bar_label(trait, bar, masked=masked), bar.people) for bar in found.bars]
    return [*rows, (_("others"), found.others)] if found.others else rows


def _bar_words(trait: ComputedTrait, bar: Any, request: HttpRequest) -> str:
    return f"{bar_label(trait, bar, masked=masked_for(request))}: {bar.people}"


def _unused_recipes() -> list[Any]:
    there = set(Definition.objects.values_list("name", flat=True))
    return [recipe for recipe in recipes() if recipe.name not in there]


def _kinds() -> list[dict[str, str]]:
    return [
        {
            "name": k.name,
            "label": k.label[spoken()],
            "help": k.help[spoken()],
        }
        for k in KINDS.values()
    ]
