"""Content in the console: templates with their editor, live preview and test send."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages as toasts
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quen.accounts.access import require, user_of
from quen.config import config
from quen.delivery import service
from quen.delivery.errors import TemplateError
from quen.delivery.forms import TemplateForm, error_text
from quen.delivery.models import Template
from quen.delivery.pages.common import content_tabs
from quen.delivery.rendering import Person
from quen.delivery.starters import STARTER_NAMES, STARTERS, starter
from quen.delivery.templating import Content
from quen.delivery.words import reason_text, warning_text
from quen.errors import InvalidInput, NotFound, QuenError
from quen.profiles.cards import Card, cards
from quen.profiles.search import search
from quen.web.csp import MAIL_PREVIEW, csp

MATCHES = 6
PREVIEW_SECONDS = 600


@require_GET
@require("content.edit")
def content(request: HttpRequest) -> HttpResponseBase:
    context = {
        "templates": list(Template.objects.filter(channel="email").order_by("-updated_at")),
        "no_smtp": not config().smtp_url,
        "tabs": content_tabs(request, "content"),
    }
    return render(request, "delivery/content.html", context)


@require_http_methods(["GET", "POST"])
@require("content.edit")
def new_template(request: HttpRequest) -> HttpResponseBase:
    """Choose a starter; choosing makes a template of it."""
    if request.method == "POST":
        key, _colon, language = request.POST.get("starter", "").partition(":")
        found = starter(key, language)
        if found is None:
            raise InvalidInput(f"starter: there is none called {key[:40]!r}")
        made = service.create_template(found.name, found.subject, found.body, user_of(request).email)
        return HttpResponseRedirect(reverse("template", args=[made.pk]))
    own = get_language() or config().language
    shown = [
        {
            "starter": s,
            "title": STARTER_NAMES[s.key][0],
            "text": STARTER_NAMES[s.key][1],
            "icon": STARTER_NAMES[s.key][2],
        }
        for s in sorted(STARTERS, key=lambda s: s.language != own)
    ]
    return render(request, "delivery/new.html", {"starters": shown, "tabs": content_tabs(request, "content")})


@require_GET
@require("content.edit")
@csp(MAIL_PREVIEW)
def starter_preview(request: HttpRequest, key: str, language: str) -> HttpResponseBase:
    """A starter as a page of its own, for a frame."""
    found = starter(key, language)
    if found is None:
        raise NotFound(f"there is no starter {key}")
    made = service.preview(Content(found.subject, found.body), None)
    return HttpResponse(made.rendered.html, content_type="text/html; charset=utf-8")


@require_http_methods(["GET", "POST"])
@require("content.edit")
def template_page(request: HttpRequest, template_id: int) -> HttpResponseBase:
    """The editor."""
    template = service.get_template(template_id)
    if request.method == "POST":
        form = TemplateForm(request.POST)
        if form.is_valid():
            service.update_template(template, {f: form.cleaned_data[f] for f in ("name", "subject", "body")})
            toasts.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("template", args=[template_id]))
        status = 422
    else:
        form = TemplateForm({"name": template.name, "subject": template.subject, "body": template.body})
        status = 200
    context = {
        "template": template,
        "form": form,
        "tabs": content_tabs(request, "content"),
        "used_by": service.journeys_using(template_id),
        "no_smtp": not config().smtp_url,
        "own_address": user_of(request).email,
    }
    return render(request, "delivery/template.html", context, status=status)


@require_POST
@require("content.edit")
def copy_template(request: HttpRequest, template_id: int) -> HttpResponseBase:
    template = service.get_template(template_id)
    name = _("%(name)s (copy)") % {"name": template.name[:180]}
    made = service.create_template(name, template.subject, template.body, user_of(request).email)
    return HttpResponseRedirect(reverse("template", args=[made.pk]))


@require_POST
@require("content.edit")
def delete_template(request: HttpRequest, template_id: int) -> HttpResponseBase:
    service.delete_template(service.get_template(template_id))
    toasts.success(request, _("The template was deleted."))
    return HttpResponseRedirect(reverse("content"))


@require_POST
@require("content.edit")
def preview(request: HttpRequest) -> HttpResponseBase:
    """The fragment beside the editor: subject, warnings, and a frame with the e-mail as it is in the fields now.

    The frame's page is kept for a few minutes under a name that nobody can guess, so that it can have an address and
    with it a policy of its own.
    """
    form = TemplateForm(request.POST)
    form.is_valid()
    context: dict[str, Any] = {}
    try:
        person = _chosen(request)
        made = service.preview(form.content, person)
    except TemplateError as error:
        context |= {"error": error_text(error), "line": error.line if error.place == "body" else None}
        return render(request, "delivery/preview.html", context)
    token = secrets.token_urlsafe(16)
    cache.set(_kept(request, token), made.rendered.html, PREVIEW_SECONDS)
    context |= {
        "subject": made.rendered.subject,
        "text": made.rendered.text,
        "frame": reverse("preview_body", args=[token]),
        "sample_event": made.sample_event,
        "person": _card(person),
        "warnings": [
            {"text": warning_text(w), "line": w.line if w.place == "body" else None} for w in made.rendered.warnings
        ],
    }
    return render(request, "delivery/preview.html", context)


@require_GET
@require("content.edit")
@csp(MAIL_PREVIEW)
def preview_body(request: HttpRequest, token: str) -> HttpResponseBase:
    html = cache.get(_kept(request, token))
    if html is None:
        raise NotFound("this preview is over; change something in the template to see it again")
    return HttpResponse(html, content_type="text/html; charset=utf-8")


@require_GET
@require("content.edit")
def preview_people(request: HttpRequest) -> HttpResponseBase:
    """People to look at the template as, while a name or identifier is being typed."""
    query = request.GET.get("q", "").strip()
    found = search(query, region=str(config().phone_region), limit=MATCHES) if query else []
    return render(request, "delivery/people.html", {"people": cards(found, masked=False), "query": query})


@require_POST
@require("content.edit")
def test_send(request: HttpRequest) -> HttpResponseBase:
    """What is in the fields now, to one address. The answer is a fragment."""
    form = TemplateForm(request.POST)
    form.is_valid()
    address = request.POST.get("address", "").strip()
    context: dict[str, Any] = {"address": address}
    try:
        outcome = service.send_test(form.content, _chosen(request), address, _("[Test]"))
    except TemplateError as error:
        context["error"] = error_text(error)
    except QuenError as error:
        context["error"] = error.message
    else:
        context |= {"sent": service.was_taken(outcome), "reason": reason_text(outcome.reason), "detail": outcome.detail}
    return render(request, "delivery/test_sent.html", context)


def _chosen(request: HttpRequest) -> Person | None:
    given = request.POST.get("person", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        return None
    return service.person_by_id(int(given))


def _card(person: Person | None) -> Card | None:
    found = cards([person.id], masked=False) if person else []
    return found[0] if found else None


def _kept(request: HttpRequest, token: str) -> str:
    return f"delivery-preview-{user_of(request).pk}-{token}"
