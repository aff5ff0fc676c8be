"""The one way in: `require` guards pages, `KeyAuth` guards the JSON API."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from ninja.security import HttpBearer

from quen.accounts.keys import ApiCaller, find_key
from quen.accounts.models import User
from quen.accounts.roles import CAPABILITIES, can
from quen.errors import Forbidden

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def require(capability: str) -> Callable[[Page[P]], Page[P]]:
    """Let only signed-in people with `capability` open a page (a function view).

    Others are led to the sign-in page and back, or see the 403 page. An HTMX request of someone whose session
    ended reloads the whole page, so that the sign-in form never lands inside a fragment.
    """
    if capability not in CAPABILITIES:
        raise ValueError(f"unknown capability {capability!r}")

    def decorate(page: Page[P]) -> Page[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.headers.get("HX-Request"):
                    back = request.headers.get("HX-Current-URL", "")
                    response = HttpResponse(status=204)
                    response["HX-Redirect"] = back or reverse("account_login")
                    return response
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            if not can(user_of(request).role, capability):
                raise PermissionDenied
            return page(request, *args, **kwargs)

        return guarded

    return decorate


def user_of(request: HttpRequest) -> User:
    """The signed-in person of a page guarded by `require`."""
    return cast(User, request.user)


class KeyAuth(HttpBearer):
    """`Authorization: Bearer KEY` of an API operation: `@router.get("/x", auth=KeyAuth("customers.view"))`.

    The caller is `request.auth`, an `ApiCaller`. Answers 401 without a valid key, 403 when its role may not.
    """

    def __init__(self, capability: str) -> None:
        super().__init__()
        if capability not in CAPABILITIES:
            raise ValueError(f"unknown capability {capability!r}")
        self.capability = capability

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        caller: ApiCaller | None = find_key(token)
        if caller is None:
            return None
        if not can(caller.role, self.capability):
            raise Forbidden(
                f"the key {caller.prefix}… has the role {caller.role}, which may not do this ({self.capability}); "
                "use a key of another role",
                details={"capability": self.capability, "role": caller.role},
            )
        return caller
