"""System: is everything all right, what is behind, what to do about it, in plain words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.config import config
from quen.ids import now_ms
from quen.system import queries, telling
from quen.system.words import say
from quen.web.charts import chart
from quen.web.spreadsheet import csv_answer
from quen.web.times import local

PERIODS = {"day": (24 * 60, 15), "week": (7 * 24 * 60, 120)}  # minutes, minutes a point
STORES = {
    "state": gettext_lazy("Profiles and state"),
    "journal": gettext_lazy("Journal"),
    "events": gettext_lazy("History of events"),
}


@require_GET
@require("data.view")
def system(request: HttpRequest) -> HttpResponseBase:
    """The page; HTMX asks again for the checks alone."""
    seen = queries.current()
    found = queries.findings(seen)
    context: dict[str, Any] = {
        "at": seen.at,
        "verdict": queries.verdict(found),
        "needing": sum(finding.level != "ok" for finding in found),
        "checks": [{"level": f.level, "said": say(f.check, f.level, f.figures)} for f in found],
    }
    if request.headers.get("HX-Request"):
        return render(request, "system/checks.html", context)
    period = _period(request)
    context |= {
        "period": period,
        "tabs": [
            {"url": f"{request.path}?period={name}", "label": label, "active": name == period}
            for name, label in (("day", _("24 hours")), ("week", _("7 days")))
        ],
        "charts": _charts(period),
        "csv_url": f"{reverse('system_course_csv')}?period={period}",
        "stores": [{"name": STORES[s.name], "bytes": s.bytes} for s in seen.stores],
        "disk_free": seen.disk_free,
        "steps": queries.steps(),
        "incidents": [
            {"row": one, "said": say(one.check_name, "bad", one.figures)} for one in queries.last_incidents()
        ],
        "alerts_set": telling.is_set(config()),
        "alert_email": config().alert_email,
        "slack": bool(config().alert_slack_url),
        "may_test": can(user_of(request).role, "people.edit"),
    }
    return render(request, "system/system.html", context)


@require_GET
@require("data.view")
def course_csv(request: HttpRequest) -> HttpResponseBase:
    rows = [
        [f"{local(point.at):%Y-%m-%d %H:%M}", point.messages, point.lag_ms / 1000]
        for point in queries.course(now_ms(), *PERIODS[_period(request)])
    ]
    return csv_answer("quen-system.csv", ["time", "messages", "lag_seconds"], rows)


@require_POST
@require("people.edit")
def test_alert(request: HttpRequest) -> HttpResponseBase:
    """Whether an alert would reach those who should get it."""
    problems = telling.tell(telling.compose_test(config()), config())
    if problems:
        messages.error(request, _("The test alert could not be sent: %(why)s") % {"why": "; ".join(problems)})
    else:
        messages.success(request, _("The test alert is sent."))
    return HttpResponseRedirect(reverse("system"))


def _period(request: HttpRequest) -> str:
    period = request.GET.get("period", "day")
    return period if period in PERIODS else "day"


def _charts(period: str) -> dict[str, Any]:
    points = queries.course(now_ms(), *PERIODS[period])
    pattern = "%H:%M" if period == "day" else "%d/%m %Hh"
    labels = [local(point.at).strftime(pattern) for point in points]
    return {
        "events": chart(_("Events"), labels, {_("Events"): [point.messages for point in points]}, kind="bar"),
        "waits": chart(
            _("Longest wait, seconds"),
            labels,
            {_("Longest wait, seconds"): [round(point.lag_ms / 1000, 1) for point in points]},
        ),
    }
