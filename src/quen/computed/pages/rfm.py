"""The picture of RFM: recency × frequency, the groups by name, the boundaries in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.computed import rfm_job, service
from quen.computed.definitions import ComputedTrait
from quen.computed.kinds.rfm import Settings, amount
from quen.computed.models import Definition
from quen.computed.pages.said import plain, row, short, spoken
from quen.computed.rfm import BEST
from quen.computed.rfm_boundaries import FEWEST
from quen.computed.rfm_groups import MEANINGS, group_name, in_order
from quen.computed.rfm_table import Scored, scored, spent, summed
from quen.config import config
from quen.errors import QuenError
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments import service as segments
from quen.segments.conditions.base import SqlContext
from quen.segments.grammar import DAY
from quen.segments.models import Segment
from quen.segments.rules import parse_rule
from quen.segments.sql import no_rule
from quen.segments.words import span
from quen.web.spreadsheet import csv_answer
from quen.web.templatetags.quen import money

SHADES = 5


@require("customers.view")
@require_GET
def rfm_page(request: HttpRequest, name: str) -> HttpResponseBase:
    definition, trait = _rfm(name)
    cells = _cells(trait)
    operand: Settings = trait.operand
    context = {
        **row(definition, trait),
        "progress": service.progress(definition),
        "grid": _grid(cells) if cells else None,
        "scores": range(1, BEST + 1),
        "people": sum(cell.people for cell in cells or []),
        "groups": _groups(trait, cells or []),
        "operand": operand,
        "boundaries": _boundaries(operand),
        "fewest": FEWEST,
    }
    return render(request, "computed/rfm.html", context)


@require("customers.view")
@require_GET
def rfm_grid(request: HttpRequest, name: str) -> HttpResponseBase:
    """The grid once more with what people spent: it takes longer, so the page does not wait for it."""
    definition, trait = _rfm(name)
    cells = _cells(trait)
    if not cells:
        return HttpResponse(status=204)
    try:
        people = trait.operand.per_person(SqlContext(now_ms(), config().zone, no_rule))
        means = spent(trait.path, people, event_store())
    except QuenError:
        return HttpResponse(status=204)
    context = {"definition": definition, "grid": _grid(cells, means), "scores": range(1, BEST + 1), "with_money": True}
    return render(request, "computed/rfm_grid.html", context)


@require("customers.view")
@require_GET
def rfm_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """Every combination of scores with its group and how many have it."""
    _definition, trait = _rfm(name)
    rows = [
        [cell.r, cell.f, cell.m, cell.group, cell.people]
        for cell in sorted(scored(trait.path, event_store()), key=lambda each: (-each.r, -each.f, -each.m))
    ]
    return csv_answer(f"{name}.csv", ["recency", "frequency", "monetary", "group", "customers"], rows)


@require("segments.edit")
@require_POST
def rfm_segment(request: HttpRequest, name: str) -> HttpResponseBase:
    """A segment of the people of one group: the one there is, or a new one."""
    definition, trait = _rfm(name)
    group = request.POST.get("group", "")
    if group not in in_order(trait.operand.groups):
        raise Http404
    rule = parse_rule({"trait": f"{trait.path}.group", "op": "eq", "value": group})
    there = Segment.objects.filter(kind="segment", rule_hash=rule.hash).exclude(status="archived").first()
    if there is None:
        called = f"{definition.label}: {group_name(group, spoken())}"
        there = segments.create_segment(called, rule.json, by=user_of(request).email)
        messages.success(request, _("Saved. The segment is being computed."))
    return redirect("segment", there.id)


@require("segments.edit")
@require_POST
def rfm_anew(request: HttpRequest, name: str) -> HttpResponseBase:
    """Find the boundaries now."""
    definition, _trait = _rfm(name)
    if rfm_job.refresh(definition):
        messages.success(request, _("The boundaries are found anew; everyone is being scored by them."))
    else:
        told = _("At least %(n)s customers with orders are needed.") % {"n": FEWEST}
        messages.error(request, told)
    return redirect("computed_rfm", name)


def _rfm(name: str) -> tuple[Definition, ComputedTrait]:
    definition = service.find(name)
    trait = service.read(definition)
    if trait.kind != "rfm":
        raise Http404
    return definition, trait


def _cells(trait: ComputedTrait) -> list[Scored] | None:
    """None where the event store does not answer in time."""
    try:
        return scored(trait.path, event_store())
    except QuenError:
        return None


def _grid(cells: list[Scored], means: Mapping[tuple[int, int], float] | None = None) -> list[dict[str, Any]]:
    """Rows from the most frequent down; in each recency from 1 to 5. `means`: what was spent, by (r, f)."""
    sums = {
        (r, f): summed(cell for cell in cells if (cell.r, cell.f) == (r, f))
        for r in range(1, BEST + 1)
        for f in range(1, BEST + 1)
    }
    most = max(found.people for found in sums.values())
    return [
        {
            "frequency": f,
            "cells": [
                {
                    "recency": r,
                    "sum": sums[r, f],
                    "spent": short(round(means[r, f])) if means and (r, f) in means else "",
                    # The square root, so that a few people are seen beside many.
                    "shade": round(SHADES * (sums[r, f].people / most) ** 0.5) if most else 0,
                }
                for r in range(1, BEST + 1)
            ],
        }
        for f in range(BEST, 0, -1)
    ]


def _groups(trait: ComputedTrait, cells: list[Scored]) -> list[dict[str, Any]]:
    language, whole = spoken(), sum(cell.people for cell in cells)
    found = []
    for group in in_order(trait.operand.groups):
        total = summed(cell for cell in cells if cell.group == group)
        meaning = MEANINGS.get(group, {}).get(language, "")
        found.append(
            {
                "group": group,
                "name": group_name(group, language),
                "meaning": meaning,
                "sum": total,
                "share": total.people / whole if whole else None,
            }
        )
    return found


def _boundaries(operand: Settings) -> list[dict[str, Any]]:
    """What each score asks for, from 5 down to 1, in words."""
    found = operand.boundaries
    if found is None:
        return []
    language = spoken()

    def least(values: tuple[int, ...], score: int, shown: Any) -> str:
        if score == 1:
            return _("less") if values else _("any")
        # Fewer than four: the best scores are not reached. Two alike: whoever reaches the lower one has the better.
        if score - 2 >= len(values) or values[score - 2] in values[score - 1 :]:
            return "–"
        return _("from %(n)s") % {"n": shown(values[score - 2])}

    ages = found.recency
    rows = []
    for score in range(BEST, 0, -1):
        place = len(ages) - score + 1  # age below ages[place] gives at least this score
        if score == 1:
            recency = _("longer ago") if ages else _("any")
        else:
            reached = place >= 0 and ages[place] not in ages[:place]
            recency = _("less than %(span)s ago") % {"span": _age(ages[place], language)} if reached else "–"
        rows.append(
            {
                "score": score,
                "recency": recency,
                "frequency": least(found.frequency, score, plain),
                "monetary": least(found.monetary, score, lambda value: money(amount(value))),
            }
        )
    return rows


def _age(ms: int, language: str) -> str:
    """In whole days where it is longer than one: the exact boundary is to the millisecond."""
    unit = DAY if ms >= DAY else 3_600_000 if ms >= 3_600_000 else 60_000
    return span(max(unit, round(ms / unit) * unit), language)
