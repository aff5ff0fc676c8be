"""How a segment moved: who entered and left by day, and lately with their names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.config import config
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments import service
from quen.segments.history import Day, by_day, moves
from quen.segments.models import Segment
from quen.segments.pages.common import cards_of, tabs
from quen.segments.rules import describe, parse_rule
from quen.web.charts import chart
from quen.web.paging import read_place, write_cursor
from quen.web.spreadsheet import csv_answer
from quen.web.times import day_start, last_days

PERIODS = (7, 30, 90)
_MOVES = 50
_VERSIONS = 20


@require("customers.view")
@require_GET
def history(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = service.find(segment_id)
    period, days = _period(request), _days(request, segment_id)
    labels = [f"{day.day:%d/%m}" for day in days[:-1]] + [_("today")]  # a day that is not over looks like a fall
    drawn = chart(
        _("Entered and left, by day"),
        labels,
        {_("Came in"): [day.entered for day in days], _("Went out"): [day.left for day in days]},
        kind="bar",
    )
    context = {
        "segment": segment,
        "tabs": tabs(segment, "segment_history"),
        "chart": drawn,
        "csv_url": f"{reverse('segment_history_csv', args=[segment_id])}?days={period}",
        "entered": sum(day.entered for day in days),
        "left": sum(day.left for day in days),
        "periods": [
            {"url": f"?days={each}", "label": _("%(n)s days") % {"n": each}, "active": each == period}
            for each in PERIODS
        ],
        "versions": _versions(segment),
        **_lately(request, segment_id),
    }
    return render(request, "segments/history.html", context)


def _versions(segment: Segment) -> list[dict[str, Any]]:
    """The latest first, each in words."""
    names, language = service.naming(), get_language() or "vi"
    return [
        {"version": version, "sentence": describe(parse_rule(version.rule), language, names)}
        for version in segment.versions.order_by("-number")[:_VERSIONS]
    ]


@require("customers.view")
@require_GET
def history_csv(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """The days of the chart as a file."""
    service.find(segment_id)
    rows = [[day.day.isoformat(), day.entered, day.left] for day in _days(request, segment_id)]
    return csv_answer(f"segment-{segment_id}-by-day.csv", ["day", "entered", "left"], rows)


@require("customers.view")
@require_GET
def segment_moves(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """More of who entered and left since yesterday."""
    context = {"segment": service.find(segment_id), **_lately(request, segment_id)}
    return render(request, "segments/moves.html", context)


def _period(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(each) for each in PERIODS} else 30


def _days(request: HttpRequest, segment_id: int) -> list[Day]:
    days = last_days(now_ms(), _period(request))
    return by_day(segment_id, days, day_start(days[0]), str(config().timezone), event_store())


def _lately(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    """Who entered and left since yesterday began, in the workspace's zone."""
    begin = day_start(last_days(now_ms(), 2)[0])
    before = read_place(request.GET.get("cursor"), 2)
    found = moves(segment_id, begin, event_store(), before=before, limit=_MOVES + 1)
    shown = found[:_MOVES]
    people = cards_of(request, sorted({move.profile_id for move in shown}))
    more = ""
    if len(found) > _MOVES:
        cursor = write_cursor([shown[-1].at, shown[-1].id])
        more = f"{reverse('segment_moves', args=[segment_id])}?{urlencode({'cursor': cursor})}"
    return {"moves": [(move, people.get(move.profile_id)) for move in shown], "more_url": more}
