"""Home: what is happening, for whoever looks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.accounts.models import User
from quen.web.middleware import LANGUAGES


@require_GET
@require("view")
def home(request: HttpRequest) -> HttpResponseBase:
    return render(request, "web/home.html", {})


@require_GET
@require("view")
def days_csv(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("", content_type="text/csv; charset=utf-8")


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
