"""The JSON API at /api/v1: one NinjaAPI, to which every slice adds its `api.router`.

A slice's `api.py` holds `router = Router(tags=[…])`, whose operations carry `auth=KeyAuth(capability)` and whole
paths (`/segments/{id}`). Operations return dicts, lists, msgspec structs or schemas; ids are strings, times
RFC 3339 (`quen.web.times.rfc3339`), lists `quen.web.paging.page`. Whatever goes wrong is answered as
`{"code", "message", "details"}`.
"""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

import quen
from quen.errors import QuenError

log = logging.getLogger(__name__)


class JsonRenderer(BaseRenderer):
    """msgspec's encoder: structs, dicts and schemas alike."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return msgspec.json.encode(data, enc_hook=_other)


def _other(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


api = NinjaAPI(
    title="Quen",
    version=quen.__version__,
    description="Everything the console does, for programs. Send `Authorization: Bearer KEY`.",
    docs_url=None,
    openapi_url="/openapi.json",
    renderer=JsonRenderer(),
    urls_namespace="api",
)


def answer(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> HttpResponse:
    """An error in the API's one shape."""
    body = {"code": code, "message": message, "details": details or {}}
    response = HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(QuenError)
def _quen_error(request: HttpRequest, error: QuenError) -> HttpResponse:
    if error.status >= 500:
        log.error("api: %s", error.message, exc_info=error)
    response = answer(error.status, error.code, error.message, error.details)
    if error.retryable:
        response["Retry-After"] = "1"
    return response


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {_place(item["loc"]): str(item["msg"]) for item in error.errors}
    message = "; ".join(f"{field}: {why}" for field, why in fields.items())
    return answer(422, "invalid", message, {"fields": fields})


def _place(loc: tuple[Any, ...]) -> str:
    """`("body", "payload", "name")` → `name`: the caller knows neither Ninja's nor our parameter names."""
    parts = list(loc[1:]) if len(loc) > 1 else list(loc)
    if loc and loc[0] in {"body", "form"} and len(parts) > 1:
        parts = parts[1:]
    return ".".join(str(part) for part in parts)


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer(401, "unauthorized", "send a valid API key: `Authorization: Bearer KEY` (Settings, API keys)")


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = "bad_request" if error.status_code < 500 else "error"
    return answer(error.status_code, code, error.message)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer(404, "not_found", str(error) or "there is nothing at this address")


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api: %s %s failed", request.method, request.path, exc_info=error)
    return answer(500, "error", "something went wrong on our side; it is in the log of the app")


def _discover() -> None:
    for app in settings.INSTALLED_APPS:
        name = f"{app}.api"
        if app.startswith("quen.") and app != "quen.web" and find_spec(name) is not None:
            api.add_router("", import_module(name).router)


_discover()
