"""Is this process well, and its numbers for Prometheus."""

from __future__ import annotations

import ipaddress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import quen
from quen.accounts.keys import find_key
from quen.accounts.roles import can
from quen.db import fetch
from quen.web.api import answer

# Not `is_private`, which also counts ranges that merely are not routed.
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def health_page(request: HttpRequest) -> HttpResponse:
    """200 when the state database answers and the engine is at work, 503 with the reason otherwise."""
    parts: dict[str, Any] = {"state": _state(), "engine": _engine()}
    well = all(part.get("status") == "ok" for part in parts.values())
    body = {"status": "ok" if well else "unavailable", "version": quen.__version__, **parts}
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=200 if well else 503)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # whoever asks again and again knows already
    return response


def _state() -> dict[str, Any]:
    try:
        fetch("SELECT 1 FROM accounts_user LIMIT 1")
    except DatabaseError as error:
        return {"status": "unavailable", "reason": f"the state database does not answer: {error}"}
    return {"status": "ok"}


def _engine() -> dict[str, Any]:
    """`quen.engine.health()`: {"status": "ok" or "unavailable", …}, from the heartbeat of the engine's thread."""
    report: dict[str, Any] = import_module("quen.engine").health()
    return report


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus text. For scrapers on the machine or its private network; through a proxy only with an API key."""
    if not _near(request) and not _has_key(request):
        return answer(401, "unauthorized", "from outside, send an API key whose role may see data")
    if find_spec("quen.engine.metrics") is not None:
        import_module("quen.engine.metrics")  # its collectors register themselves
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _near(request: HttpRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in _PRIVATE)


def _has_key(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    caller = find_key(token.strip()) if scheme.lower() == "bearer" else None
    return caller is not None and can(caller.role, "data.view")
