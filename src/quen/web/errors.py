"""Pages for what went wrong: 403, 404, 500, and Quen's own errors raised by a page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from quen.errors import QuenError
from quen.web.api import answer

log = logging.getLogger(__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, template="web/errors/csrf.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "web/errors/429.html", status=429)
    response["Retry-After"] = "60"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """Drawn without the shell: whatever broke the page must not break this one too."""
    if request.path.startswith("/api/"):
        return answer(500, "error", "something went wrong on our side; it is in the log of the app")
    return HttpResponse(render_to_string("web/errors/500.html", {"language": _language(request)}), status=500)


def error_page(request: HttpRequest, status: int, *, template: str = "", message: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        names = {403: "forbidden", 404: "not_found"}
        return answer(status, names.get(status, "error"), message or "there is nothing at this address")
    user = getattr(request, "user", None)
    inside = user is not None and user.is_authenticated
    shell = "web/base.html" if inside else "web/door.html"
    context: dict[str, Any] = {"message": message, "status": status, "shell": shell}
    name = template or f"web/errors/{status if status in {403, 404} else 'problem'}.html"
    return render(request, name, context, status=status)


class QuenErrors:
    """Middleware: a QuenError that a page did not handle is shown as what it says, not as a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not isinstance(exception, QuenError):
            return None
        if exception.status >= 500:
            log.error("%s %s: %s", request.method, request.path, exception.message, exc_info=exception)
        if request.headers.get("HX-Request"):
            html = render_to_string("web/components/problem.html", {"message": exception.message}, request=request)
            return HttpResponse(html, status=exception.status)
        return error_page(request, exception.status, message=exception.message)


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", "vi"))
