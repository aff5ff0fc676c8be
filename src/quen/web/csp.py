"""Content-Security-Policy and the other security headers of the console.

The policy allows nothing but the console's own files: no inline script, style or handler, no eval, no framing.
One page may ask for another policy with `@csp({...})`, as the preview of an e-mail does with `MAIL_PREVIEW`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

POLICY: Mapping[str, str] = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# An e-mail as a page of its own, to be shown in <iframe sandbox>: inline style is what e-mails are made of,
# nothing in it may run, and only the console may frame it.
MAIL_PREVIEW: Mapping[str, str] = {
    "default-src": "'none'",
    "img-src": "* data:",
    "style-src": "'unsafe-inline'",
    "font-src": "*",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
    "sandbox": "",
}


def csp(policy: Mapping[str, str]) -> Callable[[Page[P]], Page[P]]:
    """Give one page its own policy, whole."""

    def decorate(page: Page[P]) -> Page[P]:
        @wraps(page)
        def with_policy(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            response = page(request, *args, **kwargs)
            response["Content-Security-Policy"] = write_policy(policy)
            return response

        return with_policy

    return decorate


def write_policy(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}".strip() for name, value in policy.items())


class SecurityHeaders:
    """Middleware: the policy, and what goes with it. Django's own adds nosniff, HSTS and the referrer policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.policy = write_policy(POLICY)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        if "frame-ancestors 'self'" not in response["Content-Security-Policy"]:
            response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            # Pages show personal data: no shared cache may keep them, and Back after signing out must not show them.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response
