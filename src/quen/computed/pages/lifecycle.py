"""The stages of the lifecycle: how many people are in each, and how they moved between them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.computed import service
from quen.computed.definitions import ComputedTrait
from quen.computed.distribution import distribution
from quen.computed.lifecycle import NAMES, STAGES
from quen.computed.models import Definition
from quen.computed.moves import Move, moves
from quen.computed.pages.said import row, spoken
from quen.config import config
from quen.errors import QuenError
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments import service as segments
from quen.segments.models import Segment
from quen.segments.rules import parse_rule
from quen.web.charts import chart
from quen.web.spreadsheet import csv_answer
from quen.web.times import day_start, last_days

PERIODS = (7, 30, 90)
DRAWN = ("new", "returning", "at_risk", "lapsed")  # whoever comes into these is worth a look


@require("customers.view")
@require_GET
def lifecycle_page(request: HttpRequest, name: str) -> HttpResponseBase:
    definition, trait = _lifecycle(name)
    period = _period(request)
    counts = _counts(trait)
    language = spoken()
    named = {stage: NAMES[stage][language] for stage in STAGES}
    whole = sum(counts.values())
    found = _moves(definition, period)
    days = last_days(now_ms(), period)
    into = {stage: Counter[Any]() for stage in DRAWN}
    between: Counter[tuple[str, str]] = Counter()
    for move in found:
        between[move.before, move.after] += move.people
        if move.after in into:
            into[move.after][move.day] += move.people
    drawn = chart(
        _("People who came into a stage, by day"),
        [f"{day:%d/%m}" for day in days[:-1]] + [_("today")],
        {named[stage]: [into[stage][day] for day in days] for stage in DRAWN},
    )
    context = {
        **row(definition, trait),
        "progress": service.progress(definition),
        "stages": [
            {"stage": stage, "name": named[stage], "people": counts[stage], "share": counts[stage] / whole}
            for stage in STAGES
            if whole and (counts[stage] or stage != "prospect")
        ],
        "whole": whole,
        "chart": drawn,
        "csv_url": f"{reverse('computed_lifecycle_csv', args=[name])}?days={period}",
        "moves": [
            {"before": named.get(before, before), "after": named.get(after, after), "people": people}
            for (before, after), people in between.most_common()
        ],
        "periods": [
            {"url": f"?days={each}", "label": _("%(n)s days") % {"n": each}, "active": each == period}
            for each in PERIODS
        ],
    }
    return render(request, "computed/lifecycle.html", context)


@require("customers.view")
@require_GET
def lifecycle_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """The moves by day as a file."""
    definition, _trait = _lifecycle(name)
    found = sorted(_moves(definition, _period(request)), key=lambda each: (each.day, each.before, each.after))
    rows = [[move.day.isoformat(), move.before, move.after, move.people] for move in found]
    return csv_answer(f"{name}-moves.csv", ["day", "from", "to", "customers"], rows)


@require("segments.edit")
@require_POST
def lifecycle_segment(request: HttpRequest, name: str) -> HttpResponseBase:
    """A segment of the people in one stage: the one there is, or a new one."""
    definition, trait = _lifecycle(name)
    stage = request.POST.get("stage", "")
    if stage not in STAGES:
        raise Http404
    rule = parse_rule({"trait": trait.path, "op": "eq", "value": stage})
    there = Segment.objects.filter(kind="segment", rule_hash=rule.hash).exclude(status="archived").first()
    if there is None:
        called = f"{definition.label}: {NAMES[stage][spoken()]}"
        there = segments.create_segment(called, rule.json, by=user_of(request).email)
    return redirect("segment", there.id)


def _lifecycle(name: str) -> tuple[Definition, ComputedTrait]:
    definition = service.find(name)
    trait = service.read(definition)
    if trait.kind != "lifecycle":
        raise Http404
    return definition, trait


def _period(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(each) for each in PERIODS} else 30


def _counts(trait: ComputedTrait) -> Counter[str]:
    try:
        return Counter({bar.value: bar.people for bar in distribution(trait, event_store()).bars})
    except QuenError:
        return Counter()


def _moves(definition: Definition, period: int) -> list[Move]:
    days = last_days(now_ms(), period)
    try:
        return moves(definition.id, days, day_start(days[0]), str(config().timezone), event_store())
    except QuenError:
        return []
