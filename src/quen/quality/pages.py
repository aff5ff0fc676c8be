"""Data → Data quality: how good what each source sends is, why, and examples."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.connectors.models import Source
from quen.connectors.service import get_source
from quen.errors import NotFound
from quen.identity.store import canonical
from quen.ids import now_ms
from quen.quality.queries import PERIODS, Day, Overview, examples, overviews, words
from quen.quality.score import Values
from quen.quality.showing import shown
from quen.quality.words import FIELDS, OUTCOMES, field_name, say
from quen.web.charts import chart
from quen.web.spreadsheet import csv_answer
from quen.web.times import last_days

PERIOD = 30
SPARK_WIDTH, SPARK_HEIGHT = 100, 24


@require_GET
@require("data.view")
def overview(request: HttpRequest) -> HttpResponseBase:
    period = _period(request)
    names = dict(Source.objects.values_list("id", "name"))
    found = [one for one in overviews(last_days(now_ms(), period)) if one.source_id in names]
    context = {
        "rows": [{"name": names[one.source_id], **_row(one)} for one in found],
        "period": period,
        "tabs": _tabs(period),
    }
    return render(request, "quality/overview.html", context)


@require_GET
@require("data.view")
def source_quality(request: HttpRequest, source_id: int) -> HttpResponseBase:
    source, period = get_source(source_id), _period(request)
    days = last_days(now_ms(), period)
    one = next(iter(overviews(days, source_id)), None)
    field = request.GET.get("field", "")
    field = field if one and field in one.fields else ""
    context: dict[str, Any] = {"source": source, "period": period, "tabs": _tabs(period), "one": one}
    if one is not None:
        said = words(source_id, days[0])
        query = urlencode({"days": period, "field": field})
        context |= {
            **_row(one),
            "fields": [_field(one, name, values, said.get(name)) for name, values in one.fields.items()],
            "field": field,
            "chart": _chart(one.days, field),
            "csv_url": f"{reverse('quality_days_csv', args=[source_id])}?{query}",
        }
    return render(request, "quality/source.html", context)


@require_GET
@require("data.view")
def days_csv(request: HttpRequest, source_id: int) -> HttpResponseBase:
    """The chart's numbers as a file."""
    get_source(source_id)
    field = request.GET.get("field", "")
    rows = [
        [day.day.isoformat(), values.valid, values.fixed, values.rejected, "" if day.score is None else day.score]
        for one in overviews(last_days(now_ms(), _period(request)), source_id)
        for day in one.days
        for values in (_values(day, field),)
    ]
    return csv_answer(f"quality-{source_id}.csv", ["day", "valid", "fixed", "rejected", "score"], rows)


@require_GET
@require("data.view")
def examples_page(request: HttpRequest, source_id: int) -> HttpResponseBase:
    source = get_source(source_id)
    field, outcome, word = (request.GET.get(name, "") for name in ("field", "outcome", "word"))
    if field not in FIELDS or outcome not in OUTCOMES:
        raise NotFound(_("There are no such examples."))
    found = examples(source_id, field, outcome, word[:40])
    role = user_of(request).role
    masked = not can(role, "customers.pii")
    survivors = canonical([each.profile_id for each in found if each.profile_id is not None])
    context = {
        "source": source,
        "field": field_name(field),
        "outcome": outcome,
        "outcome_name": OUTCOMES[outcome],
        "word": say(outcome, word),
        "masked": masked,
        "sees_people": can(role, "customers.view"),
        "rows": [
            {
                "example": each,
                "given": shown(field, each.given, masked=masked),
                "stored": shown(field, each.stored, masked=masked),
                "profile_id": survivors.get(each.profile_id, each.profile_id) if each.profile_id else None,
            }
            for each in found
        ],
    }
    return render(request, "quality/examples.html", context)


def _period(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else PERIOD


def _tabs(period: int) -> list[dict[str, Any]]:
    return [
        {"url": f"?days={days}", "label": _("%(days)d days") % {"days": days}, "active": days == period}
        for days in PERIODS
    ]


def _row(one: Overview) -> dict[str, Any]:
    return {"one": one, "total": one.total, "tone": _tone(one.score), "spark": _spark([day.score for day in one.days])}


def _tone(score: int | None) -> str:
    if score is None:
        return "secondary"
    return "green" if score >= 90 else "yellow" if score >= 70 else "red"


def _spark(scores: list[int | None]) -> str:
    """The points of a small line through the days that have a score; nothing for fewer than two."""
    last = max(1, len(scores) - 1)
    points = [
        f"{at * SPARK_WIDTH / last:.1f},{2 + (100 - score) * (SPARK_HEIGHT - 4) / 100:.1f}"
        for at, score in enumerate(scores)
        if score is not None
    ]
    return " ".join(points) if len(points) > 1 else ""


def _field(one: Overview, field: str, values: Values, said: Any) -> dict[str, Any]:
    chips = [
        {
            "outcome": outcome,
            "label": say(outcome, word),
            "count": count,
            "query": urlencode({"field": field, "outcome": outcome, "word": word}),
        }
        for outcome in ("problem", "hint", "done")
        for word, count in (getattr(said, outcome) if said else [])
    ]
    filled = max(1, values.filled)
    return {
        "key": field,
        "name": field_name(field),
        "values": values,
        "share": min(1.0, values.filled / one.messages) if one.messages else None,
        "valid": 100 * values.valid / filled,
        "fixed": 100 * values.fixed / filled,
        "before_rejected": 100 * (values.valid + values.fixed) / filled,
        "rejected": 100 * values.rejected / filled,
        "chips": chips,
    }


def _chart(days: list[Day], field: str) -> dict[str, Any]:
    values = [_values(day, field) for day in days]
    series = {
        _("Valid"): [float(each.valid) for each in values],
        _("Fixed"): [float(each.fixed) for each in values],
        _("Rejected"): [float(each.rejected) for each in values],
    }
    title = _("Values a day: %(field)s") % {"field": field_name(field)} if field else _("Values a day")
    kind = "bar" if len(days) <= PERIOD else "line"  # bars of a quarter would be hairs
    return chart(title, [f"{day.day:%d/%m}" for day in days], series, kind=kind)


def _values(day: Day, field: str) -> Values:
    """Of one field, or of all."""
    total = Values()
    for name, values in day.fields.items():
        if field in ("", name):
            total.valid += values.valid
            total.fixed += values.fixed
            total.rejected += values.rejected
    return total
