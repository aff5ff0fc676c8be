"""Home: what is happening, for whoever looks."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.models import User
from quen.accounts.roles import can
from quen.config import config
from quen.connectors.models import Source
from quen.errors import QuenError
from quen.events.models import EventName
from quen.ids import now_ms
from quen.journeys.models import Journey
from quen.profiles.cards import cards
from quen.segments.models import Segment
from quen.web import figures
from quen.web.charts import chart
from quen.web.middleware import LANGUAGES
from quen.web.spreadsheet import csv_answer

log = logging.getLogger(__name__)


@require_GET
@require("view")
def home(request: HttpRequest) -> HttpResponseBase:
    role = user_of(request).role
    history = _history()
    context: dict[str, Any] = {
        "now": now_ms(),
        "history": history,
        "steps": next_steps(role),
        "received_anything": bool(history and any(day.events for day in history.days))
        or EventName.objects.only("name").exists(),
    }
    context["steps_done"] = sum(step["done"] for step in context["steps"])
    if history:
        context["chart"] = _chart(history, customers=can(role, "customers.view"))
        context["orders"] = sum(day.orders for day in history.days)
        context["revenue"] = sum(day.revenue for day in history.days)
    if can(role, "customers.view"):
        context |= {
            "people": figures.people(),
            "sent": figures.sent(),
            "segments": figures.moving_segments(history.moves if history else {}),
            "journeys": figures.live_journeys(),
            "recent": cards(figures.recently_seen(), masked=not can(role, "customers.pii")),
        }
    if can(role, "data.view"):
        context["engine"] = import_module("quen.engine").health()
        context["quarantined"] = figures.quarantined_today()
        context["sources"] = Source.objects.exclude(kind="internal").filter(enabled=True).count()
    return render(request, "web/home.html", context)


def _history() -> figures.History | None:
    """None while the event store does not answer: the rest of Home is worth showing."""
    try:
        return figures.history()
    except QuenError as error:
        log.warning("home: %s", error.message)
        return None


def _chart(history: figures.History, *, customers: bool) -> dict[str, Any]:
    days = history.days
    labels = [*(f"{day.day:%d/%m}" for day in days[:-1]), _("today")]  # a day that is not over looks like a fall
    if not customers:
        return chart(_("Events a day"), labels, {_("Events"): [day.events for day in days]})
    series = {_("Active customers"): [float(day.active) for day in days]}
    if any(day.orders for day in days):
        series[_("Orders")] = [float(day.orders) for day in days]
    return chart(_("Active customers a day"), labels, series)


def next_steps(role: str) -> list[dict[str, Any]]:
    """What is left to set up, for this role: [{label, why, url, done}]; empty once all is done."""
    steps = [
        (
            "data.edit",
            _("Connect your first source"),
            _("Your website, app or server: copy three lines and events arrive."),
            "sources",
            Source.objects.exclude(kind="internal").exists(),
        ),
        (
            "data.view",
            _("Watch the first event arrive"),
            _("Live events shows each one with its fate, as it comes."),
            "live_events",
            EventName.objects.exists(),
        ),
        (
            "people.edit",
            _("Give Quen a mail server"),
            _("Set QUEN_SMTP_URL, so that journeys can write to people."),
            "settings",
            bool(config().smtp_url),
        ),
        (
            "segments.edit",
            _("Make your first segment"),
            _("A question about your customers that always has its answer ready."),
            "segments",
            Segment.objects.filter(kind="segment").exists(),
        ),
        (
            "journeys.edit",
            _("Start your first journey"),
            _("The right letter at the right moment, by itself."),
            "journeys",
            Journey.objects.filter(status="live").exists(),
        ),
        (
            "people.edit",
            _("Invite a colleague"),
            _("Everyone with a role of their own."),
            "people",
            User.objects.filter(is_active=True).count() > 1,
        ),
    ]
    mine = [
        {"label": label, "why": why, "url": _address(name), "done": done}
        for capability, label, why, name, done in steps
        if can(role, capability)
    ]
    return mine if not all(step["done"] for step in mine) else []


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@require_GET
@require("view")
def days_csv(request: HttpRequest) -> HttpResponseBase:
    """The 30 days as a file; money only for those who may see customers."""
    customers = can(user_of(request).role, "customers.view")
    header = ["day", "events", *(["active_customers", "orders", "revenue"] if customers else [])]
    rows = []
    for day in figures.history().days:
        more = [day.active, day.orders, f"{day.revenue:.2f}".removesuffix(".00")] if customers else []
        rows.append([day.day.isoformat(), day.events, *more])
    return csv_answer("quen-30-days.csv", header, rows)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The switch: for the signed-in person, and for this browser before signing in."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if language in LANGUAGES:
        secure = bool(settings.SESSION_COOKIE_SECURE)
        name = str(settings.LANGUAGE_COOKIE_NAME)
        response.set_cookie(name, language, max_age=31_536_000, samesite="Lax", secure=secure)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=language)
    return response
