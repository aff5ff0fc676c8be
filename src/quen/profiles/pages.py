"""Customers in the console: the list with its search, and the page of one person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.computed.pages.customer import chips
from quen.config import config
from quen.db import fetch
from quen.delivery.models import Message
from quen.delivery.service import shown_html
from quen.delivery.words import reason_text
from quen.errors import NotFound
from quen.journeys.describing import describe_step, names_of
from quen.journeys.graph import walk
from quen.journeys.models import Run
from quen.journeys.reading import read_graph
from quen.journeys.service import known
from quen.profiles.cards import Card, cards
from quen.profiles.listing import ORDERS, list_people
from quen.profiles.orders import Value, orders_of, values
from quen.profiles.queries import Person, messages_of, person, runs_of, values_of
from quen.profiles.search import MOST, search
from quen.segments.models import Segment
from quen.web.csp import MAIL_PREVIEW, csp
from quen.web.paging import read_place, write_cursor

PAGE = 50
SHOWN_ORDERS = 100  # of one person; the rest on request


def is_masked(request: HttpRequest) -> bool:
    """Whether the viewer sees e-mail addresses and phone numbers only masked."""
    return not can(user_of(request).role, "customers.pii")


@require_GET
@require("customers.view")
def customers(request: HttpRequest) -> HttpResponseBase:
    """The list; `q` searches, `kind`, `segment` and `sort` filter and order, `cursor` goes on."""
    query = request.GET.get("q", "").strip()
    masked = is_masked(request)
    more = None
    if query:
        ids = search(query, region=str(config().phone_region), names_only=masked)
    else:
        piece = list_people(
            order=request.GET.get("sort", "seen"),
            kind=request.GET.get("kind", ""),
            segment=_segment(request),
            after=read_place(request.GET.get("cursor"), 2),
            limit=PAGE,
        )
        ids = piece.ids
        if piece.next:
            kept = {k: v for k in ("kind", "segment", "sort") if (v := request.GET.get(k))}
            more = f"{reverse('customers')}?{urlencode({**kept, 'cursor': write_cursor(piece.next)})}"
    context: dict[str, Any] = {"rows": _rows(ids, masked=masked), "more": more, "query": query, "masked": masked}
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "profiles/customer_rows.html", context)
    context |= {
        "search_query": query,
        "too_many": len(ids) >= MOST,
        "segments": Segment.objects.filter(kind="segment").exclude(status="archived").order_by("name"),
        "segment": _segment(request),
        "kind": request.GET.get("kind", ""),
        "sort": request.GET.get("sort", "seen") if request.GET.get("sort") in ORDERS else "seen",
        "total": fetch("SELECT COUNT(*) FROM profiles_profile")[0][0],
    }
    return render(request, "profiles/customers.html", context)


def _segment(request: HttpRequest) -> int | None:
    text = request.GET.get("segment", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _rows(ids: list[int], *, masked: bool) -> list[tuple[Card, Value]]:
    worth = values_of(ids)
    return [(card, worth.get(card.id, Value())) for card in cards(ids, masked=masked)]


def shell(request: HttpRequest, found: Person, tab: str) -> dict[str, Any]:
    """What every tab of a person's page shows: the header and the tabs."""
    return {
        "person": found,
        "card": found.card,
        "value": values({found.id: found.ids}).get(found.id, Value()),
        "chips": chips(found),
        "search_query": "",
        "masked": found.masked,
        "tabs": [
            _tab(found, tab, "customer", _("Timeline"), "timeline"),
            _tab(found, tab, "customer_orders", _("Orders"), "shopping-bag"),
            _tab(found, tab, "customer_messages", _("Messages"), "mail"),
            _tab(found, tab, "customer_journeys", _("Journeys"), "route"),
            _tab(found, tab, "customer_segments", _("Segments"), "filter", len(found.segments)),
            _tab(found, tab, "customer_identity", _("Identity"), "fingerprint", len(found.identifiers)),
            _tab(found, tab, "customer_traits", _("Traits"), "list-details", len(found.traits)),
        ],
    }


def _tab(found: Person, tab: str, url_name: str, label: str, icon: str, count: int | None = None) -> dict[str, Any]:
    url = reverse(url_name, args=[found.id])
    return {"url": url, "label": label, "active": tab == url_name, "icon": icon, "count": count}


def find_person(request: HttpRequest, profile_id: int, url_name: str) -> Person | HttpResponseRedirect:
    """The person of an address, or the way to the one they were merged into."""
    found = person(profile_id, masked=is_masked(request))
    if found.id != profile_id:
        return HttpResponseRedirect(reverse(url_name, args=[found.id]))
    return found


@require_GET
@require("customers.view")
def orders(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_orders")
    if isinstance(found, HttpResponseRedirect):
        return found
    listed = orders_of(found.ids)
    shown = listed if request.GET.get("all") else listed[:SHOWN_ORDERS]
    context = shell(request, found, "customer_orders") | {"orders": shown, "older": len(listed) - len(shown)}
    return render(request, "profiles/customer_orders.html", context)


@require_GET
@require("customers.view")
def messages(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_messages")
    if isinstance(found, HttpResponseRedirect):
        return found
    before = read_place(request.GET.get("cursor"), 1)
    rows = messages_of(found.ids, before=before[0] if before else None, limit=PAGE + 1)
    context = shell(request, found, "customer_messages") | {"rows": [(m, reason_text(m.reason)) for m in rows[:PAGE]]}
    if len(rows) > PAGE:
        context["more"] = f"{request.path}?{urlencode({'cursor': write_cursor([rows[PAGE - 1].pk])})}"
    fragment = request.headers.get("HX-Request") and request.GET.get("cursor")
    return render(request, "profiles/message_rows.html" if fragment else "profiles/customer_messages.html", context)


@require_GET
@require("customers.pii")
@xframe_options_sameorigin
@csp(MAIL_PREVIEW)
def message_body(request: HttpRequest, profile_id: int, message_id: int) -> HttpResponseBase:
    """The e-mail as it was sent, shown inside a sandboxed frame of the messages tab."""
    message = Message.objects.filter(pk=message_id, profile_id__in=person(profile_id, masked=False).ids).first()
    if message is None:
        raise NotFound(f"there is no message {message_id} to this person")
    if message.html:
        return HttpResponse(shown_html(message), content_type="text/html; charset=utf-8")
    return HttpResponse(message.text or "–", content_type="text/plain; charset=utf-8")


@require_GET
@require("customers.view")
def journeys(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_journeys")
    if isinstance(found, HttpResponseRedirect):
        return found
    context = shell(request, found, "customer_journeys") | {"runs": _with_words(runs_of(found.ids))}
    return render(request, "profiles/customer_journeys.html", context)


def _with_words(runs: list[Run]) -> list[tuple[Run, str, str]]:
    """Runs with the reason they ended and the step they are at, in words; each version's graph is read once."""
    there_is = known()
    names = names_of(there_is)
    steps: dict[int, dict[str, str]] = {}
    for run in runs:
        if run.version_id not in steps:
            graph, _problems = read_graph(run.version.graph, there_is)
            steps[run.version_id] = {step.id: describe_step(step, names) for step in walk(graph.nodes)} if graph else {}
    return [(run, reason_text(run.reason), steps[run.version_id].get(run.node, "")) for run in runs]


@require_GET
@require("customers.view")
def segments(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_segments")
    if isinstance(found, HttpResponseRedirect):
        return found
    return render(request, "profiles/customer_segments.html", shell(request, found, "customer_segments"))
