"""The builder of rules: its words, what was really received, the answer beside it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.config import config
from quen.errors import InvalidInput, QuenError
from quen.events import known
from quen.ids import now_ms
from quen.profiles.masking import mask
from quen.segments import service
from quen.segments.conditions.event import Event
from quen.segments.conditions.sequence import Sequence
from quen.segments.pages.common import cards_of, decode_rule, masked_for, said
from quen.segments.pages.why_shown import as_people_write, shown_facts
from quen.segments.reach import CHANNELS
from quen.segments.rules import Rule, describe, parse_rule, sentence
from quen.segments.suggestions import names, reach, values
from quen.segments.vocabulary import properties, vocabulary
from quen.segments.words import tongue
from quen.web.templatetags.quen import number

_ICONS = {"email": "mail", "sms": "message", "zalo": "message-circle", "push": "bell"}


@require("customers.view")
@require_GET
def builder_words(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse(vocabulary(get_language() or "vi", masked=masked_for(request)))


@require("customers.view")
@require_GET
def builder_properties(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse({"properties": properties(request.GET.get("event", "")[:200], masked=masked_for(request))})


@require("customers.view")
@require_GET
def builder_values(request: HttpRequest) -> HttpResponseBase:
    """Values of a property (`event`, `name`) or trait (`name`), `[[value, times], …]`; contact data only for some.

    With `of` (consent, reachable) the names that such a condition may have, with how many people.
    """
    if kind := request.GET.get("of", ""):
        return JsonResponse({"values": names(kind, now_ms(), config().zone)})
    name = request.GET.get("name", "")[:200]
    found = values(request.GET.get("event", "")[:200], name)
    if masked_for(request):
        found = [(value, times) for value, times in found if mask(value, name) == value]
    return JsonResponse({"values": found})


@require("customers.view")
@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """JSON for the builder: `{sentence, brief, html}` of the rail, or `{problem: {path, message}}`."""
    try:
        text = request.POST.get("rule", "")
        rule = decode_rule(text)
        parsed = parse_rule(rule)
        found = service.preview(rule)
    except InvalidInput as error:
        return JsonResponse({"problem": {"path": str(error.details.get("path", "")), "message": said(error)}})
    except QuenError:
        message = _("This takes too long to count right now. You can save it all the same.")
        return JsonResponse({"problem": {"path": "", "message": message}})
    language, naming, masked = get_language() or "vi", service.naming(), masked_for(request)
    say = as_people_write(language)
    people = cards_of(request, [person["profile_id"] for person in found["sample"]])
    sample = []
    for person in found["sample"]:
        why = [
            {
                "said": sentence(reason.condition, language, naming),
                "holds": reason.holds,
                "parts": [],
                "facts": shown_facts(facts, say, naming, masked=masked),
            }
            for reason, facts in person["why"]
        ]
        if person["profile_id"] in people:
            sample.append({"card": people[person["profile_id"]], "why": why, "gist": _gist(why)})
    html = render_to_string(
        "segments/rail.html",
        {**found, "sample": sample, "unseen": _unseen(parsed), "asked": json.dumps({"rule": text})},
        request=request,
    )
    brief = _("%(count)s of %(total)s customers") % {
        "count": number(found["count"]),
        "total": number(found["total"]),
    }
    return JsonResponse({"sentence": describe(parsed, language, naming), "html": html, "brief": brief})


@require("customers.view")
@require_POST
def preview_reach(request: HttpRequest) -> HttpResponseBase:
    """On which channels those of a rule can be reached; the rail asks for it once the count is there."""
    found: dict[str, int] = {}
    try:
        parsed = service.check_rule(decode_rule(request.POST.get("rule", "")))
        found = reach(parsed, now_ms(), config().zone, service.roots())
    except QuenError:
        pass  # the rail says already what is wrong, and without these figures it is whole
    spoken = tongue(get_language() or "vi")
    channels = [(_ICONS.get(name, "send"), CHANNELS[name].label[spoken], count) for name, count in found.items()]
    return render(request, "segments/reach.html", {"channels": channels})


def _gist(why: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The facts that say most at a glance: of the first sentence that holds and has any."""
    told = [each["facts"] for each in why if each["holds"] and each["facts"]]
    said = (facts for facts in told if facts["kind"] in ("trait", "events"))
    return next((facts for facts in said if facts["latest"] or facts["value"] is not None), None)


def _unseen(rule: Rule) -> list[str]:
    """Names of events in a rule that never came: allowed, but often a slip."""
    asked = {c.event for c in rule.conditions() if isinstance(c, Event)}
    asked |= {step.event for c in rule.conditions() if isinstance(c, Sequence) for step in c.steps}
    return known.unseen(asked)
