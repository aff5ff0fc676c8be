"""Messages in the console: what was sent, to whom, what became of it; the suppression list; the mail server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.apps import apps
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.config import config
from quen.delivery import listing, service
from quen.delivery.addresses import suppression_key
from quen.delivery.channels.email.server import parse_smtp_url
from quen.delivery.channels.webhook import signing_secret
from quen.delivery.models import Message, Suppression
from quen.delivery.pages.common import content_tabs
from quen.delivery.words import REASONS, reason_text
from quen.errors import ConfigError, QuenError
from quen.identity.store import canonical
from quen.profiles.cards import cards
from quen.profiles.masking import mask_text
from quen.web.csp import MAIL_PREVIEW, csp
from quen.web.paging import read_cursor, write_cursor

PAGE = 50


def is_masked(request: HttpRequest) -> bool:
    return not can(user_of(request).role, "customers.pii")


@require_GET
@require("customers.view")
def messages(request: HttpRequest) -> HttpResponseBase:
    chosen = listing.Filter.of(request.GET)
    before = read_cursor(request.GET.get("cursor"))
    found = listing.messages(chosen, before=before if isinstance(before, int) else None, limit=PAGE + 1)
    more = None
    if len(found) > PAGE:
        more = f"{request.path}?{urlencode(chosen.query() | {'cursor': write_cursor(found[PAGE - 1].pk)})}"
    context: dict[str, Any] = {"rows": _rows(found[:PAGE], request), "more": more}
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "delivery/message_rows.html", context)
    counts = listing.counts(chosen)
    context |= {
        "chosen": chosen,
        "any": bool(found) or Message.objects.exists(),
        "no_smtp": not config().smtp_url,
        "statuses": [
            {"status": s, "count": counts.get(s, 0), "query": urlencode(chosen.query() | {"status": s})}
            for s in listing.STATUSES
        ],
        "total": sum(counts.values()),
        "all_query": urlencode({k: v for k, v in chosen.query().items() if k != "status"}),
        "reasons": [{"code": r, "text": reason_text(r)} for r in listing.reasons()],
        "journeys": apps.get_model("journeys", "Journey").objects.order_by("name").values("id", "name"),
    }
    return render(request, "delivery/messages.html", context)


def _rows(found: list[Message], request: HttpRequest) -> list[dict[str, Any]]:
    masked = is_masked(request)
    ids = {m.profile_id for m in found}
    survivors = canonical(ids)
    people = {c.id: c for c in cards(sorted({survivors.get(i, i) for i in ids}), masked=masked)}
    journeys = service.journey_names({m.journey_id for m in found if m.journey_id})
    return [
        {
            "message": m,
            "person": people.get(survivors.get(m.profile_id, m.profile_id)),
            "journey": journeys.get(m.journey_id or 0, ""),
            "address": _address(m, masked=masked),
            "subject": mask_text(m.subject) if masked else m.subject,
            "reason": reason_text(m.reason),
        }
        for m in found
    ]


def _address(message: Message, *, masked: bool) -> str:
    address = str(message.address)
    return mask_text(address) if masked else address


@require_GET
@require("customers.view")
def message_page(request: HttpRequest, message_id: int) -> HttpResponseBase:
    message = service.get_message(message_id)
    context = _rows([message], request)[0] | {
        "masked": is_masked(request),
        "can_send_again": message.status in {"failed", "unknown"} and can(user_of(request).role, "journeys.edit"),
        "acts": [{"at": at, "kind": kind, "url": url} for at, kind, url in message.activity],
        "posted_body": _indented(message.text) if message.channel == "webhook" else "",
        "template_name": service.template_name(message.template_id),
    }
    return render(request, "delivery/message.html", context)


def _indented(body: str) -> str:
    """JSON as people read it; what is none as it is."""
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:
        return body


@require_GET
@require("customers.pii")
@csp(MAIL_PREVIEW)
def message_body(request: HttpRequest, message_id: int) -> HttpResponseBase:
    """The e-mail as it was sent, for a frame; looking at it here is no opening."""
    message = service.get_message(message_id)
    return HttpResponse(service.shown_html(message), content_type="text/html; charset=utf-8")


@require_POST
@require("journeys.edit")
def send_again(request: HttpRequest, message_id: int) -> HttpResponseBase:
    service.send_again(message_id)
    toasts.success(request, _("The message is in the queue again."))
    return HttpResponseRedirect(reverse("message", args=[message_id]))


@require_http_methods(["GET", "POST"])
@require("customers.pii")
def suppressions(request: HttpRequest) -> HttpResponseBase:
    """The list; adding an address by hand."""
    context: dict[str, Any] = {"tabs": content_tabs(request, "suppressions")}
    status = 200
    if request.method == "POST":
        address = request.POST.get("address", "")
        try:
            service.add_suppression("email", address)
        except QuenError as error:
            context |= {"error": error.message, "typed": address}
            status = 422
        else:
            toasts.success(request, _("%(address)s gets nothing more.") % {"address": address.strip()})
            return HttpResponseRedirect(reverse("suppressions"))
    query = request.GET.get("q", "").strip()
    before = read_cursor(request.GET.get("cursor"))
    found = listing.suppressions(query, before=before if isinstance(before, int) else None, limit=PAGE + 1)
    if len(found) > PAGE:
        context["more"] = f"{request.path}?{urlencode({'q': query, 'cursor': write_cursor(found[PAGE - 1].pk)})}"
    context |= {"rows": [{"row": s, "reason": reason_text(s.reason)} for s in found[:PAGE]], "query": query}
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "delivery/suppression_rows.html", context)
    context["total"] = Suppression.objects.count()
    return render(request, "delivery/suppressions.html", context, status=status)


@require_POST
@require("customers.pii")
def remove_suppression(request: HttpRequest) -> HttpResponseBase:
    address = request.POST.get("address", "")
    service.remove_suppression("email", suppression_key("email", address))
    toasts.success(request, _("%(address)s can get messages again.") % {"address": address})
    return HttpResponseRedirect(reverse("suppressions"))


@require_GET
@require("content.edit")
def sending(request: HttpRequest) -> HttpResponseBase:
    """What messages leave by: the mail server, the sender, the key that signs webhooks."""
    context: dict[str, Any] = {"tabs": content_tabs(request, "sending"), "sender": config().email_from}
    if config().smtp_url:
        try:
            context["server"] = parse_smtp_url(config().smtp_url)
        except ConfigError as error:
            context["error"] = error.message
    if can(user_of(request).role, "data.view"):
        context["secret"] = signing_secret(config().secret_key)
    waiting = Message.objects.filter(channel="email", status="queued").exclude(reason="").order_by("-id").first()
    if waiting is not None and waiting.reason in REASONS:
        context |= {"trouble": reason_text(waiting.reason), "trouble_detail": waiting.detail}
    context["queued"] = Message.objects.filter(status="queued").count()
    return render(request, "delivery/sending.html", context)
