"""Segments as pages: the list, making and changing one, one segment."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.errors import Conflict, InvalidInput
from quen.segments import service
from quen.segments.by_hand import allow, by_hand
from quen.segments.models import Segment
from quen.segments.pages.common import decode_rule, outline, row, said, tabs, users
from quen.segments.pages.members import members
from quen.segments.recipes import recipes
from quen.segments.rules import parse_rule


@require("customers.view")
@require_GET
def segments(request: HttpRequest) -> HttpResponseBase:
    archived = request.GET.get("status") == "archived"
    made = Segment.objects.filter(kind="segment")
    found = made.filter(status="archived").order_by("-updated_at") if archived else service.listed()
    names = service.naming()
    context = {
        "rows": [row(segment, names) for segment in found],
        "archived": archived,
        "any_archived": made.filter(status="archived").exists(),
        "recipes": recipes(),
        "total": service.people(),
    }
    if request.headers.get("HX-Request"):
        return render(request, "segments/rows.html", context)
    return render(request, "segments/list.html", context)


@require("segments.edit")
def new_segment(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _save(request, None)
    rule: Any = {"all": []}
    name = ""
    for recipe in recipes():
        if recipe.key == request.GET.get("recipe"):
            rule, name = recipe.rule, recipe.name
    if (original := request.GET.get("copy", "")).isdigit():
        segment = service.find(int(original))
        rule, name = segment.rule, _("%(name)s (copy)") % {"name": segment.name}
    return _builder(request, None, name, "", rule)


@require("segments.edit")
def edit_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """`version`: begin with the rule of an earlier one."""
    segment = service.find(segment_id)
    if request.method == "POST":
        return _save(request, segment)
    rule, number = segment.rule, request.GET.get("version", "")
    if number.isdigit() and (earlier := segment.versions.filter(number=int(number)).first()):
        rule = earlier.rule
        messages.info(request, _("This is the rule of version %(n)s. Saved, it is a new version.") % {"n": number})
    return _builder(request, segment, segment.name, segment.description, rule)


def _save(request: HttpRequest, segment: Segment | None) -> HttpResponseBase:
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    rule: Any = None
    try:
        rule = decode_rule(request.POST.get("rule", ""))
        by = user_of(request).email
        if segment is None:
            draft = "draft" in request.POST
            saved = service.create_segment(name, rule, by=by, description=description, draft=draft)
        else:
            saved = service.update_segment(segment, name=name, description=description, rule=rule, by=by)
    except InvalidInput as error:
        problem = {"path": str(error.details.get("path", "")), "message": said(error)}
        kept = rule if rule is not None else request.POST.get("rule", "")
        return _builder(request, segment, name, description, kept, problem)
    if saved.status == "draft":
        messages.success(request, _("Saved as a draft: nobody is in it until you start it."))
    else:
        messages.success(request, _("Saved. The segment is being computed."))
    return redirect("segment", saved.id)


def _builder(
    request: HttpRequest,
    segment: Segment | None,
    name: str,
    description: str,
    rule: Any,
    problem: dict[str, str] | None = None,
) -> HttpResponseBase:
    context = {
        "segment": segment,
        "name": name,
        "description": description,
        "rule_text": rule if isinstance(rule, str) else msgspec.json.encode(rule).decode(),
        "problem": problem,
        "recipes": recipes() if segment is None and problem is None else [],
    }
    return render(request, "segments/edit.html", context, status=422 if problem else 200)


@require("customers.view")
@require_GET
def segment_page(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    names = service.naming()
    root = parse_rule(segment.rule).root
    context = {
        **row(segment, names),
        "tabs": tabs(segment, "segment"),
        "outline": outline(root, names),
        "rule_text": msgspec.json.format(msgspec.json.encode(segment.rule), indent=2).decode(),
        "total": service.people(),
        "used_by": service.used_by(segment.id),
        "by_hand": _lists_by_hand(segment),
        "paused_within": service.paused_within(segment),
        **members(request, segment),
    }
    return render(request, "segments/segment.html", context)


@require("segments.edit")
@require_POST
def allow_by_hand(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """Let people be included and excluded by hand."""
    allow(service.find(segment_id), user_of(request).email)
    messages.success(request, _("Put people on the two lists: always in, never in."))
    return redirect("segment", segment_id)


def _lists_by_hand(segment: Segment) -> list[Segment]:
    """The lists of those who are always in and never in."""
    found = by_hand(segment.rule)
    if found is None:
        return []
    named = Segment.objects.filter(kind="list").defer("rule").in_bulk([found.always, found.never])
    return [named[id_] for id_ in (found.always, found.never) if id_ in named]


@require("customers.view")
@require_GET
def segment_state(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """The part of the page that moves while a segment is computed."""
    segment = service.find(segment_id)
    context = {"segment": segment, "progress": service.progress(segment), "total": service.people()}
    response = render(request, "segments/state.html", context)
    if segment.status != "computing":
        response["HX-Refresh"] = "true"
    return response


@require("segments.edit")
@require_POST
def archive_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    try:
        service.archive(segment)
    except Conflict as error:
        messages.error(request, _("The segment is used by %(names)s: change those first.") % {"names": users(error)})
        return redirect("segment", segment_id)
    messages.success(request, _("“%(name)s” is archived. You can restore it.") % {"name": segment.name})
    return redirect("segments")


@require("segments.edit")
@require_POST
def pause_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    try:
        service.pause(segment.id)
    except Conflict as error:
        messages.error(request, _("The segment is used by %(names)s: pause those first.") % {"names": users(error)})
        return redirect("segment", segment_id)
    messages.success(request, _("“%(name)s” is paused: nobody enters or leaves.") % {"name": segment.name})
    return redirect("segment", segment_id)


@require("segments.edit")
@require_POST
def restore_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    try:
        service.restore(service.find(segment_id))
    except InvalidInput as error:  # what it refers to is gone meanwhile
        messages.error(request, said(error))
    return redirect("segment", segment_id)
