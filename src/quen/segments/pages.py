"""The pages of segments: list, builder, one segment with its members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.errors import InvalidInput, QuenError
from quen.events import catalogue
from quen.profiles.cards import Card, cards
from quen.segments import service, store
from quen.segments.conditions.base import Condition
from quen.segments.models import Segment
from quen.segments.recipes import recipes
from quen.segments.rules import Rule, RuleError, describe, parse_rule, sentence
from quen.segments.vocabulary import properties, vocabulary
from quen.web.paging import page, read_cursor
from quen.web.templatetags.quen import number

_MEMBERS = 50
_MAX_RULE_BYTES = 200_000


@require("customers.view")
@require_GET
def segments(request: HttpRequest) -> HttpResponseBase:
    archived = request.GET.get("status") == "archived"
    made = Segment.objects.filter(kind="segment")
    found = made.filter(status="archived").order_by("-updated_at") if archived else service.listed()
    name_of = service.namer()
    context = {
        "rows": [_row(segment, name_of) for segment in found],
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
    segment = service.find(segment_id)
    if request.method == "POST":
        return _save(request, segment)
    return _builder(request, segment, segment.name, segment.description, segment.rule)


def _save(request: HttpRequest, segment: Segment | None) -> HttpResponseBase:
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    rule: Any = None
    try:
        rule = _decode_rule(request.POST.get("rule", ""))
        by = user_of(request).email
        if segment is None:
            saved = service.create_segment(name, rule, by=by, description=description)
        else:
            saved = service.update_segment(segment, name=name, description=description, rule=rule, by=by)
    except InvalidInput as error:
        problem = {"path": str(error.details.get("path", "")), "message": _said(error)}
        kept = rule if rule is not None else request.POST.get("rule", "")
        return _builder(request, segment, name, description, kept, problem)
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
def builder_words(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse(vocabulary(get_language() or "vi"))


@require("customers.view")
@require_GET
def builder_properties(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse({"properties": properties(request.GET.get("event", "")[:200])})


@require("customers.view")
@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """JSON for the builder: `{sentence, html}` of the rail, or `{problem: {path, message}}`."""
    try:
        rule = _decode_rule(request.POST.get("rule", ""))
        parsed = parse_rule(rule)
        found = service.preview(rule)
    except InvalidInput as error:
        return JsonResponse({"problem": {"path": str(error.details.get("path", "")), "message": _said(error)}})
    except QuenError:
        message = _("This takes too long to count right now. You can save it all the same.")
        return JsonResponse({"problem": {"path": "", "message": message}})
    language, name_of = get_language() or "vi", service.namer()
    people = _cards(request, [person["profile_id"] for person in found["sample"]])
    sample = [
        {
            "card": people[person["profile_id"]],
            "why": [
                {"said": sentence(reason.condition, language, name_of), "holds": reason.holds}
                for reason in person["why"]
            ],
        }
        for person in found["sample"]
        if person["profile_id"] in people
    ]
    html = render_to_string(
        "segments/rail.html", {**found, "sample": sample, "unseen": _unseen(parsed)}, request=request
    )
    brief = _("%(count)s of %(total)s customers") % {
        "count": number(found["count"]),
        "total": number(found["total"]),
    }
    return JsonResponse({"sentence": describe(parsed, language, name_of), "html": html, "brief": brief})


@require("customers.view")
@require_GET
def segment_page(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    name_of = service.namer()
    root = parse_rule(segment.rule).root
    context = {
        **_row(segment),
        "outline": _outline(root, name_of),
        "rule_text": msgspec.json.format(msgspec.json.encode(segment.rule), indent=2).decode(),
        "versions": segment.versions.order_by("-number")[:20],
        "total": service.people(),
        "used_by": service.used_by(segment.id),
        **_members(request, segment),
    }
    return render(request, "segments/segment.html", context)


@require("customers.view")
@require_GET
def segment_state(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """The part of the page that moves while a segment is computed."""
    segment = service.find(segment_id)
    response = render(request, "segments/state.html", {**_row(segment), "total": service.people()})
    if segment.status != "computing":
        response["HX-Refresh"] = "true"
    return response


@require("customers.view")
@require_GET
def segment_members(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    return render(request, "segments/members.html", {"segment": segment, **_members(request, segment)})


@require("segments.edit")
@require_POST
def archive_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    service.archive(segment)
    messages.success(request, _("“%(name)s” is archived. You can restore it.") % {"name": segment.name})
    return redirect("segments")


@require("segments.edit")
@require_POST
def restore_segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    service.restore(service.find(segment_id))
    return redirect("segment", segment_id)


def _row(segment: Segment, name_of: Callable[[int], str] | None = None) -> dict[str, Any]:
    return {
        "segment": segment,
        "sentence": describe(parse_rule(segment.rule), get_language() or "vi", name_of or service.namer()),
        "progress": service.progress(segment),
    }


def _members(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    after = read_cursor(request.GET.get("cursor"))
    valid = isinstance(after, list) and len(after) == 2 and all(type(n) is int for n in after)
    if after is not None and not valid:
        raise InvalidInput(_("This list has changed: open the page again."))
    rows = store.members(segment.id, (after[0], after[1]) if after else None, _MEMBERS + 1)
    found = page(rows, _MEMBERS, lambda row: list(row))
    people = _cards(request, [profile_id for since, profile_id in found["items"]])
    url = reverse("segment_members", args=[segment.id])
    return {
        "members": [{"card": people[id], "since": since} for since, id in found["items"] if id in people],
        "more_url": f"{url}?cursor={found['next']}" if found["next"] else "",
    }


def _cards(request: HttpRequest, profile_ids: list[int]) -> dict[int, Card]:
    masked = not can(user_of(request).role, "customers.pii")
    return {card.id: card for card in cards(profile_ids, masked=masked)}


def _decode_rule(text: str) -> Any:
    if len(text) > _MAX_RULE_BYTES:
        raise RuleError(_("The rule is too large."), details={"path": "$"})
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise RuleError(_("The rule is not valid JSON: %(why)s") % {"why": str(error)}, details={"path": "$"}) from None


def _said(error: QuenError) -> str:
    """What is wrong, without the place: the message stands beside it."""
    if isinstance(error, RuleError) and error.template:
        said = _(error.template)
        return said.format(**error.values) if error.values else said
    return str(error.details.get("problem", error.message))


def _unseen(rule: Rule) -> list[str]:
    """Names of events in a rule that never came: allowed, but often a slip."""
    asked = {c.event for c in rule.conditions() if hasattr(c, "event")}
    return sorted(asked - set(catalogue.event_names(limit=5_000))) if asked else []


def _outline(condition: Condition, name_of: Callable[[int], str]) -> dict[str, Any]:
    """A rule as nested lists of sentences."""
    parts = condition.parts()
    spec = condition.to_json()
    if not parts:
        return {"said": sentence(condition, get_language() or "vi", name_of), "parts": []}
    kind = next(iter(spec))
    if kind == "not" and parts[0].parts() and "any" in parts[0].to_json():
        kind, parts = "none", parts[0].parts()
    heads = {"all": _("All of these"), "any": _("Any of these"), "not": _("Not"), "none": _("None of these")}
    return {"said": heads[kind], "parts": [_outline(part, name_of) for part in parts]}
